//! The YAML files of the paper's published training: which model is trained, on what, and how.
//!
//! ```yaml
//! model_id: models/base
//! task_type: dORM            # dPRM, gORM, gPRM
//! train_data_path: data/train
//! eval_data_path: null
//! label_rule: first_error    # not in the published files: another rule than the reward model's own
//! max_length: 650            # longer rows are left out
//! lora_config: { r: 16, lora_alpha: 32, lora_dropout: 0.1, target_modules: all-linear }   # null: all weights
//! training_args: { learning_rate: 1.0e-4, num_train_epochs: 1, effective_batch_size: 16, lr_scheduler_type: cosine }
//! ```
//! Keys that belong to the libraries of the published code and mean nothing here are told, and so are keys that nobody knows,
//! with the nearest known one.

use std::num::NonZeroUsize;

use serde_json::{Map, Value};
use touchstone::nearest;

use super::{LowRankSettings, RewardModel, Schedule, TargetModules, Trained, TrainingSettings};
use crate::{Error, Result};

/// A training as a file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingConfig {
    /// The reward model.
    pub reward_model: RewardModel,
    /// The base model, as the file names it.
    pub model: Option<String>,
    /// The training set, as the file names it.
    pub data: Option<String>,
    /// The set on which the loss is looked at, as the file names it.
    pub held_out_data: Option<String>,
    /// Which rule labels the steps of a row, by name; that of the reward model where none is named.
    pub label_rule: Option<String>,
    /// Rows of more tokens are left out.
    pub max_length: Option<NonZeroUsize>,
    /// How it is trained.
    pub settings: TrainingSettings,
    /// What of the file has no effect here, said for its user.
    pub warnings: Vec<String>,
}

/// Keys at the top and in `lora_config` and `training_args` that are read.
const KNOWN: [(&str, &[&str]); 3] = [
    (
        "",
        &[
            "model_id",
            "task_type",
            "train_data_path",
            "eval_data_path",
            "label_rule",
            "max_length",
            "lora_config",
            "training_args",
        ],
    ),
    ("lora_config", &["r", "lora_alpha", "lora_dropout", "target_modules", "modules_to_save", "use_rslora"]),
    (
        "training_args",
        &[
            "learning_rate",
            "num_train_epochs",
            "effective_batch_size",
            "per_device_train_batch_size",
            "gradient_accumulation_steps",
            "lr_scheduler_type",
            "warmup_ratio",
            "weight_decay",
            "max_grad_norm",
            "seed",
            "gradient_checkpointing",
            "max_batch_tokens",
            "shuffle",
        ],
    ),
];

/// Keys of the published files that mean nothing here, and why.
const WITHOUT_MEANING: [(&str, &str); 14] = [
    ("bf16", "a CPU computes in f32; on a GPU, set the type of the weights"),
    ("fp16", "a CPU computes in f32; on a GPU, set the type of the weights"),
    ("bias", "biases are not trained with an adapter"),
    ("data_seed", "the order comes from `seed`"),
    ("ddp_find_unused_parameters", "there is one process"),
    ("logging_steps", "every step is in the loss curve"),
    ("logging_strategy", "every step is in the loss curve"),
    ("output_dir", "--out names the folder"),
    ("push_to_hub", "nothing is uploaded"),
    ("report_to", "the loss curve is a file"),
    ("save_strategy", "checkpoints are kept until the end"),
    ("task_type", "every adapter here is one of a causal language model"),
    ("use_liger_kernel", "the kernels are this library's"),
    ("optim", "the optimiser is AdamW"),
];

impl TrainingConfig {
    /// The paper's settings of a reward model.
    pub fn new(reward_model: RewardModel) -> Self {
        let (settings, max_length) = match reward_model.is_generative() {
            true => (TrainingSettings::generative(), None),
            false => (TrainingSettings::default(), NonZeroUsize::new(650)),
        };
        let (model, data, held_out_data, label_rule) = Default::default();
        Self { reward_model, model, data, held_out_data, label_rule, max_length, settings, warnings: Vec::new() }
    }

