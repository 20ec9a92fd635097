//! Plugins by name: finding, checking, describing and making them.
//!
//! A recipe names a plugin (`type: quantile`) and gives its settings (`q: 0.1`). The registry turns that into the running
//! thing. Built-in plugins register themselves where they are defined, with [`register!`](crate::register); plugins of
//! loaded libraries come from a [`PluginSource`]. Both are found by the same names, also where they are nested in the
//! settings of one another.

mod argument;
mod description;
mod error;
mod kind;
// Fields that recipes and jobs look for.
#[cfg(feature = "data")]
pub(crate) mod marks;
mod nested;
mod source;
mod spec;
#[doc(hidden)]
pub mod tagged;

pub use description::{Builtin, Description, Origin};
pub use error::SettingsError;
pub use kind::{Pluggable, PluginKind, Registered};
pub use source::PluginSource;
pub use spec::PluginSpec;

#[doc(hidden)]
pub use {inventory, schemars, typetag};

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

/// Every plugin that can be named.
///
/// ```
/// use touchstone::{Aggregator, PluginKind, PluginSpec, Registry};
///
/// let registry = Registry::builtin();
/// assert!(registry.describe(PluginKind::AnswerEquivalence, "multiple_choice").is_ok());
/// let message = registry.make(&PluginSpec::<dyn Aggregator>::named("no such")).err().map(|error| error.to_string());
/// assert!(message.is_some_and(|message| message.contains("no aggregator is called \"no such\"")));
/// ```
#[derive(Clone)]
pub struct Registry {
    builtin: Vec<Arc<Description>>,
    libraries: Vec<Library>,
}

#[derive(Clone)]
struct Library {
    source: Arc<dyn PluginSource>,
    plugins: Vec<Arc<Description>>,
}

impl Registry {
    /// The plugins that are linked into this program. A crate whose plugins are wanted must be used from the program, by
    /// `use touchstone_aggregators as _;` at least: the linker drops a crate that nothing mentions, and its plugins with it.
    pub fn builtin() -> Self {
        let mut builtin: Vec<_> =
            inventory::iter::<Builtin>.into_iter().map(|plugin| Arc::new(plugin.describe())).collect();
        builtin.sort_by(|left, right| (left.kind, &left.name).cmp(&(right.kind, &right.name)));
        Self { builtin, libraries: Vec::new() }
    }

    /// Adds the plugins of a loaded library.
    ///
    /// # Errors
    /// [`SettingsError::Ambiguous`] if it brings a plugin of a kind and name that is there already.
    pub fn add(&mut self, source: Arc<dyn PluginSource>) -> Result<(), SettingsError> {
        let plugins: Vec<_> = source.plugins().into_iter().map(Arc::new).collect();
        for (place, plugin) in plugins.iter().enumerate() {
            let earlier = self.find(plugin.kind, &plugin.name).map(|(known, _)| known);
            let twin = plugins[..place].iter().find(|other| other.kind == plugin.kind && other.name == plugin.name);
            if let Some(known) = earlier.or(twin) {
                return Err(SettingsError::Ambiguous {
                    kind: plugin.kind,
                    name: plugin.name.clone(),
                    first: Box::new(known.origin.clone()),
                    second: Box::new(plugin.origin.clone()),
                });
            }
        }
        self.libraries.push(Library { source, plugins });
        Ok(())
    }

    /// The loaded libraries, in the order of their loading.
    pub fn libraries(&self) -> impl Iterator<Item = &Path> {
        self.libraries.iter().filter_map(|library| library.plugins.first()?.origin.library())
    }

    /// Whether the library in this file is loaded, by whatever path it was named.
    pub fn has_library(&self, path: &Path) -> bool {
        let is_it = |library: &Library| library.plugins.first().is_some_and(|plugin| plugin.origin.is_library(path));
        self.libraries.iter().any(is_it)
    }

    /// All plugins: the built-in ones by kind and name, then those of each library.
    pub fn plugins(&self) -> impl Iterator<Item = &Description> {
        self.builtin.iter().chain(self.libraries.iter().flat_map(|library| &library.plugins)).map(|plugin| &**plugin)
    }

    /// The plugin of this kind and name.
    ///
    /// # Errors
    /// [`SettingsError::UnknownPlugin`] lists the known names and suggests the nearest.
    pub fn describe(&self, kind: PluginKind, name: &str) -> Result<&Description, SettingsError> {
        self.find(kind, name).map(|(plugin, _)| &**plugin).ok_or_else(|| SettingsError::UnknownPlugin {
            kind,
            name: name.to_owned(),
            known: self.plugins().filter(|plugin| plugin.kind == kind).map(|plugin| plugin.name.clone()).collect(),
        })
    }

    /// Checks that a plugin of this name exists and takes these settings, and the same of every plugin nested in them.
    /// Nothing is loaded, so a recipe is checked whole before any work starts.
    ///
    /// # Errors
    /// A [`SettingsError`] that names the plugin and the field.
    pub fn check<K: Pluggable + ?Sized>(&self, spec: &PluginSpec<K>) -> Result<(), SettingsError> {
        self.settings(spec, |source| source.check(K::KIND, spec.name(), spec.settings()), drop)
    }

