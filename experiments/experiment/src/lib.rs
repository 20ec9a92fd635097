//! What experiments share, so that each is about sixty lines that answer one question.
//!
//! ```text
//! recipe.yaml ──start──▶ Started ──bench──▶ Bench ──rewards──▶ work/rewards/NAME ──evaluate──▶ Evaluation ──Sheet──▶ result/
//! ```
//! An experiment is a crate of its own beside others: a typed recipe, a `main` that composes plugins, and what it found,
//! committed. `touchstone experiment new NAME` writes one. Nothing in here knows a model, and no experiment holds an
//! algorithm that another could want: that belongs into a plugin.
//!
//! ```
//! use touchstone::{Context, PluginSpec, Registry, evaluation, recipe};
//! use touchstone_aggregators as _; // links the plugins in
//! use touchstone_baselines as _;
//! use touchstone_experiment::{Bench, aggregated};
//!
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let line = |id: u32| format!(
//! #     r#"{{"q_id":{id},"question":"?","answer":"A","cot_ids":[0,1],"cots":[["One.","Two."],["One."]],"parsed_answers":["A","B"]}}"#);
//! # std::fs::write(folder.path().join("law.jsonl"), line(1) + "\n" + &line(2) + "\n")?;
//! # let (data, work) = (folder.path().join("law.jsonl"), folder.path().join("work"));
//! let data = recipe::Data { path: data.display().to_string(), categories: Vec::new(), questions: None };
//! let bench = Bench { context: Context::new(Registry::builtin()), data, work, folder: Default::default() };
//! let rewards = bench.rewards("short", &PluginSpec::named("length"))?;
//! let methods = aggregated("short", &rewards, &[PluginSpec::named("last"), PluginSpec::named("min")]);
//! let found = bench.evaluate(methods, &evaluation::Settings { n: vec![2], ..Default::default() })?;
//! assert_eq!(found.data.questions, 2);
//! # Ok(())
//! # }
//! ```

mod bench;
mod progress;
mod sheet;
mod start;

pub use bench::{Bench, aggregated};
pub use progress::Lines;
pub use sheet::{Sheet, interval, number, write_text};
pub use start::{Arguments, Started, start};
