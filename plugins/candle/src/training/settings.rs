//! How a model is trained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::adapter::NORMS;
use crate::{Error, Result};

/// How a model is trained. The defaults are the paper's for discriminative models; [`TrainingSettings::generative`] has those
/// for generative ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSettings {
    /// What is trained.
    pub trained: Trained,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// How the learning rate moves after warm-up.
    pub schedule: Schedule,
    /// The share of all steps over which the learning rate rises from 0: of a part of a step, a whole one.
    pub warmup_ratio: f64,
    /// How much of a weight decays per unit of learning rate: AdamW's decay, on everything that is trained.
    pub weight_decay: f64,
    /// How often the examples are gone through; may be broken.
    pub epochs: f64,
    /// Examples of a step: the effective batch, however it is cut to fit into memory.
    pub batch: usize,
    /// Gradients are scaled down to this norm; 0 lets them be.
    pub max_gradient_norm: f64,
    /// For new adapters, the order of examples, and dropout.
    pub seed: u64,
    /// Whether the examples are shuffled, anew in each epoch.
    pub shuffle: bool,
    /// Whether what the blocks compute on the way is forgotten and computed again on the way back: a third more work, at a
    /// fraction of the memory. It changes no number.
    pub recompute: bool,
    /// The most tokens that are computed together, or one example.
    pub max_batch_tokens: usize,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            trained: Trained::default(),
            learning_rate: 1e-4,
            schedule: Schedule::Cosine,
            warmup_ratio: 0.1,
            weight_decay: 0.01,
            epochs: 1.0,
            batch: 16,
            max_gradient_norm: 1.0,
            seed: 42,
            shuffle: true,
            recompute: true,
            max_batch_tokens: 4096,
        }
    }
}

impl TrainingSettings {
    /// The paper's settings for gORM and gPRM.
    pub fn generative() -> Self {
        let low_rank = LowRankSettings { rank: 32, alpha: 16.0, ..LowRankSettings::default() };
        Self { trained: Trained::LowRank(low_rank), schedule: Schedule::Linear, ..Self::default() }
    }

    /// Refuses what cannot be trained with.
    ///
    /// # Errors
    /// [`Error::Training`], which names the setting.
    pub fn check(&self) -> Result<()> {
        let wrong = |setting: &str, value: f64, rule: &str| {
            Err(Error::Training { message: format!("{setting} is {value}: {rule}") })
        };
        for (setting, value) in [
            ("learning_rate", self.learning_rate),
            ("weight_decay", self.weight_decay),
            ("max_gradient_norm", self.max_gradient_norm),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return wrong(setting, value, "give a number from 0 on");
            }
        }
        if !(0.0..=1.0).contains(&self.warmup_ratio) {
            return wrong("warmup_ratio", self.warmup_ratio, "give a share of the steps, from 0 to 1");
        }
        if !(self.epochs > 0.0 && self.epochs.is_finite()) {
            return wrong("epochs", self.epochs, "give a number above 0");
        }
        if self.batch == 0 {
            return wrong("batch", 0.0, "a step takes at least one example");
        }
        match &self.trained {
            Trained::Weights => Ok(()),
            Trained::LowRank(low_rank) => low_rank.check(),
        }
    }

    /// How many steps `examples` take.
    pub fn steps(&self, examples: usize) -> usize {
        (examples.div_ceil(self.batch) as f64 * self.epochs).ceil() as usize
    }
}

/// What is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trained {
    /// Low-rank matrices beside the frozen weights of linear layers (LoRA, Hu et al. 2021).
    LowRank(LowRankSettings),
    /// All weights, in f32: for small models.
    Weights,
}

impl Default for Trained {
    fn default() -> Self {
        Self::LowRank(LowRankSettings::default())
    }
}

