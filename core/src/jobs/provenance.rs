//! What the rewards in a folder were made from, kept beside them as `provenance.json`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{DataFingerprint, Difference, Identity, JobError, Shard, fingerprint};
use crate::registry::marks::{Mark, local_path};
use crate::registry::{PluginKind, Registry, SettingsError};
use crate::{Category, Context, Error, PluginSpec, Result, Verifier, write_atomically};

const FILE: &str = "provenance.json";

/// What rewards were made from, so that those of another verifier, or of other data, are never taken for its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The settings, less those that change no result. One that names files on this machine is replaced by their digests: what
    /// counts is what lies there, not where it lies.
    verifier: PluginSpec<dyn Verifier>,
    /// The test set's files, by content, for each category that was scored.
    data: BTreeMap<Category, String>,
    /// The libraries of the verifier and of the plugins in its settings, by content: built again, they may score anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    libraries: BTreeSet<String>,
    /// The user's templates that the verifier uses in place of built-in ones, by content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    templates: BTreeMap<String, String>,
    /// Into how many shards the questions are split, where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shards: Option<u32>,
}

impl Provenance {
    /// What this verifier's rewards for this data are made from. Reads the files that its settings name.
    pub fn of(
        context: &Context,
        verifier: &PluginSpec<dyn Verifier>,
        data: &DataFingerprint,
        shard: Option<Shard>,
    ) -> Result<Self> {
        let registry = context.registry();
        Ok(Self {
            verifier: by_content(registry, verifier)?,
            data: data.digests().clone(),
            libraries: libraries(registry, verifier)?,
            templates: templates(context, verifier),
            shards: shard.map(Shard::count),
        })
    }

    /// What `folder` says that its rewards were made from.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => {
                Ok(serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::io("read", &path, error.into()))?)
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(Error::io("read", &path, error)),
        }
    }

    /// Makes sure that `folder` is empty, or holds rewards that were made from the same.
    pub fn check(&self, folder: &Path) -> Result<()> {
        match Self::read(folder)? {
            Some(found) => {
                let differences = found.differences(self);
                if differences.is_empty() || is_empty(folder) {
                    return Ok(());
                }
                Err(JobError::OtherRewards { folder: folder.to_owned(), differences }.into())
            }
            None if is_empty(folder) => Ok(()),
            // Another process may have begun this folder just now.
            None if Self::read(folder)?.is_some() => self.check(folder),
            None => Err(JobError::Foreign { folder: folder.to_owned() }.into()),
        }
    }

    /// Says in `folder` what its rewards are made from. Categories that were scored before stay named.
    pub fn save(&self, folder: &Path) -> Result<()> {
        self.check(folder)?;
        let mut all = self.clone();
        let before = Self::read(folder)?.filter(|found| found.differences(self).is_empty());
        all.data.extend(before.iter().flat_map(|before| before.data.clone()));
        if before.is_some_and(|before| before == all) {
            return Ok(());
        }
        write_atomically(folder.join(FILE), |writer| {
            Ok(serde_json::to_writer_pretty(writer, &all).map_err(std::io::Error::from)?)
        })
    }

    /// Every field in which `now` is not as this was; a category that only one of them names is no difference.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut before = self.clone();
        before.data.retain(|category, _| now.data.contains_key(category));
        let mut now = now.clone();
        now.data.retain(|category, _| before.data.contains_key(category));
        before.identity().differences(&now.identity())
    }

    /// Every category that was scored from other data than this.
    pub fn other_data(&self, data: &DataFingerprint) -> Vec<Difference> {
        self.differences(&self.clone().with_data(data))
    }

    /// The same of this data.
    pub fn with_data(self, data: &DataFingerprint) -> Self {
        Self { data: data.digests().clone(), ..self }
    }

    /// The same, not in shards.
    pub fn merged(self) -> Self {
        Self { shards: None, ..self }
    }

    /// Into how many shards the questions are split, where they are.
    pub fn shards(&self) -> Option<u32> {
        self.shards
    }

    /// The identity of the job that scores one category: this, and what else a journal's rewards depend on.
    pub fn of_category(&self, category: &Category, shard: Option<Shard>, keep_rationales: bool) -> Identity {
        Identity::new(json!({
            "touchstone": env!("CARGO_PKG_VERSION"),
            "shard": shard.map(|shard| shard.to_string()),
            "verifier": self.verifier,
            "libraries": self.libraries,
            "templates": self.templates,
            "data": self.data.get(category),
            "rationales": keep_rationales,
        }))
    }

    fn identity(&self) -> Identity {
        Identity::new(json!({
            "verifier": self.verifier,
            "libraries": self.libraries,
            "templates": self.templates,
            "data": self.data,
            "shards": self.shards,
        }))
    }
}

