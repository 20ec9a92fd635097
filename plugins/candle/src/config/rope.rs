//! Rotary position encoding: the frequencies at which the pairs of a head turn with the position.

use std::f64::consts::TAU;

/// The settings of the rotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Rope {
    /// Base of the frequencies.
    pub theta: f64,
    /// How the frequencies are changed to reach beyond the length of training.
    pub scaling: RopeScaling,
}

/// How a model's frequencies differ from `theta ^ (-2i / head_dim)`.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    /// Not at all.
    Default,
    /// All divided by a factor.
    Linear {
        /// The factor.
        factor: f64,
    },
    /// Llama 3.1's: long wave lengths divided by a factor, short ones kept, a ramp between.
    Llama3 {
        /// The factor.
        factor: f64,
        /// Wave lengths above the original context divided by this are scaled in full.
        low_freq_factor: f64,
        /// Wave lengths below the original context divided by this are kept.
        high_freq_factor: f64,
        /// Context before the extension.
        original_context: f64,
    },
    /// Each frequency divided by a number of its own and by a factor, as GGUF files tell Llama 3's scaling
    /// (`rope_freqs.weight`).
    Divisors {
        /// One number a pair.
        divisors: Vec<f32>,
        /// Divides all of them.
        factor: f64,
    },
}

impl Rope {
    /// The frequency of each of the `head_dim / 2` pairs, in radians a position, computed in f64.
    pub fn frequencies(&self, head_dim: usize) -> Vec<f64> {
        (0..head_dim / 2)
            .map(|pair| {
                let frequency = self.theta.powf(-((2 * pair) as f64) / head_dim as f64);
                self.scaling.apply(pair, frequency)
            })
            .collect()
    }
}

impl RopeScaling {
    fn apply(&self, pair: usize, frequency: f64) -> f64 {
        match self {
            Self::Default => frequency,
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 { factor, low_freq_factor, high_freq_factor, original_context } => {
                let wave_length = TAU / frequency;
                if wave_length > original_context / low_freq_factor {
                    frequency / factor
                } else if wave_length < original_context / high_freq_factor {
                    frequency
                } else {
                    let kept =
                        (original_context / wave_length - low_freq_factor) / (high_freq_factor - low_freq_factor);
                    (1.0 - kept) * frequency / factor + kept * frequency
                }
            }
            Self::Divisors { divisors, factor } => {
                frequency / divisors.get(pair).map_or(1.0, |&divisor| f64::from(divisor)) / factor
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pair_turns_one_radian_a_position() {
        let rope = Rope { theta: 10_000.0, scaling: RopeScaling::Default };
        let frequencies = rope.frequencies(4);
        assert_eq!(frequencies, [1.0, 0.01]);
    }

    #[test]
    fn a_linear_factor_divides_every_frequency() {
        let rope = Rope { theta: 10_000.0, scaling: RopeScaling::Linear { factor: 4.0 } };
        assert_eq!(rope.frequencies(4), [0.25, 0.0025]);
    }

    #[test]
    fn llama3_keeps_short_waves_divides_long_ones_and_joins_them_without_a_jump() {
        let scaling =
            RopeScaling::Llama3 { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context: 8192.0 };
        let at = |wave_length: f64| scaling.apply(0, TAU / wave_length) / (TAU / wave_length);
        assert_eq!(at(100.0), 1.0);
        assert_eq!(at(20_000.0), 0.125);
        assert!((at(8192.0 / 4.0 + 1e-6) - 1.0).abs() < 1e-6);
        assert!((at(8192.0 - 1e-6) - 0.125).abs() < 1e-6);
        assert!(at(4000.0) > 0.125 && at(4000.0) < 1.0);
    }
}
