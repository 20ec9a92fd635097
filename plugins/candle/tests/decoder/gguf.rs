//! GGUF files, made of the small models as llama.cpp's converter makes them, give the logits of the originals.

use std::collections::HashMap;
use std::f32::consts::TAU;
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::config::{Config, RopeScaling};
use touchstone_candle::decoder::{AdapterForm, LoadSettings, WeightForm};
use touchstone_candle::weights::ModelFiles;
use touchstone_candle::{Batch, Decoder};

use crate::support::{Copy, MODELS, assert_says, difference, expected, expected_tensors, folder, load, message};

/// A model about to be written as GGUF.
struct Conversion {
    config: Config,
    metadata: HashMap<String, Value>,
    tensors: HashMap<String, QTensor>,
}

impl Conversion {
    /// Matrices in blocks of the type `matrices`, the rest in f32.
    fn of(model: &str, matrices: GgmlDType) -> Self {
        let config = std::fs::read_to_string(folder(model).join("config.json")).unwrap();
        let config = Config::from_json(model, &config).unwrap();
        let mut tensors = HashMap::new();
        for (name, tensor) in weights(model) {
            let tensor = tensor.to_dtype(DType::F32).unwrap();
            let heads = match (config.family.name(), name.rsplit('.').nth(1).unwrap()) {
                ("llama", "q_proj") => Some(config.heads),
                ("llama", "k_proj") => Some(config.kv_heads),
                _ => None,
            };
            let tensor = heads.map_or(tensor.clone(), |heads| permuted(&tensor, heads));
            let dtype = if tensor.rank() == 2 { matrices } else { GgmlDType::F32 };
            tensors.insert(llama_cpp_name(&name), QTensor::quantize(&tensor, dtype).unwrap());
        }
        if let RopeScaling::Llama3 { .. } = config.rope.scaling {
            tensors.insert("rope_freqs.weight".to_owned(), divisors(&config));
        }
        let metadata = metadata(&config);
        Self { config, metadata, tensors }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.metadata.insert(format!("{}.{name}", self.config.family), value);
    }

    fn write(&self, path: &Path) -> PathBuf {
        let metadata: Vec<(&str, &Value)> = self.metadata.iter().map(|(name, value)| (&**name, value)).collect();
        let tensors: Vec<(&str, &QTensor)> = self.tensors.iter().map(|(name, tensor)| (&**name, tensor)).collect();
        write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
        path.to_owned()
    }

    fn load_with(&self, settings: &LoadSettings) -> touchstone_candle::Result<Decoder> {
        let folder = tempfile::tempdir().unwrap();
        Decoder::load(&ModelFiles::Gguf(self.write(&folder.path().join("model.gguf"))), settings)
    }

    fn load(&self) -> touchstone_candle::Result<Decoder> {
        self.load_with(&LoadSettings::default())
    }
}

/// All tensors of a model's folder.
fn weights(model: &str) -> HashMap<String, Tensor> {
    let mut tensors = HashMap::new();
    for entry in std::fs::read_dir(folder(model)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("model") && name.ends_with(".safetensors") {
            tensors.extend(candle_core::safetensors::load(path, &Device::Cpu).unwrap());
        }
    }
    tensors
}

/// Rows of a head from halves to neighbours.
fn permuted(tensor: &Tensor, heads: usize) -> Tensor {
    let (rows, columns) = tensor.dims2().unwrap();
    let halves = tensor.reshape((heads, 2, rows / heads / 2, columns)).unwrap();
    halves.transpose(1, 2).unwrap().contiguous().unwrap().reshape((rows, columns)).unwrap()
}

/// What Llama-3 scaling divides each frequency by, in f32 as the converter computes it.
fn divisors(config: &Config) -> QTensor {
    let RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, original_context } = config.rope.scaling
    else {
        unreachable!("called for this scaling only");
    };
    let [factor, low, high, context] =
        [factor, low_freq_factor, high_freq_factor, original_context].map(|value| value as f32);
    let divisor = |pair: usize| {
        let wave_length = TAU * (config.rope.theta as f32).powf((2 * pair) as f32 / config.head_dim as f32);
        let smooth = (context / wave_length - low) / (high - low);
        match () {
            () if wave_length < context / high => 1.0,
            () if wave_length > context / low => factor,
            () => 1.0 / ((1.0 - smooth) / factor + smooth),
        }
    };
    let divisors: Vec<f32> = (0..config.head_dim / 2).map(divisor).collect();
    assert!(divisors.iter().any(|&divisor| divisor > 1.0), "the scaling does nothing here");
    QTensor::quantize(&Tensor::new(divisors, &Device::Cpu).unwrap(), GgmlDType::F32).unwrap()
}

