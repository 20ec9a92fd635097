//! The options of commands that let a generator write.

use touchstone::generator;
use touchstone::{Generator, PluginSpec, Result};

/// What writes, with its settings.
#[derive(clap::Args)]
pub struct GeneratorArguments {
    /// What writes, with settings in braces if you like
    #[arg(long, value_name = "NAME[{field=value,…}]")]
    generator: String,
    /// A setting of the generator; compute.device=cpu sets a field of a field
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    settings: Vec<String>,
    /// The generator's setting `model`: a file, a folder, hf://namespace/name@revision, embedded:NAME, or a server's name for it
    #[arg(long)]
    model: Option<String>,
    /// The generator's setting `adapter`
    #[arg(long)]
    adapter: Option<String>,
}

impl GeneratorArguments {
    /// The generator with the settings of every option.
    pub fn spec(&self) -> Result<PluginSpec<dyn Generator>> {
        let mut generator: PluginSpec<dyn Generator> = self.generator.parse()?;
        for (field, value) in [("model", &self.model), ("adapter", &self.adapter)] {
            if let Some(value) = value {
                generator = generator.with(field, value.as_str());
            }
        }
        for setting in &self.settings {
            generator = generator.with_argument(setting)?;
        }
        Ok(generator)
    }
}

/// How the prompt reaches the model.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Chat {
    /// In its own chat template
    Model,
    /// As it is
    None,
}

impl From<Chat> for generator::Chat {
    fn from(chat: Chat) -> Self {
        match chat {
            Chat::Model => Self::Model,
            Chat::None => Self::None,
        }
    }
}

/// Whether the model is to think first.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Thinking {
    /// As its chat template has it
    AsTemplate,
    /// It should
    On,
    /// It should not
    Off,
}

impl From<Thinking> for generator::Thinking {
    fn from(thinking: Thinking) -> Self {
        match thinking {
            Thinking::AsTemplate => Self::AsTemplate,
            Thinking::On => Self::On,
            Thinking::Off => Self::Off,
        }
    }
}
