//! Draws that equal those of the programs that published results were made with.
//!
//! [`PythonRandom`] is Python's `random`. Evaluation draws as NumPy's legacy generator does, by itself; both run the same
//! Mersenne Twister.

pub(crate) mod mersenne_twister;
mod python;

pub use python::PythonRandom;
