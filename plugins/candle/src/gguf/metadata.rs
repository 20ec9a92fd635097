//! Typed access to a GGUF file's metadata.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;

use super::GgufError;

/// The metadata of a GGUF file. Every reader gives `None` where the entry is absent and an error where it has another type.
#[derive(Clone, Debug)]
pub struct Metadata<'a> {
    file: String,
    values: &'a HashMap<String, Value>,
}

impl<'a> Metadata<'a> {
    /// The metadata `values` of `file`, which is named in errors.
    pub fn new(file: impl Into<String>, values: &'a HashMap<String, Value>) -> Self {
        Self { file: file.into(), values }
    }

    /// The file, for messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// A text.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`].
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, GgufError> {
        self.read(key, "a text", |value| match value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A whole number that is not negative, of any width.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`].
    pub fn integer(&self, key: &str) -> Result<Option<u64>, GgufError> {
        self.read(key, "a whole number", integer)
    }

    /// A number, whole or not.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`].
    pub fn number(&self, key: &str) -> Result<Option<f64>, GgufError> {
        self.read(key, "a number", |value| match value {
            Value::F32(number) => Some(f64::from(*number)),
            Value::F64(number) => Some(*number),
            value => integer(value).map(|number| number as f64),
        })
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`].
    pub fn flag(&self, key: &str) -> Result<Option<bool>, GgufError> {
        self.read(key, "true or false", |value| match value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A list of texts.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`].
    pub fn texts(&self, key: &str) -> Result<Option<Vec<&'a str>>, GgufError> {
        self.list(key, "a list of texts", |value| match value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A list of whole numbers that are not negative.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`].
    pub fn integers(&self, key: &str) -> Result<Option<Vec<u64>>, GgufError> {
        self.list(key, "a list of whole numbers", integer)
    }

    /// An entry that must be there.
    ///
    /// # Errors
    /// [`GgufError::MissingKey`], and what `read` found.
    pub fn required<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Self, &str) -> Result<Option<T>, GgufError>,
    ) -> Result<T, GgufError> {
        read(self, key)?.ok_or_else(|| GgufError::MissingKey { file: self.file.clone(), key: key.to_owned() })
    }

    fn list<T>(
        &self,
        key: &str,
        wanted: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<Vec<T>>, GgufError> {
        self.read(key, wanted, |value| match value {
            Value::Array(values) => values.iter().map(read).collect(),
            _ => None,
        })
    }

    fn read<T>(
        &self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, GgufError> {
        let wrong = || GgufError::WrongKind { file: self.file.clone(), key: key.to_owned(), wanted };
        self.values.get(key).map(|value| read(value).ok_or_else(wrong)).transpose()
    }
}

fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::U8(number) => Some(u64::from(*number)),
        Value::U16(number) => Some(u64::from(*number)),
        Value::U32(number) => Some(u64::from(*number)),
        Value::U64(number) => Some(*number),
        Value::I8(number) => u64::try_from(*number).ok(),
        Value::I16(number) => u64::try_from(*number).ok(),
        Value::I32(number) => u64::try_from(*number).ok(),
        Value::I64(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_another_type_is_named_with_the_file() {
        let values = HashMap::from([("a".to_owned(), Value::I32(-1)), ("b".to_owned(), Value::Bool(true))]);
        let metadata = Metadata::new("model.gguf", &values);
        for error in [metadata.integer("a").unwrap_err(), metadata.text("a").unwrap_err()] {
            assert!(error.to_string().contains("model.gguf: the metadata entry a"), "{error}");
        }
        assert_eq!(metadata.flag("b").unwrap(), Some(true));
        assert_eq!(metadata.flag("c").unwrap(), None);
        let message = metadata.required("c", Metadata::flag).unwrap_err().to_string();
        assert!(message.contains("model.gguf has no metadata entry c"), "{message}");
    }

    #[test]
    fn whole_numbers_of_every_width_are_one() {
        for value in [Value::U8(7), Value::I16(7), Value::U32(7), Value::I64(7), Value::U64(7)] {
            let values = HashMap::from([("n".to_owned(), value)]);
            assert_eq!(Metadata::new("f", &values).integer("n").unwrap(), Some(7));
        }
    }
}
