//! The files beside the weights, in Hugging Face's layout.

use std::path::Path;

use anyhow::anyhow;
use serde_json::{Value, json};
use tokenizers::Tokenizer;
use touchstone::write_atomically;

use crate::layout::CHAT_TEMPLATE;
use crate::recipe::Sizes;
use crate::vocabulary::{END_OF_TEXT, special};

/// The model's `config.json`: Llama with a tied head.
pub fn config(sizes: &Sizes, tokenizer: &Tokenizer) -> anyhow::Result<Value> {
    let end = special(tokenizer, END_OF_TEXT)?;
    Ok(json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "float16",
        "vocab_size": tokenizer.get_vocab_size(true),
        "hidden_size": sizes.hidden,
        "intermediate_size": sizes.mlp,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.key_value_heads,
        "head_dim": sizes.hidden / sizes.heads,
        "max_position_embeddings": sizes.context,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "rope_scaling": null,
        "attention_bias": false,
        "mlp_bias": false,
        "tie_word_embeddings": true,
        "bos_token_id": null,
        "eos_token_id": end,
        "pad_token_id": end
    }))
}

/// Writes everything but the weights.
pub fn write(folder: &Path, config: &Value, tokenizer: &Tokenizer, context: usize) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let tokenizer_config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": false,
        "eos_token": END_OF_TEXT,
        "pad_token": END_OF_TEXT,
        "model_max_length": context,
        "clean_up_tokenization_spaces": false,
        "chat_template": CHAT_TEMPLATE
    });
    let tokenizer = tokenizer.to_string(false).map_err(|error| anyhow!("the vocabulary has no file form: {error}"))?;
    let files = [
        ("config.json", serde_json::to_string_pretty(config)? + "\n"),
        ("tokenizer_config.json", serde_json::to_string_pretty(&tokenizer_config)? + "\n"),
        ("tokenizer.json", tokenizer + "\n"),
    ];
    for (name, text) in files {
        write_atomically(folder.join(name), |writer| Ok(std::io::Write::write_all(writer, text.as_bytes())?))?;
    }
    Ok(())
}
