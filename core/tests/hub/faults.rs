//! What servers and connections do wrong.

use std::time::{Duration, Instant};

use touchstone::hub::{HubError, Missing};

use crate::server::{Behaviour, COMMIT, OTHER_COMMIT, Server, Wrong};
use crate::{contents, load, settings};

const LAW: &[u8] = b"0123456789012345678901234567890123456789";

/// What comes of a load in which these things go wrong with requests whose path holds the text, and the paths asked for.
fn load_with(behaviour: Behaviour, faults: Vec<(&'static str, Wrong)>) -> (Result<String, HubError>, Vec<String>) {
    let server = Server::start(behaviour);
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, &[("law.json", LAW)]);
    for (path, what) in faults {
        server.fail(path, what);
    }
    let found = load(&settings(&server, cache.path()), "hf://a/b").map(|found| contents(&found));
    // Whatever happened: no part of a file is left behind, under any name.
    let blobs = std::fs::read_dir(cache.path().join("datasets--a--b/blobs")).map_or(0, |entries| entries.count());
    assert_eq!(blobs, usize::from(found.is_ok()));
    (found, server.take_paths())
}

fn whole() -> String {
    format!("law: {}", std::str::from_utf8(LAW).unwrap())
}

/// A server that keeps its large files in a store of its own, whose ETags are not the hub's.
fn with_store() -> (Server, Behaviour) {
    let store = Server::start(Behaviour::default());
    store.add("a/b", "main", COMMIT, &[("law.json", LAW)]);
    let behaviour = Behaviour { store: Some(store.address()), ..Behaviour::default() };
    (store, behaviour)
}

#[test]
fn what_may_pass_is_tried_again() {
    for status in [408, 429, 500, 502, 503, 504] {
        for path in ["/api/", "/resolve/"] {
            let (found, paths) = load_with(Behaviour::default(), vec![(path, Wrong::Status(status, ""))]);
            assert_eq!(found.unwrap(), whole(), "{status} {path}");
            assert_eq!(paths.len(), 3, "{paths:?}");
        }
    }
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
    for status in [400, 401, 403, 404, 410, 422] {
        let (found, paths) = load_with(Behaviour::default(), vec![("/api/", Wrong::Status(status, ""))]);
        let message = found.unwrap_err().to_string();
        assert!(message.contains("hf://a/b@main"), "{message}");
        assert_eq!(paths.len(), 1, "{status}: {paths:?}");
    }
}

#[test]
fn a_server_that_stays_busy_is_an_error_with_its_status_and_a_way_out() {
    let busy = (0..3).map(|_| ("/api/", Wrong::Status(503, ""))).collect();
    let (found, paths) = load_with(Behaviour::default(), busy);
    let message = found.unwrap_err().to_string();
    assert!(message.contains("failed 3 times") && message.contains("HTTP 503"), "{message}");
    assert!(message.contains("HF_HUB_OFFLINE=1"), "{message}");
    assert_eq!(paths.len(), 3);
}

#[test]
fn retry_after_is_honoured_but_capped() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, &[("law.json", LAW)]);
    let mut settings = settings(&server, cache.path());
    settings.patience.first_wait = Duration::ZERO;
    settings.patience.longest_wait = Duration::from_millis(300);
    server.fail("/api/", Wrong::Status(429, "retry-after: 3600\r\n"));
    let start = Instant::now();
    load(&settings, "hf://a/b").unwrap();
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(300) && waited < Duration::from_secs(60), "{waited:?}");
}

#[test]
fn a_hub_that_is_not_there_is_an_error_after_all_attempts() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    drop(server);
    let message = load(&settings, "hf://a/b").unwrap_err().to_string();
    assert!(message.contains("failed 3 times") && message.contains("/api/datasets/a/b/revision/main"), "{message}");
}

#[test]
fn a_dropped_download_is_resumed_where_it_broke_off() {
    let (store, behaviour) = with_store();
    store.fail("/store/", Wrong::DroppedAfter(10));
    let (found, _) = load_with(behaviour, Vec::new());
    assert_eq!(found.unwrap(), whole());
    let ranges: Vec<_> = store.requests().into_iter().map(|request| request.range).collect();
    assert_eq!(ranges, [None, Some("bytes=10-".to_owned())]);
}