    /// Reads a file's text. `overrides` are settings that go before it, each `training_args.learning_rate=5e-5` and the like;
    /// their values are read as YAML.
    ///
    /// # Errors
    /// [`Error::Training`] where the text is no YAML, a value is of another kind than its key takes, or no reward model is
    /// named.
    pub fn from_yaml(text: &str, overrides: &[String]) -> Result<Self> {
        let parse =
            |text: &str| -> Result<Value> { serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string())) };
        let mut file = match parse(text)? {
            Value::Object(file) => file,
            Value::Null => Map::new(),
            _ => return Err(wrong("a training file holds keys and values".to_owned())),
        };
        for setting in overrides {
            let (path, value) = setting.split_once('=').ok_or_else(|| {
                wrong(format!("{setting:?} sets nothing: write KEY=VALUE, as in training_args.learning_rate=5e-5"))
            })?;
            set(&mut file, path, parse(value)?)?;
        }
        Self::from_values(&file)
    }

    fn from_values(file: &Map<String, Value>) -> Result<Self> {
        let top = Section { name: "", values: Some(file) };
        let Some(reward_model) = top.text("task_type")? else {
            return Err(wrong("task_type is missing: name dORM, dPRM, gORM or gPRM".to_owned()));
        };
        let mut config = Self::new(reward_model.parse()?);
        config.model = top.text("model_id")?;
        config.data = top.text("train_data_path")?;
        config.held_out_data = top.text("eval_data_path")?;
        config.label_rule = top.text("label_rule")?;
        if file.contains_key("max_length") {
            config.max_length = top.count("max_length")?.and_then(NonZeroUsize::new);
        }
        let low_rank = top.section("lora_config")?;
        if matches!(file.get("lora_config"), Some(Value::Null)) {
            config.settings.trained = Trained::Weights;
        }
        if let Trained::LowRank(settings) = &mut config.settings.trained {
            low_rank.read_low_rank(settings)?;
        }
        top.section("training_args")?.read_training(&mut config.settings)?;
        config.warnings = [top, low_rank, top.section("training_args")?].iter().flat_map(Section::warnings).collect();
        config.settings.check()?;
        Ok(config)
    }
}

/// The keys of a part of a file.
#[derive(Clone, Copy)]
struct Section<'a> {
    name: &'static str,
    values: Option<&'a Map<String, Value>>,
}

