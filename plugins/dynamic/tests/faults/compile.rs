//! From a C fixture to a library that is loaded.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use touchstone::registry::Pluggable;
use touchstone::{Context, PluginSpec, Registry, Verifier};
use touchstone_dynamic::load::{LoadError, load};

/// Set where the fixtures are to be compiled with sanitizers.
pub const SANITIZE: &str = "TOUCHSTONE_FAULTS_SANITIZE";

/// The folder of touchstone.h.
pub fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// The C compiler, as `CC` says, and free of what is meant for this process.
pub fn compiler() -> Command {
    let mut command = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    command.env_remove("LD_PRELOAD").arg("-I").arg(include()).args(["-Wall", "-Wextra", "-Werror"]);
    command
}

/// Runs a compiler, which must be content.
pub fn compile(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A fixture with its holes filled.
pub struct Fixture {
    file: &'static str,
    defined: Vec<String>,
}

/// The fixture in this file.
pub fn fixture(file: &'static str) -> Fixture {
    Fixture { file, defined: Vec::new() }
}

impl Fixture {
    /// With this macro.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.defined.push(format!("-D{name}={value}"));
        self
    }

    /// The library.
    pub fn build(&self) -> Library {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libfixture.so");
        let mut command = compiler();
        command.args(["-std=c11", "-fPIC", "-shared", "-pthread", "-o"]).arg(&path);
        if std::env::var_os(SANITIZE).is_some() {
            // The first complaint of either ends the process.
            command.args(["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
        }
        command.args(&self.defined);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults").join(self.file)).arg("-lm");
        compile(&mut command);
        Library { folder, path }
    }
}

/// A library in a folder of its own.
pub struct Library {
    folder: TempDir,
    path: PathBuf,
}

impl Library {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The built-in plugins and those of the library.
    pub fn load(&self) -> Result<Registry, LoadError> {
        let mut registry = Registry::builtin();
        load(&mut registry, &self.path).map(|()| registry)
    }

    /// The plugin `fixture` without settings.
    pub fn make<K: Pluggable + ?Sized>(&self) -> Box<K::Made> {
        self.load().unwrap().make(&PluginSpec::<K>::named("fixture")).unwrap()
    }

    /// The verifier `fixture`, opened.
    pub fn verifier(&self) -> Box<dyn Verifier> {
        self.make::<dyn Verifier>().open(&Context::new(Registry::builtin())).unwrap()
    }

    /// What the error says, with `LIB` for the library's path.
    pub fn says<T, E: std::fmt::Display>(&self, outcome: Result<T, E>) -> String {
        let message = outcome.err().expect("it must fail").to_string();
        message.replace(self.path.to_str().unwrap(), "LIB")
    }
}

/// Whether the machine must have every tool: there a test that lacks one fails, elsewhere it says so and stops.
pub fn tools_are_required() -> bool {
    std::env::var_os("CI").is_some_and(|value| value != OsStr::new(""))
}
