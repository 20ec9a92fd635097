//! What is written where. That projects build and pass their tests is tested through the command line.

use super::*;

fn project(language: Language) -> Project {
    let sdk = CrateSource::Git("https://example.org/touchstone".to_owned());
    Project { name: "Trimmed-mean".to_owned(), kind: PluginKind::Aggregator, language, sdk }
}

/// The files' paths below the folder.
fn written(project: &Project, folder: &Path) -> Vec<String> {
    let files = project.write(folder).unwrap();
    files.iter().map(|file| file.strip_prefix(folder).unwrap().display().to_string().replace('\\', "/")).collect()
}

#[test]
fn every_kind_in_every_language_is_written_whole_under_its_name() {
    for kind in PluginKind::ALL {
        for (language, sources) in [
            (Language::Rust, &["Cargo.toml", "src/lib.rs", "README.md", ".gitignore"][..]),
            (
                Language::C,
                &[
                    "Trimmed-mean.c",
                    "Trimmed-mean_test.c",
                    "touchstone.h",
                    "touchstone_json.h",
                    "Makefile",
                    "README.md",
                    ".gitignore",
                ],
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let project = Project { kind, ..project(language) };
            assert_eq!(written(&project, folder.path()), sources);
            for source in sources {
                let text = std::fs::read_to_string(folder.path().join(source)).unwrap();
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{kind} {source}");
                assert!(text.lines().all(|line| line.len() <= 130 && line.trim_end() == line), "{kind} {source}");
            }
            let readme = std::fs::read_to_string(folder.path().join("README.md")).unwrap();
            assert!(readme.contains("{ type: Trimmed-mean, ") && readme.contains(&project.library()), "{readme}");
        }
    }
}

#[test]
fn a_library_is_where_its_build_tool_puts_it() {
    let file = |name: &str| format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    assert_eq!(project(Language::Rust).library(), format!("target/debug/{}", file("trimmed_mean")));
    assert_eq!(project(Language::C).library(), file("Trimmed-mean"));
}

#[test]
fn the_sdk_comes_from_git_or_from_a_folder_by_its_whole_path() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = |sdk: CrateSource, name: &str| {
        let project = Project { sdk, ..project(Language::Rust) };
        project.write(&folder.path().join(name)).map(|files| std::fs::read_to_string(&files[0]).unwrap())
    };
    let git = manifest(project(Language::Rust).sdk, "git").unwrap();
    assert!(git.contains("touchstone-sdk = { git = \"https://example.org/touchstone\" }"), "{git}");

    let sdk = folder.path().join("s'd\"k <é>");
    let message = manifest(CrateSource::Path(sdk.clone()), "absent").unwrap_err().to_string();
    assert!(message.contains("the SDK is not at") && message.contains("plugins/sdk"), "{message}");
    assert!(!folder.path().join("absent").exists());

    std::fs::create_dir(&sdk).unwrap();
    std::fs::write(sdk.join("Cargo.toml"), "").unwrap();
    let path = manifest(CrateSource::Path(sdk.clone()), "path").unwrap();
    let escaped = path.lines().find_map(|line| line.strip_prefix("touchstone-sdk = { path = ")).unwrap();
    let escaped: String = serde_json::from_str(escaped.strip_suffix(" }").unwrap()).unwrap();
    assert_eq!(Path::new(&escaped), sdk.canonicalize().unwrap());
}

#[test]
fn a_folder_that_holds_something_is_refused_and_an_empty_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(Language::C);
    project.write(folder.path()).unwrap();
    std::fs::write(folder.path().join("Makefile"), "mine").unwrap();
    let message = project.write(folder.path()).unwrap_err().to_string();
    assert!(message.contains("is not empty") && message.contains("name another one"), "{message}");
    assert_eq!(std::fs::read_to_string(folder.path().join("Makefile")).unwrap(), "mine");

    let message = project.write(&folder.path().join("Makefile")).unwrap_err().to_string();
    assert!(message.contains("could not read the folder") && message.contains("Makefile"), "{message}");
}

#[test]
fn a_bad_name_writes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("new");
    let bad = Project { name: "../up".to_owned(), ..project(Language::C) };
    assert!(matches!(bad.write(&folder), Err(ProjectError::Name { .. })));
    assert!(!folder.exists());
}

#[test]
fn an_experiment_is_written_whole_and_finds_its_crates_below_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let source = CrateSource::Git("https://example.org/touchstone".to_owned());
    let experiment = ExperimentProject { name: "By-chance".to_owned(), source };
    let files = experiment.write(&folder.path().join("git")).unwrap();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}", file.display());
        assert!(text.lines().all(|line| line.trim_end() == line), "{}", file.display());
    }
    let manifest = std::fs::read_to_string(&files[0]).unwrap();
    assert!(manifest.contains("name = \"by_chance\"") && manifest.contains("git = \"https://example.org/touchstone\""));

    let absent = ExperimentProject { source: CrateSource::Path("nowhere".into()), ..experiment.clone() };
    let message = absent.write(&folder.path().join("absent")).unwrap_err().to_string();
    assert!(message.contains("source is not at nowhere"), "{message}");
    let bad = ExperimentProject { name: "2fast".to_owned(), ..experiment };
    let message = bad.write(&folder.path().join("bad")).unwrap_err().to_string();
    assert!(message.contains("an experiment cannot be called \"2fast\""), "{message}");
}
