//! report
pub mod page;
