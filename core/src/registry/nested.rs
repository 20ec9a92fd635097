//! Finds the plugins that are nested in a plugin's settings, by the settings' schema.

use serde_json::Value;

use super::spec::SCHEMA_MARK;
use super::{PluginKind, PluginSpec, Registry, SettingsError};
use crate::{Aggregator, AnswerEquivalence, Generator, Sampler, StepSplitter, Verifier};

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
        }
    }
}

/// The plugins in `settings`, which `schema` describes.
pub(super) fn specs<'a>(schema: &Value, settings: &'a Value) -> Vec<Nested<'a>> {
    let mut found = Vec::new();
    visit(schema, schema, settings, String::new(), &mut found);
    found
}

fn visit<'a>(root: &Value, schema: &Value, value: &'a Value, path: String, found: &mut Vec<Nested<'a>>) {
    if value.is_null() {
        return;
    }
    if let Some(kind) = schema.get(SCHEMA_MARK).and_then(|mark| serde_json::from_value(mark.clone()).ok()) {
        return found.push(Nested { path, kind, value });
    }
    if let Some(target) =
        schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?))
    {
        visit(root, target, value, path.clone(), found);
    }
    for alternatives in ["anyOf", "oneOf", "allOf"] {
        for alternative in schema.get(alternatives).and_then(Value::as_array).into_iter().flatten() {
            visit(root, alternative, value, path.clone(), found);
        }
    }
    let step = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let declared = schema.get("properties").and_then(|properties| properties.get(name));
                if let Some(schema) = declared.or_else(|| schema.get("additionalProperties")) {
                    visit(root, schema, field, step(name), found);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (place, item) in items.iter().enumerate() {
                    visit(root, schema, item, step(&place.to_string()), found);
                }
            }
        }
        _ => {}
    }
}