#[test]
fn a_server_that_passes_over_range_gives_the_file_only_one_beginning() {
    let behaviour = Behaviour { ignores_range: true, ..Behaviour::default() };
    let (found, paths) = load_with(behaviour, vec![("/resolve/", Wrong::DroppedAfter(10))]);
    assert_eq!(found.unwrap(), whole());
    // The listing, the broken download and one whole one: the second was not wasted on a file that is too long.
    assert_eq!(paths.len(), 3, "{paths:?}");
}

#[test]
fn a_download_that_breaks_off_after_its_last_byte_is_begun_anew() {
    // The end of a chunked body never comes, so that nobody knows whether there was more; there is no rest to ask for.
    let text = std::str::from_utf8(LAW).unwrap();
    let head =
        "HTTP/1.1 200 OK\r\netag: \"e\"\r\nx-linked-size: 40\r\nx-linked-etag: \"e\"\r\ntransfer-encoding: chunked";
    let raw = format!("{head}\r\n\r\n28\r\n{text}\r\n");
    let (found, paths) = load_with(Behaviour::default(), vec![("/resolve/", Wrong::Raw(raw))]);
    assert_eq!(found.unwrap(), whole());
    assert_eq!(paths.len(), 3, "{paths:?}");
}

#[test]
fn a_download_that_always_breaks_off_leaves_nothing_behind() {
    let drops = (0..3).map(|_| ("/resolve/", Wrong::DroppedAfter(3))).collect();
    let (found, paths) = load_with(Behaviour::default(), drops);
    let message = found.unwrap_err().to_string();
    assert!(message.contains("9 of 40 bytes arrived"), "{message}");
    assert_eq!(paths.len(), 4);
}

#[test]
fn a_silent_connection_is_given_up() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, &[("law.json", LAW)]);
    let mut settings = settings(&server, cache.path());
    settings.patience.silence = Duration::from_millis(200);
    server.fail("/resolve/", Wrong::StalledAfter(10));
    assert_eq!(contents(&load(&settings, "hf://a/b").unwrap()), whole());
}

#[test]
fn a_download_with_other_bytes_than_announced_is_not_kept() {
    let (store, behaviour) = with_store();
    store.fail("/store/", Wrong::Damaged);
    assert_eq!(load_with(behaviour.clone(), Vec::new()).0.unwrap(), whole());
    for _ in 0..3 {
        store.fail("/store/", Wrong::Damaged);
    }
    let message = load_with(behaviour.clone(), Vec::new()).0.unwrap_err().to_string();
    assert!(message.contains("\"law.json\"") && message.contains("SHA-256"), "{message}");
    for _ in 0..3 {
        store.fail("/store/", Wrong::Body("short"));
    }
    let message = load_with(behaviour, Vec::new()).0.unwrap_err().to_string();
    assert!(message.contains("5 bytes instead of 40"), "{message}");
}

#[test]
fn a_signed_address_is_not_shown() {
    let (store, behaviour) = with_store();
    for _ in 0..3 {
        store.fail("/store/", Wrong::Status(500, ""));
    }
    let error = load_with(behaviour, Vec::new()).0.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("/store/") && !shown.contains("Signature"), "{shown}");
}

