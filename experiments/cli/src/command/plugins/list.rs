//! `touchstone plugins list`: every plugin with what it is for.

use std::io::{Write, stdout};

use touchstone::registry::Description;
use touchstone::{PluginKind, Registry};

use super::{Format, Libraries};

/// List every plugin with what it is for
#[derive(clap::Args)]
pub struct Arguments {
    /// How the list is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let registry = libraries.registry(&[])?;
    let mut out = stdout().lock();
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &registry.plugins().collect::<Vec<_>>())?;
            writeln!(out)?;
        }
        Format::Text => list(&mut out, &registry)?,
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
            write!(out, "  {:<width$}  {}", plugin.name, plugin.summary())?;
            match plugin.origin.library() {
                Some(library) => writeln!(out, " ({})", library.display())?,
                None => writeln!(out)?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
