//! The ends of a decoder: the table of token vectors, the head over the vocabulary, the head over classes.

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{DType, Device, Tensor};

use super::Decoder;
use crate::arithmetic::Linear;
use crate::weights::Stored;
use crate::{Error, Result};

/// A vector for each token: [vocabulary, hidden].
#[derive(Debug, Clone)]
pub(super) enum Table {
    /// Plain numbers, on the device.
    Dense(Tensor),
    /// Quantised blocks; rows are made f32 as they are read.
    Blocks(Arc<QTensor>),
}

impl Table {
    /// The rows of these tokens, in `dtype`.
    pub fn rows(&self, tokens: &Tensor, dtype: DType) -> Result<Tensor> {
        let rows = match self {
            Self::Dense(table) => table.index_select(tokens, 0)?,
            Self::Blocks(blocks) => blocks.embedding(tokens)?,
        };
        Ok(rows.to_dtype(dtype)?)
    }

    /// All of it, in `dtype`.
    pub fn whole(&self, dtype: DType, device: &Device) -> Result<Tensor> {
        Ok(match self {
            Self::Dense(table) => table.to_dtype(dtype)?,
            Self::Blocks(blocks) => blocks.dequantize(device)?.to_dtype(dtype)?,
        })
    }
}

/// A head over classes: one linear layer, or several with ReLU between them.
#[derive(Debug)]
pub(super) struct Classifier {
    pub layers: Vec<Linear>,
    pub labels: usize,
}

impl Decoder {
    /// Logits over the vocabulary of hidden states [rows, hidden]: [rows, vocabulary].
    ///
    /// # Errors
    /// Where the model has no head over the vocabulary.
    pub fn head(&self, hidden: &Tensor) -> Result<Tensor> {
        let head = self.language_head()?;
        if !self.arithmetic.prepares_weights() {
            return Ok(hidden.matmul(&head.whole(self.dtype, &self.device)?.t()?)?);
        }
        if self.whole_head.get().is_none() {
            let stored = match head {
                Table::Dense(table) => Stored::Dense(table.clone()),
                Table::Blocks(blocks) => Stored::Quantized(Arc::clone(blocks)),
            };
            let weight = self.arithmetic.weight(stored)?;
            // Another thread may have been faster; both have the same.
            let _ = self.whole_head.set(Linear { weight, bias: None, lora: None });
        }
        match self.whole_head.get() {
            Some(linear) => self.arithmetic.linear(hidden, linear),
            None => Ok(hidden.matmul(&head.whole(self.dtype, &self.device)?.t()?)?),
        }
    }

    /// The head's rows of some tokens, [tokens, hidden]: a logit is the product of a hidden state and such a row, so that
    /// who needs few tokens computes few.
    ///
    /// # Errors
    /// Where the model has no head over the vocabulary, or a token is beyond it.
    pub fn head_rows(&self, tokens: &[u32]) -> Result<Tensor> {
        if let Some(token) = tokens.iter().find(|&&token| token as usize >= self.config.vocabulary) {
            let message = format!("token {token} is beyond the model's vocabulary of {}", self.config.vocabulary);
            return Err(Error::Batch { message });
        }
        self.language_head()?.rows(&Tensor::new(tokens, &self.device)?, self.dtype)
    }

    /// Number of classes of the model's head over classes, if it has one.
    pub fn labels(&self) -> Option<usize> {
        self.classifier.as_ref().map(|classifier| classifier.labels)
    }

    /// Logits over the classes of hidden states [rows, hidden]: [rows, labels].
    ///
    /// # Errors
    /// Where the model has no head over classes.
    pub fn classify(&self, hidden: &Tensor) -> Result<Tensor> {
        let classifier = self.classifier.as_ref().ok_or(Error::NoHead { wanted: "over classes (tensors score.*)" })?;
        let mut x = hidden.clone();
        for (index, layer) in classifier.layers.iter().enumerate() {
            if index > 0 {
                x = x.relu()?;
            }
            x = self.arithmetic.linear(&x, layer)?;
        }
        Ok(x)
    }

    fn language_head(&self) -> Result<&Table> {
        self.head.as_ref().ok_or(Error::NoHead { wanted: "over the vocabulary" })
    }
}
