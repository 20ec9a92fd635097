//! What a plugin's schema says of its fields beyond their types.
//!
//! | in the field's schema | means |
//! |---|---|
//! | `"format": "path-or-hub"` | it names files: a path, `hf://namespace/name@revision`, or `embedded:NAME` |
//! | `"x-touchstone-same-results": true` | it changes how fast or in how much memory a plugin works, and no bit of its results |
//!
//! With schemars: `#[schemars(extend("format" = "path-or-hub"))]`. A path is relative to the recipe that names the plugin, and
//! the content of what lies there is part of a job's identity, in built-in plugins and in those of libraries. A setting with
//! the second mark may change between a job that was interrupted and the one that goes on.

use std::path::Path;

use serde_json::Value;

use super::{Pluggable, PluginKind, PluginSpec, Registry, nested};

/// A field that its schema marks.
pub(crate) struct Marked {
    /// Where it is in the settings, as a JSON pointer.
    pub pointer: String,
    pub mark: Mark,
}

/// What the schema says of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It names files.
    Location,
    /// It changes no result.
    SameResults,
}

impl Registry {
    /// The marked fields of a plugin's settings and of the plugins nested in them, each once.
    pub(crate) fn marked<K: Pluggable + ?Sized>(&self, spec: &PluginSpec<K>) -> Vec<Marked> {
        let mut found = Vec::new();
        self.find_marked(K::KIND, &spec.to_value(), "", &mut found);
        found
    }

    /// Makes the paths in a plugin's settings, and in those of nested plugins, that are relative to `folder` relative to where
    /// the caller stands. Absolute ones, `hf://` and `embedded:` stay.
    pub fn resolve_locations<K: Pluggable + ?Sized>(&self, spec: &mut PluginSpec<K>, folder: &Path) {
        let locations = self.marked(spec).into_iter().filter(|field| field.mark == Mark::Location);
        let pointers: Vec<String> = locations.map(|field| field.pointer).collect();
        spec.edit(|settings| {
            for pointer in pointers {
                if let Some(Value::String(text)) = settings.pointer_mut(&pointer)
                    && let Some(path) = local_path(text)
                {
                    *text = folder.join(path).to_string_lossy().into_owned();
                }
            }
        });
    }

    fn find_marked(&self, kind: PluginKind, tagged: &Value, inside: &str, found: &mut Vec<Marked>) {
        let name = tagged.get("type").and_then(Value::as_str).unwrap_or_default();
        let Ok(plugin) = self.describe(kind, name) else { return };
        nested::walk(&plugin.schema, tagged, &mut |field| {
            let steps = field.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
            let pointer = inside.to_owned() + &steps.collect::<String>();
            if let Some(kind) = nested::plugin_kind(field.schema) {
                self.find_marked(kind, field.value, &pointer, found);
            } else if let Some(mark) = Mark::of(field.schema)
                && !found.iter().any(|known| known.pointer == pointer && known.mark == mark)
            {
                found.push(Marked { pointer, mark });
            }
        });
    }
}

impl Mark {
    fn of(schema: &Value) -> Option<Self> {
        if schema.get("format").and_then(Value::as_str) == Some("path-or-hub") {
            Some(Self::Location)
        } else if schema.get("x-touchstone-same-results") == Some(&Value::Bool(true)) {
            Some(Self::SameResults)
        } else {
            None
        }
    }
}

/// The path that the text of a location is, if it lies on this machine.
pub(crate) fn local_path(location: &str) -> Option<&Path> {
    let elsewhere = ["hf://", "embedded:"].iter().any(|scheme| location.starts_with(scheme));
    (!elsewhere).then(|| Path::new(location))
}
