//! Data and rewards from the hub, as a user names them: a server on this machine speaks the hub's protocol.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[allow(dead_code)] // the server of core's hub tests, which use all of it
#[path = "../core/tests/hub/server.rs"]
mod server;

use std::process::{Command, Output};

use server::{Behaviour, COMMIT, OTHER_COMMIT, Server};

const CARD: &[u8] =
    b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: law\n    path: law.json\n---\n# Set\n";
const LAW: &[u8] = br#"[{"q_id": "q", "question": "?", "answer": "A", "cot_ids": [0, 1],
    "cots": [["It is A."], ["It is B."]], "parsed_answers": ["A", "B"]}]"#;
const REWARDS: &[u8] = br#"[{"q_id": "q", "cot_ids": [0, 1], "rewards": [[0.9], [NaN]]}]"#;

struct User {
    folder: tempfile::TempDir,
    endpoint: String,
}

impl User {
    fn command(&self, arguments: &[&str], offline: bool) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HF_ENDPOINT", &self.endpoint)
            .env("HF_HOME", self.folder.path().join("home"))
            .env("HF_HUB_OFFLINE", if offline { "1" } else { "0" })
            .env_remove("HF_TOKEN")
            .env_remove("HF_HUB_CACHE");
        command
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments, false).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn evaluate(&self, offline: bool) -> Output {
        let data = ["evaluate", "--data", "hf://study/test_set@v1", "--n", "2", "--out", "o"];
        let rewards = ["--rewards", "dORM:last=hf://study/rewards"];
        self.command(&[&data[..], &rewards].concat(), offline).output().unwrap()
    }
}

#[test]
fn a_study_is_evaluated_from_the_hub_and_again_without_a_network() {
    let server = Server::start(Behaviour::default());
    server.add("study/test_set", "v1", COMMIT, &[("README.md", CARD), ("law.json", LAW)]);
    server.add("study/rewards", "main", OTHER_COMMIT, &[("README.md", CARD), ("law.json", REWARDS)]);
    let user = User { folder: tempfile::tempdir().unwrap(), endpoint: server.address() };

    let output = user.evaluate(true);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("HF_HUB_OFFLINE") && stderr.contains("study/test_set"), "{stderr}");
    assert!(server.requests().is_empty(), "offline means offline");

    for offline in [false, true] {
        let output = user.evaluate(offline);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let csv = std::fs::read_to_string(user.folder.path().join("o/best_of_n.csv")).unwrap();
        assert!(csv.contains("\r\n2,dORM,100.0,100.0,0.0,0.0\r\n"), "{csv}");
        assert_eq!(server.take_paths().is_empty(), offline);
    }
}

/// A small model with an adapter, as `plugins/candle` tests it.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/candle/tests/golden/models/llama");

fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

fn borrowed(files: &[(String, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect()
}

#[test]
fn a_model_and_its_adapter_come_from_the_hub_and_score_as_their_files_do() {
    let server = Server::start(Behaviour::default());
    let (model, adapter) = (files(MODEL.as_ref()), files(&std::path::Path::new(MODEL).join("adapter")));
    server.add("models/study/model", "v1", COMMIT, &borrowed(&model));
    server.add("models/study/adapter", "main", OTHER_COMMIT, &borrowed(&adapter));
    let user = User { folder: tempfile::tempdir().unwrap(), endpoint: server.address() };
    std::fs::write(user.folder.path().join("law.json"), LAW).unwrap();

    let shown = user.succeed(&["inspect", "hf://study/model@v1"]);
    assert!(shown.contains("heads          4, of keys and values 2, each of 16"), "{shown}");

    let from_hub = ["--model", "hf://study/model@v1", "--adapter", "hf://study/adapter"];
    let adapter = format!("{MODEL}/adapter");
    let from_files = ["--model", MODEL, "--adapter", &adapter];
    for (out, model) in [("hub", from_hub), ("files", from_files)] {
        user.succeed(&[&["score", "--verifier", "dprm", "--data", "law.json", "--out", out], &model[..]].concat());
    }
    let rewards = |out: &str| std::fs::read_to_string(user.folder.path().join(out).join("law_reward.json")).unwrap();
    assert_eq!(rewards("hub"), rewards("files"));
    assert!(server.requests().iter().any(|request| request.path.contains("study/adapter")));
}
