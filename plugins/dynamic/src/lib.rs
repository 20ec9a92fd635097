//! Plugins as dynamic libraries: how the traits of [`touchstone`] cross the border between a program and a library.
//!
//! ```text
//! program ── registry ── take ──▶ ┌───────────────────┐ ◀── give ── a plugin in Rust, through the SDK
//!               ▲                 │ table: C functions │ ◀────────── a plugin in C, C++, Zig, …
//!             load                │ JSON and slices    │
//!                                 └───────────────────┘
//! ```
//!
//! - [`table`] is the border: C types and functions, the same as `include/touchstone.h`, which is the contract for authors.
//! - [`give`] puts a Rust plugin behind the table; [`take`] makes a Rust plugin of what is behind a table, checks every
//!   result, and says which plugin of which file broke which rule.
//! - `load` (the feature of that name) opens the libraries that a user names and hands their plugins to the registry.
//! - `project` (under the same feature) writes what the author of a plugin starts from.
//!
//! ```
//! # #[cfg(feature = "load")] {
//! use touchstone::Registry;
//!
//! // Nothing but what is named is ever loaded, and what cannot be is told by its name.
//! let mut registry = Registry::builtin();
//! let failure = touchstone_dynamic::load::load(&mut registry, "libtrimmed.so".as_ref()).unwrap_err();
//! assert!(failure.to_string().starts_with("the library libtrimmed.so cannot be loaded"));
//! # }
//! ```
//!
//! The author of a plugin writes none of this: `touchstone-sdk` does, and the book's *Ship a plugin* begins in an empty folder.
//!
//! A program takes the plugins of its libraries, and a library may take those of the program, a generator for its verifier
//! say, so both directions are here, for both sides. No Rust type, allocator or panic crosses; what the two sides share is
//! the version of the table.

mod fault;
pub mod give;
#[cfg(feature = "load")]
pub mod load;
#[cfg(feature = "load")]
pub mod project;
pub mod table;
pub mod take;
mod text;

pub use fault::Fault;
pub use text::NotUtf8;
