//! A plugin as the command line names it: `quantile{q=0.1}`.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::{Pluggable, PluginSpec, SettingsError};

/// Reads `NAME` or `NAME{field=value,…}`, the form that [`PluginSpec`] displays. A value is JSON (`0.1`, `true`,
/// `"a,b"`, `{"type": "greedy"}`), and anything that is not is taken as text.
impl<K: Pluggable + ?Sized> FromStr for PluginSpec<K> {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let invalid = |message: String| SettingsError::Invalid { kind: K::KIND, name: text.to_owned(), message };
        let (name, settings) = match text.split_once('{') {
            None => (text, ""),
            Some((name, rest)) => {
                let settings = rest.strip_suffix('}').ok_or_else(|| invalid("the brace is not closed".to_owned()))?;
                (name, settings)
            }
        };
        if name.trim().is_empty() {
            return Err(invalid("a name comes first, as in quantile{q=0.1}".to_owned()));
        }
        let mut spec = Self::named(name.trim());
        for setting in split_outside_quotes(settings).filter(|setting| !setting.trim().is_empty()) {
            let (field, value) = setting
                .split_once('=')
                .ok_or_else(|| invalid(format!("{:?} is not of the form field=value", setting.trim())))?;
            spec = spec.with(field.trim(), self::value(value));
        }
        Ok(spec)
    }
}

impl<K: Pluggable + ?Sized> PluginSpec<K> {
    /// The same plugin with a setting as the command line has it, `field=value`; `compute.device=cpu` sets a field of a field.
    /// Values are as in `NAME{field=value}`, and may hold commas.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] shows the form.
    pub fn with_argument(mut self, argument: &str) -> Result<Self, SettingsError> {
        let invalid = |message: String| SettingsError::Invalid { kind: K::KIND, name: self.name().to_owned(), message };
        let (path, value) = argument
            .split_once('=')
            .filter(|(path, _)| path.split('.').all(|field| !field.trim().is_empty()))
            .ok_or_else(|| invalid(format!("{argument:?} is not of the form field=value")))?;
        let value = self::value(value);
        let mut blocked = None;
        self.edit(|settings| {
            let mut place = settings;
            for field in path.split('.').map(str::trim) {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                match place {
                    Value::Object(fields) => place = fields.entry(field).or_insert(Value::Null),
                    other => return blocked = Some(other.to_string()),
                }
            }
            *place = value;
        });
        match blocked {
            None => Ok(self),
            Some(other) => Err(SettingsError::Invalid {
                kind: K::KIND,
                name: self.name().to_owned(),
                message: format!("{argument:?} sets a field inside of {other}, which has none"),
            }),
        }
    }
}

/// JSON where it is JSON, else text.
fn value(text: &str) -> Value {
    let text = text.trim();
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The parts between the commas that stand outside quotes, braces and brackets.
fn split_outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    text.split(move |character| {
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            '\\' if quoted => escaped = !was_escaped,
            '"' if !was_escaped => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' => return !quoted && depth == 0,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Aggregator;

    type Spec = PluginSpec<dyn Aggregator>;

    #[test]
    fn settings_are_json_where_they_can_be_and_text_otherwise() {
        let spec: Spec = r#"quantile{q=0.1, name=some text, list=[1,2], quoted="a,\"b"}"#.parse().unwrap();
        let expected = Spec::named("quantile")
            .with("q", 0.1)
            .with("name", "some text")
            .with("list", vec![1, 2])
            .with("quoted", "a,\"b");
        assert_eq!(spec, expected);
    }

    #[test]
    fn one_setting_may_lie_deep_and_keeps_its_neighbours() {
        let spec = Spec::named("x").with("compute", serde_json::json!({"threads": 2})).with("words", 200);
        let set = |argument: &str| spec.clone().with_argument(argument);
        let deep = set("compute.device=cuda:0").unwrap();
        assert_eq!(deep.to_string(), r#"x{compute={"threads":2,"device":"cuda:0"},words=200}"#);
        assert_eq!(set("a.b.c=[1, 2]").unwrap().settings()["a"], serde_json::json!({"b": {"c": [1, 2]}}));
        assert_eq!(set("words = 1=2").unwrap().settings()["words"], "1=2");
        for (argument, part) in [("words", "field=value"), ("=1", "field=value"), ("a..b=1", "field=value")] {
            assert!(set(argument).unwrap_err().to_string().contains(part), "{argument}");
        }
        let message = set("words.deep=1").unwrap_err().to_string();
        assert!(message.contains("inside of 200, which has none"), "{message}");
    }

    #[test]
    fn what_is_displayed_reads_back() {
        for text in ["min", "quantile{q=0.1}", r#"x{a="1",b={"type":"y"}}"#] {
            let spec: Spec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn a_malformed_argument_says_what_is_missing() {
        for (text, part) in [("q{a=1", "not closed"), ("{a=1}", "a name comes first"), ("q{a}", "field=value")] {
            let message = text.parse::<Spec>().unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