#[test]
fn not_found_says_what_is_missing() {
    let missing = |text: &str| {
        let server = Server::start(Behaviour::default());
        let cache = tempfile::tempdir().unwrap();
        server.add("a/b", "main", COMMIT, &[("law.json", LAW)]);
        match load(&settings(&server, cache.path()), text) {
            Err(error @ HubError::NotFound { .. }) => {
                assert!(error.to_string().contains(text) && error.to_string().contains("HF_TOKEN"), "{error}");
                let HubError::NotFound { missing, .. } = error else { unreachable!() };
                missing
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(missing("hf://a/c@main"), Missing::Repository);
    assert_eq!(missing("hf://a/b@v9"), Missing::Revision);
    assert_eq!(missing(&format!("hf://a/b@{OTHER_COMMIT}")), Missing::Revision);
}

#[test]
fn a_server_that_does_not_say_what_is_missing_is_quoted_as_such() {
    let (found, _) = load_with(Behaviour::default(), vec![("/api/", Wrong::Status(404, ""))]);
    assert!(found.unwrap_err().to_string().contains("no such repository or revision"));
    let (found, _) = load_with(Behaviour::default(), vec![("/resolve/", Wrong::Status(404, ""))]);
    assert!(found.unwrap_err().to_string().contains("no file \"law.json\""));
}

#[test]
fn a_gated_set_says_how_to_get_access() {
    for status in [401, 403] {
        let headers = "x-error-code: GatedRepo\r\nx-error-message: Access to dataset a/b is restricted\r\n";
        let (found, _) = load_with(Behaviour::default(), vec![("/resolve/", Wrong::Status(status, headers))]);
        let message = found.unwrap_err().to_string();
        assert!(message.contains("is restricted") && message.contains("accept its terms"), "{message}");
        assert!(message.contains(&status.to_string()) && message.contains("HF_TOKEN"), "{message}");
    }
}

#[test]
fn an_answer_that_is_no_listing_is_named_with_its_address() {
    for body in [
        "<html>sign in</html>",
        "{}",
        "{\"sha\": \"main\", \"siblings\": []}",
        "[]",
        "{\"sha\": \"../../x\", \"siblings\": []}",
        "",
    ] {
        let (found, paths) = load_with(Behaviour::default(), vec![("/api/", Wrong::Body(body))]);
        let message = found.unwrap_err().to_string();
        assert!(
            message.contains("does not answer as a hub does") && message.contains("HF_ENDPOINT"),
            "{body}: {message}"
        );
        assert!(message.contains("/api/datasets/a/b/revision/main"), "{body}: {message}");
        assert_eq!(paths.len(), 1);
    }
}

#[test]
fn an_etag_that_is_no_file_name_and_a_wrong_commit_are_refused() {
    for headers in [
        "content-length: 0\r\n",
        "etag: \"../../../evil\"\r\ncontent-length: 0\r\n",
        "etag: \".\"\r\ncontent-length: 0\r\n",
        "etag: \"e\"\r\nx-repo-commit: 2222222222222222222222222222222222222222\r\ncontent-length: 0\r\n",
    ] {
        let raw = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
        let (found, _) = load_with(Behaviour::default(), vec![("/resolve/", Wrong::Raw(raw))]);
        let message = found.unwrap_err().to_string();
        assert!(message.contains("does not answer as a hub does"), "{headers}: {message}");
    }
}

#[test]
fn nonsense_instead_of_http_is_an_error_and_no_panic() {
    for text in
        ["SSH-2.0-OpenSSH_9.6\r\n", "", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "HTTP/1.1 302 Found\r\n\r\n"]
    {
        let faults = (0..3).map(|_| ("/resolve/", Wrong::Raw(text.to_owned()))).collect();
        let message = load_with(Behaviour::default(), faults).0.unwrap_err().to_string();
        assert!(message.contains("hf://a/b@main") && message.contains("/resolve/"), "{text:?}: {message}");
    }
}

#[test]
fn redirects_in_a_circle_end() {
    let circle =
        (0..20).map(|_| ("/api/", Wrong::Status(302, "location: /api/datasets/a/b/revision/main\r\n"))).collect();
    let (found, paths) = load_with(Behaviour::default(), circle);
    assert!(found.unwrap_err().to_string().contains("redirects lead nowhere"));
    assert_eq!(paths.len(), 11);
}

#[test]
fn a_redirect_to_a_file_of_this_machine_is_not_followed() {
    let (found, _) =
        load_with(Behaviour::default(), vec![("/resolve/", Wrong::Status(302, "location: file:///etc/passwd\r\n"))]);
    assert!(found.unwrap_err().to_string().contains("redirects lead nowhere"));
}