fn llama_cpp_name(name: &str) -> String {
    let mut name = name.to_owned();
    for (from, to) in [
        ("model.layers", "blk"),
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ] {
        name = name.replace(from, to);
    }
    name
}

fn metadata(config: &Config) -> HashMap<String, Value> {
    let number = |number: usize| Value::U32(number as u32);
    let mut metadata: HashMap<String, Value> = [
        ("block_count", number(config.layers)),
        ("context_length", number(config.context)),
        ("embedding_length", number(config.hidden_size)),
        ("feed_forward_length", number(config.intermediate_size)),
        ("attention.head_count", number(config.heads)),
        ("attention.head_count_kv", number(config.kv_heads)),
        ("attention.key_length", number(config.head_dim)),
        ("attention.value_length", number(config.head_dim)),
        ("attention.layer_norm_rms_epsilon", Value::F32(config.norm_eps as f32)),
        ("rope.freq_base", Value::F32(config.rope.theta as f32)),
    ]
    .into_iter()
    .map(|(name, value)| (format!("{}.{name}", config.family), value))
    .collect();
    metadata.insert("general.architecture".to_owned(), Value::String(config.family.name().to_owned()));
    metadata.insert("tokenizer.ggml.eos_token_id".to_owned(), number(config.eos[0] as usize));
    metadata
}

#[test]
fn every_familys_gguf_has_the_logits_of_transformers() {
    // huggingface/candle 3410: a family whose pairs were turned the other family's way.
    for model in MODELS {
        let conversion = Conversion::of(model, GgmlDType::F32);
        let decoder = conversion.load().unwrap();
        let original = load(model);
        assert_eq!(decoder.config().eos, original.config().eos);
        assert_eq!(decoder.config().biases, original.config().biases);
        let tensors = expected_tensors(model);
        for (index, text) in expected(model).texts.iter().enumerate() {
            let expected = &tensors[&format!("logits.{index}")];
            let given = expected.dims2().unwrap().0;
            let logits = decoder.logits(&Batch::of_texts(&[&text.ids])).unwrap();
            let error = difference(&logits.narrow(0, text.ids.len() - given, given).unwrap(), expected);
            assert!(error < 1e-4, "{model}, text {index}: {error}");
        }
    }
}

#[test]
fn quantised_matrices_are_put_back_in_order_block_by_block() {
    // The original with its matrices rounded to the same blocks is the same model, but for llama's frequencies, whose
    // scaling a GGUF file tells in f32.
    for (model, file) in [("llama", "model.safetensors"), ("qwen2", "model.safetensors")] {
        let rounded = Copy::of(model);
        rounded.tensors(file, |tensors| {
            for tensor in tensors.values_mut().filter(|tensor| tensor.rank() == 2 && tensor.dims()[1] % 32 == 0) {
                let blocks = QTensor::quantize(tensor, GgmlDType::Q8_0).unwrap();
                *tensor = blocks.dequantize(&Device::Cpu).unwrap();
            }
        });
        let conversion = quantised(model);
        let batch = Batch::of_texts(&[&expected(model).texts[2].ids]);
        let exact = rounded.load().unwrap().logits(&batch).unwrap();
        let logits = |weights| {
            let settings = LoadSettings { weights, ..LoadSettings::default() };
            conversion.load_with(&settings).unwrap().logits(&batch).unwrap()
        };
        let dequantised = logits(WeightForm::F32);
        let error = difference(&dequantised, &exact);
        assert!(error < 1e-4, "{model}: {error}");
        assert_eq!(difference(&logits(WeightForm::Stored), &dequantised), 0.0, "{model}, dequantised at use");
        let apart = (logits(WeightForm::QuantisedMatmul) - &exact).unwrap().abs().unwrap();
        let apart = apart.mean_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(apart > 0.0 && apart < 0.1, "{model}, quantised matmul: {apart} on average");
    }
}

