//! Every layout, end to end.

use crate::server::{Behaviour, COMMIT, OTHER_COMMIT, Server};
use crate::{contents, load, load_only, settings};

fn loaded(files: &[(&str, &[u8])]) -> String {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, files);
    match load(&settings(&server, cache.path()), "hf://a/b") {
        Ok(found) => contents(&found),
        Err(error) => error.to_string(),
    }
}

const CARD: &[u8] = b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: math\n    path: math.json\n  - \
                      split: law\n    path: x/law-*.json\n---\n";

#[test]
fn files_that_the_card_names() {
    assert_eq!(
        loaded(&[("README.md", CARD), ("math.json", b"m"), ("x/law-1.json", b"l"), ("other.json", b"o")]),
        "law: l; math: m"
    );
}

#[test]
fn plain_files() {
    assert_eq!(loaded(&[("math.json", b"m"), ("law.json", b"l"), (".gitattributes", b"")]), "law: l; math: m");
}

#[test]
fn shards() {
    let files: &[(&str, &[u8])] =
        &[("data/law-00001-of-00002.parquet", b"second"), ("data/law-00000-of-00002.parquet", b"first")];
    assert_eq!(loaded(files), "law: first second");
    assert!(loaded(&files[..1]).contains("hf://a/b@main: the category law is incomplete"), "{}", loaded(&files[..1]));
}

#[test]
fn split_folders() {
    assert_eq!(
        loaded(&[("law/0000.parquet", b"l"), ("data.json", b"x"), ("math/0000.parquet", b"m")]),
        "law: l; math: m"
    );
    assert_eq!(loaded(&[("data/law/one.json", b"l"), ("data/math/two.json", b"m")]), "law: l; math: m");
}

#[test]
fn the_converted_branch_where_nothing_else_can_be_read() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("law.csv", b"x")]);
    let message = load(&settings, "hf://a/b").unwrap_err().to_string();
    assert!(message.contains("hf://a/b@main: none of the 1 files there holds data"), "{message}");

    server.add("a/b", "refs/convert/parquet", OTHER_COMMIT, &[("default/law/0000.parquet", b"converted")]);
    assert_eq!(contents(&load(&settings, "hf://a/b").unwrap()), "law: converted");
    assert_eq!(contents(&load(&settings, "hf://a/b@refs/convert/parquet").unwrap()), "law: converted");
}

#[test]
fn a_pinned_revision_never_becomes_the_converted_branch() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "v1", COMMIT, &[("law.csv", b"x")]);
    server.add("a/b", "refs/convert/parquet", OTHER_COMMIT, &[("default/law/0000.parquet", b"converted")]);
    for revision in ["v1", COMMIT] {
        let message = load(&settings(&server, cache.path()), &format!("hf://a/b@{revision}")).unwrap_err().to_string();
        assert!(message.contains("holds data"), "{message}");
    }
}

#[test]
fn only_the_wanted_category_is_loaded() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("law.json", b"l"), ("math.json", b"m")]);
    assert_eq!(contents(&load_only(&settings, "hf://a/b", "math").unwrap()), "math: m");
    assert!(server.take_paths().iter().all(|path| !path.contains("law.json")));
    let message = load_only(&settings, "hf://a/b", "maths").unwrap_err().to_string();
    assert!(message.contains("no category \"maths\"; it has law, math"), "{message}");
}

#[test]
fn an_empty_file_is_loaded() {
    assert_eq!(loaded(&[("law.json", b"")]), "law: ");
}