/// A LoRA adapter to be trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LowRankSettings {
    /// The rank of what is added to each matrix.
    pub rank: usize,
    /// What is added is multiplied with `alpha / rank`.
    pub alpha: f64,
    /// The share of a low-rank part's inputs that is dropped while training.
    pub dropout: f64,
    /// The layers that get a part, by PEFT's rules.
    pub target_modules: TargetModules,
    /// Norms that are trained in full beside the low-rank parts, by how their names end, as PEFT's `modules_to_save` has them:
    /// `model.norm` is the last one. Other modules stay frozen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules_to_save: Vec<String>,
    /// Whether the factor is `alpha / sqrt(rank)` (Kalajdzievski 2023).
    pub rank_stabilised: bool,
}

impl Default for LowRankSettings {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            dropout: 0.1,
            target_modules: TargetModules::default(),
            modules_to_save: Vec::new(),
            rank_stabilised: false,
        }
    }
}

impl LowRankSettings {
    /// Whether this module is trained in full. As PEFT has it, a name ends with one of those that are set.
    pub(crate) fn saves(&self, module: &str) -> bool {
        self.modules_to_save.iter().any(|saved| module.ends_with(saved.as_str()))
    }

    /// What the product of the two matrices is multiplied with.
    pub fn scale(&self) -> f64 {
        match self.rank_stabilised {
            true => self.alpha / (self.rank as f64).sqrt(),
            false => self.alpha / self.rank as f64,
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |message: String| Err(Error::Training { message });
        if self.rank == 0 {
            return wrong("rank is 0: a low-rank part has at least rank 1".to_owned());
        }
        if !self.alpha.is_finite() {
            return wrong(format!("alpha is {}: give a number", self.alpha));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return wrong(format!("dropout is {}: give a share from 0 to below 1", self.dropout));
        }
        let is_norm = |name: &str| NORMS.iter().any(|norm| name.rsplit('.').next() == Some(norm));
        if let Some(other) = self.modules_to_save.iter().find(|name| !is_norm(name)) {
            return wrong(format!(
                "modules_to_save holds {other:?}: beside LoRA only norms are trained in full, {}",
                NORMS.join(", ")
            ));
        }
        Ok(())
    }
}

/// Names of linear layers, as PEFT's `target_modules` has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TargetModules {
    /// `all-linear` (all but the output head), or a regular expression that a layer's whole name matches.
    Pattern(String),
    /// Names, or how they end after a dot: `q_proj`, `mlp.up_proj`.
    Names(Vec<String>),
}

impl Default for TargetModules {
    fn default() -> Self {
        Self::Pattern(Self::ALL_LINEAR.to_owned())
    }
}

impl TargetModules {
    /// The pattern that means every linear layer but the output head.
    pub const ALL_LINEAR: &'static str = "all-linear";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_papers() {
        let settings: TrainingSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, TrainingSettings::default());
        let generative = TrainingSettings::generative();
        let Trained::LowRank(low_rank) = &generative.trained else { panic!("LoRA") };
        assert_eq!((low_rank.rank, low_rank.scale(), generative.schedule), (32, 0.5, Schedule::Linear));
        assert!(settings.check().is_ok() && generative.check().is_ok());
    }

    #[test]
    fn a_last_part_of_a_batch_is_a_step() {
        let settings = TrainingSettings { batch: 8, ..TrainingSettings::default() };
        assert_eq!([0, 1, 8, 36].map(|examples| settings.steps(examples)), [0, 1, 1, 5]);
        assert_eq!(TrainingSettings { epochs: 1.5, ..settings }.steps(36), 8);
    }

    #[test]
    fn what_cannot_be_trained_with_is_named() {
        let said = |change: fn(&mut TrainingSettings)| {
            let mut settings = TrainingSettings::default();
            change(&mut settings);
            settings.check().unwrap_err().to_string()
        };
        assert!(said(|settings| settings.learning_rate = f64::NAN).contains("learning_rate"));
        assert!(said(|settings| settings.warmup_ratio = 2.0).contains("warmup_ratio is 2"));
        assert!(said(|settings| settings.epochs = 0.0).contains("epochs"));
        assert!(said(|settings| settings.batch = 0).contains("batch"));
        let dropout = |settings: &mut TrainingSettings| {
            settings.trained = Trained::LowRank(LowRankSettings { dropout: 1.0, ..LowRankSettings::default() });
        };
        assert!(said(dropout).contains("dropout is 1"));
    }
}
