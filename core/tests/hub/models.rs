//! The files of a model.

use touchstone::hub::{Hub, Network};

use crate::server::{Behaviour, COMMIT, Server};
use crate::{reference, settings};

fn server() -> Server {
    let server = Server::start(Behaviour::default());
    let files: [(&str, &[u8]); 3] =
        [("config.json", b"{}"), ("model.safetensors", b"weights"), ("onnx/model.onnx", b"other")];
    server.add("models/a/b", "main", COMMIT, &files);
    server
}

#[test]
fn only_what_is_asked_for_is_loaded_and_only_once() {
    let server = server();
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(settings(&server, cache.path())).unwrap();
    let reference = reference("hf://a/b");
    let model = hub.model(&reference).unwrap();
    assert_eq!(model.files(), ["config.json", "model.safetensors", "onnx/model.onnx"]);
    assert_eq!(server.take_paths(), ["/api/models/a/b/revision/main"]);
    for _ in 0..2 {
        let path = model.fetch("model.safetensors").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"weights");
        assert!(path.starts_with(cache.path().join("models--a--b/snapshots")), "{}", path.display());
    }
    assert_eq!(server.take_paths(), [format!("/a/b/resolve/{COMMIT}/model.safetensors")]);
}

#[test]
fn offline_a_loaded_model_comes_from_the_cache_and_the_rest_is_an_error() {
    let server = server();
    let cache = tempfile::tempdir().unwrap();
    let online = settings(&server, cache.path());
    let reference = reference("hf://a/b");
    Hub::new(online.clone()).unwrap().model(&reference).unwrap().fetch("config.json").unwrap();
    server.take_paths();
    let mut offline = online;
    offline.network = Network::Offline;
    let hub = Hub::new(offline).unwrap();
    let model = hub.model(&reference).unwrap();
    assert!(model.fetch("config.json").is_ok());
    let message = model.fetch("model.safetensors").unwrap_err().to_string();
    assert!(message.contains("model.safetensors") && message.contains("HF_HUB_OFFLINE"), "{message}");
    assert!(server.take_paths().is_empty());
}

#[test]
fn a_model_is_no_data_set_of_the_same_name() {
    let server = server();
    let cache = tempfile::tempdir().unwrap();
    let message = crate::load(&settings(&server, cache.path()), "hf://a/b").unwrap_err().to_string();
    assert!(message.contains("no such repository"), "{message}");
}