/// Matrices in Q8_0 where their rows are whole blocks (Qwen2's down projection is not), else in f32.
fn quantised(model: &str) -> Conversion {
    quantised_to(model, GgmlDType::Q8_0)
}

/// As [`quantised`], in blocks of another format.
fn quantised_to(model: &str, format: GgmlDType) -> Conversion {
    let mut conversion = Conversion::of(model, GgmlDType::F32);
    for tensor in conversion.tensors.values_mut() {
        if tensor.rank() == 2 && tensor.shape().dims()[1] % 32 == 0 {
            *tensor = QTensor::quantize(&tensor.dequantize(&Device::Cpu).unwrap(), format).unwrap();
        }
    }
    conversion
}

#[test]
fn blocks_of_every_format_give_the_bits_of_their_dequantised_weights() {
    // The kernels keep the first three as they are; the last is dequantised at use.
    for format in [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q8_0, GgmlDType::Q5_1] {
        let conversion = quantised_to("llama", format);
        let ids = &expected("llama").texts[2].ids;
        // Few rows are multiplied in another way than many.
        for batch in [Batch::of_texts(&[ids]), Batch::of_texts(&[&ids[..3]])] {
            let logits = |weights| {
                let settings = LoadSettings { weights, ..LoadSettings::default() };
                conversion.load_with(&settings).unwrap().logits(&batch).unwrap()
            };
            assert_eq!(difference(&logits(WeightForm::Stored), &logits(WeightForm::F32)), 0.0, "{format:?}");
        }
    }
}

#[test]
fn an_adapter_on_quantised_weights_is_computed_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = quantised("llama").write(&folder.path().join("model.gguf"));
    let adapter = AdapterFiles::Folder(crate::support::folder("llama").join("adapter"));
    let batch = Batch::of_texts(&[&expected("llama").texts[0].ids]);
    let logits = |weights, adapter_form| {
        let settings = LoadSettings { weights, adapter: adapter_form, ..LoadSettings::default() };
        let decoder = Decoder::load_adapted(&ModelFiles::Gguf(path.clone()), &adapter, &settings).unwrap();
        decoder.logits(&batch).unwrap()
    };
    let merged = logits(WeightForm::F32, AdapterForm::Merged);
    for form in [AdapterForm::Merged, AdapterForm::Beside] {
        let error = difference(&logits(WeightForm::Stored, form), &merged);
        assert!(error < 1e-4, "{form:?}: {error}");
    }
}

#[test]
fn a_linear_scaling_is_applied_and_an_unknown_one_is_an_error() {
    // floneum/kalosm 340, as the next two.
    let mut conversion = Conversion::of("qwen2", GgmlDType::F32);
    conversion.set("rope.scaling.type", Value::String("linear".to_owned()));
    conversion.set("rope.scaling.factor", Value::F32(4.0));
    let scaled = Copy::of("qwen2");
    scaled.json("config.json", |config| {
        config.insert("rope_scaling".to_owned(), serde_json::json!({ "type": "linear", "factor": 4.0 }));
    });
    let batch = Batch::of_texts(&[&expected("qwen2").texts[2].ids]);
    let expected = scaled.load().unwrap().logits(&batch).unwrap();
    assert_eq!(difference(&conversion.load().unwrap().logits(&batch).unwrap(), &expected), 0.0);
    for kind in ["yarn", "longrope", "of tomorrow"] {
        conversion.set("rope.scaling.type", Value::String(kind.to_owned()));
        assert_says(&message(conversion.load()), &[kind, "rope.scaling.type", "not supported", "model.gguf"]);
    }
    conversion.set("rope.scaling.type", Value::String("none".to_owned()));
    assert_eq!(
        difference(&conversion.load().unwrap().logits(&batch).unwrap(), &load("qwen2").logits(&batch).unwrap()),
        0.0
    );
}

