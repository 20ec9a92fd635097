//! `touchstone plugins describe`: a plugin and its settings.

use std::io::{Write, stdout};

use serde_json::Value;
use touchstone::registry::Description;

use super::{Format, Libraries};
use crate::table;

/// Describe a plugin and its settings
#[derive(clap::Args)]
pub struct Arguments {
    /// The plugin's name, as in recipes
    name: String,
    /// How the description is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs the command.
pub fn run(Arguments { name, format }: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let registry = libraries.registry(&[])?;
    let found: Vec<&Description> = registry.plugins().filter(|plugin| plugin.name == *name).collect();
    if found.is_empty() {
        let names = registry.plugins().map(|plugin| plugin.name.as_str());
        let hint = touchstone::nearest(name, names).map_or_else(
            || "`touchstone plugins list` shows them all".to_owned(),
            |near| format!("did you mean {near:?}?"),
        );
        anyhow::bail!("no plugin is called {name:?}; {hint}");
    }
    let mut out = stdout().lock();
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &found)?;
            writeln!(out)?;
        }
        Format::Text => found.iter().try_for_each(|plugin| describe(&mut out, plugin))?,
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
