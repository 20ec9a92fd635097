//! The library's types, from its own source files: not loaded, not registered.

#[path = "../every_kind/src/after.rs"]
mod after;
#[path = "../every_kind/src/agreement.rs"]
mod agreement;
#[path = "../every_kind/src/average.rs"]
mod average;
#[path = "../every_kind/src/clause.rs"]
mod clause;
#[path = "../every_kind/src/digits.rs"]
mod digits;
#[path = "../every_kind/src/drawn.rs"]
mod drawn;
#[path = "../every_kind/src/equations.rs"]
mod equations;
#[path = "../every_kind/src/speller.rs"]
mod speller;

pub use after::After;
pub use agreement::Agreement;
pub use average::Average;
pub use clause::Clause;
pub use digits::Digits;
pub use drawn::Drawn;
pub use equations::Equations;
pub use speller::Speller;