#[test]
fn without_the_divisors_of_its_frequencies_a_llama3_model_is_another() {
    let mut conversion = Conversion::of("llama", GgmlDType::F32);
    let batch = Batch::of_texts(&[&expected("llama").texts[2].ids]);
    let with = conversion.load().unwrap().logits(&batch).unwrap();
    conversion.tensors.remove("rope_freqs.weight").unwrap();
    assert!(difference(&conversion.load().unwrap().logits(&batch).unwrap(), &with) > 1e-2);
}

#[test]
fn what_would_be_computed_wrongly_is_refused() {
    for (name, value, says) in [
        ("expert_count", Value::U32(8), "experts"),
        ("attention.sliding_window", Value::U32(64), "sliding window of 64"),
        ("rope.dimension_count", Value::U32(8), "positions turn 8 of 16"),
        ("attention.value_length", Value::U32(8), "values"),
        ("attention.head_count", Value::String("four".to_owned()), "head_count"),
        ("rope.scaling.factor", Value::F32(-1.0), "rope.scaling.factor"),
    ] {
        let mut conversion = Conversion::of("llama", GgmlDType::F32);
        conversion.set(name, value);
        assert_says(&message(conversion.load()), &[says, "model.gguf"]);
    }
    let mut conversion = Conversion::of("llama", GgmlDType::F32);
    conversion.metadata.insert("general.architecture".to_owned(), Value::String("mamba".to_owned()));
    assert_says(&message(conversion.load()), &["mamba", "llama", "qwen3"]);
    conversion.metadata.remove("general.architecture").unwrap();
    assert_says(&message(conversion.load()), &["general.architecture"]);
}

#[test]
fn missing_left_over_and_misshapen_tensors_are_named() {
    let mut conversion = Conversion::of("llama", GgmlDType::F32);
    let tensor = conversion.tensors.remove("blk.1.ffn_up.weight").unwrap();
    assert_says(&message(conversion.load()), &["model.layers.1.mlp.up_proj.weight", "missing", "model.gguf"]);
    conversion.tensors.insert("blk.1.ffn_up_of_tomorrow.weight".to_owned(), tensor);
    conversion.tensors.extend(Conversion::of("llama", GgmlDType::F32).tensors);
    let left = Conversion::of("llama", GgmlDType::F32).tensors;
    conversion.tensors.extend(left.into_iter().filter(|(name, _)| name == "blk.1.ffn_up.weight"));
    assert_says(&message(conversion.load()), &["blk.1.ffn_up_of_tomorrow.weight", "no part of the model"]);
    let mut conversion = Conversion::of("llama", GgmlDType::F32);
    conversion.set("feed_forward_length", Value::U32(128));
    assert_says(&message(conversion.load()), &["[160, 64]", "[128, 64]"]);
}

#[test]
fn a_truncated_file_and_a_damaged_header_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = Conversion::of("llama", GgmlDType::F32).write(&folder.path().join("model.gguf"));
    let bytes = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        message(Decoder::load(&ModelFiles::Gguf(path.clone()), &LoadSettings::default()))
    };
    assert_says(&load(&bytes[..bytes.len() - 5000]), &["model.gguf", "truncated"]);
    assert_says(&load(&bytes[..100]), &["model.gguf", "damaged"]);
    assert_says(&load(b"PK"), &["model.gguf", "damaged"]);
    assert_says(&load(b""), &["model.gguf"]);
}

#[test]
fn an_alignment_of_zero_is_refused_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    // Entries are written in the order of a hash map, which is another one each time.
    for _ in 0..8 {
        let mut conversion = Conversion::of("llama", GgmlDType::F32);
        let texts = Value::Array(vec![Value::String("a".into()), Value::String("bc".into())]);
        conversion.set("texts", texts.clone());
        conversion.set("lists", Value::Array(vec![texts.clone(), texts]));
        conversion.set("numbers", Value::Array(vec![Value::U16(1), Value::U16(2)]));
        conversion.metadata.insert("general.alignment".to_owned(), Value::U32(0));
        let path = conversion.write(&folder.path().join("model.gguf"));
        let message = message(Decoder::load(&ModelFiles::Gguf(path), &LoadSettings::default()));
        assert_says(&message, &["model.gguf", "damaged", "general.alignment"]);
    }
}
