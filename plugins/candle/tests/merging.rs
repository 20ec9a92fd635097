//! Merging adapters: what comes out is what the adapter computes beside its base.

// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use touchstone::{Context, Registry};
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::decoder::{AdapterForm, LoadSettings};
use touchstone_candle::merge::{MergeSettings, Merged, MergedType, merge};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::weights::ModelFiles;
use touchstone_candle::{Batch, Decoder, Model};

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(path)
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn merged(model: &str, adapter: &Path, settings: &MergeSettings, out: &Path) -> Result<Merged, String> {
    let base = ModelLocation::Path(golden(model)).model_files(&context()).unwrap();
    merge(&base, &AdapterFiles::Folder(adapter.to_owned()), settings, out).map_err(|error| error.to_string())
}

fn logits(decoder: &Decoder) -> Vec<f32> {
    let logits = decoder.logits(&Batch::of_texts(&[[5_u32, 6, 7, 8, 30, 2]])).unwrap();
    logits.flatten_all().unwrap().to_vec1().unwrap()
}

fn tensors(folder: &Path) -> HashMap<String, Tensor> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let weights = files.filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"));
    let weights = weights.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("model"));
    weights.flat_map(|path| candle_core::safetensors::load(path, &Device::Cpu).unwrap()).collect()
}

#[test]
fn a_merged_model_computes_what_the_adapter_computes_beside_its_base() {
    for model in ["llama", "llama-tied-short", "qwen2", "qwen3"] {
        for adapter in ["adapter", "adapter-rslora"] {
            let out = tempfile::tempdir().unwrap();
            let adapter = golden(model).join(adapter);
            let settings = MergeSettings { dtype: Some(MergedType::F32), ..MergeSettings::default() };
            let merged = merged(model, &adapter, &settings, out.path()).unwrap();
            assert!(merged.changed > 0 && merged.changed < merged.tensors);
            let load = LoadSettings { adapter: AdapterForm::Beside, ..LoadSettings::default() };
            let files = ModelFiles::Folder(golden(model));
            let beside = Decoder::load_adapted(&files, &AdapterFiles::Folder(adapter), &load).unwrap();
            let base = Decoder::load(&files, &load).unwrap();
            // Everything that a model needs is there, tokenizer included.
            let whole = ModelLocation::Path(out.path().to_owned());
            let whole = Model::open(&whole, None, &Default::default(), &context()).unwrap();
            let apart = |one: &[f32], other: &[f32]| {
                one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
            };
            let found = logits(whole.decoder());
            let greatest = found.iter().fold(0.0_f32, |greatest, logit| greatest.max(logit.abs()));
            let [error, change] = [&beside, &base].map(|decoder| apart(&found, &logits(decoder)) / greatest);
            assert!(
                error < 1e-5 && change > 1e-3,
                "{model}: {error} of {greatest}, where the adapter changes {change}"
            );
            // A reward is the probability of one of two tokens: of any two, one after the other, it is the same to 1e-5.
            let rewards = |logits: &[f32]| -> Vec<f32> {
                logits.windows(2).map(|pair| 1.0 / (1.0 + (pair[0] - pair[1]).exp())).collect()
            };
            let error = apart(&rewards(&found), &rewards(&logits(&beside)));
            assert!(error < 1e-5, "{model}: rewards are {error} apart");
        }
    }
}

#[test]
fn small_files_make_shards_with_an_index() {
    let [whole, cut] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let adapter = golden("qwen3/adapter");
    merged("qwen3", &adapter, &MergeSettings::default(), whole.path()).unwrap();
    let settings = MergeSettings { shard_bytes: 100_000, ..MergeSettings::default() };
    let files = merged("qwen3", &adapter, &settings, cut.path()).unwrap().files;
    assert!(files.len() > 2 && files[0] == format!("model-00001-of-{:05}.safetensors", files.len()));
    let [whole_logits, cut_logits] = [&whole, &cut].map(|folder| {
        let files = ModelFiles::Folder(folder.path().to_owned());
        logits(&Decoder::load(&files, &LoadSettings::default()).unwrap())
    });
    assert_eq!(whole_logits, cut_logits);
    // As the base has them.
    assert!(tensors(whole.path()).values().any(|tensor| tensor.dtype() == DType::BF16));
}

/// An adapter of this model whose matrices B are all 0, as a new one's are.
fn untrained(model: &str, folder: &Path) {
    let from = golden(model).join("adapter");
    std::fs::copy(from.join("adapter_config.json"), folder.join("adapter_config.json")).unwrap();
    let mut tensors = candle_core::safetensors::load(from.join("adapter_model.safetensors"), &Device::Cpu).unwrap();
    for (name, tensor) in &mut tensors {
        if name.contains("lora_B") {
            *tensor = tensor.zeros_like().unwrap();
        }
    }
    candle_core::safetensors::save(&tensors, folder.join("adapter_model.safetensors")).unwrap();
}

#[test]
fn an_untrained_adapter_changes_no_byte() {
    for model in ["llama", "qwen3"] {
        let [adapter, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        untrained(model, adapter.path());
        merged(model, adapter.path(), &MergeSettings::default(), out.path()).unwrap();
        let (before, after) = (tensors(&golden(model)), tensors(out.path()));
        assert_eq!(before.len(), after.len());
        for (name, tensor) in before {
            let bytes = |tensor: &Tensor| {
                assert!([DType::F32, DType::BF16].contains(&tensor.dtype()));
                let wide = tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
                (tensor.dtype(), wide.iter().map(|number| number.to_bits()).collect::<Vec<_>>())
            };
            assert_eq!(bytes(&after[&name]), bytes(&tensor), "{model}: {name}");
        }
    }
}

#[test]
fn an_adapter_of_another_base_is_refused_and_leaves_no_model() {
    let out = tempfile::tempdir().unwrap();
    let message = merged("qwen2", &golden("llama/adapter"), &MergeSettings::default(), out.path()).unwrap_err();
    assert!(message.contains("is this another base?"), "{message}");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}
