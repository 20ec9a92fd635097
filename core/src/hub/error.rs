//! What may go wrong with the hub.

/// The hub, or its cache, could not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {}
