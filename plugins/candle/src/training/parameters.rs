//! What is trained, and its gradients.

use candle_core::{DType, Tensor};

use crate::Result;

/// A trained tensor among [`Parameters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ParameterId(usize);

/// A tensor that is trained, in f32.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    /// Its name in the file that it will be saved in.
    pub name: String,
    /// Its numbers.
    pub value: Tensor,
}

/// All tensors that are trained.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<Parameter>);

impl Parameters {
    pub fn add(&mut self, name: String, value: Tensor) -> Result<ParameterId> {
        self.0.push(Parameter { name, value: value.to_dtype(DType::F32)? });
        Ok(ParameterId(self.0.len() - 1))
    }

    pub fn value(&self, id: ParameterId) -> &Tensor {
        &self.0[id.0].value
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Parameter> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Parameter> {
        self.0.iter_mut()
    }

    /// How many numbers are trained.
    pub fn numbers(&self) -> usize {
        self.0.iter().map(|parameter| parameter.value.elem_count()).sum()
    }
}

/// How a loss moves with each of the [`Parameters`].
#[derive(Debug)]
pub(super) struct Gradients(Vec<Option<Tensor>>);

impl Gradients {
    /// None yet.
    pub fn none(parameters: &Parameters) -> Self {
        Self(vec![None; parameters.0.len()])
    }

    /// Adds to the gradient of a parameter.
    pub fn add(&mut self, id: ParameterId, gradient: &Tensor) -> Result<()> {
        let gradient = gradient.to_dtype(DType::F32)?;
        self.0[id.0] = Some(match self.0[id.0].take() {
            Some(sum) => (sum + gradient)?,
            None => gradient,
        });
        Ok(())
    }

    /// In the order of the parameters; `None` where no loss depended on one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&Tensor>> {
        self.0.iter().map(Option::as_ref)
    }

    /// The Euclidean norm of all numbers together.
    pub fn norm(&self) -> Result<f64> {
        let mut squares = 0.0;
        for gradient in self.0.iter().flatten() {
            squares += sum_of_squares(gradient)?;
        }
        Ok(squares.sqrt())
    }
}

/// In f64: the norm is printed, and decides what is clipped.
fn sum_of_squares(tensor: &Tensor) -> Result<f64> {
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    Ok(values.iter().map(|value| f64::from(*value).powi(2)).sum())
}
