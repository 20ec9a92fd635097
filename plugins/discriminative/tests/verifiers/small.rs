//! Small models of the shapes that published process reward models have, written by the tests: weights drawn with a fixed
//! seed, a tokenizer of the golden models with some tokens added.

use std::path::Path;

use candle_core::{DType, Device, Tensor, Var};
use serde_json::{Value, json};
use tempfile::TempDir;
use touchstone_candle::config::Config;
use touchstone_candle::weights::{random_variables, save_variables};

use super::material::model;

/// A tensor beside those of the decoder.
pub struct Extra {
    pub name: &'static str,
    pub shape: &'static [usize],
}

/// What a small model is made of.
pub struct Recipe {
    /// The golden model whose tokenizer and chat template it has.
    pub texts_of: &'static str,
    /// Tokens that the tokenizer gets besides its own 1,024, and whether each is a control token.
    pub tokens: Vec<Value>,
    /// Fields of `config.json` that differ from a plain Llama's.
    pub config: Value,
    /// A head of classes.
    pub head: &'static [Extra],
}

/// The width of its hidden states.
pub const HIDDEN: usize = 32;

impl Recipe {
    /// Writes the model into a new folder.
    pub fn write(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        self.write_tokenizer(path);
        let config = self.config_text();
        std::fs::write(path.join("config.json"), &config).unwrap();
        self.write_weights(&Config::from_json("the test", &config).unwrap(), &path.join("model.safetensors"));
        folder
    }

    fn write_tokenizer(&self, folder: &Path) {
        for name in ["tokenizer_config.json", "chat_template.jinja"] {
            std::fs::copy(model(self.texts_of).join(name), folder.join(name)).unwrap();
        }
        let text = std::fs::read_to_string(model(self.texts_of).join("tokenizer.json")).unwrap();
        let mut tokenizer: Value = serde_json::from_str(&text).unwrap();
        tokenizer["added_tokens"].as_array_mut().unwrap().extend(self.tokens.iter().cloned());
        std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    }

    fn config_text(&self) -> String {
        let mut config = json!({
            "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": HIDDEN, "intermediate_size": 48,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 1024 + self.tokens.len(),
            "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "hidden_act": "silu",
            "tie_word_embeddings": false, "initializer_range": 0.2,
        });
        for (field, value) in self.config.as_object().unwrap() {
            config[field] = value.clone();
        }
        config.to_string()
    }

    fn write_weights(&self, config: &Config, path: &Path) {
        let variables = random_variables(config, 7, &Device::Cpu).unwrap();
        let mut seed = 0.0;
        let mut spread = |shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            seed += 1.0;
            let values: Vec<f32> = (0..count).map(|place| (place as f32 * 1.7 + seed).sin() * 0.5).collect();
            Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu).unwrap()).unwrap()
        };
        let mut data = variables.data().lock().unwrap();
        for Extra { name, shape } in self.head {
            data.insert((*name).to_owned(), spread(shape));
        }
        // Biases are drawn as zero; these must be seen to count.
        let biases: Vec<String> = data.keys().filter(|name| name.ends_with("_proj.bias")).cloned().collect();
        for name in biases {
            let shape = data[&name].dims().to_vec();
            data.insert(name, spread(&shape));
        }
        drop(data);
        save_variables(&variables, DType::F32, path).unwrap();
    }
}

/// A token that a tokenizer gets besides its own.
pub fn added(id: usize, content: &str, special: bool) -> Value {
    json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": special })
}
