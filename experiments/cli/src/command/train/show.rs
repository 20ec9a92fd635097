//! What came of a training, for people, for programs, and for the note beside the weights.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::Format;

/// What came of a training.
#[derive(Serialize)]
pub struct Report {
    pub reward_model: &'static str,
    pub base: String,
    pub trained_numbers: usize,
    pub examples: usize,
    pub held_out_examples: usize,
    pub too_long: usize,
    pub unlabelled: usize,
    pub steps: usize,
    #[serde(skip)]
    pub resumed: usize,
    pub held_out_loss: Option<[f64; 2]>,
    #[serde(skip)]
    pub seconds: f64,
}

impl Report {
    /// Everything that is the same whenever the training is done again.
    pub fn facts(&self) -> BTreeMap<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(facts)) => facts.into_iter().filter(|(name, _)| name != "reward_model").collect(),
            _ => BTreeMap::new(),
        }
    }

    pub fn show(&self, folder: &Path, format: Format) -> anyhow::Result<()> {
        let mut out = stdout().lock();
        if format == Format::Json {
            let mut facts = self.facts();
            facts.insert("reward_model".to_owned(), self.reward_model.into());
            facts.insert("steps_of_an_earlier_run".to_owned(), self.resumed.into());
            facts.insert("seconds".to_owned(), self.seconds.into());
            facts.insert("out".to_owned(), folder.display().to_string().into());
            serde_json::to_writer_pretty(&mut out, &facts)?;
            writeln!(out)?;
            return Ok(());
        }
        writeln!(out, "{} on {}: {} numbers trained", self.reward_model, self.base, self.trained_numbers)?;
        writeln!(
            out,
            "rows: {} trained on, {} held out, {} too long, {} without labels",
            self.examples, self.held_out_examples, self.too_long, self.unlabelled
        )?;
        let earlier = if self.resumed > 0 { format!(", {} of them earlier", self.resumed) } else { String::new() };
        writeln!(out, "steps: {}{earlier}, in {:.0} s", self.steps, self.seconds)?;
        if let Some([before, after]) = self.held_out_loss {
            writeln!(out, "held-out loss: {before:.4} before, {after:.4} after")?;
        }
        writeln!(out, "written: {}", folder.display())?;
        Ok(())
    }
}
