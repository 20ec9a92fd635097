//! What training asks of an arithmetic besides the forward operations: their backward passes.

use candle_core::{Tensor, Var};
use touchstone_kernel::{AttentionInputs, AttentionShape};

use super::packed::{tensor, values_of};
use super::{Arithmetic, AttentionPlan, KeyValue, Packed, Portable};
use crate::Result;

/// An arithmetic that has backward passes. Each gives the gradients of what an operation was given, from that of its result.
///
/// Linear layers need none of their own: the gradient of `x weightᵀ` is the linear layer of the transposed weight. Nor do
/// rotations: they are undone by the negative angles.
pub(crate) trait TrainingArithmetic: Arithmetic {
    /// `silu(gate) * up`.
    fn gate(&self, gate: &Tensor, up: &Tensor) -> Result<Tensor>;

    /// The gradients of `gate` and `up`.
    fn gate_backward(&self, gate: &Tensor, up: &Tensor, gradient: &Tensor) -> Result<[Tensor; 2]>;

    /// `onto` and the gradient of a norm's input.
    fn add_rms_norm_backward(
        &self,
        onto: &Tensor,
        x: &Tensor,
        weight: &Tensor,
        eps: f64,
        gradient: &Tensor,
    ) -> Result<Tensor>;

    /// The gradients of queries, keys and values. Every segment of the plan is a text of its own.
    fn attention_backward(&self, qkv: &[Tensor; 3], plan: &AttentionPlan, gradient: &Tensor) -> Result<[Tensor; 3]>;
}

impl TrainingArithmetic for Packed {
    fn gate(&self, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
        let mut wide = values_of(gate)?.to_vec();
        touchstone_kernel::silu_gate(&mut wide, &values_of(up)?)?;
        tensor(wide, gate.dim(0)?)
    }

    fn gate_backward(&self, gate: &Tensor, up: &Tensor, gradient: &Tensor) -> Result<[Tensor; 2]> {
        let (mut dgate, mut dup) = (values_of(gate)?.to_vec(), values_of(up)?.to_vec());
        touchstone_kernel::silu_gate_backward(&mut dgate, &mut dup, &values_of(gradient)?)?;
        Ok([tensor(dgate, gate.dim(0)?)?, tensor(dup, gate.dim(0)?)?])
    }

    fn add_rms_norm_backward(
        &self,
        onto: &Tensor,
        x: &Tensor,
        weight: &Tensor,
        eps: f64,
        gradient: &Tensor,
    ) -> Result<Tensor> {
        let mut dx = values_of(onto)?.to_vec();
        let (x_values, weight) = (values_of(x)?, values_of(weight)?);
        touchstone_kernel::rms_norm_backward(&x_values, &weight, eps as f32, &values_of(gradient)?, &mut dx)?;
        tensor(dx, x.dim(0)?)
    }

    fn attention_backward(&self, qkv: &[Tensor; 3], plan: &AttentionPlan, gradient: &Tensor) -> Result<[Tensor; 3]> {
        let [q, k, v] = qkv;
        let rows = q.dim(0)?;
        let scale = (1.0 / (plan.head_dim as f64).sqrt()) as f32;
        let shape = AttentionShape { heads: plan.heads, kv_heads: plan.kv_heads, head_dim: plan.head_dim, scale };
        let texts: Vec<_> = plan.segments.iter().map(|segment| segment.queries.clone()).collect();
        let (q, k, v) = (values_of(q)?, values_of(k)?, values_of(v)?);
        let inputs = AttentionInputs { q: &q, k: &k, v: &v };
        let found = touchstone_kernel::attention_backward(&inputs, &shape, &texts, &values_of(gradient)?)?;
        Ok([tensor(found.q, rows)?, tensor(found.k, rows)?, tensor(found.v, rows)?])
    }
}

/// By candle's automatic gradients, operation by operation.
impl TrainingArithmetic for Portable {
    fn gate(&self, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
        Ok((gate.silu()? * up)?)
    }

    fn gate_backward(&self, gate: &Tensor, up: &Tensor, gradient: &Tensor) -> Result<[Tensor; 2]> {
        gradients([gate, up], gradient, |[gate, up]| self.gate(gate, up))
    }

    fn add_rms_norm_backward(
        &self,
        onto: &Tensor,
        x: &Tensor,
        weight: &Tensor,
        eps: f64,
        gradient: &Tensor,
    ) -> Result<Tensor> {
        let [dx] = gradients([x], gradient, |[x]| self.rms_norm(x, weight, eps))?;
        Ok((onto + dx)?)
    }

    fn attention_backward(&self, qkv: &[Tensor; 3], plan: &AttentionPlan, gradient: &Tensor) -> Result<[Tensor; 3]> {
        let [q, k, v] = qkv;
        gradients([q, k, v], gradient, |[q, k, v]| self.attention(q, &[KeyValue::passing(k.clone(), v.clone())], plan))
    }
}

/// The gradients of an operation's inputs, from that of its output.
fn gradients<const N: usize>(
    inputs: [&Tensor; N],
    gradient: &Tensor,
    operation: impl Fn([&Tensor; N]) -> Result<Tensor>,
) -> Result<[Tensor; N]> {
    let mut variables = Vec::with_capacity(N);
    for input in inputs {
        variables.push(Var::from_tensor(&input.detach())?);
    }
    let refer: [&Tensor; N] = std::array::from_fn(|index| variables[index].as_tensor());
    let loss = (operation(refer)? * gradient.detach())?.sum_all()?;
    let found = loss.backward()?;
    let mut wanted = Vec::with_capacity(N);
    for variable in refer {
        // An input that the output does not depend on has none.
        wanted.push(match found.get(variable) {
            Some(gradient) => gradient.detach(),
            None => variable.zeros_like()?.detach(),
        });
    }
    wanted
        .try_into()
        .map_err(|found: Vec<Tensor>| candle_core::Error::Msg(format!("{} gradients for {N}", found.len())).into())
}
