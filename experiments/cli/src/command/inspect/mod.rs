//! `touchstone inspect`: what is in a data set or reward set, or what a model is.

mod data;
mod model;

use std::io::{Write, stdout};

use serde::Serialize;
use touchstone::data::Location;
use touchstone::hub::HubError;
use touchstone::{Context, Error, Registry, data::Summary as DataSummary};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::summary::Summary as ModelSummary;

use super::Format;

/// Show what is in a data set or reward set, or what a model or adapter is
///
/// Data is read whole, so it is also checked whole. Of a model everything but the weights is read: what it is, how large,
/// its context, tokenizer, chat template and adapters.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone inspect quickstart/data
  touchstone inspect rewards/dPRM --format json
  touchstone inspect models/SmolLM2-135M-Instruct.Q4_1.gguf --chat
  touchstone inspect hf://namespace/name@revision")]
pub struct Arguments {
    /// A file, a folder, hf://namespace/name@revision, or an embedded model
    location: String,
    /// Also show a question as the model's chat template renders it
    #[arg(long)]
    chat: bool,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let context = super::context(Registry::builtin(), None)?;
    let mut out = stdout().lock();
    match look(&context, &arguments.location)? {
        Found::Data(summary) => match arguments.format {
            Format::Json => write_json(&mut out, &summary)?,
            Format::Text => data::show(&mut out, &summary)?,
        },
        Found::Model(summary) => match arguments.format {
            Format::Json => write_json(&mut out, &summary)?,
            Format::Text => model::show(&mut out, &summary, arguments.chat)?,
        },
    }
    Ok(())
}

enum Found {
    Data(DataSummary),
    Model(ModelSummary),
}

/// Tells models from data: by what is there, or on the hub, where a name does not tell, by asking for data first.
fn look(context: &Context, location: &str) -> anyhow::Result<Found> {
    let as_model: ModelLocation = location.parse().map_err(touchstone_candle::Error::from)?;
    if as_model.must_be_model() {
        return Ok(Found::Model(ModelSummary::of(context, &as_model)?));
    }
    let as_data: Location = location.parse().map_err(Error::from)?;
    match DataSummary::of(context, &as_data) {
        Ok(summary) => Ok(Found::Data(summary)),
        Err(error) if no_data_set_on_the_hub(&error) => match ModelSummary::of(context, &as_model) {
            Ok(summary) => Ok(Found::Model(summary)),
            // Neither is there: what was asked first is told.
            Err(touchstone_candle::Error::Source(touchstone_candle::source::SourceError::Hub(
                HubError::NotFound { .. } | HubError::Offline { .. },
            ))) => Err(error.into()),
            Err(other) => Err(other.into()),
        },
        Err(error) => Err(error.into()),
    }
}

fn no_data_set_on_the_hub(error: &Error) -> bool {
    match error {
        Error::Hub(HubError::NotFound { .. } | HubError::Offline { .. } | HubError::Denied { .. }) => true,
        Error::At { source, .. } => no_data_set_on_the_hub(source),
        _ => false,
    }
}

fn write_json(out: &mut impl Write, value: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}
