//! `touchstone plugins`: what can be named in recipes.

use std::io::{Write, stdout};

use clap::Subcommand;
use serde_json::Value;
use touchstone::registry::Description;
use touchstone::{PluginKind, Registry};

use super::Format;
use super::libraries::Libraries;
use crate::table;

/// List and describe the plugins that recipes can name
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  touchstone plugins list\n  touchstone plugins describe quantile")]
pub enum Command {
    /// List every plugin with what it is for
    List {
        /// How the list is written
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Describe a plugin and its settings
    Describe {
        /// The plugin's name, as in recipes
        name: String,
        /// How the description is written
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

/// Runs the command.
pub fn run(command: &Command, libraries: &Libraries) -> anyhow::Result<()> {
    let registry = libraries.registry(&[])?;
    let mut out = stdout().lock();
    match command {
        Command::List { format: Format::Json } => {
            serde_json::to_writer_pretty(&mut out, &registry.plugins().collect::<Vec<_>>())?;
            writeln!(out)?;
        }
        Command::List { format: Format::Text } => list(&mut out, &registry)?,
        Command::Describe { name, format } => {
            let found: Vec<&Description> = registry.plugins().filter(|plugin| plugin.name == *name).collect();
            if found.is_empty() {
                let names = registry.plugins().map(|plugin| plugin.name.as_str());
                let hint = touchstone::nearest(name, names).map_or_else(
                    || "`touchstone plugins list` shows them all".to_owned(),
                    |near| format!("did you mean {near:?}?"),
                );
                anyhow::bail!("no plugin is called {name:?}; {hint}");
            }
            match format {
                Format::Json => {
                    serde_json::to_writer_pretty(&mut out, &found)?;
                    writeln!(out)?;
                }
                Format::Text => found.iter().try_for_each(|plugin| describe(&mut out, plugin))?,
            }
        }
    }
    Ok(())
}

fn list(out: &mut impl Write, registry: &Registry) -> std::io::Result<()> {
    for kind in PluginKind::ALL {
        let plugins: Vec<&Description> = registry.plugins().filter(|plugin| plugin.kind == kind).collect();
        if plugins.is_empty() {
            continue;
        }
        writeln!(out, "{kind}")?;
        let width = plugins.iter().map(|plugin| plugin.name.len()).max().unwrap_or(0);
        for plugin in plugins {
            writeln!(out, "  {:<width$}  {}", plugin.name, plugin.summary())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn describe(out: &mut impl Write, plugin: &Description) -> std::io::Result<()> {
    writeln!(out, "{} ({}; {})\n\n{}\n", plugin.name, plugin.kind, plugin.origin, plugin.text)?;
    let Some(properties) =
        plugin.schema.get("properties").and_then(Value::as_object).filter(|fields| !fields.is_empty())
    else {
        return writeln!(out, "It has no settings: {{ type: {} }}\n", plugin.name);
    };
    let required = |field: &str| {
        let names = plugin.schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|name| name == field))
    };
    let mut rows = vec![["setting", "default", "meaning"].map(str::to_owned).to_vec()];
    for (field, schema) in properties {
        let default = match schema.get("default") {
            Some(value) => value.to_string(),
            None if required(field) => "(required)".to_owned(),
            None => "(none)".to_owned(),
        };
        let meaning = schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
        rows.push(vec![field.clone(), default, meaning]);
    }
    table::write_left(out, &rows)?;
    writeln!(out)
}
