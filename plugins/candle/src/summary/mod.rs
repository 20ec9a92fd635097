//! What a model is, told without reading its weights: for `touchstone inspect`.

mod adapter;
mod model;
mod weights;

use serde::Serialize;
use touchstone::Context;

use crate::Result;
use crate::source::ModelLocation;

pub use self::adapter::AdapterSummary;
pub use self::model::{ChatSummary, ModelSummary, RopeSummary, TokenSummary, TokenizerSummary};
pub use self::weights::WeightsOfType;

/// What lies at a location.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Summary {
    /// A model.
    Model(Box<ModelSummary>),
    /// An adapter alone.
    Adapter(AdapterSummary),
}

impl Summary {
    /// Looks at a model or adapter. Everything is checked that can be without reading weights, with the errors that loading
    /// would give.
    ///
    /// # Errors
    /// [`crate::Error`] as the loader gives it.
    pub fn of(context: &Context, location: &ModelLocation) -> Result<Self> {
        if location.is_adapter() {
            return AdapterSummary::of(context, location).map(Self::Adapter);
        }
        ModelSummary::of(context, location).map(|summary| Self::Model(Box::new(summary)))
    }
}
