//! A plugin as a recipe names it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::Pluggable;

/// The name and settings of a plugin that is not made yet: `{ type: quantile, q: 0.1 }`, or just `min` where there are no
/// settings to give. [`Registry::make`](super::Registry::make) makes it.
///
/// A plugin whose settings name another plugin holds a `PluginSpec` in a field and makes it when it is opened, from
/// [`Context::registry`](crate::Context::registry); the registry finds the field by its schema and checks it beforehand.
/// So plugins of libraries nest in built-in ones and the other way round.
pub struct PluginSpec<K: ?Sized> {
    name: String,
    settings: Map<String, Value>,
    kind: PhantomData<fn(&K)>,
}

impl<K: Pluggable + ?Sized> PluginSpec<K> {
    /// The plugin of this name with its default settings.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), settings: Map::new(), kind: PhantomData }
    }

    /// The same plugin with one more setting.
    pub fn with(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.insert(field.into(), value.into());
        self
    }

    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its settings, without the name.
    pub fn settings(&self) -> &Map<String, Value> {
        &self.settings
    }

    /// Changes the settings, as the JSON object that they are.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        let mut settings = Value::Object(std::mem::take(&mut self.settings));
        edit(&mut settings);
        if let Value::Object(settings) = settings {
            self.settings = settings;
        }
    }

    /// The settings with the name as `type`.
    pub fn to_value(&self) -> Value {
        let mut tagged = Map::new();
        tagged.insert("type".to_owned(), Value::String(self.name.clone()));
        tagged.extend(self.settings.clone());
        Value::Object(tagged)
    }
}

impl<K: ?Sized> Clone for PluginSpec<K> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), settings: self.settings.clone(), kind: PhantomData }
    }
}

impl<K: ?Sized> PartialEq for PluginSpec<K> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.settings == other.settings
    }
}

impl<K: ?Sized> fmt::Debug for PluginSpec<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PluginSpec").field("name", &self.name).field("settings", &self.settings).finish()
    }
}

/// As on the command line: `quantile{q=0.1}`.
impl<K: ?Sized> fmt::Display for PluginSpec<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        for (place, (field, value)) in self.settings.iter().enumerate() {
            write!(formatter, "{}{field}={value}", if place == 0 { "{" } else { "," })?;
        }
        formatter.write_str(if self.settings.is_empty() { "" } else { "}" })
    }
}

impl<K: Pluggable + ?Sized> Serialize for PluginSpec<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de, K: Pluggable + ?Sized> Deserialize<'de> for PluginSpec<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let expected = || format!("the {} must be named by `type`, as in {{ type: NAME }}", K::KIND);
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(Self::named(name)),
            // `shift_remove` keeps the other settings in their order.
            Value::Object(mut settings) => match settings.shift_remove("type") {
                Some(Value::String(name)) => Ok(Self { name, settings, kind: PhantomData }),
                Some(other) => Err(D::Error::custom(format!("{}, not by {other}", expected()))),
                None => Err(D::Error::custom(format!("missing field `type`: {}", expected()))),
            },
            other => Err(D::Error::custom(format!("{}, not {other}", expected()))),
        }
    }
}

/// The key in a schema that marks a field as holding a plugin, and the kind of it.
pub(super) const SCHEMA_MARK: &str = "x-touchstone-plugin";

impl<K: Pluggable + ?Sized> schemars::JsonSchema for PluginSpec<K> {
    fn schema_name() -> Cow<'static, str> {
        format!("{:?}", K::KIND).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": format!("A plugin: {}", K::KIND),
            "type": ["object", "string"],
            SCHEMA_MARK: K::KIND,
        })
    }
}
