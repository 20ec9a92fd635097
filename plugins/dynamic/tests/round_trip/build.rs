//! Builds the library `tests/every_kind` as its author would: with cargo, outside our workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A way to build the library.
#[derive(Clone, Copy)]
pub struct Build {
    /// Its name: builds of other names have other folders.
    pub name: &'static str,
    /// The edition of the author's crate.
    pub edition: &'static str,
    /// The toolchain, as rustup calls it; the one that builds this test where there is none.
    pub toolchain: Option<&'static str>,
    /// Arguments of `cargo build`.
    pub arguments: &'static [&'static str],
    /// The profile's folder.
    pub profile: &'static str,
}

/// As `cargo build` does it.
pub const PLAIN: Build =
    Build { name: "every_kind", edition: "2024", toolchain: None, arguments: &["build"], profile: "debug" };

/// By another compiler where there is one, in another profile and edition.
pub fn other() -> Build {
    let is_there = |toolchain: &&str| {
        Command::new("rustup").args(["run", toolchain, "rustc", "-V"]).output().is_ok_and(|run| run.status.success())
    };
    Build {
        name: "other_build",
        edition: "2021",
        toolchain: Some("nightly").filter(is_there),
        arguments: &["build", "--release"],
        profile: "release",
    }
}

impl Build {
    /// Builds the library, as far as it is not built, and gives its file.
    pub fn library(&self) -> PathBuf {
        let output = self.run();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let file = format!("{}every_kind{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        self.folder().join("target").join(self.profile).join(file)
    }

    /// Runs cargo in a copy of the crate, so that nothing is written among our sources.
    pub fn run(&self) -> Output {
        let (sources, copy) = (Path::new(env!("CARGO_MANIFEST_DIR")), self.folder());
        std::fs::create_dir_all(copy.join("src")).unwrap();
        for source in std::fs::read_dir(sources.join("tests/every_kind/src")).unwrap() {
            let source = source.unwrap();
            write(&copy.join("src").join(source.file_name()), &std::fs::read_to_string(source.path()).unwrap());
        }
        let sdk = sources.parent().unwrap().join("sdk");
        let manifest = std::fs::read_to_string(sources.join("tests/every_kind/Cargo.toml")).unwrap();
        let manifest = manifest.replace("../../../sdk", &sdk.display().to_string().replace('\\', "/"));
        write(
            &copy.join("Cargo.toml"),
            &manifest.replace("edition = \"2024\"", &format!("edition = {:?}", self.edition)),
        );
        // The versions that are here already: the build asks no network.
        let lock = copy.join("Cargo.lock");
        if !lock.exists() {
            std::fs::copy(sources.join("../../Cargo.lock"), lock).unwrap();
        }
        self.cargo().args(self.arguments).current_dir(copy).output().unwrap()
    }

    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.name)
    }

    fn cargo(&self) -> Command {
        let mut cargo = match self.toolchain {
            None => Command::new(env!("CARGO")),
            Some(toolchain) => {
                let mut rustup = Command::new("rustup");
                rustup.args(["run", toolchain, "cargo"]);
                rustup
            }
        };
        // What the cargo that runs this test tells it is not meant for this one.
        let told = |name: &str| name.starts_with("CARGO") && name != "CARGO_HOME" || name.starts_with("RUSTC");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
            cargo.env_remove(name);
        }
        cargo.env_remove("RUSTFLAGS").env_remove("LD_LIBRARY_PATH");
        // All builds share what they have in common.
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("third_party");
        cargo.env("CARGO_BUILD_BUILD_DIR", shared).env("CARGO_NET_OFFLINE", "true");
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        cargo
    }
}

/// Writes a file that is not so already: cargo builds again what was written again.
fn write(file: &Path, text: &str) {
    if std::fs::read_to_string(file).is_ok_and(|there| there == text) {
        return;
    }
    std::fs::write(file, text).unwrap();
}
