//! Test sets, training sets and reward files in and out.

mod error;
pub mod layout;
mod location;

pub use error::DataError;
pub use location::{HubReference, Location};
