//! What a model is, told without reading its weights.

use touchstone_candle::source::ModelLocation;
use touchstone_candle::summary::{ModelSummary, Summary};

use crate::{context, golden};

fn look(location: ModelLocation) -> Result<Summary, String> {
    Summary::of(&context(), &location).map_err(|error| error.to_string())
}

fn model(name: &str) -> ModelSummary {
    match look(ModelLocation::Path(golden("models").join(name))).unwrap() {
        Summary::Model(summary) => *summary,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_golden_model_is_told_with_its_sizes_and_adapters() {
    let llama = model("llama");
    assert_eq!((llama.family, llama.format, llama.layers, llama.context), ("llama", "safetensors", 2, 2048));
    assert_eq!((llama.heads, llama.kv_heads, llama.head_dim, llama.vocabulary), (4, 2, 16, 1024));
    assert!(!llama.tied_head && llama.rope.theta == 500_000.0, "{:?}", llama.rope);
    assert!(llama.rope.scaling.contains("Llama 3, factor 8"), "{}", llama.rope.scaling);
    // The file is its header and four bytes a number.
    let file = std::fs::metadata(golden("models/llama/model.safetensors")).unwrap().len();
    assert!(llama.bytes == 4 * llama.parameters && llama.bytes < file && file < llama.bytes + 10_000);
    assert_eq!((llama.weights.len(), llama.weights[0].dtype.as_str()), (1, "F32"));
    assert!(llama.tokenizer.adds_bos && llama.chat_template.unwrap().example.contains("Is the answer (A)?"));
    assert_eq!(llama.adapters.len(), 2);
    let rslora = &llama.adapters[1];
    assert!(rslora.location.ends_with("adapter-rslora") && rslora.rslora && rslora.targets.len() == 3, "{rslora:?}");
    assert!(model("llama-tied-short").tied_head);
    assert_eq!(model("qwen3").weights[0].dtype, "BF16");
}

#[test]
fn an_adapter_alone_is_told_as_such() {
    match look(ModelLocation::Path(golden("models/qwen3/adapter"))).unwrap() {
        Summary::Adapter(adapter) => assert!(!adapter.rslora && adapter.targets.len() == 7, "{adapter:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_model_gives_the_loaders_error() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
        std::fs::copy(golden("models/llama").join(name), folder.path().join(name)).unwrap();
    }
    let location = ModelLocation::Path(folder.path().to_owned());
    assert!(look(location.clone()).is_ok());
    let config = folder.path().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    for (from, to) in [
        (r#""intermediate_size": 160"#, r#""intermediate_size": 161"#),
        (r#""num_hidden_layers": 2"#, r#""num_hidden_layers": 3"#),
        (r#""num_hidden_layers": 2"#, r#""num_hidden_layers": 1"#),
        (r#""model_type": "llama""#, r#""model_type": "mamba""#),
    ] {
        assert!(text.contains(from));
        std::fs::write(&config, text.replace(from, to)).unwrap();
        let files = location.model_files(&context()).unwrap().for_decoder().unwrap();
        let loaded = touchstone_candle::Decoder::load(&files, &touchstone_candle::decoder::LoadSettings::default());
        let (loaded, told) = (loaded.unwrap_err().to_string(), look(location.clone()).unwrap_err());
        // Of several tensors that are wrong, each may begin with another.
        let beginning = |text: &str| text.split('"').next().unwrap().to_owned();
        assert_eq!(beginning(&told), beginning(&loaded), "{to}");
    }
}

#[test]
fn what_can_only_be_a_model_is_told_from_data() {
    let is_model = |text: &str| text.parse::<ModelLocation>().unwrap().must_be_model();
    assert!(is_model("embedded:tiny") && is_model("a.gguf") && is_model("hf://a/b/c.gguf") && is_model("x.pth"));
    assert!(!is_model("data/test") && !is_model("law.json") && !is_model("hf://a/b"));
    assert!(ModelLocation::Path(golden("models/llama")).must_be_model());
    assert!(ModelLocation::Path(golden("models/llama/adapter")).must_be_model());
    assert!(!ModelLocation::Path(golden("../data")).must_be_model());
}
