//! Models, as a user names them on the command line.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::process::{Command, Output};

use serde_json::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/candle/tests/golden/models");

fn inspect(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchstone")).arg("inspect").args(arguments).current_dir(GOLDEN).output().unwrap()
}

fn shown(arguments: &[&str]) -> String {
    let output = inspect(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn inspect_tells_what_a_model_is() {
    let text = shown(&["llama", "--chat"]);
    for part in [
        "model: llama (safetensors)",
        "heads          4, of keys and values 2, each of 16",
        "vocabulary     1024, output head its own",
        "context        2048 tokens",
        "theta 500000, scaling Llama 3, factor 8 over 256 positions",
        "<|begin_of_text|> (0), put before every text",
        "chat_template.jinja",
        "<|start_header_id|>user<|end_header_id|>\n\nIs the answer (A)?<|eot_id|>",
        "adapter-rslora\nLoRA",
        "divided by the root of the rank",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    let told: Value = serde_json::from_str(&shown(&["qwen3", "--format", "json"])).unwrap();
    assert_eq!((&told["kind"], &told["family"], &told["context"]), (&"model".into(), &"qwen3".into(), &2048.into()));
    assert_eq!(told["weights"][0]["dtype"], "BF16");
    let told: Value = serde_json::from_str(&shown(&["qwen3/adapter", "--format", "json"])).unwrap();
    assert_eq!(told["kind"], "adapter");
}

#[test]
fn inspect_names_what_is_wrong_with_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("pytorch_model.bin"), "").unwrap();
    std::fs::write(path("config.json"), "{}").unwrap();
    let fails = |argument: &str| {
        let output = inspect(&[argument]);
        assert_eq!(output.status.code(), Some(4));
        String::from_utf8(output.stderr).unwrap()
    };
    let stderr = fails(folder.path().to_str().unwrap());
    assert!(stderr.contains("pytorch_model.bin is a pickle file"), "{stderr}");
    std::fs::write(path("a.gguf"), "GGUF").unwrap();
    let stderr = fails(path("a.gguf").to_str().unwrap());
    assert!(stderr.contains("a.gguf is damaged or no GGUF file"), "{stderr}");
    assert!(fails("embedded:absent").contains("no embedded model \"absent\""));
}
