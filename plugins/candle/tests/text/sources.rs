//! Where a model's files are: what is found, and what is refused with its reason.

use std::path::Path;

use touchstone_candle::gguf::GgufHeader;
use touchstone_candle::source::{ModelFile, ModelFiles, ModelLocation, SafetensorsModel, SourceError};

use crate::context;

/// A folder with files of these names. What is in them plays no part, but for an index.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        std::fs::write(folder.path().join(name), "{}").unwrap();
    }
    folder
}

fn find(path: &Path) -> Result<ModelFiles, SourceError> {
    ModelLocation::Path(path.to_owned()).model_files(&context())
}

#[track_caller]
fn refused(files: &[&str], parts: &[&str]) {
    assert_says(&find(folder(files).path()).unwrap_err().to_string(), parts);
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in {message:?}");
    }
}

fn safetensors(files: ModelFiles) -> SafetensorsModel {
    match files {
        ModelFiles::Safetensors(model) => model,
        ModelFiles::Gguf(header) => panic!("{}", header.path().display()),
    }
}

fn names(files: &[ModelFile]) -> Vec<String> {
    let name = |file: &ModelFile| file.to_string().rsplit(['/', '\\']).next().unwrap().to_owned();
    files.iter().map(name).collect()
}

const NEEDED: [&str; 2] = ["config.json", "tokenizer.json"];

#[test]
fn a_folder_in_the_hubs_layout_is_a_model() {
    let all = ["model.safetensors", "tokenizer_config.json", "chat_template.jinja", "pytorch_model.bin", "README.md"];
    let folder = folder(&[NEEDED.as_slice(), &all].concat());
    let model = safetensors(find(folder.path()).unwrap());
    assert_eq!(names(&model.weights), ["model.safetensors"]);
    assert_eq!(model.config, ModelFile::OnDisk(folder.path().join("config.json")));
    assert!(model.tokenizer_config.is_some() && model.chat_template.is_some() && model.generation_config.is_none());
}

#[test]
fn shards_are_those_of_the_index() {
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let folder = folder(&[NEEDED.as_slice(), &shards, &["model-extra.safetensors"]].concat());
    let index = folder.path().join("model.safetensors.index.json");
    let write = |text: &str| std::fs::write(&index, text).unwrap();
    write(&format!(
        r#"{{"metadata": {{}}, "weight_map": {{"b": {:?}, "a": {:?}, "c": {:?}}}}}"#,
        shards[1], shards[0], shards[1]
    ));
    assert_eq!(names(&safetensors(find(folder.path()).unwrap()).weights), shards);

    std::fs::remove_file(folder.path().join(shards[1])).unwrap();
    let message = find(folder.path()).unwrap_err().to_string();
    assert_says(&message, &[shards[1], "not there", "not complete"]);
    write(r#"{"weight_map": {}}"#);
    assert_says(&find(folder.path()).unwrap_err().to_string(), &["index.json", "empty"]);
    write("{");
    assert_says(&find(folder.path()).unwrap_err().to_string(), &["index.json is no index"]);
}

#[test]
fn weights_in_shards_without_their_index_are_not_guessed() {
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    refused(&[NEEDED.as_slice(), &shards].concat(), &[shards[0], "index", "not complete"]);
}

#[test]
fn weights_of_another_name_are_told_from_none() {
    refused(&[NEEDED.as_slice(), &["tiny.safetensors"]].concat(), &["(tiny.safetensors)", "another name"]);
    refused(&[NEEDED.as_slice(), &["adapter_model.safetensors"]].concat(), &["holds no weights"]);
}

#[test]
fn pickle_files_are_refused_with_the_reason() {
    for file in ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "consolidated.00.pth", "last.ckpt", "a.pt"] {
        refused(&[NEEDED.as_slice(), &[file]].concat(), &[file, "pickle", "runs the code", "safetensors"]);
        let folder = folder(&[file]);
        let message = find(&folder.path().join(file)).unwrap_err().to_string();
        assert_says(&message, &["pickle", "runs the code"]);
    }
}

#[test]
fn what_is_missing_is_named() {
    refused(&["config.json", "model.safetensors"], &["has no tokenizer.json", "take it from the model"]);
    refused(&["config.json", "model.safetensors", "tokenizer.model"], &["has no tokenizer.json", "older form"]);
    refused(&["tokenizer.json", "model.safetensors"], &["has no config.json"]);
    refused(&NEEDED, &["holds no weights"]);
    refused(&[], &["holds no weights"]);
    let message = find(Path::new("no such folder")).unwrap_err().to_string();
    assert_says(&message, &["there is no model at no such folder", "hf://"]);
}

#[test]
fn a_file_that_is_neither_is_no_model() {
    let folder = folder(&["config.json"]);
    assert_says(&find(&folder.path().join("config.json")).unwrap_err().to_string(), &["is not a model"]);
}

