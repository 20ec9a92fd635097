//! What is cached is not asked for again, and offline means offline.

use std::path::Path;

use touchstone::hub::{HubSettings, Network};

use crate::server::{Behaviour, COMMIT, OTHER_COMMIT, Server};
use crate::{contents, load, load_only, settings};

fn offline(settings: &HubSettings) -> HubSettings {
    let mut settings = settings.clone();
    settings.network = Network::Offline;
    settings
}

#[test]
fn a_cached_commit_is_loaded_without_a_call() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("README.md", b"# card"), ("law.json", b"l"), ("math.json", b"m")]);
    let text = format!("hf://a/b@{COMMIT}");
    let first = load(&settings, &text).unwrap();
    assert_eq!(server.take_paths().len(), 4);
    assert_eq!(load(&settings, &text).unwrap(), first);
    assert!(server.requests().is_empty());
    drop(server);
    assert_eq!(contents(&load(&settings, &text).unwrap()), "law: l; math: m");
}

#[test]
fn a_cached_branch_costs_the_one_call_that_looks_it_up() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("law.json", b"old"), ("math.json", b"same")]);
    load(&settings, "hf://a/b").unwrap();
    server.take_paths();
    load(&settings, "hf://a/b").unwrap();
    assert_eq!(server.take_paths(), ["/api/datasets/a/b/revision/main"]);

    server.add("a/b", "main", OTHER_COMMIT, &[("law.json", b"new"), ("math.json", b"same")]);
    assert_eq!(contents(&load(&settings, "hf://a/b").unwrap()), "law: new; math: same");
    assert_eq!(contents(&load(&settings, &format!("hf://a/b@{COMMIT}")).unwrap()), "law: old; math: same");
}

#[test]
fn offline_after_a_first_load_everything_comes_from_the_cache() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let online = settings(&server, cache.path());
    let card = b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: law\n    path: a.json\n---\n";
    server.add("a/b", "main", COMMIT, &[("README.md", card), ("a.json", b"l")]);
    server.add("c/d", "main", COMMIT, &[("law.csv", b"")]);
    server.add("c/d", "refs/convert/parquet", OTHER_COMMIT, &[("default/law/0000.parquet", b"converted")]);
    load(&online, "hf://a/b").unwrap();
    load(&online, "hf://c/d").unwrap();
    server.take_paths();
    let offline = offline(&online);
    for text in ["hf://a/b".to_owned(), format!("hf://a/b@{COMMIT}")] {
        assert_eq!(contents(&load(&offline, &text).unwrap()), "law: l");
    }
    assert_eq!(contents(&load(&offline, "hf://c/d").unwrap()), "law: converted");
    assert!(server.requests().is_empty());
    drop(server);
    assert_eq!(contents(&load(&offline, "hf://a/b").unwrap()), "law: l");
}

#[test]
fn offline_and_not_cached_says_what_to_do_and_makes_no_call() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let online = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("law.json", b"l"), ("math.json", b"m")]);
    let offline = offline(&online);
    for (text, needed) in
        [("hf://a/b", "the revision main".to_owned()), (&format!("hf://a/b@{COMMIT}"), format!("the commit {COMMIT}"))]
    {
        let message = load(&offline, text).unwrap_err().to_string();
        assert!(message.contains(&needed) && message.contains("HF_HUB_OFFLINE"), "{message}");
    }
    assert!(server.requests().is_empty());

    load_only(&online, "hf://a/b", "law").unwrap();
    server.take_paths();
    assert_eq!(contents(&load_only(&offline, "hf://a/b", "law").unwrap()), "law: l");
    let message = load(&offline, "hf://a/b").unwrap_err().to_string();
    assert!(message.contains("the file \"math.json\"") && message.contains("load it once online"), "{message}");
    assert!(server.requests().is_empty());
}

/// A cache as the Python client writes it: blobs, links from a snapshot, a ref.
#[cfg(unix)]
fn cache_of_the_python_client(cache: &Path) {
    let set = cache.join("datasets--a--b");
    for folder in ["blobs", "refs", &format!("snapshots/{COMMIT}/data")] {
        std::fs::create_dir_all(set.join(folder)).unwrap();
    }
    std::fs::write(set.join("refs/main"), COMMIT).unwrap();
    std::fs::write(set.join("blobs/e1"), "l").unwrap();
    std::os::unix::fs::symlink("../../../blobs/e1", set.join(format!("snapshots/{COMMIT}/data/law.json"))).unwrap();
}

#[cfg(unix)]
#[test]
fn what_the_python_client_has_loaded_is_used() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    cache_of_the_python_client(cache.path());
    let online = settings(&server, cache.path());
    assert_eq!(contents(&load(&offline(&online), "hf://a/b").unwrap()), "law: l");

    server.add("a/b", "main", COMMIT, &[("data/law.json", b"l")]);
    assert_eq!(contents(&load(&online, "hf://a/b").unwrap()), "law: l");
    assert_eq!(server.take_paths(), ["/api/datasets/a/b/revision/main"]);
}

#[cfg(unix)]
#[test]
fn the_cache_is_written_as_the_python_client_writes_it() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    server.add("a/b", "main", COMMIT, &[("data/law.json", b"l")]);
    load(&settings(&server, cache.path()), "hf://a/b").unwrap();
    let set = cache.path().join("datasets--a--b");
    assert_eq!(std::fs::read_to_string(set.join("refs/main")).unwrap(), COMMIT);
    let link = std::fs::read_link(set.join(format!("snapshots/{COMMIT}/data/law.json"))).unwrap();
    let blob = link.strip_prefix("../../../blobs").unwrap();
    assert_eq!(std::fs::read_to_string(set.join("blobs").join(blob)).unwrap(), "l");
    assert_eq!(std::fs::read_dir(set.join("blobs")).unwrap().count(), 1);
    // A pinned commit has no ref: it is one.
    load(&settings(&server, cache.path()), &format!("hf://a/b@{COMMIT}")).unwrap();
    assert_eq!(std::fs::read_dir(set.join("refs")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_whose_contents_are_gone_is_loaded_again() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    server.add("a/b", "main", COMMIT, &[("law.json", b"l")]);
    load(&settings, "hf://a/b").unwrap();
    std::fs::remove_dir_all(cache.path().join("datasets--a--b/blobs")).unwrap();
    assert!(load(&offline(&settings), "hf://a/b").unwrap_err().to_string().contains("law.json"));
    assert_eq!(contents(&load(&settings, "hf://a/b").unwrap()), "law: l");
}

#[test]
fn many_threads_may_load_the_same_set_at_once() {
    let server = Server::start(Behaviour::default());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&server, cache.path());
    let large = vec![b'x'; 300_000];
    server.add("a/b", "main", COMMIT, &[("law.json", &large), ("math.json", &large)]);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| load(&settings, "hf://a/b").unwrap())).collect();
        for thread in threads {
            for path in thread.join().unwrap().iter().flat_map(|entry| &entry.paths) {
                assert_eq!(std::fs::metadata(path).unwrap().len(), 300_000);
            }
        }
    });
    assert_eq!(std::fs::read_dir(cache.path().join("datasets--a--b/blobs")).unwrap().count(), 1);
}