/// Whether there is nothing in the folder that is anyone's: hidden files are those of killed processes, and journals know what
/// they are made from.
fn is_empty(folder: &Path) -> bool {
    let of_no_one = |name: &str| name == FILE || name.starts_with('.') || name.ends_with(".journal");
    let mut names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.all(|name| name.to_str().is_some_and(of_no_one))
}

/// The settings with files in place of paths, and without what changes no result.
fn by_content(registry: &Registry, verifier: &PluginSpec<dyn Verifier>) -> Result<PluginSpec<dyn Verifier>> {
    let settings = Value::Object(verifier.settings().clone());
    let mut contents = Vec::new();
    for field in registry.marked(verifier) {
        let value = settings.pointer(&field.pointer);
        match (field.mark, value.and_then(Value::as_str).and_then(local_path)) {
            (Mark::SameResults, _) => contents.push((field.pointer, None)),
            (Mark::Location, Some(path)) => {
                contents.push((field.pointer.clone(), Some(content(verifier, &field.pointer, path)?)))
            }
            (Mark::Location, None) => {}
        }
    }
    let mut spec = verifier.clone();
    spec.edit(|settings| {
        for (pointer, content) in contents {
            match content {
                Some(content) => settings.pointer_mut(&pointer).map(|field| *field = content),
                None => remove(settings, &pointer),
            };
        }
    });
    Ok(spec)
}

fn content(verifier: &PluginSpec<dyn Verifier>, pointer: &str, path: &Path) -> Result<Value> {
    if !path.exists() {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        let message = format!(
            "the setting {field:?}: there is nothing at {}; give a file, a folder, or hf://namespace/name@revision",
            path.display()
        );
        let (kind, name) = (PluginKind::Verifier, verifier.name().to_owned());
        return Err(SettingsError::Invalid { kind, name, message }.into());
    }
    fingerprint::location(path)
}

/// Removes the field at `pointer`, and the objects around it that are empty without it.
fn remove(settings: &mut Value, pointer: &str) -> Option<()> {
    let (parent, field) = pointer.rsplit_once('/')?;
    let fields = settings.pointer_mut(parent)?.as_object_mut()?;
    fields.shift_remove(&field.replace("~1", "/").replace("~0", "~"));
    if fields.is_empty() && !parent.is_empty() { remove(settings, parent) } else { Some(()) }
}

/// The digests of the libraries that hold a plugin of a name that this verifier's settings, or those nested in them, hold.
fn libraries(registry: &Registry, verifier: &PluginSpec<dyn Verifier>) -> Result<BTreeSet<String>> {
    let mut names = HashSet::new();
    collect_texts(&verifier.to_value(), &mut names);
    let named = registry.plugins().filter(|plugin| names.contains(&plugin.name));
    // Each library is read once, however many of its plugins are named.
    let libraries: BTreeSet<&Path> = named.filter_map(|plugin| plugin.origin.library()).collect();
    libraries.into_iter().map(fingerprint::file).collect()
}

/// The user's templates among those that the verifier's schema says it uses, in `x-touchstone-templates`.
#[cfg(feature = "templates")]
fn templates(context: &Context, verifier: &PluginSpec<dyn Verifier>) -> BTreeMap<String, String> {
    let Ok(plugin) = context.registry().describe(PluginKind::Verifier, verifier.name()) else { return BTreeMap::new() };
    let used = plugin.schema.get("x-touchstone-templates").and_then(Value::as_array);
    let names = used.into_iter().flatten().filter_map(Value::as_str);
    let content = |name: &str| Some((name.to_owned(), fingerprint::text(&context.templates().overriding(name)?)));
    names.filter_map(content).collect()
}

/// Without templates there are none of the user.
#[cfg(not(feature = "templates"))]
fn templates(_context: &Context, _verifier: &PluginSpec<dyn Verifier>) -> BTreeMap<String, String> {
    BTreeMap::new()
}

fn collect_texts(value: &Value, texts: &mut HashSet<String>) {
    match value {
        Value::String(text) => drop(texts.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_texts(field, texts)),
        _ => {}
    }
}
