//! AdamW (Loshchilov and Hutter 2019), as PyTorch computes it, and the clipping of gradients before it.

use candle_core::Tensor;

use super::parameters::{Gradients, Parameters};
use crate::Result;

const BETAS: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// The moments of every parameter's gradient.
#[derive(Debug)]
pub(super) struct AdamW {
    /// Mean and mean square, in the order of the parameters.
    pub moments: Vec<[Tensor; 2]>,
    /// Steps taken.
    pub steps: usize,
}

/// How far one step goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stride {
    pub learning_rate: f64,
    pub weight_decay: f64,
    /// Gradients are scaled down to this norm; 0 lets them be.
    pub max_gradient_norm: f64,
}

impl AdamW {
    pub fn new(parameters: &Parameters) -> Result<Self> {
        let zeros = |tensor: &Tensor| Ok([tensor.zeros_like()?, tensor.zeros_like()?]);
        let moments: Result<Vec<_>> = parameters.iter().map(|parameter| zeros(&parameter.value)).collect();
        Ok(Self { moments: moments?, steps: 0 })
    }

    /// Moves the parameters, and gives the norm of the gradients as they were.
    pub fn step(&mut self, parameters: &mut Parameters, gradients: &Gradients, stride: Stride) -> Result<f64> {
        let norm = gradients.norm()?;
        let clip = match stride.max_gradient_norm {
            0.0 => 1.0,
            // PyTorch adds the millionth part, too.
            most => (most / (norm + 1e-6)).min(1.0),
        };
        self.steps += 1;
        let corrections = BETAS.map(|beta| 1.0 - beta.powi(self.steps as i32));
        let rate = stride.learning_rate / corrections[0];
        for ((parameter, moments), gradient) in parameters.iter_mut().zip(&mut self.moments).zip(gradients.iter()) {
            // What got no gradient at all is left alone, its weight too.
            let Some(gradient) = gradient else { continue };
            let gradient = (gradient * clip)?;
            let [mean, square] = moments;
            *mean = ((&*mean * BETAS[0])? + (&gradient * (1.0 - BETAS[0]))?)?;
            *square = ((&*square * BETAS[1])? + (gradient.sqr()? * (1.0 - BETAS[1]))?)?;
            let deviation = ((square.sqrt()? / corrections[1].sqrt())? + EPSILON)?;
            let decayed = (&parameter.value * (1.0 - stride.learning_rate * stride.weight_decay))?;
            parameter.value = (decayed - ((&*mean / deviation)? * rate)?)?;
        }
        Ok(norm)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn the_first_steps_are_those_of_the_formulas() {
        let mut parameters = Parameters::default();
        let id = parameters.add("w".to_owned(), Tensor::new(&[1.0_f32, -2.0], &Device::Cpu).unwrap()).unwrap();
        let mut adam = AdamW::new(&parameters).unwrap();
        let stride = Stride { learning_rate: 0.1, weight_decay: 0.01, max_gradient_norm: 1.0 };
        let (mut expected, mut mean, mut square) = ([1.0_f64, -2.0], [0.0_f64; 2], [0.0_f64; 2]);
        for step in 1..=3 {
            let gradient = [3.0_f64 * f64::from(step), -4.0 * f64::from(step)];
            let mut gradients = Gradients::none(&parameters);
            gradients.add(id, &Tensor::new(&gradient.map(|g| g as f32), &Device::Cpu).unwrap()).unwrap();
            let norm = adam.step(&mut parameters, &gradients, stride).unwrap();
            assert!((norm - 5.0 * f64::from(step)).abs() < 1e-6);
            for index in 0..2 {
                let gradient = gradient[index] / norm;
                mean[index] = 0.9 * mean[index] + 0.1 * gradient;
                square[index] = 0.999 * square[index] + 0.001 * gradient * gradient;
                let (m, v) = (mean[index] / (1.0 - 0.9_f64.powi(step)), square[index] / (1.0 - 0.999_f64.powi(step)));
                expected[index] -= 0.1 * (0.01 * expected[index] + m / (v.sqrt() + 1e-8));
            }
            let found: Vec<f32> = parameters.value(id).to_vec1().unwrap();
            for (found, expected) in found.iter().zip(expected) {
                assert!((f64::from(*found) - expected).abs() < 1e-5, "step {step}: {found} for {expected}");
            }
        }
    }
}
