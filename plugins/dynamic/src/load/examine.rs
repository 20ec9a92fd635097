//! Reading a library's table before anything of it is used.

use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use serde_json::Value;
use touchstone::PluginKind;
use touchstone::registry::{Description, Origin};

use super::library::LoadedPlugin;
use super::settings::SettingsSchema;
use super::{LoadError, Problem};
use crate::table::{self, ABI_VERSION, Library, Plugin, Text};
use crate::take::Identity;

/// No library has so many plugins: the table is broken.
const TOO_MANY: u32 = 10_000;

/// The plugins of a table.
///
/// # Safety
/// The table must be null, or keep the contract and be valid for ever.
pub(super) unsafe fn plugins(path: &Path, table: *const Library) -> Result<Vec<Arc<LoadedPlugin>>, LoadError> {
    let named = || path.to_owned();
    if table.is_null() {
        return Err(LoadError::NoTable { path: named() });
    }
    // SAFETY: the version comes first in a table of any version; the rest is read only if it is ours.
    let found = unsafe { (*table).abi_version };
    if found != ABI_VERSION {
        return Err(LoadError::Version { path: named(), found });
    }
    // SAFETY: the caller vouches for the table, which is of our version.
    let Library { plugin_count: count, plugins, .. } = unsafe { *table };
    if count == 0 || count > TOO_MANY || plugins.is_null() {
        return Err(LoadError::Count { path: named(), count, listed: !plugins.is_null() });
    }
    let mut read: Vec<Arc<LoadedPlugin>> = Vec::new();
    for place in 0..count as usize {
        // SAFETY: there are `count` plugins, for ever.
        let (plugin, pointer) =
            unsafe { (&*plugins.add(place), NonNull::new_unchecked(plugins.add(place).cast_mut())) };
        // SAFETY: the texts of a plugin are valid for ever.
        let name = unsafe { text(plugin.name, "name") };
        let failed = |problem| LoadError::Plugin { path: named(), place, name: name.clone().ok(), problem };
        let checked = name.clone().and_then(|name| {
            // SAFETY: as above.
            unsafe { examine(path, plugin, pointer, name) }
        });
        let checked = checked.map_err(failed)?;
        if read.iter().any(|earlier| earlier.is_called(&checked)) {
            return Err(failed(Problem::Twice));
        }
        read.push(Arc::new(checked));
    }
    Ok(read)
}

/// # Safety
/// The plugin must keep the contract and be valid for ever.
unsafe fn examine(
    path: &Path,
    plugin: &Plugin,
    pointer: NonNull<Plugin>,
    name: String,
) -> Result<LoadedPlugin, Problem> {
    let kind = table::kind_of(plugin.kind).ok_or(Problem::Kind(plugin.kind))?;
    if ![table::ANY_THREAD, table::ONE_AT_A_TIME].contains(&plugin.threads) {
        return Err(Problem::Threads(plugin.threads));
    }
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(Problem::Name(name));
    }
    if let Some(function) = missing(kind, plugin) {
        return Err(Problem::NoFunction(function));
    }
    // SAFETY: the caller vouches for the texts.
    let (version, schema) = unsafe { (text(plugin.version, "version")?, text(plugin.schema, "schema")?) };
    let schema: Value = serde_json::from_str(&schema).map_err(|error| Problem::Schema(error.to_string()))?;
    let settings = SettingsSchema::new(&schema).map_err(Problem::Schema)?;
    let description = Description {
        kind,
        text: schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        schema,
        origin: Origin::Library { path: path.to_owned(), version },
        name: name.clone(),
    };
    let identity = Arc::new(Identity::new(name, path.display().to_string(), plugin.threads));
    // SAFETY: the caller vouches for the plugin.
    Ok(unsafe { LoadedPlugin::new(description, settings, pointer, identity) })
}

/// The function that a plugin of this kind cannot do without, where it lacks it.
fn missing(kind: PluginKind, plugin: &Plugin) -> Option<&'static str> {
    let lacks = |is_there: bool, name: &'static str| (!is_there).then_some(name);
    match kind {
        PluginKind::Verifier => lacks(plugin.score_question.is_some(), "score_question"),
        PluginKind::StepSplitter => lacks(plugin.split.is_some(), "split"),
        PluginKind::Aggregator => lacks(plugin.aggregate.is_some(), "aggregate"),
        PluginKind::Sampler => lacks(plugin.sample.is_some(), "sample"),
        PluginKind::Generator => lacks(plugin.generate.is_some(), "generate"),
        PluginKind::AnswerEquivalence => lacks(plugin.key.is_some(), "key"),
        PluginKind::AnswerExtractor => lacks(plugin.extract.is_some(), "extract"),
    }
}

/// # Safety
/// As [`Text::read`].
unsafe fn text(text: Text, what: &'static str) -> Result<String, Problem> {
    // SAFETY: the caller vouches for it.
    match unsafe { text.read() } {
        Ok(Some(text)) => Ok(text.to_owned()),
        Ok(None) => Err(Problem::NoText(what)),
        Err(error) => Err(Problem::NotUtf8 { what, message: error.to_string() }),
    }
}
