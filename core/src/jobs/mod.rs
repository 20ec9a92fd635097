//! Work that survives interruption: sampling, scoring and critiquing with a journal, in shards, to whole files.
//!
//! A [`Sampling`] job lets a generator write CoTs for every question, a [`Scoring`] job gives rewards to every CoT of a test
//! set, and a [`Critiquing`] job lets a generator write critiques for every row of a training set, category by category. What each kind of accident leaves:
//!
//! | what happens | what is left, and what the same command does next |
//! |---|---|
//! | `kill -9`, a crash | every CoT or critique that was made is in the journal; only the others are done |
//! | power is cut | the same, less what the last second wrote |
//! | the disk fills up, a write fails | the job ends with the file and the system's reason; the journal is whole |
//! | Ctrl-C (the [context](crate::Context) is cancelled) | what was in flight is finished or dropped; the rest is kept |
//! | other settings, another model, prompt or data | refused, with each field that differs |
//! | a second process at the same files | refused; the first is not disturbed |
//!
//! ```text
//! OUT/law.json                          a whole category of CoTs; its journal and shards are named as below
//! OUT/law_reward.json                   a whole category, as an undisturbed run writes it, to the byte
//! OUT/law_reward-00001-of-00004.json    the same of one shard (`merge` joins them)
//! OUT/law_rationales.jsonl              what a generative verifier wrote, a CoT a line, where that is kept
//! OUT/law_reward.journal                a category under way: removed once its file is in place
//! OUT/provenance.json                   what the files in this folder are made from
//! ```
//!
//! Memory is bounded by the rewards of the categories that are under way and by one window of texts, whatever the size of
//! the data. Of CoTs it holds where in the journal they are, and not their texts.
//!
//! # The journal
//! An append-only file of lines: a CRC-32 in hexadecimal, a blank, a JSON record. The first record holds the job's
//! identity. Each record is one write, so it outlives the process; the file is synchronised to the disk at most once a second
//! and when the job ends. On opening, bytes at the end that make no whole record are cut off: they were in flight. Bytes
//! that make no record *before* a whole one are damage, an error with file and offset. Of two records of one CoT the later
//! counts.

mod category;
#[cfg(feature = "templates")]
mod completions;
#[cfg(feature = "templates")]
mod critiquing;
mod error;
pub(crate) mod fingerprint;
mod identity;
mod ingredients;
mod journal;
mod line;
mod merge;
mod provenance;
mod rationales;
#[cfg(feature = "templates")]
mod sampling;
mod scoring;
mod shard;
mod shard_folders;
#[cfg(test)]
mod tests;
mod unfinished;
mod window;

#[cfg(feature = "templates")]
pub use critiquing::{CritiquePrompts, CritiquedCategory, Critiquing, CritiquingSettings};
pub use error::{JobError, Product};
pub use fingerprint::DataFingerprint;
pub use identity::{Difference, Identity};
pub use journal::Journal;
pub use merge::{Merge, MergedCategory};
#[cfg(feature = "templates")]
pub use sampling::{
    FileFormat, Prompts, SampledCategory, Sampling, SamplingMerge, SamplingSettings, TEMPLATE, add_template,
};
pub use scoring::{ScoredCategory, Scoring};
pub use shard::Shard;

use std::path::{Path, PathBuf};

use crate::Category;

/// The file of a category's rewards in `folder`: all of it, or of one shard.
fn reward_file(folder: &Path, category: &Category, shard: Option<Shard>) -> PathBuf {
    folder.join(match shard {
        None => format!("{category}_reward.json"),
        Some(shard) => format!("{category}_reward-{:05}-of-{:05}.json", shard.index(), shard.count()),
    })
}

/// The journal of the rewards that are to become this file.
fn journal_of(file: &Path) -> PathBuf {
    file.with_extension("journal")
}
