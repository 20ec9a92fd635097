//! How weights that are narrower than f32 lie in a panel, and how they become f32.

use half::{bf16, f16};

use crate::arithmetic::{Arithmetic, LANES, Lanes};

/// Some consecutive inputs of a panel: the weights of 16 outputs, in fewer bits than f32 has.
///
/// Widening gives the very numbers that the narrow ones stand for, so a product with them has the bits of a product with
/// these numbers in f32.
pub(crate) trait Layout: Copy {
    /// Inputs of a piece.
    const INPUTS: usize;
    /// Inputs that are fetched together; divides [`INPUTS`](Self::INPUTS).
    const STEP: usize;
    /// What all inputs of a piece share, in registers.
    type Shared<A: Arithmetic>: Copy;
    /// The weights of some inputs as they lie in memory.
    type Fetched<'a, A: Arithmetic>: Copy
    where
        Self: 'a;

    /// What all inputs share.
    fn shared<A: Arithmetic>(&self) -> Self::Shared<A>;
    /// The inputs of the step of this number.
    fn fetch<A: Arithmetic>(&self, step: usize) -> Self::Fetched<'_, A>;
    /// The weights of the first input that `fetched` still holds; it is taken out.
    fn next<A: Arithmetic>(fetched: &mut Self::Fetched<'_, A>, shared: &Self::Shared<A>) -> A::Vector;

    /// The weights of all inputs in f32; `wide` has room for [`INPUTS`](Self::INPUTS).
    #[inline(always)]
    fn widen<A: Arithmetic>(&self, wide: &mut [Lanes]) {
        let shared = self.shared::<A>();
        for (step, wide) in wide.chunks_exact_mut(Self::STEP).enumerate() {
            let mut fetched = self.fetch::<A>(step);
            for wide in wide {
                A::store(Self::next::<A>(&mut fetched, &shared), wide);
            }
        }
    }
}

impl Layout for [f16; LANES] {
    const INPUTS: usize = 1;
    const STEP: usize = 1;
    type Shared<A: Arithmetic> = ();
    type Fetched<'a, A: Arithmetic> = &'a Self;

    #[inline(always)]
    fn shared<A: Arithmetic>(&self) {}

    #[inline(always)]
    fn fetch<A: Arithmetic>(&self, _step: usize) -> &Self {
        self
    }

    #[inline(always)]
    fn next<A: Arithmetic>(fetched: &mut &Self, _shared: &()) -> A::Vector {
        A::load_f16(fetched)
    }
}

impl Layout for [bf16; LANES] {
    const INPUTS: usize = 1;
    const STEP: usize = 1;
    type Shared<A: Arithmetic> = ();
    type Fetched<'a, A: Arithmetic> = &'a Self;

    #[inline(always)]
    fn shared<A: Arithmetic>(&self) {}

    #[inline(always)]
    fn fetch<A: Arithmetic>(&self, _step: usize) -> &Self {
        self
    }

    #[inline(always)]
    fn next<A: Arithmetic>(fetched: &mut &Self, _shared: &()) -> A::Vector {
        A::load_bf16(fetched)
    }
}
