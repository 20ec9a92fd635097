//! `touchstone plugins new`: the project of a plugin, ready to be changed.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use touchstone::PluginKind;
use touchstone_dynamic::project::{CrateSource, Language, Project};

/// Write a project for a plugin of your own: it builds, has tests, and loads
///
/// The plugin is small and works. Change it into yours.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone plugins new trimmed --kind aggregator
  touchstone plugins new swift --kind verifier --language c --out plugins/swift")]
pub struct Arguments {
    /// The plugin's name, as recipes will give it
    name: String,
    /// What the plugin does
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it is written in
    #[arg(long, value_enum, default_value = "rust")]
    language: Source,
    /// The project's folder, new or empty [default: the plugin's name]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The crate touchstone-sdk, for Rust [default: plugins/sdk of the source that this program was built from if it is
    /// still there, else of its git repository]
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// The kinds of plugin.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Turns the rewards of a CoT into one value
    Aggregator,
    /// Cuts a solution into steps
    Splitter,
    /// Chooses the next token
    Sampler,
    /// Gives rewards to CoTs
    Verifier,
    /// Completes prompts
    Generator,
    /// Decides when two final answers are the same
    Answers,
    /// Reads the final answer out of a solution
    Extractor,
}

/// The languages of projects.
#[derive(Clone, Copy, ValueEnum)]
enum Source {
    /// With cargo
    Rust,
    /// With make and any C11 compiler
    C,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let project = Project {
        name: arguments.name.clone(),
        kind: match arguments.kind {
            Kind::Aggregator => PluginKind::Aggregator,
            Kind::Splitter => PluginKind::StepSplitter,
            Kind::Sampler => PluginKind::Sampler,
            Kind::Verifier => PluginKind::Verifier,
            Kind::Generator => PluginKind::Generator,
            Kind::Answers => PluginKind::AnswerEquivalence,
            Kind::Extractor => PluginKind::AnswerExtractor,
        },
        language: match arguments.language {
            Source::Rust => Language::Rust,
            Source::C => Language::C,
        },
        sdk: arguments.sdk.clone().map_or_else(default_sdk, CrateSource::Path),
    };
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    let written = project.write(&folder)?;
    let mut out = stdout().lock();
    for file in written {
        writeln!(out, "wrote {}", file.display())?;
    }
    let [test, build] = match project.language {
        Language::Rust => ["cargo test", "cargo build"],
        Language::C => ["make test", "make"],
    };
    let library = project.library();
    writeln!(out, "\nNext:\n  cd {}\n  {test}\n  {build}", folder.display())?;
    writeln!(out, "  touchstone plugins check {library}")?;
    writeln!(out, "  touchstone --plugin {library} plugins describe {}", project.name)?;
    Ok(())
}

/// The SDK that fits this program: that of its own source, as long as it is there.
fn default_sdk() -> CrateSource {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/sdk"));
    match source.canonicalize() {
        Ok(folder) => CrateSource::Path(folder),
        Err(_) => CrateSource::Git(env!("CARGO_PKG_REPOSITORY").to_owned()),
    }
}
