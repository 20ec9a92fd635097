//! Next-token loss as one operation: candle's own walks over all logits a dozen times on one thread.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// Mean over the rows of minus the log-probability of each row's target: logits [rows, vocabulary] in f32.
pub fn cross_entropy(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    logits.contiguous()?.apply_op1(CrossEntropy { targets: targets.to_vec() })
}

struct CrossEntropy {
    targets: Vec<u32>,
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, vocabulary) = layout.shape().dims2()?;
        let logits = values(storage, layout)?;
        if rows != self.targets.len() || self.targets.iter().any(|&target| target as usize >= vocabulary) {
            bail!("{rows} rows of {vocabulary} logits do not fit {} targets", self.targets.len());
        }
        let losses: Vec<f64> = logits
            .par_chunks(vocabulary)
            .zip(&self.targets)
            .map(|(row, &target)| f64::from(normaliser(row) - row[target as usize]))
            .collect();
        let mean = losses.iter().sum::<f64>() / rows as f64;
        Ok((CpuStorage::F32(vec![mean as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _loss: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let backward = Backward { targets: self.targets.clone() };
        Ok(Some(logits.contiguous()?.apply_op2_no_bwd(gradient, &backward)?))
    }
}

/// The gradient of logits: (softmax - target) / rows, times the loss's.
struct Backward {
    targets: Vec<u32>,
}

impl CustomOp2 for Backward {
    fn name(&self) -> &'static str {
        "cross-entropy, backward"
    }

    fn cpu_fwd(
        &self,
        logits: &CpuStorage,
        layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, vocabulary) = layout.shape().dims2()?;
        let logits = values(logits, layout)?;
        let scale = values(gradient, gradient_layout)?[0] / rows as f32;
        let mut gradients = vec![0.0_f32; logits.len()];
        let rows = logits.par_chunks(vocabulary).zip(&self.targets);
        gradients.par_chunks_mut(vocabulary).zip(rows).for_each(|(gradients, (row, &target))| {
            let normaliser = normaliser(row);
            for (gradient, logit) in gradients.iter_mut().zip(row) {
                *gradient = scale * (logit - normaliser).exp();
            }
            gradients[target as usize] -= scale;
        });
        Ok((CpuStorage::F32(gradients), layout.shape().clone()))
    }
}

/// The logarithm of the sum of a row's exponentials.
fn normaliser(row: &[f32]) -> f32 {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    greatest + row.iter().map(|logit| (logit - greatest).exp()).sum::<f32>().ln()
}

/// The numbers of a contiguous f32 tensor.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("logits must be contiguous and f32"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn loss_and_gradient_are_those_of_candle() {
        let logits = Tensor::arange(0.0_f32, 12.0, &Device::Cpu).unwrap().sqrt().unwrap().reshape((3, 4)).unwrap();
        let logits = Var::from_tensor(&logits).unwrap();
        let targets = [2_u32, 0, 3];
        let ours = cross_entropy(&logits, &targets).unwrap();
        let theirs = candle_nn::loss::cross_entropy(&logits, &Tensor::new(&targets, &Device::Cpu).unwrap()).unwrap();
        let gap = (&ours - &theirs).unwrap().abs().unwrap().to_scalar::<f32>().unwrap();
        assert!(gap < 1e-6, "{gap}");
        let gradient = |loss: &Tensor| {
            let doubled = (loss * 2.0).unwrap();
            doubled.backward().unwrap().get(&logits).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        for (ours, theirs) in gradient(&ours).iter().zip(gradient(&theirs)) {
            assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
        }
    }
}
