//! The filter `tojson` as `transformers` defines it: Python's `json.dumps` that leaves letters as they are.

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// `tojson(value, indent=N, ensure_ascii=false)`.
pub(super) fn to_json(value: Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let ensure_ascii: Option<bool> = options.get("ensure_ascii")?;
    let sort_keys: Option<bool> = options.get("sort_keys")?;
    options.assert_all_used()?;
    if ensure_ascii == Some(true) || sort_keys == Some(true) {
        let message = "tojson knows indent only, not ensure_ascii or sort_keys";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let mut out = Vec::new();
    let failed = |error: &dyn std::fmt::Display| Error::new(ErrorKind::BadSerialization, error.to_string());
    match indent {
        Some(indent) => {
            let spaces = " ".repeat(indent);
            write(&value, &mut out, PrettyFormatter::with_indent(spaces.as_bytes()))
        }
        None => write(&value, &mut out, Spaced),
    }
    .map_err(|error| failed(&error))?;
    String::from_utf8(out).map_err(|error| failed(&error))
}

fn write(value: &Value, out: &mut Vec<u8>, formatter: impl Formatter) -> Result<(), serde_json::Error> {
    value.serialize(&mut Serializer::with_formatter(out, formatter))
}

/// Python's default: a space behind commas and colons.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}
