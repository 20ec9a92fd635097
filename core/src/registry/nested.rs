//! Finds the plugins that are nested in a plugin's settings, by the settings' schema.

use serde_json::Value;

use super::spec::SCHEMA_MARK;
use super::{PluginKind, PluginSpec, Registry, SettingsError};
use crate::{Aggregator, AnswerEquivalence, AnswerExtractor, Generator, Sampler, StepSplitter, Verifier};

/// A plugin in the settings of another.
pub(super) struct Nested<'a> {
    /// The field's path, as in `generator` or `verifiers.2`.
    pub path: String,
    kind: PluginKind,
    value: &'a Value,
}

impl Nested<'_> {
    /// Checks the plugin as its kind asks.
    pub fn check(&self, registry: &Registry) -> Result<(), SettingsError> {
        fn check<K: super::Pluggable + ?Sized>(value: &Value, registry: &Registry) -> Result<(), SettingsError> {
            let spec: PluginSpec<K> = serde_json::from_value(value.clone()).map_err(|error| {
                SettingsError::Invalid { kind: K::KIND, name: value.to_string(), message: error.to_string() }
            })?;
            registry.check(&spec)
        }
        match self.kind {
            PluginKind::Verifier => check::<dyn Verifier>(self.value, registry),
            PluginKind::StepSplitter => check::<dyn StepSplitter>(self.value, registry),
            PluginKind::Aggregator => check::<dyn Aggregator>(self.value, registry),
            PluginKind::Sampler => check::<dyn Sampler>(self.value, registry),
            PluginKind::Generator => check::<dyn Generator>(self.value, registry),
            PluginKind::AnswerEquivalence => check::<dyn AnswerEquivalence>(self.value, registry),
            PluginKind::AnswerExtractor => check::<dyn AnswerExtractor>(self.value, registry),
        }
    }
}

/// The plugins in `settings`, which `schema` describes.
pub(super) fn specs<'a>(schema: &Value, settings: &'a Value) -> Vec<Nested<'a>> {
    let mut found = Vec::new();
    walk(schema, settings, &mut |field| {
        let kind = plugin_kind(field.schema);
        found.extend(kind.map(|kind| Nested { path: field.path.join("."), kind, value: field.value }));
    });
    found
}

/// The kind of plugin that a field with this schema holds, if it holds one.
pub(super) fn plugin_kind(schema: &Value) -> Option<PluginKind> {
    schema.get(SCHEMA_MARK).and_then(|mark| serde_json::from_value(mark.clone()).ok())
}

/// A value in settings with one of the schemas that describe it.
pub(super) struct Field<'a, 's> {
    pub path: &'s [String],
    pub schema: &'s Value,
    pub value: &'a Value,
}

/// Shows every value of `settings` that is not null with each schema that describes it. A plugin's own fields are left to its
/// own schema.
pub(super) fn walk<'a>(schema: &Value, settings: &'a Value, see: &mut dyn FnMut(Field<'a, '_>)) {
    visit(schema, schema, settings, &mut Vec::new(), see);
}

fn visit<'a>(
    root: &Value,
    schema: &Value,
    value: &'a Value,
    path: &mut Vec<String>,
    see: &mut dyn FnMut(Field<'a, '_>),
) {
    if value.is_null() {
        return;
    }
    see(Field { path: path.as_slice(), schema, value });
    if plugin_kind(schema).is_some() {
        return;
    }
    if let Some(target) =
        schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?))
    {
        visit(root, target, value, path, see);
    }
    for alternatives in ["anyOf", "oneOf", "allOf"] {
        for alternative in schema.get(alternatives).and_then(Value::as_array).into_iter().flatten() {
            visit(root, alternative, value, path, see);
        }
    }
    let mut inner = |name: String, schema: &Value, value: &'a Value| {
        path.push(name);
        visit(root, schema, value, path, see);
        path.pop();
    };
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let declared = schema.get("properties").and_then(|properties| properties.get(name));
                if let Some(schema) = declared.or_else(|| schema.get("additionalProperties")) {
                    inner(name.clone(), schema, field);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (place, item) in items.iter().enumerate() {
                    inner(place.to_string(), schema, item);
                }
            }
        }
        _ => {}
    }
}
