//! The numbers that Python's json writes and JSON does not have.

use std::borrow::Cow;

/// The key of the object that stands for an infinity, so that the error about it can name its place.
pub const INFINITY: &str = "Infinity";
/// The same for the negative one.
pub const NEGATIVE_INFINITY: &str = "-Infinity";

/// JSON that says the same as `text`, in which bare `NaN` (null), `Infinity` and `-Infinity` (an object with that one key)
/// may stand outside strings.
pub fn without_python_numbers(text: &str) -> Cow<'_, str> {
    if !text.contains("NaN") && !text.contains(INFINITY) {
        return Cow::Borrowed(text);
    }
    let mut json = String::with_capacity(text.len() + 64);
    let mut copied = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let (length, replacement) = match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'N' if bytes[at..].starts_with(b"NaN") => (3, "null"),
            b'I' if bytes[at..].starts_with(INFINITY.as_bytes()) => (INFINITY.len(), r#"{"Infinity":null}"#),
            b'-' if bytes[at..].starts_with(NEGATIVE_INFINITY.as_bytes()) => {
                (NEGATIVE_INFINITY.len(), r#"{"-Infinity":null}"#)
            }
            _ => {
                at += 1;
                continue;
            }
        };
        json.push_str(&text[copied..at]);
        json.push_str(replacement);
        at += length;
        copied = at;
    }
    json.push_str(&text[copied..]);
    Cow::Owned(json)
}

/// The place behind the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_null_outside_strings_only() {
        assert_eq!(without_python_numbers(r#"[NaN, "NaN", "\"NaN", NaN]"#), r#"[null, "NaN", "\"NaN", null]"#);
        assert_eq!(without_python_numbers("\"\\"), "\"\\");
        assert_eq!(without_python_numbers("\"NaN\\"), "\"NaN\\");
        assert!(matches!(without_python_numbers("[1]"), Cow::Borrowed(_)));
    }

    #[test]
    fn infinities_become_objects_that_keep_their_sign() {
        let json = without_python_numbers(r#"[Infinity,-Infinity,"é Infinity"]"#);
        assert_eq!(json, r#"[{"Infinity":null},{"-Infinity":null},"é Infinity"]"#);
    }
}
