//! The book's and README's commands, run as they stand.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::Command;

/// The commands of a chapter: the lines after `$ ` in its `console` blocks, with those after `> ` that continue them.
fn commands(chapter: &str) -> Vec<String> {
    let mut inside = false;
    let mut found: Vec<String> = Vec::new();
    for line in chapter.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if inside => match (line.strip_prefix("$ "), line.strip_prefix("> "), found.last_mut()) {
                (Some(command), ..) => found.push(command.to_owned()),
                (None, Some(more), Some(command)) => *command += &format!("\n{more}"),
                _ => {}
            },
            _ => {}
        }
    }
    found
}

fn chapters() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_command_of_the_book_succeeds_in_an_empty_folder() {
    let program = Path::new(env!("CARGO_BIN_EXE_touchstone"));
    let path = std::env::join_paths(
        [program.parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    // What the chapters' projects depend on is compiled once; each project's own files stay where the chapter says.
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../third_party");
    let mut run = 0;
    for chapter in chapters() {
        let folder = tempfile::tempdir().unwrap();
        for command in commands(&std::fs::read_to_string(&chapter).unwrap()) {
            let output = Command::new("sh")
                .args(["-c", &command])
                .current_dir(folder.path())
                .env("PATH", &path)
                .env("CARGO_BUILD_BUILD_DIR", &compiled)
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {command}\n{stderr}", chapter.display());
            run += 1;
        }
    }
    assert!(run >= 8, "only {run} commands were found");
}

#[test]
fn every_link_of_the_book_and_the_readme_leads_to_a_file() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut checked = 0;
    for page in chapters().into_iter().chain([top.join("README.md")]) {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !target.is_empty() && !target.contains("://") && !target.contains(['`', ' ']) {
                let file = page.parent().unwrap().join(target);
                assert!(file.exists(), "{}: {target} is not there", page.display());
                checked += 1;
            }
        }
    }
    assert!(checked >= 12, "only {checked} links were found");
}

/// What a chapter quotes: after a line that ends in ``From `FILE`:`` the next block, without the lines that rustdoc hides.
fn excerpts(chapter: &str) -> Vec<(&str, Vec<&str>)> {
    let mut lines = chapter.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let file = line.rsplit_once("From `").and_then(|(_, rest)| rest.strip_suffix("`:"));
        if let Some(file) = file {
            let block = lines.by_ref().skip_while(|line| !line.starts_with("```")).skip(1);
            let block = block.take_while(|line| *line != "```").filter(|line| !line.starts_with("# "));
            found.push((file, block.filter(|line| !line.is_empty()).collect()));
        }
    }
    found
}

#[test]
fn every_line_that_the_book_quotes_from_a_file_stands_there_in_this_order() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut quoted = 0;
    for page in chapters() {
        let chapter = std::fs::read_to_string(&page).unwrap();
        for (file, block) in excerpts(&chapter) {
            let text = std::fs::read_to_string(top.join(file)).unwrap();
            let mut lines = text.lines();
            for quote in block {
                assert!(lines.any(|line| line == quote), "{}: {file} has no line (any more): {quote}", page.display());
                quoted += 1;
            }
        }
    }
    assert!(quoted >= 20, "only {quoted} lines were found");
}
