//! Scoring what has no rewards yet.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Study;
use super::record::file_digest;
use crate::data::{RewardRow, TestRow, write_rewards};
use crate::{
    Category, CotId, Error, PluginSpec, QuestionCots, QuestionId, Result, Rewards, Verifier, write_atomically,
};

/// How many questions a verifier is handed at a time: enough to fill batches, few enough for any memory.
const QUESTIONS_AT_A_TIME: usize = 256;

/// What a method's rewards were made from, kept beside them so that rewards of another verifier are never taken for its
/// own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Provenance {
    verifier: PluginSpec<dyn Verifier>,
    data: String,
    /// The libraries of the verifier and of the plugins in its settings, by content: built again, they may score anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    libraries: BTreeSet<String>,
}

impl Study {
    /// Scores the test set with every method that has a verifier and no rewards yet, a file for each category. A file that
    /// is there is kept; one that is not is written at once and whole. Returns the files that were written.
    ///
    /// # Errors
    /// What opening or running a verifier gives; rewards in the folder that another verifier made, or this one from other
    /// data ([`Error::StaleRewards`]).
    pub fn score(&self) -> Result<Vec<PathBuf>> {
        let scored = self.recipe.methods.iter().filter_map(|method| Some((&method.name, method.verifier.as_ref()?)));
        let scored: Vec<(&String, &PluginSpec<dyn Verifier>)> = scored.collect();
        if scored.is_empty() {
            return Ok(Vec::new());
        }
        // Read once for all methods: the test set may be large.
        let data = self.data_digest()?;
        let mut written = Vec::new();
        for (name, verifier) in scored {
            let libraries = self.libraries_of(verifier)?;
            let provenance = Provenance { verifier: verifier.clone(), data: data.clone(), libraries };
            let files = self.score_method(name, &provenance);
            written.extend(files.map_err(|error| error.at(format!("method {name:?}")))?);
        }
        Ok(written)
    }

    /// The digests of the libraries that hold a plugin of a name that this verifier's settings, or those nested in them, hold.
    fn libraries_of(&self, verifier: &PluginSpec<dyn Verifier>) -> Result<BTreeSet<String>> {
        let mut names = HashSet::new();
        collect_texts(&verifier.to_value(), &mut names);
        let named = self.context.registry().plugins().filter(|plugin| names.contains(&plugin.name));
        // Each library is read once, however many of its plugins are named.
        let libraries: BTreeSet<&Path> = named.filter_map(|plugin| plugin.origin.library()).collect();
        libraries.into_iter().map(file_digest).collect()
    }

    fn score_method(&self, name: &str, provenance: &Provenance) -> Result<Vec<PathBuf>> {
        let folder = self.scored_folder(name);
        claim(&folder, provenance)?;
        let file = |category: &Category| folder.join(format!("{category}_reward.json"));
        let open: Vec<&Category> = self.test_set.categories().filter(|category| !file(category).exists()).collect();
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let verifier = self.context.registry().make(&provenance.verifier)?.open(&self.context)?;
        let mut written = Vec::new();
        for category in open {
            let rewards = self.score_category(&*verifier, category).map_err(|error| error.at(category.as_str()))?;
            write_rewards(file(category), rewards.iter().map(Ok))?;
            written.push(file(category));
        }
        Ok(written)
    }

    fn score_category(&self, verifier: &dyn Verifier, category: &Category) -> Result<Vec<RewardRow>> {
        let progress = self.context.start(&format!("scoring {category}"), None);
        let mut scored = Vec::new();
        let mut rows = self.test_set.rows(category)?;
        loop {
            let work =
                rows.by_ref().take(QUESTIONS_AT_A_TIME).map(|row| row.map(unlabelled)).collect::<Result<Vec<_>>>()?;
            if work.is_empty() {
                return Ok(scored);
            }
            let done: Mutex<HashMap<(QuestionId, CotId), Rewards>> = Mutex::default();
            verifier.score_all(&self.context, &work, &|cot, rewards| {
                let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                done.insert((cot.question.clone(), cot.cot), rewards);
                progress.advance(1);
            })?;
            let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            for unit in work {
                let take = |id: &CotId| {
                    done.remove(&(unit.question.id.clone(), *id))
                        .ok_or_else(|| Error::Unscored { question: unit.question.id.clone(), cot: *id })
                };
                let cot_ids: Vec<CotId> = unit.cots.iter().map(|cot| cot.id).collect();
                let rewards = cot_ids.iter().map(take).collect::<Result<Vec<_>>>()?;
                scored.push(RewardRow { id: unit.question.id, cot_ids, rewards });
            }
        }
    }
}

fn collect_texts(value: &Value, texts: &mut HashSet<String>) {
    match value {
        Value::String(text) => drop(texts.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_texts(field, texts)),
        _ => {}
    }
}

/// What a verifier may see of a row: everything but its gold answer and labels.
fn unlabelled(row: TestRow) -> QuestionCots {
    QuestionCots { question: row.question, cots: row.cots }
}

/// Makes the folder this verifier's, or finds that it is.
fn claim(folder: &Path, provenance: &Provenance) -> Result<()> {
    let path = folder.join("provenance.json");
    match std::fs::read(&path) {
        Ok(bytes) if serde_json::from_slice::<Provenance>(&bytes).is_ok_and(|found| found == *provenance) => Ok(()),
        Ok(_) => Err(Error::StaleRewards { folder: folder.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
                return Err(Error::StaleRewards { folder: folder.to_owned() });
            }
            std::fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
            write_atomically(&path, |writer| {
                Ok(serde_json::to_writer_pretty(writer, provenance).map_err(std::io::Error::from)?)
            })
        }
        Err(error) => Err(Error::io("read", &path, error)),
    }
}
