//! `touchstone experiment new`: the crate of an experiment, ready to be changed.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use touchstone_dynamic::project::{CrateSource, ExperimentProject};

/// Write a crate for an experiment of your own: it runs, has a test, and says what to change
///
/// It scores two made-up questions with two baselines. Change it into yours.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone experiment new by-chance
  touchstone experiment new by-chance --out experiments/by-chance --source touchstone")]
pub struct Arguments {
    /// The experiment's name
    name: String,
    /// The crate's folder, new or empty [default: the experiment's name]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The top folder of Touchstone's source, whose crates it depends on [default: the source that this program was built from
    /// if it is still there, else its git repository]
    #[arg(long, value_name = "FOLDER")]
    source: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let source = arguments.source.clone().map_or_else(default_source, CrateSource::Path);
    let project = ExperimentProject { name: arguments.name.clone(), source };
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    let written = project.write(&folder)?;
    let mut out = stdout().lock();
    for file in written {
        writeln!(out, "wrote {}", file.display())?;
    }
    writeln!(
        out,
        "\nNext:\n  cd {}\n  cargo test\n  cargo run --release\n  README.md says what to change",
        folder.display()
    )?;
    Ok(())
}

/// The source of this program, as long as it is there.
fn default_source() -> CrateSource {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    match source.canonicalize() {
        Ok(folder) => CrateSource::Path(folder),
        Err(_) => CrateSource::Git(env!("CARGO_PKG_REPOSITORY").to_owned()),
    }
}
