//! One block of the decoder, forward and backward.
//!
//! ```text
//!  x ─▶ norm ─▶ q, k, v ─▶ rotate ─▶ attention ─▶ output ─(+ x)─▶ middle ─▶ norm ─▶ gate, up ─▶ down ─(+ middle)─▶ y
//! ```

use candle_core::{DType, Tensor};

use super::dropout::Dropout;
use super::linear::{LinearTrace, TrainedLinear, Vector};
use super::parameters::{Gradients, Parameters};
use crate::Result;
use crate::arithmetic::{Angles, AttentionPlan, KeyValue, TrainingArithmetic};

/// A block's weights.
#[derive(Debug)]
pub(super) struct Layer {
    pub attention_norm: Vector,
    pub q: TrainedLinear,
    pub k: TrainedLinear,
    pub v: TrainedLinear,
    pub output: TrainedLinear,
    /// Of each head's queries and keys.
    pub head_norms: Option<[Vector; 2]>,
    pub mlp_norm: Vector,
    pub gate: TrainedLinear,
    pub up: TrainedLinear,
    pub down: TrainedLinear,
}

/// What all blocks compute with in one pass.
pub(super) struct Pass<'a> {
    pub arithmetic: &'a dyn TrainingArithmetic,
    pub parameters: &'a Parameters,
    pub eps: f64,
    /// Of all rows.
    pub angles: Angles,
    /// Those that undo them.
    pub reversed: Angles,
    pub plan: AttentionPlan,
    pub dropout: Option<Dropout>,
}

/// The rows that go on after the last block's attention: those that are read.
pub(super) struct Selection {
    /// Row numbers, rising.
    pub rows: Tensor,
    /// Their dropout.
    pub dropout: Option<Dropout>,
}

/// What the backward pass needs of the forward pass.
#[derive(Debug)]
pub(super) struct LayerTrace {
    normed: Tensor,
    /// Before the norms of the heads.
    q: (Tensor, LinearTrace),
    k: (Tensor, LinearTrace),
    /// After norms and rotation, and the values.
    qkv: [Tensor; 3],
    v: LinearTrace,
    mixed: Tensor,
    output: LinearTrace,
    middle: Tensor,
    middle_normed: Tensor,
    gate: (Tensor, LinearTrace),
    up: (Tensor, LinearTrace),
    wide: Tensor,
    down: LinearTrace,
}

impl Layer {
    /// The rows after this block, or the selected ones of them.
    pub fn forward(&self, x: &Tensor, pass: &Pass<'_>, selection: Option<&Selection>) -> Result<(Tensor, LayerTrace)> {
        let (all, rest) = dropouts(pass, selection);
        let arithmetic = pass.arithmetic;
        let normed = arithmetic.rms_norm(x, self.attention_norm.tensor(pass), pass.eps)?;
        let q = self.q.forward(&normed, pass, all)?;
        let k = self.k.forward(&normed, pass, all)?;
        let (values, v) = self.v.forward(&normed, pass, all)?;
        let turned = |heads: &Tensor, norm: Option<&Vector>| match norm {
            Some(norm) => arithmetic.rotary(&arithmetic.rms_norm(heads, norm.tensor(pass), pass.eps)?, &pass.angles),
            None => arithmetic.rotary(heads, &pass.angles),
        };
        let norms = self.head_norms.as_ref();
        let queries = turned(&q.0, norms.map(|norms| &norms[0]))?;
        let keys = turned(&k.0, norms.map(|norms| &norms[1]))?;
        let own = KeyValue::passing(keys.clone(), values.clone());
        let mixed = arithmetic.attention(&queries, &[own], &pass.plan)?;
        let (x, mixed) = match selection {
            Some(selection) => (&x.index_select(&selection.rows, 0)?, mixed.index_select(&selection.rows, 0)?),
            None => (x, mixed),
        };
        let (attended, output) = self.output.forward(&mixed, pass, rest)?;
        let middle = (x + attended)?;
        let middle_normed = arithmetic.rms_norm(&middle, self.mlp_norm.tensor(pass), pass.eps)?;
        let gate = self.gate.forward(&middle_normed, pass, rest)?;
        let up = self.up.forward(&middle_normed, pass, rest)?;
        let wide = arithmetic.gate(&gate.0, &up.0)?;
        let (thought, down) = self.down.forward(&wide, pass, rest)?;
        let y = (&middle + thought)?;
        let qkv = [queries, keys, values];
        Ok((y, LayerTrace { normed, q, k, qkv, v, mixed, output, middle, middle_normed, gate, up, wide, down }))
    }