    /// Makes the plugin that `spec` names: an aggregator, splitter, sampler, answer equivalence or answer extractor that can
    /// be used at once, or the settings of a verifier or generator, to be opened.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn make<K: Pluggable + ?Sized>(&self, spec: &PluginSpec<K>) -> Result<Box<K::Made>, SettingsError> {
        self.settings(spec, |source| K::from_source(source, spec.name(), spec.settings()), |made| made)
    }

    /// What becomes of a plugin, its settings checked: `of_source` says it for one of a library, `of_builtin` for one that is
    /// linked in, which reading its settings makes.
    fn settings<K: Pluggable + ?Sized, T>(
        &self,
        spec: &PluginSpec<K>,
        of_source: impl FnOnce(&dyn PluginSource) -> crate::Result<T>,
        of_builtin: impl FnOnce(Box<K::Made>) -> T,
    ) -> Result<T, SettingsError> {
        let plugin = self.describe(K::KIND, spec.name())?;
        plugin.check_fields(spec.settings())?;
        let invalid = |message: String| SettingsError::Invalid {
            kind: K::KIND,
            name: spec.name().to_owned(),
            message: crate::nearest::with_suggestion(&message),
        };
        let found = match self.find(K::KIND, spec.name()) {
            Some((_, Some(library))) => of_source(&*library.source).map_err(|error| invalid(reason(error)))?,
            _ => K::from_builtin(spec.to_value())
                .map(of_builtin)
                .map_err(|error| invalid(located(spec, plugin, error.to_string())))?,
        };
        for nested in nested::specs(&plugin.schema, &Value::Object(spec.settings().clone())) {
            nested.check(self).map_err(|error| error.inside(K::KIND, spec.name(), &nested.path))?;
        }
        Ok(found)
    }

    fn find(&self, kind: PluginKind, name: &str) -> Option<(&Arc<Description>, Option<&Library>)> {
        let is_it = |plugin: &&Arc<Description>| plugin.kind == kind && plugin.name == name;
        let builtin = self.builtin.iter().find(is_it).map(|plugin| (plugin, None));
        builtin.or_else(|| {
            self.libraries
                .iter()
                .find_map(|library| library.plugins.iter().find(is_it).map(|plugin| (plugin, Some(library))))
        })
    }
}

/// What a library said; which plugin it is about is said already.
fn reason(error: crate::Error) -> String {
    match error {
        crate::Error::Plugin { message, .. } => message,
        other => other.to_string(),
    }
}

/// Adds to serde's message, which tells what is wrong but not where, the setting that it is about: the first one without
/// which, and without those after it, there is another message.
fn located<K: Pluggable + ?Sized>(spec: &PluginSpec<K>, plugin: &Description, message: String) -> String {
    let is_absent = |field: &str| !spec.settings().contains_key(field) && message == format!("missing field `{field}`");
    if plugin.fields().any(is_absent) {
        return message;
    }
    let mut partial = PluginSpec::<K>::named(spec.name());
    for (field, value) in spec.settings() {
        partial = partial.with(field, value.clone());
        if K::from_builtin(partial.to_value()).is_err_and(|error| error.to_string() == message) {
            return format!("the setting {field:?}: {message}");
        }
    }
    message
}

/// Registers a built-in plugin: `register!(Aggregator, "trimmed", Trimmed);` beside the type's definition.
///
/// The first word is the kind: `Verifier`, `StepSplitter`, `Aggregator`, `Sampler`, `Generator`, `AnswerEquivalence` or
/// `AnswerExtractor`; then comes the name in recipes; then the type of the settings, which derives `Deserialize` and `schemars::JsonSchema`, has
/// `#[serde(deny_unknown_fields)]`, and is written `struct Min {}` where there are none. Its doc comments are what
/// `touchstone plugins describe` shows. A verifier's or generator's settings implement
/// [`VerifierSettings`](crate::VerifierSettings) or [`GeneratorSettings`](crate::GeneratorSettings); the others are their
/// own settings.
#[macro_export]
macro_rules! register {
    ($kind:ident, $name:literal, $settings:ty) => {
        const _: () = {
            use $crate::registry::typetag;
            #[typetag::deserialize(name = $name)]
            impl $crate::registry::tagged::$kind for $settings {
                fn made(self: Box<Self>) -> Box<<dyn $crate::$kind as $crate::registry::Pluggable>::Made> {
                    self
                }
            }
            impl $crate::registry::Registered for $settings {
                const KIND: $crate::PluginKind = $crate::PluginKind::$kind;
                const NAME: &'static str = $name;
            }
            $crate::registry::inventory::submit! {
                $crate::registry::Builtin::new(
                    $crate::registry::PluginKind::$kind,
                    $name,
                    env!("CARGO_PKG_NAME"),
                    || $crate::registry::schemars::schema_for!($settings),
                )
            }
        };
    };
}
