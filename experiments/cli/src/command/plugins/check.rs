//! `touchstone plugins check`: does a library keep the laws?

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, bail};
use serde::Serialize;
use touchstone::laws::{Report, check_named};
use touchstone::registry::Description;
use touchstone::{Context, PluginKind};

use super::{Format, Libraries};

/// Try the laws of their traits on the plugins of a library
///
/// Loads the library as a user would and calls each plugin with typical, empty, missing, hostile and huge input, twice, and
/// from eight threads: are lengths and ranges right, are results the same, how long does a call take?
///
/// Exits with 0 where every law holds, with 1 where one is broken or the library ends the process, and with 3 where it cannot
/// be loaded or a plugin cannot be made.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone plugins check ./libtrimmed.so
  touchstone plugins check ./libtrimmed.so 'trimmed{trim=2}' --format json")]
pub struct Arguments {
    /// The library
    library: PathBuf,
    /// The plugins to check, with settings where they need any (default: every plugin of the library, with its defaults)
    #[arg(value_name = "NAME[{key=value,…}]")]
    plugins: Vec<String>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Check in this process, where a debugger or sanitizer sees it
    #[arg(long)]
    in_process: bool,
}

/// What was found of one plugin.
#[derive(Serialize)]
struct Checked {
    kind: PluginKind,
    plugin: String,
    report: Report,
}

/// Runs the command: the checks in a process of their own, so that a library that ends it is told of, too.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    if arguments.in_process {
        return check(arguments, libraries);
    }
    let program = std::env::current_exe().context("could not find this program, to check in another process")?;
    let format = if arguments.format == Format::Json { "json" } else { "text" };
    let mut child = Command::new(program);
    child.args(["plugins", "check", "--in-process", "--format", format]).args(libraries.as_arguments());
    child.arg("--").arg(&arguments.library).args(&arguments.plugins);
    let status = child.status().context("could not start the process that checks")?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code @ 1..=4) => std::process::exit(code),
        _ => bail!("{}", ended(arguments, status)),
    }
}

fn ended(arguments: &Arguments, status: ExitStatus) -> String {
    format!(
        "the library {} ended the process that checked it ({status}), most likely by a wrong pointer or an abort: run the \
         same with --in-process under a debugger, or build the library with a sanitizer",
        arguments.library.display()
    )
}

fn check(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let registry = libraries.registry(std::slice::from_ref(&arguments.library))?;
    let context = crate::command::context(registry, None)?;
    let mut checked = Vec::new();
    for (kind, plugin) in wanted(arguments, &context)? {
        eprintln!("checking the {kind} {plugin}");
        let report = check_named(&context, kind, &plugin).with_context(|| {
            format!("{plugin} cannot be checked; settings are given as in {:?}", format!("{plugin}{{field=value}}"))
        })?;
        checked.push(Checked { kind, plugin, report });
    }
    let mut out = stdout().lock();
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &checked)?;
            writeln!(out)?;
        }
        Format::Text => checked.iter().try_for_each(|Checked { kind, plugin, report }| {
            writeln!(out, "{plugin} ({kind})")?;
            report.to_string().lines().try_for_each(|line| writeln!(out, "  {line}"))
        })?,
    }
    let broken: usize = checked.iter().map(|checked| checked.report.broken().count()).sum();
    match broken {
        0 => Ok(()),
        1 => bail!("1 law is broken"),
        many => bail!("{many} laws are broken"),
    }
}

/// The kinds and names, with settings, of the plugins to check.
fn wanted(arguments: &Arguments, context: &Context) -> anyhow::Result<Vec<(PluginKind, String)>> {
    let here = |plugin: &&Description| plugin.origin.is_library(&arguments.library);
    let all: Vec<&Description> = context.registry().plugins().filter(here).collect();
    if arguments.plugins.is_empty() {
        return Ok(all.into_iter().map(|plugin| (plugin.kind, plugin.name.clone())).collect());
    }
    let mut found = Vec::new();
    for text in &arguments.plugins {
        let name = text.split('{').next().unwrap_or_default().trim();
        let kinds = all.iter().filter(|plugin| plugin.name == name).map(|plugin| (plugin.kind, text.clone()));
        let before = found.len();
        found.extend(kinds);
        if found.len() == before {
            let names: Vec<&str> = all.iter().map(|plugin| plugin.name.as_str()).collect();
            bail!("{} has no plugin {name:?}; it has: {}", arguments.library.display(), names.join(", "));
        }
    }
    Ok(found)
}
