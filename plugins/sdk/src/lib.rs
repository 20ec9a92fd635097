//! Write a plugin for Touchstone and ship it as one file.
//!
//! ```text
//! your trait ──register!──▶ a name in recipes ──export!──▶ libtrimmed.so ──--plugin──▶ every command and recipe
//! ```
//!
//! A plugin's crate depends on this crate alone, implements the ordinary trait, and ends in two lines: one that gives the
//! plugin its name, and one that makes a library of it.
//!
//! ```
//! use touchstone_sdk::aggregator::{Aggregator, present};
//!
//! /// The mean without the extremes.
//! #[touchstone_sdk::settings]
//! pub struct Trimmed {
//!     /// How many rewards are dropped at either end, as far as at least one is left.
//!     #[serde(default)]
//!     pub trim: usize,
//! }
//!
//! impl Aggregator for Trimmed {
//!     fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone_sdk::Result<f64> {
//!         let mut values: Vec<f64> = present(rewards).collect();
//!         values.sort_by(f64::total_cmp);
//!         let trim = self.trim.min((values.len() - 1) / 2);
//!         let kept = &values[trim..values.len() - trim];
//!         Ok(kept.iter().sum::<f64>() / kept.len() as f64)
//!     }
//! }
//!
//! touchstone_sdk::register!(Aggregator, "trimmed", Trimmed);
//! touchstone_sdk::export!(Trimmed);
//! # fn main() {
//! # assert_eq!(Trimmed { trim: 1 }.aggregate(&[Some(0.0), Some(0.5), Some(1.0)]).ok(), Some(0.5));
//! # }
//! ```
//!
//! With `crate-type = ["cdylib", "rlib"]` in its `Cargo.toml`, `cargo build` makes `libtrimmed.so` of it, and every command
//! finds `trimmed` after `--plugin ./libtrimmed.so`. The same struct works linked into a program, like any built-in plugin:
//! there the `register!` line is all. `touchstone plugins new` writes such a project; `touchstone plugins check` tries the
//! trait's laws on the library, and the laws are here, too, for a plugin's own tests.
//!
//! Everything of the crate `touchstone` that a plugin needs is here under the same names; the job's prompts (`Templates`,
//! `Context::templates`) with the feature `templates`. Panics are caught where a call
//! crosses the border, so a crate that exports plugins must unwind: `panic = "abort"` is refused.
//!
//! The examples of this crate hold a verifier of this kind, whole.

pub use schemars;
pub use serde;
pub use serde_json;
pub use touchstone::*;
pub use touchstone_sdk_macros::settings;

#[doc(hidden)]
pub use touchstone_dynamic::{give, table};

/// Makes a library of plugins: `export!(Trimmed, Equations);`, once in a crate.
///
/// Each type was given its kind and name by [`register!`]. The library's one symbol is the function that a program loads it
/// by, so two crates that export cannot be linked into one program; where that is wanted, put this line behind a feature of
/// your crate.
#[macro_export]
macro_rules! export {
    ($($settings:ty),+ $(,)?) => {
        #[cfg(panic = "abort")]
        compile_error!("a plugin that panics must not end the program that loaded it: build with panic = \"unwind\"");

        const _: () = {
            static TABLE: $crate::give::LibraryTable = $crate::give::LibraryTable::new();

            // SAFETY: the name is the contract's own, and no other crate of a library has it.
            #[unsafe(no_mangle)]
            extern "C" fn touchstone_library() -> *const $crate::table::Library {
                TABLE.get(env!("CARGO_PKG_VERSION"), &[$($crate::give::Exported::of::<$settings>()),+])
            }
        };
    };
}
