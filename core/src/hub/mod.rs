//! `hf://` through the Hugging Face hub's protocol.
mod error;
pub use error::HubError;
