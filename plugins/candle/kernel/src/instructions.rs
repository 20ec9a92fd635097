//! Which vector instructions the arithmetic runs on: chosen once, when the program runs.
//!
//! A [`Kernel`] is safe generic code. [`InstructionSet::run`] enters it through one function for each instruction set, with
//! that set's instructions switched on; as everything below the entry is inlined into it, the compiler makes vector code of
//! the same lines for each. Unsafe are this entry and the few operations that an [`Arithmetic`] names its instructions for.

use std::fmt;
use std::sync::OnceLock;

#[cfg(target_arch = "aarch64")]
use crate::aarch64::Neon;
use crate::arithmetic::{Arithmetic, Plain};
#[cfg(target_arch = "x86_64")]
use crate::x86_64::{Avx2, Avx512};

/// Code that is compiled once for each instruction set. `run` and all that it calls must be `#[inline(always)]`, or they are
/// compiled without the instructions. A closure cannot be: arithmetic stands in loops, not in `map` or `for_each`, or each
/// multiply-add may become a call into the C library.
pub(crate) trait Kernel {
    /// What it hands back.
    type Output;
    /// The code itself.
    fn run<A: Arithmetic>(self) -> Self::Output;
}

/// The vector instructions that products, attention and activations run on.
///
/// All sets with fused multiply-add (every one but [`portable`](InstructionSet::portable)) give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstructionSet(Set);

/// Private, so that a set which this processor lacks cannot be named: [`InstructionSet::run`] relies on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl InstructionSet {
    /// The fastest set that this processor has, found once.
    pub fn best() -> Self {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        *BEST.get_or_init(|| Self::available().pop().unwrap_or(Self::portable()))
    }

    /// The set that every processor has. Multiplication and addition are rounded one by one.
    pub fn portable() -> Self {
        Self(Set::Portable)
    }

    /// All sets that this processor has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut sets = vec![Self::portable()];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
                sets.push(Self(Set::Avx2));
                if is_x86_feature_detected!("avx512f") {
                    sets.push(Self(Set::Avx512));
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            sets.push(Self(Set::Neon));
        }
        sets
    }

    /// Runs `kernel` with this set's instructions.
    #[allow(unsafe_code)]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Set::Portable => kernel.run::<Plain>(),
            // SAFETY: `available` makes this value only where the processor has AVX2, FMA and F16C.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2(kernel) },
            // SAFETY: `available` makes this value only where the processor has AVX-512F, too.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512(kernel) },
            // SAFETY: `available` makes this value only where the processor has NEON.
            #[cfg(target_arch = "aarch64")]
            Set::Neon => unsafe { neon(kernel) },
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2 with FMA",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "NEON",
        })
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma,f16c")]
pub(crate) fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
pub(crate) fn neon<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Neon>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::{AttentionShape, Keys, Segment, attention_on};
    use crate::linear::{Onto, linear_on};
    use crate::mlp::gated_on;
    use crate::packed::PackedMatrix;

    fn numbers(seed: usize, count: usize) -> Vec<f32> {
        (0..count).map(|index| ((index + seed) * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    /// Products, gates and attention of some odd shapes.
    fn results(set: InstructionSet) -> Vec<f32> {
        let mut all = Vec::new();
        for rows in [1, 2, 3, 5, 14, 37] {
            let (inputs, outputs) = (97, 51);
            let x = numbers(rows, rows * inputs);
            let weights = |seed| PackedMatrix::from_f32(&numbers(seed, outputs * inputs), outputs, inputs).unwrap();
            let mut y = vec![0.0; rows * outputs];
            linear_on(set, &x, &weights(5), Onto::Nothing(None), &mut y).unwrap();
            all.extend(&y);
            gated_on(set, &x, &weights(7), &weights(9), &mut y);
            all.extend(&y);

            let shape = AttentionShape { heads: 6, kv_heads: 2, head_dim: 24, scale: 0.2 };
            let (q, k, v) = (numbers(1, rows * 144), numbers(2, rows * 48), numbers(3, rows * 48));
            let visible = (1..=rows).collect();
            let segment = Segment { queries: 0..rows, visible, keys: vec![Keys { k: &k, v: &v }.into()] };
            let mut out = vec![0.0; q.len()];
            attention_on(set, &q, &shape, &[segment], &mut out).unwrap();
            all.extend(&out);
        }
        all
    }

    #[test]
    fn every_set_that_this_processor_has_agrees_with_the_portable_one() {
        let expected = results(InstructionSet::portable());
        for set in InstructionSet::available() {
            for (found, expected) in results(set).iter().zip(&expected) {
                assert!((found - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{set}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn sets_with_fused_multiply_add_agree_bit_for_bit() {
        let fused: Vec<_> = InstructionSet::available().into_iter().skip(1).map(results).collect();
        assert!(fused.windows(2).all(|pair| pair[0].iter().zip(&pair[1]).all(|(a, b)| a.to_bits() == b.to_bits())));
    }

    #[test]
    fn the_best_set_is_the_last_that_is_available() {
        assert_eq!(Some(&InstructionSet::best()), InstructionSet::available().last());
        assert_eq!(InstructionSet::portable().to_string(), "portable");
    }
}
