//! What a job is made from besides its data.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::fingerprint;
use crate::registry::marks::{Mark, local_path};
use crate::registry::{Pluggable, Registry, SettingsError};
use crate::{Context, PluginSpec, Result};

/// Settings, and what they hang on that lies elsewhere: files, libraries, templates.
#[derive(Clone, Debug, Default)]
pub struct Ingredients {
    pub settings: Map<String, Value>,
    /// Digests of libraries.
    pub libraries: BTreeSet<String>,
    /// Digests of templates, by name.
    pub templates: BTreeMap<String, String>,
}

impl Ingredients {
    /// Adds a plugin under this field. Reads the files that its settings name.
    pub fn plugin<K: Pluggable + ?Sized>(
        mut self,
        context: &Context,
        field: &str,
        spec: &PluginSpec<K>,
    ) -> Result<Self> {
        self.settings.insert(field.to_owned(), by_content(context.registry(), spec)?.to_value());
        self.libraries.extend(libraries(context.registry(), spec)?);
        self.templates.extend(templates(context, spec));
        Ok(self)
    }

    /// Adds the value of a setting that is no plugin.
    #[cfg(feature = "templates")]
    pub fn value(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(field.to_owned(), value.into());
        self
    }

    /// Adds a template.
    #[cfg(feature = "templates")]
    pub fn template(mut self, name: &str, source: &str) -> Self {
        self.templates.insert(name.to_owned(), fingerprint::text(source));
        self
    }
}

/// The settings with files in place of paths, and without what changes no result.
fn by_content<K: Pluggable + ?Sized>(registry: &Registry, spec: &PluginSpec<K>) -> Result<PluginSpec<K>> {
    let settings = Value::Object(spec.settings().clone());
    let mut contents = Vec::new();
    for field in registry.marked(spec) {
        let value = settings.pointer(&field.pointer);
        match (field.mark, value.and_then(Value::as_str).and_then(local_path)) {
            (Mark::SameResults, _) => contents.push((field.pointer, None)),
            (Mark::Location, Some(path)) => {
                contents.push((field.pointer.clone(), Some(content(spec, &field.pointer, path)?)))
            }
            (Mark::Location, None) => {}
        }
    }
    let mut spec = spec.clone();
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

fn content<K: Pluggable + ?Sized>(spec: &PluginSpec<K>, pointer: &str, path: &Path) -> Result<Value> {
    if !path.exists() {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        let message = format!(
            "the setting {field:?}: there is nothing at {}; give a file, a folder, or hf://namespace/name@revision",
            path.display()
        );
        let (kind, name) = (K::KIND, spec.name().to_owned());
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

/// The digests of the libraries that hold a plugin of a name that this plugin's settings, or those nested in them, hold.
fn libraries<K: Pluggable + ?Sized>(registry: &Registry, spec: &PluginSpec<K>) -> Result<BTreeSet<String>> {
    let mut names = HashSet::new();
    collect_texts(&spec.to_value(), &mut names);
    let named = registry.plugins().filter(|plugin| names.contains(&plugin.name));
    // Each library is read once, however many of its plugins are named.
    let libraries: BTreeSet<&Path> = named.filter_map(|plugin| plugin.origin.library()).collect();
    libraries.into_iter().map(fingerprint::file).collect()
}

/// The user's templates among those that the plugin's schema says it uses, in `x-touchstone-templates`.
#[cfg(feature = "templates")]
fn templates<K: Pluggable + ?Sized>(context: &Context, spec: &PluginSpec<K>) -> BTreeMap<String, String> {
    let Ok(plugin) = context.registry().describe(K::KIND, spec.name()) else { return BTreeMap::new() };
    let used = plugin.schema.get("x-touchstone-templates").and_then(Value::as_array);
    let names = used.into_iter().flatten().filter_map(Value::as_str);
    let content = |name: &str| Some((name.to_owned(), fingerprint::text(&context.templates().overriding(name)?)));
    names.filter_map(content).collect()
}

/// Without templates there are none of the user.
#[cfg(not(feature = "templates"))]
fn templates<K: Pluggable + ?Sized>(_context: &Context, _spec: &PluginSpec<K>) -> BTreeMap<String, String> {
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
