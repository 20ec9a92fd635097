//! Endpoints, revisions, file names and where the token goes.

use crate::server::{Behaviour, COMMIT, OTHER_COMMIT, Server};
use crate::{contents, load, settings, with_token};

#[test]
fn a_revision_is_a_branch_tag_commit_or_pull_request_and_is_percent_encoded() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("law.json", b"main")]);
    server.add("a/b", "refs/pr/1", OTHER_COMMIT, &[("law.json", b"proposed")]);
    server.add("a/b", "v1.0", OTHER_COMMIT, &[("law.json", b"proposed")]);
    for (revision, wanted) in [
        ("main", "law: main"),
        (COMMIT, "law: main"),
        ("v1.0", "law: proposed"),
        ("refs/pr/1", "law: proposed"),
        (OTHER_COMMIT, "law: proposed"),
    ] {
        assert_eq!(contents(&load(&settings, &format!("hf://a/b@{revision}")).unwrap()), wanted, "{revision}");
    }
    let paths = server.take_paths();
    assert!(paths.contains(&"/api/datasets/a/b/revision/refs%2Fpr%2F1".to_owned()), "{paths:?}");
    assert_eq!(std::fs::read_to_string(cache.path().join("datasets--a--b/refs/refs/pr/1")).unwrap(), OTHER_COMMIT);
}

#[test]
fn a_revision_that_would_leave_the_cache_is_refused_without_a_call() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    for revision in ["../../x", "a//b", "/etc", "a\\b", "a b"] {
        let message = load(&settings(&server, cache.path()), &format!("hf://a/b@{revision}")).unwrap_err().to_string();
        assert!(message.contains("cannot be a revision"), "{message}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn an_endpoint_may_have_a_path_and_a_trailing_slash() {
    let server = Server::start(Behaviour { prefix: "/mirror/hf".into(), ..Behaviour::default() });
    server.add("a/b", "main", COMMIT, &[("law.json", b"l")]);
    for slashes in ["", "/", "//"] {
        let cache = tempfile::tempdir().unwrap();
        let mut settings = settings(&server, cache.path());
        settings.endpoint = format!("{}/mirror/hf{slashes}", server.address());
        assert_eq!(contents(&load(&settings, "hf://a/b").unwrap()), "law: l");
    }
}

#[test]
fn an_endpoint_that_is_no_address_is_refused() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    for endpoint in ["hf-mirror.com", "ftp://hub.example", "", "https://", "https://user:pw@", "https://a?b"] {
        let mut settings = settings(&server, cache.path());
        settings.endpoint = endpoint.to_owned();
        let message = load(&settings, "hf://a/b").unwrap_err().to_string();
        assert!(message.contains("HF_ENDPOINT") && !message.contains("pw"), "{endpoint}: {message}");
    }
}

#[test]
fn names_with_spaces_and_other_letters_are_loaded() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, &[("data/civil law #1.json", b"c"), ("data/öffentlich%20.json", b"o")]);
    let found = load(&settings(&server, cache.path()), "hf://a/b").unwrap();
    assert_eq!(contents(&found), "civil law #1: c; öffentlich%20: o");
}

#[test]
fn a_file_name_that_leaves_its_folder_is_refused() {
    for name in ["../../../evil.json", "/tmp/evil.json", "data/../../evil.json", "data\\..\\evil.json"] {
        let server = Server::start(Behaviour::default());
        let cache = tempfile::tempdir().unwrap();
        server.add("a/b", "main", COMMIT, &[("law.json", b"l"), (name, b"evil")]);
        let message = load(&settings(&server, cache.path()), "hf://a/b").unwrap_err().to_string();
        assert!(message.contains("leave its folder") && message.contains("evil.json"), "{message}");
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0, "{name}: nothing is written");
    }
}

#[test]
fn the_token_goes_to_the_endpoint_and_to_no_other_host() {
    let store = Server::start(Behaviour::default());
    let server = Server::start(Behaviour {
        token: Some("hf_secret".into()),
        store: Some(store.address()),
        ..Behaviour::default()
    });
    let cache = tempfile::tempdir().unwrap();
    for server in [&server, &store] {
        server.add("a/b", "main", COMMIT, &[("law.parquet", b"law")]);
    }
    let found = load(&with_token(settings(&server, cache.path()), "hf_secret"), "hf://a/b").unwrap();
    assert_eq!(contents(&found), "law: law");
    assert!(server.requests().iter().all(|request| request.authorization.as_deref() == Some("Bearer hf_secret")));
    assert_eq!(store.requests().len(), 1);
    assert!(store.requests().iter().all(|request| request.authorization.is_none()));
}

#[test]
fn a_private_set_without_a_token_says_to_set_one() {
    let server = Server::start(Behaviour { token: Some("hf_secret".into()), ..Behaviour::default() });
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, &[("law.json", b"l")]);
    let message = load(&settings(&server, cache.path()), "hf://a/b").unwrap_err().to_string();
    assert!(message.contains("no such repository") && message.contains("HF_TOKEN"), "{message}");
}

#[test]
fn no_message_shows_the_token() {
    let server = Server::start(Behaviour { token: Some("hf_right".into()), ..Behaviour::default() });
    let cache = tempfile::tempdir().unwrap();
    for token in ["hf_wrong", "hf_wrong with spaces", "hf_wrong\u{7f}", "hf_wröng"] {
        let settings = with_token(settings(&server, cache.path()), token);
        let error = load(&settings, "hf://a/b").unwrap_err();
        let shown = format!("{error} {error:?} {settings:?}");
        assert!(!shown.contains("hf_wr"), "{shown}");
        assert!(shown.contains("HF_TOKEN") || shown.contains("Token"), "{shown}");
    }
}

#[test]
fn a_redirect_within_the_hub_is_followed_as_for_renamed_sets() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("new/b", "main", COMMIT, &[("law.json", b"l")]);
    server.fail(
        "/api/datasets/old/b",
        crate::server::Wrong::Status(307, "location: /api/datasets/new/b/revision/main\r\n"),
    );
    let target =
        concat!("location: /datasets/new/b/resolve/", "1111111111111111111111111111111111111111", "/law.json\r\n");
    server.fail("/datasets/old/b/resolve", crate::server::Wrong::Status(307, target));
    assert_eq!(contents(&load(&settings(&server, cache.path()), "hf://old/b").unwrap()), "law: l");
}