#[test]
fn an_adapter_in_place_of_a_model_names_its_base() {
    let folder = folder(&["adapter_model.safetensors"]);
    let config = r#"{"base_model_name_or_path": "meta/base"}"#;
    std::fs::write(folder.path().join("adapter_config.json"), config).unwrap();
    let message = find(folder.path()).unwrap_err().to_string();
    assert_says(&message, &["is an adapter and not a model", "(meta/base)"]);
}

#[test]
fn an_adapter_has_a_configuration_and_weights() {
    let adapter = |files: &[&str]| ModelLocation::Path(folder(files).path().to_owned());
    let find = |location: &ModelLocation| location.adapter_files(&context());
    let whole = folder(&["adapter_config.json", "adapter_model.safetensors"]);
    let files = ModelLocation::Path(whole.path().to_owned()).adapter_files(&context()).unwrap();
    assert_eq!(names(&[files.config, files.weights]), ["adapter_config.json", "adapter_model.safetensors"]);
    let says = |files: &[&str], parts: &[&str]| {
        let folder = folder(files);
        let location = ModelLocation::Path(folder.path().to_owned());
        assert_says(&find(&location).unwrap_err().to_string(), parts);
    };
    says(&["adapter_config.json"], &["holds no adapter"]);
    says(&["adapter_config.json", "adapter_model.bin"], &["adapter_model.bin is a pickle file"]);
    assert_says(&find(&adapter(&[])).unwrap_err().to_string(), &["there is no model at"]);
}

#[test]
fn one_gguf_is_a_model_and_of_several_one_must_be_named() {
    let folder = folder(&["README.md"]);
    let first = folder.path().join("a-Q4_K_M.gguf");
    write_gguf(&first);
    match find(folder.path()).unwrap() {
        ModelFiles::Gguf(header) => assert_eq!(header.path(), first),
        other => panic!("{other:?}"),
    }
    write_gguf(&folder.path().join("b-Q8_0.gguf"));
    let message = find(folder.path()).unwrap_err().to_string();
    assert_says(&message, &["several GGUF files (a-Q4_K_M.gguf, b-Q8_0.gguf)", "name one of them"]);
    assert!(find(&first).is_ok());
}

#[test]
fn a_part_of_a_split_gguf_says_how_to_join_it() {
    let parts = ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"];
    refused(&parts, &["split", "gguf-split --merge"]);
    let folder = folder(&parts);
    assert_says(&find(&folder.path().join(parts[0])).unwrap_err().to_string(), &["gguf-split --merge"]);
}

#[test]
fn a_damaged_gguf_is_named() {
    let folder = folder(&["a.gguf"]);
    let path = folder.path().join("a.gguf");
    let says = |parts: &[&str]| assert_says(&find(&path).unwrap_err().to_string(), parts);
    says(&["a.gguf is damaged or no GGUF file"]);
    write_gguf(&path);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 64]).unwrap();
    says(&["a.gguf is damaged", "the tensor", "ends at byte"]);
    std::fs::write(&path, &whole[..40]).unwrap();
    says(&["a.gguf is damaged"]);
    // The type of the first tensor, replaced by one that is not read here.
    let name = whole.windows(6).position(|window| window == b"tensor").unwrap();
    let mut other = whole.clone();
    let type_at = name + "tensor".len() + size_of::<u32>() + 2 * size_of::<u64>();
    assert_eq!(other[type_at..type_at + 4], 0u32.to_le_bytes());
    other[type_at] = 23;
    std::fs::write(&path, &other).unwrap();
    says(&["GGML type IQ4_XS"]);
}

#[test]
fn a_placeholder_of_git_lfs_is_told_from_weights() {
    let folder = folder(&[NEEDED.as_slice(), &["model.safetensors"]].concat());
    let text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    std::fs::write(folder.path().join("model.safetensors"), text).unwrap();
    assert_says(&find(folder.path()).unwrap_err().to_string(), &["placeholder of Git LFS", "git lfs pull"]);
}

#[test]
fn an_embedded_model_that_is_not_there_is_named() {
    let location: ModelLocation = "embedded:absent".parse().unwrap();
    let message = location.model_files(&context()).unwrap_err().to_string();
    assert_says(&message, &["no embedded model \"absent\""]);
}

fn write_gguf(path: &Path) {
    use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
    let values = candle_core::Tensor::zeros((8, 8), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
    let tensor = QTensor::quantize(&values, GgmlDType::F32).unwrap();
    let mut file = std::fs::File::create(path).unwrap();
    let architecture = gguf_file::Value::String("llama".into());
    gguf_file::write(&mut file, &[("general.architecture", &architecture)], &[("tensor", &tensor)]).unwrap();
    assert_eq!(GgufHeader::read(path).unwrap().metadata().text("general.architecture").unwrap(), Some("llama"));
}