impl<'a> Section<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.values?.get(key).filter(|value| !value.is_null())
    }

    fn section(&self, name: &'static str) -> Result<Section<'a>> {
        match self.get(name) {
            None => Ok(Section { name, values: None }),
            Some(Value::Object(values)) => Ok(Section { name, values: Some(values) }),
            Some(other) => Err(wrong(format!("{name} is {other}: it holds keys and values, or is null"))),
        }
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn value<T>(&self, key: &str, kind: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(wrong(format!("{} is {value}: it takes {kind}", self.path(key)))),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        self.value(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn number(&self, key: &str) -> Result<Option<f64>> {
        // Python's yaml reads 1e-4, which has no point, as a text, and so do people who quote.
        self.value(key, "a number", |value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()))
    }

    fn count(&self, key: &str) -> Result<Option<usize>> {
        self.value(key, "a whole number from 0 on", |value| usize::try_from(value.as_u64()?).ok())
    }

    fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.value(key, "true or false", Value::as_bool)
    }

    fn read_low_rank(&self, settings: &mut LowRankSettings) -> Result<()> {
        put(&mut settings.rank, self.count("r")?);
        put(&mut settings.alpha, self.number("lora_alpha")?);
        put(&mut settings.dropout, self.number("lora_dropout")?);
        put(&mut settings.rank_stabilised, self.flag("use_rslora")?);
        let names = |value: &Value| serde_json::from_value::<Vec<String>>(value.clone()).ok();
        put(&mut settings.modules_to_save, self.value("modules_to_save", "a list of names", names)?);
        let modules = |value: &Value| serde_json::from_value::<TargetModules>(value.clone()).ok();
        put(&mut settings.target_modules, self.value("target_modules", "a text or a list of names", modules)?);
        Ok(())
    }

    fn read_training(&self, settings: &mut TrainingSettings) -> Result<()> {
        put(&mut settings.learning_rate, self.number("learning_rate")?);
        put(&mut settings.epochs, self.number("num_train_epochs")?);
        put(&mut settings.warmup_ratio, self.number("warmup_ratio")?);
        put(&mut settings.weight_decay, self.number("weight_decay")?);
        put(&mut settings.max_gradient_norm, self.number("max_grad_norm")?);
        put(&mut settings.recompute, self.flag("gradient_checkpointing")?);
        put(&mut settings.shuffle, self.flag("shuffle")?);
        put(&mut settings.max_batch_tokens, self.count("max_batch_tokens")?);
        put(&mut settings.seed, self.value("seed", "a whole number from 0 on", Value::as_u64)?);
        let per_device = self.count("per_device_train_batch_size")?;
        if let Some(per_device) = per_device {
            settings.batch = per_device * self.count("gradient_accumulation_steps")?.unwrap_or(1);
        }
        put(&mut settings.batch, self.count("effective_batch_size")?);
        let schedule = |value: &Value| match value.as_str()? {
            "cosine" => Some(Schedule::Cosine),
            "linear" => Some(Schedule::Linear),
            "constant" | "constant_with_warmup" => Some(Schedule::Constant),
            _ => None,
        };
        put(&mut settings.schedule, self.value("lr_scheduler_type", "cosine, linear or constant", schedule)?);
        Ok(())
    }

    /// What is said of keys that are not read.
    fn warnings(&self) -> Vec<String> {
        let known = KNOWN.iter().find(|(name, _)| *name == self.name).map_or(&[][..], |(_, keys)| keys);
        let mut warnings = Vec::new();
        for key in self.values.into_iter().flat_map(Map::keys).filter(|key| !known.contains(&key.as_str())) {
            let path = self.path(key);
            warnings.push(match WITHOUT_MEANING.iter().find(|(name, _)| name == key) {
                Some((_, why)) => format!("{path} has no effect: {why}"),
                None => match nearest(key, known.iter().copied()) {
                    Some(near) => format!("{path} is not known and has no effect; did you mean {:?}?", self.path(near)),
                    None => format!("{path} is not known and has no effect"),
                },
            });
        }
        warnings
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Sets `a.b` to a value.
fn set(values: &mut Map<String, Value>, path: &str, value: Value) -> Result<()> {
    match path.split_once('.') {
        None => {
            values.insert(path.to_owned(), value);
            Ok(())
        }
        Some((section, rest)) => {
            let inner = values.entry(section).or_insert_with(|| Value::Object(Map::new()));
            if inner.is_null() {
                *inner = Value::Object(Map::new());
            }
            match inner {
                Value::Object(inner) => set(inner, rest, value),
                other => Err(wrong(format!("{path} cannot be set: {section} is {other}"))),
            }
        }
    }
}

fn wrong(message: String) -> Error {
    Error::Training { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DORM: &str = include_str!("../../tests/data/training/dORM-14B.yaml");
    const GORM: &str = include_str!("../../tests/data/training/gORM-14B.yaml");

    fn config(text: &str, overrides: &[&str]) -> Result<TrainingConfig> {
        let overrides: Vec<String> = overrides.iter().map(|&setting| setting.to_owned()).collect();
        TrainingConfig::from_yaml(text, &overrides)
    }

    #[test]
    fn the_papers_files_are_the_defaults_of_their_models() {
        for (text, model, data) in [(DORM, RewardModel::Dorm, "train"), (GORM, RewardModel::Gorm, "train_gORM")] {
            let found = config(text, &[]).unwrap();
            assert_eq!(found.model.as_deref(), Some("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B"));
            assert_eq!(found.data, Some(format!("dongboklee/{data}")));
            let expected = TrainingConfig::new(model);
            assert_eq!((found.settings, found.max_length), (expected.settings, expected.max_length));
            assert_eq!(found.warnings.len(), 10, "{:?}", found.warnings);
            assert!(found.warnings.iter().any(|warning| warning.starts_with("training_args.bf16 has no effect")));
        }
    }

    #[test]
    fn settings_of_the_command_line_go_before_the_file() {
        let overrides = ["training_args.learning_rate=5e-5", "lora_config.r=64", "max_length=null", "model_id=a/b"];
        let found = config(DORM, &overrides).unwrap();
        let Trained::LowRank(low_rank) = &found.settings.trained else { panic!("LoRA") };
        assert_eq!((found.settings.learning_rate, low_rank.rank, found.max_length), (5e-5, 64, None));
        assert_eq!(found.model.as_deref(), Some("a/b"));
        assert_eq!(config(DORM, &["lora_config=null"]).unwrap().settings.trained, Trained::Weights);
    }

    #[test]
    fn an_unknown_key_is_told_with_the_nearest_known_one() {
        let found =
            config("task_type: gPRM\nmax_lenght: 3\ntraining_args: { learning_rat: 1, zzzzz: 2 }", &[]).unwrap();
        assert_eq!(
            found.warnings,
            [
                "max_lenght is not known and has no effect; did you mean \"max_length\"?",
                "training_args.learning_rat is not known and has no effect; did you mean \"training_args.learning_rate\"?",
                "training_args.zzzzz is not known and has no effect",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let said = |text: &str| config(text, &[]).unwrap_err().to_string();
        assert!(said("model_id: a").contains("task_type is missing"));
        assert!(said("task_type: dorn").contains("no reward model \"dorn\""));
        assert!(said("task_type: dORM\nlora_config: 3").contains("lora_config is 3"));
        assert!(said("task_type: dORM\ntraining_args: { seed: -1 }").contains("training_args.seed is -1"));
        assert!(said("task_type: dORM\ntraining_args: { lr_scheduler_type: polynomial }").contains("cosine, linear"));
        assert!(config("task_type: dORM", &["lora_config"]).unwrap_err().to_string().contains("KEY=VALUE"));
    }

    #[test]
    fn a_batch_may_be_given_in_two_factors() {
        let text = "task_type: dORM\ntraining_args: { per_device_train_batch_size: 4, gradient_accumulation_steps: 8 }";
        assert_eq!(config(text, &[]).unwrap().settings.batch, 32);
    }
}
