//! The libraries of plugins that a command is to load: those that the user names, and no others.

use std::ffi::OsStr;
use std::path::PathBuf;

use touchstone::Registry;
use touchstone_dynamic::load::load;

/// The variable that names libraries for every command, separated as in `PATH`.
const VARIABLE: &str = "TOUCHSTONE_PLUGINS";

/// Libraries named on the command line.
#[derive(clap::Args)]
pub struct Libraries {
    /// A library of plugins to load; may be given more than once (TOUCHSTONE_PLUGINS names further ones)
    #[arg(long = "plugin", value_name = "PATH", global = true)]
    paths: Vec<PathBuf>,
}

impl Libraries {
    /// The same libraries as arguments of another process, which has the environment in any case.
    pub fn as_arguments(&self) -> impl Iterator<Item = &OsStr> {
        self.paths.iter().flat_map(|path| [OsStr::new("--plugin"), path.as_os_str()])
    }

    /// The built-in plugins, and those of the libraries named here, in the environment, and in a recipe.
    pub fn registry(&self, recipe: &[PathBuf]) -> anyhow::Result<Registry> {
        let variable = std::env::var_os(VARIABLE).unwrap_or_default();
        let environment = std::env::split_paths(&variable).filter(|path| !path.as_os_str().is_empty());
        let mut registry = Registry::builtin();
        for path in self.paths.iter().cloned().chain(environment).chain(recipe.iter().cloned()) {
            load(&mut registry, &path)?;
        }
        Ok(registry)
    }
}
