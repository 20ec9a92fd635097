//! Aggregators: from the rewards of one CoT to the one value by which CoTs are compared.
//!
//! ```text
//! rewards of a CoT: 0.9, missing, 0.4 ──Aggregator──▶ one value ──▶ Best-of-N, weighted vote, calibration
//! ```
//!
//! | name | value | the field's use |
//! |---|---|---|
//! | `last` | the last reward | outcome reward models; the paper's dORM |
//! | `min` | the lowest reward | process reward models; the paper's dPRM |
//! | `max` | the highest reward | a control |
//! | `mean` | the arithmetic mean | sampled verdicts; the paper's gORM and gPRM |
//! | `prod` | the product | process reward models |
//! | `geometric_mean` | the n-th root of the product | the product without its bias against long CoTs |
//! | `log_odds` | the sum of log-odds | independent pieces of evidence |
//! | `last_k_mean` | the mean of the last k rewards | between `last` and `mean` |
//! | `quantile` | the q-quantile | `min`, made robust against one bad step |
//!
//! All of them count a missing reward as one half, and no rewards at all as one reward of one half.
//!
//! ```
//! use touchstone::{Aggregator, PluginSpec, Registry};
//! use touchstone_aggregators as _; // links the plugins in
//!
//! let quantile = Registry::builtin().make(&PluginSpec::<dyn Aggregator>::named("quantile").with("q", 0.25))?;
//! assert_eq!(quantile.aggregate(&[Some(0.9), None, Some(0.1), Some(0.7), Some(0.8)])?, 0.5);
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Add your own
//! One new file and one line. The file, say `src/median.rs`, holds the settings, the [`Aggregator`] and the registration
//! ([`min.rs`](Min) is a whole one, and [`Aggregator`] shows another); the line is a `mod` below. Run
//! `cargo test -p touchstone-aggregators`: `tests/laws.rs` finds every registered aggregator and holds it to the laws, and
//! `touchstone plugins describe median` shows your doc comments.
//!
//! [`Aggregator`]: touchstone::Aggregator

mod geometric_mean;
mod last;
mod last_k_mean;
mod log_odds;
mod max;
mod mean;
mod min;
mod prod;
mod quantile;

pub use geometric_mean::GeometricMean;
pub use last::Last;
pub use last_k_mean::LastKMean;
pub use log_odds::{Clamp, LogOdds};
pub use max::Max;
pub use mean::Mean;
pub use min::Min;
pub use prod::Prod;
pub use quantile::{Level, Quantile};
