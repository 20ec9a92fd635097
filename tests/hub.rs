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
    fn evaluate(&self, offline: bool) -> Output {
        Command::new(env!("CARGO_BIN_EXE_touchstone"))
            .args(["evaluate", "--data", "hf://study/test_set@v1", "--n", "2", "--out", "o"])
            .args(["--rewards", "dORM:last=hf://study/rewards"])
            .current_dir(self.folder.path())
            .env("HF_ENDPOINT", &self.endpoint)
            .env("HF_HOME", self.folder.path().join("home"))
            .env("HF_HUB_OFFLINE", if offline { "1" } else { "0" })
            .env_remove("HF_TOKEN")
            .env_remove("HF_HUB_CACHE")
            .output()
            .unwrap()
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
