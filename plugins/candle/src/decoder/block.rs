//! One block: attention, then the MLP, each on normed rows and added to what came in.

use candle_core::Tensor;

use crate::Result;
use crate::arithmetic::{Angles, Arithmetic, AttentionPlan, GatedMlp, KeyValue, Linear};

/// A block's weights.
#[derive(Debug)]
pub(super) struct Block {
    pub attention_norm: Tensor,
    pub q: Linear,
    pub k: Linear,
    pub v: Linear,
    pub output: Linear,
    /// Norms of each head's queries and keys.
    pub head_norms: Option<HeadNorms>,
    pub mlp_norm: Tensor,
    pub mlp: GatedMlp,
}

/// Factors of the norms of each head's queries and keys: [head_dim].
#[derive(Debug)]
pub(super) struct HeadNorms {
    pub q: Tensor,
    pub k: Tensor,
}

/// What a block computes with besides its weights and rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub arithmetic: &'a dyn Arithmetic,
    pub eps: f64,
    /// Of all rows.
    pub angles: &'a Angles,
    /// Cached keys and values of this block, after which those of the batch's rows come.
    pub past: &'a [KeyValue],
}

/// The rows that go on: those that are read, in the last block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    /// Row numbers, rising.
    pub rows: &'a Tensor,
    /// Their angles.
    pub angles: &'a Angles,
}

impl Block {
    /// The rows after this block, all of them, and their keys and values.
    pub fn forward(&self, x: &Tensor, around: Surroundings<'_>, plan: &AttentionPlan) -> Result<(Tensor, KeyValue)> {
        let normed = around.arithmetic.rms_norm(x, &self.attention_norm, around.eps)?;
        let [q, k, values] = take(around.arithmetic.project(&normed, &[&self.q, &self.k, &self.v])?)?;
        let q = self.turn(q, self.head_norms.as_ref().map(|norms| &norms.q), around, around.angles)?;
        let keys = self.turn(k, self.head_norms.as_ref().map(|norms| &norms.k), around, around.angles)?;
        let own = KeyValue::passing(keys, values);
        Ok((self.rest(x, &q, &own, around, plan)?, own))
    }

    /// The selected rows after this block, and the keys and values of all.
    pub fn forward_selected(
        &self,
        x: &Tensor,
        around: Surroundings<'_>,
        plan: &AttentionPlan,
        selection: Selection<'_>,
    ) -> Result<(Tensor, KeyValue)> {
        let normed = around.arithmetic.rms_norm(x, &self.attention_norm, around.eps)?;
        let [k, values] = take(around.arithmetic.project(&normed, &[&self.k, &self.v])?)?;
        let keys = self.turn(k, self.head_norms.as_ref().map(|norms| &norms.k), around, around.angles)?;
        let own = KeyValue::passing(keys, values);
        if plan.segments.is_empty() {
            return Ok((x.narrow(0, 0, 0)?, own));
        }
        let q = around.arithmetic.linear(&normed.index_select(selection.rows, 0)?, &self.q)?;
        let q = self.turn(q, self.head_norms.as_ref().map(|norms| &norms.q), around, selection.angles)?;
        let x = x.index_select(selection.rows, 0)?;
        Ok((self.rest(&x, &q, &own, around, plan)?, own))
    }

    fn turn(&self, heads: Tensor, norm: Option<&Tensor>, around: Surroundings<'_>, angles: &Angles) -> Result<Tensor> {
        let heads = match norm {
            Some(norm) => around.arithmetic.rms_norm(&heads, norm, around.eps)?,
            None => heads,
        };
        around.arithmetic.rotary(&heads, angles)
    }

    fn rest(
        &self,
        x: &Tensor,
        q: &Tensor,
        own: &KeyValue,
        around: Surroundings<'_>,
        plan: &AttentionPlan,
    ) -> Result<Tensor> {
        let mut keys = around.past.to_vec();
        keys.push(own.clone());
        let mixed = around.arithmetic.attention(q, &keys, plan)?;
        let x = around.arithmetic.add_linear(x, &mixed, &self.output)?;
        let normed = around.arithmetic.rms_norm(&x, &self.mlp_norm, around.eps)?;
        around.arithmetic.add_gated_mlp(&x, &normed, &self.mlp)
    }
}

fn take<const N: usize>(tensors: Vec<Tensor>) -> Result<[Tensor; N]> {
    tensors
        .try_into()
        .map_err(|found: Vec<Tensor>| candle_core::Error::Msg(format!("{} projections for {N}", found.len())).into())
}
