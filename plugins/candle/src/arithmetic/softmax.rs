//! Softmax of attention scores, with its backward pass, as one operation each on CPUs.
//!
//! Spelt out in candle's operations, scale, mask and softmax walk over the scores a dozen times on one thread, and the
//! backward pass twice as often: most of the time of training a small model.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, D, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// The shares that queries give the keys they see: softmax over the last dimension of `scale * scores`, with scores
/// [heads, rows, keys] in f32, of which row i sees the first `visible[i]` keys; the others get 0. Differentiable.
pub(super) fn shares(scores: &Tensor, visible: &[usize], scale: f64) -> Result<Tensor> {
    if scores.device().is_cpu() {
        return scores.contiguous()?.apply_op1(Shares { visible: visible.to_vec(), scale: scale as f32 });
    }
    let keys = scores.dim(D::Minus1)?;
    let hidden =
        visible.iter().flat_map(|&count| (0..keys).map(move |key| if key < count { 0.0 } else { f32::NEG_INFINITY }));
    let mask = Tensor::from_vec(hidden.collect::<Vec<f32>>(), (visible.len(), keys), scores.device())?;
    let scores = (scores * scale)?.to_dtype(DType::F32)?.broadcast_add(&mask)?;
    // The greatest is a constant to the gradient: it cancels.
    let greatest = scores.max_keepdim(D::Minus1)?.detach();
    let powers = scores.broadcast_sub(&greatest)?.exp()?;
    powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
}

struct Shares {
    visible: Vec<usize>,
    scale: f32,
}

impl CustomOp1 for Shares {
    fn name(&self) -> &'static str {
        "attention shares"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let scores = values(storage, layout)?;
        let (_, rows, keys) = layout.shape().dims3()?;
        let mut shares = vec![0.0_f32; scores.len()];
        shares.par_chunks_mut(keys).zip(scores.par_chunks(keys)).enumerate().for_each(|(place, (shares, scores))| {
            let count = self.visible[place % rows];
            let (shares, scores) = (&mut shares[..count], &scores[..count]);
            let greatest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max) * self.scale;
            let mut sum = 0.0;
            for (share, score) in shares.iter_mut().zip(scores) {
                *share = (score * self.scale - greatest).exp();
                sum += *share;
            }
            shares.iter_mut().for_each(|share| *share /= sum);
        });
        Ok((CpuStorage::F32(shares), layout.shape().clone()))
    }

    fn bwd(&self, _scores: &Tensor, shares: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(shares.contiguous()?.apply_op2_no_bwd(&gradient.contiguous()?, &Backward { scale: self.scale })?))
    }
}

/// From shares p and their gradient g to the scores' gradient: scale * p * (g - sum of p * g over the row).
struct Backward {
    scale: f32,
}

impl CustomOp2 for Backward {
    fn name(&self) -> &'static str {
        "attention shares, backward"
    }

    fn cpu_fwd(
        &self,
        shares: &CpuStorage,
        shares_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (shares, gradient) = (values(shares, shares_layout)?, values(gradient, gradient_layout)?);
        let (_, _, keys) = shares_layout.shape().dims3()?;
        let mut scores = vec![0.0_f32; shares.len()];
        let rows = shares.par_chunks(keys).zip(gradient.par_chunks(keys));
        scores.par_chunks_mut(keys).zip(rows).for_each(|(scores, (shares, gradient))| {
            let sum: f32 = shares.iter().zip(gradient).map(|(share, gradient)| share * gradient).sum();
            for ((score, share), gradient) in scores.iter_mut().zip(shares).zip(gradient) {
                *score = self.scale * share * (gradient - sum);
            }
        });
        Ok((CpuStorage::F32(scores), shares_layout.shape().clone()))
    }
}

/// The numbers of a contiguous f32 tensor.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("attention scores must be contiguous and f32"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn hidden_keys_get_nothing_and_the_rest_adds_to_one() {
        let scores = Tensor::new(&[[[1.0_f32, 2.0, f32::NAN], [0.5, -1.0, 3.0]]], &Device::Cpu).unwrap();
        let shares = shares(&scores, &[2, 3], 0.5).unwrap().to_vec3::<f32>().unwrap();
        assert_eq!(shares[0][0][2], 0.0);
        assert!((shares[0][0][1] / shares[0][0][0] - 0.5_f32.exp()).abs() < 1e-6);
        assert!((shares[0][1].iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let numbers: Vec<f32> = (0..12).map(|place| ((place * 7 % 12) as f32 - 5.0) / 3.0).collect();
        let weights = Tensor::arange(0.0_f32, 12.0, &Device::Cpu).unwrap().sqrt().unwrap().reshape((2, 2, 3)).unwrap();
        let loss = |numbers: &[f32]| {
            let scores = Var::from_tensor(&Tensor::from_slice(numbers, (2, 2, 3), &Device::Cpu).unwrap()).unwrap();
            let loss = (shares(&scores, &[2, 3], 0.7).unwrap() * &weights).unwrap().sum_all().unwrap();
            let gradient = loss.backward().unwrap().get(&scores).unwrap().flatten_all().unwrap().to_vec1::<f32>();
            (f64::from(loss.to_scalar::<f32>().unwrap()), gradient.unwrap())
        };
        let (_, gradient) = loss(&numbers);
        for place in 0..numbers.len() {
            let moved = |by: f32| {
                let mut numbers = numbers.clone();
                numbers[place] += by;
                loss(&numbers).0
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!(
                (difference - f64::from(gradient[place])).abs() < 1e-3,
                "{place}: {difference} {}",
                gradient[place]
            );
        }
    }
}
