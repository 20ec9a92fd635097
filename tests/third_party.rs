//! Plugins of third parties, from `touchstone plugins new` to a library: every project passes its own tests, and its library
//! loads and keeps the laws.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TOUCHSTONE: &str = env!("CARGO_BIN_EXE_touchstone");
const KINDS: [&str; 7] = ["aggregator", "splitter", "sampler", "verifier", "generator", "answers", "extractor"];

fn touchstone(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(TOUCHSTONE).args(arguments).current_dir(folder).output().unwrap()
}

/// Runs a program that must succeed, and gives what it prints.
fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?} failed:\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

/// A new project, and the library that its build tool makes, as the program names it.
struct Written {
    parent: tempfile::TempDir,
    name: String,
    library: PathBuf,
}

impl Written {
    fn new(name: &str, kind: &str, language: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let told = succeed(
            Command::new(TOUCHSTONE)
                .args(["plugins", "new", name, "--kind", kind, "--language", language])
                .current_dir(parent.path()),
        );
        let check = told.lines().find_map(|line| line.strip_prefix("  touchstone plugins check ")).unwrap();
        let library = parent.path().join(name).join(check);
        Self { parent, name: name.to_owned(), library }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.parent.path().join(&self.name));
        command
    }

    /// Cargo, without a network. All projects share what they depend on, so that it is built once.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = self.command("cargo", arguments);
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("third_party");
        cargo.env("CARGO_BUILD_BUILD_DIR", shared).env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR");
        cargo
    }

    /// What holds of every project's library, whatever it is written in: it loads, keeps the laws, and tells its settings.
    fn assert_library(&self) {
        let library = self.library.to_str().unwrap();
        let told = succeed(&mut self.command(TOUCHSTONE, &["plugins", "check", library]));
        assert!(told.contains("held ") && !told.contains("BROKEN"), "{told}");
        let told = succeed(&mut self.command(TOUCHSTONE, &["--plugin", library, "plugins", "describe", &self.name]));
        assert!(told.contains("setting") && told.contains("default"), "{told}");
    }
}

#[test]
fn every_kind_in_c_passes_its_test_plain_and_under_the_sanitizers_and_keeps_the_laws() {
    for kind in KINDS {
        // A name of every sort of character.
        let project = Written::new(&format!("my-{kind}_2.0"), kind, "c");
        succeed(&mut project.command("make", &["test"]));
        succeed(&mut project.command("make", &["clean"]));
        let sanitized = "CFLAGS=-g -fsanitize=address,undefined -fno-sanitize-recover=all";
        let told = succeed(&mut project.command("make", &["test", sanitized]));
        assert!(told.contains("all claims hold"), "{told}");
        succeed(&mut project.command("make", &["clean", "all"]));
        project.assert_library();
    }
}

#[test]
fn every_kind_in_rust_passes_its_tests_and_keeps_the_laws() {
    for kind in KINDS {
        let project = Written::new(&format!("my-{kind}_2.0"), kind, "rust");
        let told = succeed(&mut project.cargo(&["test"]));
        assert!(told.contains("tests::the_laws_of_"), "{told}");
        succeed(&mut project.cargo(&["build"]));
        project.assert_library();
    }
}

/// A keyword, a trait and a type that the sources import, the target of a Makefile.
#[test]
fn a_name_that_rust_or_the_project_has_already_loads() {
    for (name, kind) in [("match", "splitter"), ("aggregator", "aggregator"), ("result", "answers")] {
        let project = Written::new(name, kind, "rust");
        succeed(&mut project.cargo(&["build"]));
        project.assert_library();
    }
    let project = Written::new("test", "answers", "c");
    succeed(&mut project.command("make", &["test", "all"]));
    project.assert_library();
}

#[test]
fn a_test_of_a_c_project_fails_where_its_plugin_is_wrong() {
    let project = Written::new("wrong", "answers", "c");
    let source = project.parent.path().join("wrong/wrong.c");
    let text = std::fs::read_to_string(&source).unwrap();
    assert!(text.contains("c - 'A' + 'a'"));
    std::fs::write(&source, text.replace("c - 'A' + 'a'", "c - 'A' + 'b'")).unwrap();
    let Output { status, stderr, .. } = project.command("make", &["test"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(!status.success() && stderr.contains("FAILED: case and white space make no difference"), "{stderr}");
}

#[test]
fn a_bad_name_and_a_folder_that_holds_something_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fail = |code: i32, arguments: &[&str]| {
        let output = touchstone(folder.path(), arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        stderr
    };
    let told = fail(3, &["plugins", "new", "2fast", "--kind", "verifier"]);
    assert!(told.contains("cannot be called \"2fast\"") && told.contains("begins with an ASCII letter"), "{told}");
    let told = fail(2, &["plugins", "new", "fast", "--kind", "verifer"]);
    assert!(told.contains("verifier") && told.contains("answers"), "{told}");
    let told = fail(1, &["plugins", "new", "fast", "--kind", "verifier", "--sdk", "nowhere"]);
    assert!(told.contains("the SDK is not at nowhere"), "{told}");

    std::fs::write(folder.path().join("mine"), "").unwrap();
    let told = fail(1, &["plugins", "new", "fast", "--kind", "verifier", "--out", "."]);
    assert!(told.contains("the folder . is not empty"), "{told}");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["mine"]);
}
