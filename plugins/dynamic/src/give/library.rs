//! The table of a library.

use std::ffi::c_void;
use std::sync::OnceLock;

use serde_json::{Map, Value};
use touchstone::registry::{Pluggable, Registered};
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Generator, PluginKind, Registry, Result, Sampler,
    StepSplitter, Verifier,
};

use super::{contained, functions, guarded, make, misused, required, settings, unnamed};
use crate::table::{self, ABI_VERSION, Library, Plugin, Text, TextSink};
use crate::take::Lent;

/// A plugin that a library exports.
#[derive(Clone, Copy, Debug)]
pub struct Exported {
    kind: PluginKind,
    name: &'static str,
}

impl Exported {
    /// The plugin that this type was registered as.
    pub const fn of<T: Registered>() -> Self {
        Self { kind: T::KIND, name: T::NAME }
    }
}

/// The table of a library: made when it is first asked for and never freed, since a library is never unloaded.
#[derive(Default)]
pub struct LibraryTable(OnceLock<Option<&'static Library>>);

impl LibraryTable {
    /// A table that is not made yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The table of a library of this version with these plugins; null if they cannot be described.
    pub fn get(&self, version: &'static str, plugins: &[Exported]) -> *const Library {
        let made = || contained(|| table_of(version, plugins).ok()).flatten();
        self.0.get_or_init(made).map_or(std::ptr::null(), std::ptr::from_ref)
    }
}

fn table_of(version: &'static str, plugins: &[Exported]) -> Result<&'static Library> {
    let plugins: Vec<Plugin> = plugins.iter().map(|plugin| describe(version, *plugin)).collect::<Result<_>>()?;
    let too_many = |_| misused("it exports more plugins than can be counted");
    let plugin_count = u32::try_from(plugins.len()).map_err(too_many)?;
    Ok(Box::leak(Box::new(Library { abi_version: ABI_VERSION, plugin_count, plugins: plugins.leak().as_ptr() })))
}

/// The plugins of this library.
fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::builtin)
}

fn describe(version: &'static str, Exported { kind, name }: Exported) -> Result<Plugin> {
    let schema: &'static str = registry().describe(kind, name)?.schema.to_string().leak();
    Ok(Plugin {
        name: Text::of(name),
        version: Text::of(version),
        schema: Text::of(schema),
        check: Some(check),
        open: Some(open),
        ..functions(kind)
    })
}

/// The kind and name of a plugin of this library.
///
/// # Safety
/// `plugin` must be null or one that [`describe`] made.
unsafe fn which<'a>(plugin: *const Plugin) -> Result<(PluginKind, &'a str)> {
    // SAFETY: the caller vouches for it.
    let plugin = unsafe { plugin.as_ref() }.ok_or_else(|| misused("no plugin was named"))?;
    let kind = table::kind_of(plugin.kind).ok_or_else(|| misused(format!("{} is no kind of plugin", plugin.kind)))?;
    // SAFETY: names of this library are never freed.
    Ok((kind, unsafe { required(plugin.name, "name") }?))
}

unsafe extern "C" fn check(plugin: *const Plugin, text: Text, failure: *const TextSink) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        guarded(failure, || {
            let (kind, name) = which(plugin)?;
            reads(kind, name, settings(Some(required(text, "settings")?))?)
        })
    }
}

/// Whether the settings can be read. Plugins nested in them are the program's to check: most of them are its own.
fn reads(kind: PluginKind, name: &str, settings: Map<String, Value>) -> Result<()> {
    let mut tagged = Map::from_iter([("type".to_owned(), Value::from(name))]);
    tagged.extend(settings);
    let tagged = Value::Object(tagged);
    let read = match kind {
        PluginKind::Verifier => <dyn Verifier>::from_builtin(tagged).map(drop),
        PluginKind::StepSplitter => <dyn StepSplitter>::from_builtin(tagged).map(drop),
        PluginKind::Aggregator => <dyn Aggregator>::from_builtin(tagged).map(drop),
        PluginKind::Sampler => <dyn Sampler>::from_builtin(tagged).map(drop),
        PluginKind::Generator => <dyn Generator>::from_builtin(tagged).map(drop),
        PluginKind::AnswerEquivalence => <dyn AnswerEquivalence>::from_builtin(tagged).map(drop),
        PluginKind::AnswerExtractor => <dyn AnswerExtractor>::from_builtin(tagged).map(drop),
    };
    read.map_err(|error| misused(error.to_string()))
}

unsafe extern "C" fn open(
    plugin: *const Plugin,
    text: Text,
    context: *const table::Context,
    instance: *mut *mut c_void,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        guarded(failure, || {
            let (kind, name) = which(plugin)?;
            let settings = settings(Some(required(text, "settings")?))?;
            let context =
                std::ptr::NonNull::new(context.cast_mut()).ok_or_else(|| misused("it was opened without a context"))?;
            let context = match kind {
                // What is opened may name other plugins, and render prompts.
                PluginKind::Verifier | PluginKind::Generator => Lent::retain(context).opening(registry())?,
                _ => Context::new(registry().clone()),
            };
            *instance = make(&context, kind, name, settings).map_err(|error| unnamed(error, name))?;
            Ok(())
        })
    }
}
