//! What a model or an adapter is.

use std::io::Write;

use touchstone_candle::summary::{AdapterSummary, ModelSummary, Summary, TokenSummary};

/// Shows it as text; with `chat` also a question as its chat template renders it.
pub fn show(out: &mut impl Write, summary: &Summary, chat: bool) -> std::io::Result<()> {
    match summary {
        Summary::Adapter(summary) => adapter(out, summary),
        Summary::Model(summary) => {
            model(out, summary)?;
            if let (true, Some(template)) = (chat, &summary.chat_template) {
                writeln!(out, "\na question, rendered:\n{}", template.example)?;
            }
            Ok(())
        }
    }
}

fn model(out: &mut impl Write, model: &ModelSummary) -> std::io::Result<()> {
    writeln!(out, "model: {} ({})\n", model.location, model.format)?;
    let mut line = |name: &str, text: String| writeln!(out, "{name:<14} {text}");
    line("family", model.family.to_owned() + if model.classifier { ", with a head over classes" } else { "" })?;
    line("parameters", format!("{} in {}", counted(model.parameters), bytes(model.bytes)))?;
    for weights in &model.weights {
        line("", format!("{}: {} in {}", weights.dtype, counted(weights.parameters), bytes(weights.bytes)))?;
    }
    line("layers", model.layers.to_string())?;
    line("hidden size", format!("{}, MLP {}", model.hidden_size, model.intermediate_size))?;
    line("heads", format!("{}, of keys and values {}, each of {}", model.heads, model.kv_heads, model.head_dim))?;
    let tied = if model.tied_head { "tied to the embedding" } else { "its own" };
    line("vocabulary", format!("{}, output head {tied}", model.vocabulary))?;
    line("context", format!("{} tokens", model.context))?;
    line("RoPE", format!("theta {}, scaling {}", model.rope.theta, model.rope.scaling))?;
    let tokenizer = &model.tokenizer;
    line("tokenizer", format!("{}, {} tokens", tokenizer.kind, tokenizer.size))?;
    let added = if tokenizer.adds_bos { ", put before every text" } else { "" };
    line("BOS", token(tokenizer.bos.as_ref()) + added)?;
    line("EOS", token(tokenizer.eos.as_ref()))?;
    let template = model.chat_template.as_ref();
    line("chat template", template.map_or_else(|| "none".to_owned(), |template| template.source.clone()))?;
    for summary in &model.adapters {
        writeln!(out)?;
        adapter(out, summary)?;
    }
    Ok(())
}

fn adapter(out: &mut impl Write, adapter: &AdapterSummary) -> std::io::Result<()> {
    writeln!(out, "adapter: {}", adapter.location)?;
    let mut line = |name: &str, text: &str| writeln!(out, "{name:<14} {text}");
    let root = if adapter.rslora { ", divided by the root of the rank (rsLoRA)" } else { "" };
    line("LoRA", &format!("rank {}, alpha {}{root}", adapter.rank, adapter.alpha))?;
    line("layers", &adapter.targets.join(", "))?;
    line("base", adapter.base.as_deref().unwrap_or("not named"))
}

fn token(token: Option<&TokenSummary>) -> String {
    token.map_or_else(|| "none".to_owned(), |token| format!("{} ({})", token.text, token.id))
}

fn counted(number: u64) -> String {
    scaled(number, 1000.0, ["", " thousand", " million", " billion"])
}

fn bytes(number: u64) -> String {
    scaled(number, 1024.0, [" bytes", " KiB", " MiB", " GiB"])
}

fn scaled(number: u64, step: f64, units: [&str; 4]) -> String {
    let mut value = number as f64;
    for unit in &units[..3] {
        if value < step {
            return if number as f64 == value { format!("{number}{unit}") } else { format!("{value:.1}{unit}") };
        }
        value /= step;
    }
    format!("{value:.1}{}", units[3])
}
