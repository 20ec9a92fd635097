//! How foreign text is put where HTML escaping does not reach: into a script element and into an image's address.

use serde::Serialize;

/// JSON that can stand inside a `<script>` element: nothing in it ends the element, opens a comment, or breaks a line of
/// JavaScript. It is still the same JSON to a parser. None if the value cannot be JSON (a map with odd keys), which no
/// value of this crate is.
pub fn script_json(value: &impl Serialize) -> Option<String> {
    let json = serde_json::to_string(value).ok()?;
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            // These occur inside JSON's strings only, where an escape means the same.
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    Some(safe)
}

/// An image's address that holds the SVG itself.
///
/// As an image, an SVG runs no script, loads nothing, and keeps its ids to itself, so several of them cannot clash.
pub fn svg_source(svg: &str) -> String {
    let mut source = String::from("data:image/svg+xml;charset=utf-8,");
    push_escaped(&mut source, svg, b"-_.~,;:=()*!");
    source
}

/// The address, relative to a page, of the file at the end of this path.
pub fn address(path: &[&str]) -> String {
    let mut address = String::from(".");
    for name in path {
        address.push('/');
        push_escaped(&mut address, name, b"-_.~");
    }
    address
}

/// Adds a text as an address may hold it, `plain` characters as they are. None of what may be plain needs an escape in
/// an HTML attribute either.
fn push_escaped(address: &mut String, text: &str, plain: &[u8]) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => address.push(char::from(byte)),
            byte if plain.contains(&byte) => address.push(char::from(byte)),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn script_json_is_the_same_json_and_holds_no_markup(text in ".*") {
            let safe = script_json(&text).unwrap();
            let is_safe = !safe.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
            prop_assert!(is_safe);
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }

        #[test]
        fn an_svg_source_decodes_to_the_svg_and_needs_no_further_escape(svg in ".*") {
            let source = svg_source(&svg);
            let data = source.strip_prefix("data:image/svg+xml;charset=utf-8,").unwrap();
            prop_assert!(!data.contains(|character: char| "\"'<>&#\\ ".contains(character) || !character.is_ascii()));
            prop_assert_eq!(decode(data), svg.as_bytes());
        }
    }

    #[test]
    fn an_address_escapes_what_would_end_or_change_it() {
        assert_eq!(address(&["my report?_view", "index.html"]), "./my%20report%3F_view/index.html");
    }

    fn decode(data: &str) -> Vec<u8> {
        let mut parts = data.split('%');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(part[2..].bytes());
        }
        bytes
    }
}