    /// Adds the parameters' gradients and gives that of the rows before this block, from that of the rows after it.
    pub fn backward(
        &self,
        x: &Tensor,
        trace: &LayerTrace,
        dy: &Tensor,
        pass: &Pass<'_>,
        selection: Option<&Selection>,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        let arithmetic = pass.arithmetic;
        let (all, rest) = dropouts(pass, selection);
        let dwide = self.down.backward(&trace.wide, &trace.down, dy, (pass, rest), gradients)?;
        let [dgate, dup] = arithmetic.gate_backward(&trace.gate.0, &trace.up.0, &dwide)?;
        let dnormed = self.gate.backward(&trace.middle_normed, &trace.gate.1, &dgate, (pass, rest), gradients)?;
        let dnormed =
            (dnormed + self.up.backward(&trace.middle_normed, &trace.up.1, &dup, (pass, rest), gradients)?)?;
        let dmiddle = norm_backward(&self.mlp_norm, Some(dy), &trace.middle, &dnormed, pass, gradients)?;

        let dmixed = self.output.backward(&trace.mixed, &trace.output, &dmiddle, (pass, rest), gradients)?;
        let (dmiddle, dmixed) = match selection {
            Some(selection) => (spread(&dmiddle, selection, x)?, spread(&dmixed, selection, &trace.qkv[0])?),
            None => (dmiddle, dmixed),
        };
        let [dq, dk, dv] = arithmetic.attention_backward(&trace.qkv, &pass.plan, &dmixed)?;
        let mut turned_back = |heads: &Tensor, gradient: &Tensor, norm: Option<&Vector>| {
            let gradient = arithmetic.rotary(gradient, &pass.reversed)?;
            match norm {
                Some(norm) => norm_backward(norm, None, heads, &gradient, pass, gradients),
                None => Ok(gradient),
            }
        };
        let norms = self.head_norms.as_ref();
        let dq = turned_back(&trace.q.0, &dq, norms.map(|norms| &norms[0]))?;
        let dk = turned_back(&trace.k.0, &dk, norms.map(|norms| &norms[1]))?;
        let dnormed = self.q.backward(&trace.normed, &trace.q.1, &dq, (pass, all), gradients)?;
        let dnormed = (dnormed + self.k.backward(&trace.normed, &trace.k.1, &dk, (pass, all), gradients)?)?;
        let dnormed = (dnormed + self.v.backward(&trace.normed, &trace.v, &dv, (pass, all), gradients)?)?;
        norm_backward(&self.attention_norm, Some(&dmiddle), x, &dnormed, pass, gradients)
    }
}

/// The dropout of all rows, and of those that go on.
fn dropouts<'a>(pass: &'a Pass<'_>, selection: Option<&'a Selection>) -> (Option<&'a Dropout>, Option<&'a Dropout>) {
    let all = pass.dropout.as_ref();
    (all, selection.map_or(all, |selection| selection.dropout.as_ref()))
}

/// The selected rows among zeros, in the shape of `all`.
fn spread(selected: &Tensor, selection: &Selection, all: &Tensor) -> Result<Tensor> {
    Ok(all.zeros_like()?.index_add(&selection.rows, selected, 0)?)
}

/// `onto`, where there is one, and the gradient of a norm's input; adds that of its factors where they are trained.
pub(super) fn norm_backward(
    norm: &Vector,
    onto: Option<&Tensor>,
    x: &Tensor,
    dy: &Tensor,
    pass: &Pass<'_>,
    gradients: &mut Gradients,
) -> Result<Tensor> {
    let weight = norm.tensor(pass);
    if let Vector::Trained(id) = norm {
        let ones = weight.ones_like()?;
        let normed = pass.arithmetic.rms_norm(x, &ones, pass.eps)?;
        let slopes = (normed * dy)?.to_dtype(DType::F32)?;
        gradients.add(*id, &slopes.reshape(((), weight.dim(0)?))?.sum(0)?)?;
    }
    let nothing;
    let onto = match onto {
        Some(onto) => onto,
        None => {
            nothing = x.zeros_like()?;
            &nothing
        }
    };
    pass.arithmetic.add_rms_norm_backward(onto, x, weight, pass.eps, dy)
}
