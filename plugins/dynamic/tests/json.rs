//! `touchstone_json.h` reads what `serde_json` reads, to the same values, refuses what it refuses, and never reads outside
//! its text: a C program under the sanitizers says for each text what it finds.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The C program, built once.
static READER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let built = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
        .args(["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic"])
        .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
        .arg("-I")
        .arg(crate_folder.join("include"))
        .arg("-o")
        .arg(folder.path().join("json"))
        .arg(crate_folder.join("tests/json.c"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder
});

/// What the C reader finds in each text.
fn read(texts: &[Vec<u8>]) -> Vec<String> {
    let mut reader = Command::new(READER.path().join("json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = reader.stdin.take().unwrap();
    let input: Vec<u8> =
        texts.iter().flat_map(|text| [&(text.len() as u64).to_ne_bytes()[..], text].concat()).collect();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    feeder.join().unwrap().unwrap();
    let found: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(found.len(), texts.len());
    found
}

/// What the C program prints for this value.
fn shown(value: &Value) -> String {
    let mut text = String::new();
    show(value, &mut text);
    text
}

fn show(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => write!(out, "{value}").unwrap(),
        Value::Number(number) => {
            let whole = number.as_u64().unwrap_or(7);
            write!(out, "{:016x}/{whole}", number.as_f64().unwrap().to_bits()).unwrap();
        }
        Value::String(text) => show_string(text, out),
        Value::Array(items) => {
            write!(out, "[{}:", items.len()).unwrap();
            for item in items {
                show(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (name, item) in fields {
                show_string(name, out);
                out.push('=');
                show(item, out);
                out.push(',');
            }
            out.push('}');
            if let Some(item) = fields.get("é\n") {
                out.push_str("é=");
                show(item, out);
            }
        }
    }
}

fn show_string(text: &str, out: &mut String) {
    out.push('\'');
    text.bytes().for_each(|byte| write!(out, "{byte:02x}").unwrap());
    out.push('\'');
}

/// The C reader and `serde_json` agree on every one of these texts. Returns how many are JSON.
fn agree(texts: Vec<Vec<u8>>) -> usize {
    let mut accepted = 0;
    for (text, found) in texts.iter().zip(read(&texts)) {
        let text = String::from_utf8_lossy(text);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => {
                assert_eq!(found, shown(&value), "{text}");
                accepted += 1;
            }
            Err(error) => assert!(found.starts_with("no: this is not JSON: at byte "), "{text}: {error}: {found}"),
        }
    }
    accepted
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Something of everything.
const DOCUMENT: &str = r#" {"question": {"id": 17, "text": "Is é = \u00e9, 😀 = \ud83d\uDE00?\u0000"},
	"cots": [{"steps": ["a\"\\\/\b\f\n\r\t", "", "]}"], "answer": null, "é\n": [-0.5e-3]}, {}, [], [[ ], 1E+2]],
	"flags": [true, false], "numbers": [0, -0, 1.5, 123456789012345678901234567890, 18446744073709551615]} "#;

#[test]
fn good_texts_give_their_values() {
    let good = [
        DOCUMENT,
        "null",
        " true ",
        "\"\"",
        "[]",
        "{}",
        "[1,2 , 3]",
        "0.1",
        "2.2250738585072014e-308",
        "5e-324",
        "1e-400",
        "1.7976931348623157e308",
        "9007199254740993",
        "0.30000000000000004",
        "100000000000000000000000e-23",
        "18446744073709551616",
        "-1",
        r#""\ud800\udc00\udbff\udfff\u0800\u07ff\u0080\u007f""#,
        r#"{"\u00e9\n": 1}"#,
        r#"{"é\n": {"é\n": "deep"}}"#,
    ];
    assert_eq!(agree(texts(&good)), good.len());
}

#[test]
fn bad_texts_are_refused() {
    let bad = [
        "",
        " ",
        "nul",
        "nulL",
        "truee",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "[1}",
        "{\"a\":1]",
        "]",
        "1 2",
        "01",
        "-",
        "-01",
        "1.",
        ".5",
        "1.e3",
        "1e",
        "1e+",
        "+1",
        "0x10",
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "'a'",
        "\"",
        "\"\\\"",
        "\"\\x41\"",
        "\"\n\"",
        "\"\u{1f}\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\ud800\"",
        "\"\\udc00\"",
        "/**/1",
        "\u{feff}1",
        "\0",
        "1\0",
        "\"\\\0\"",
    ];
    assert_eq!(agree(texts(&bad)), 0);
}

#[test]
fn every_text_that_was_cut_off_is_refused() {
    let whole = DOCUMENT.trim_end();
    assert_eq!(agree((0..whole.len()).map(|length| whole.as_bytes()[..length].to_vec()).collect()), 0);
}

/// One byte is dropped, doubled, or becomes another, at every place.
#[test]
fn every_slip_of_the_keyboard_is_judged_as_serde_json_judges_it() {
    let mut slips = Vec::new();
    for place in (0..DOCUMENT.len()).filter(|place| DOCUMENT.as_bytes()[*place].is_ascii()) {
        let (before, after) = (&DOCUMENT.as_bytes()[..place], &DOCUMENT.as_bytes()[place + 1..]);
        let byte = [DOCUMENT.as_bytes()[place]];
        for middle in
            [&b""[..], &byte.repeat(2), b"\"", b"\\", b"{", b"]", b",", b":", b"0", b"-", b"e", b".", b"u", b"\n"]
        {
            slips.push([before, middle, after].concat());
        }
    }
    let count = slips.len();
    let accepted = agree(slips);
    assert!(accepted > count / 20 && accepted < count, "{accepted} of {count}");
}

#[test]
fn nesting_is_limited_before_the_stack_is() {
    let nested =
        |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes();
    assert_eq!(agree(vec![nested("[", "]", 127), nested("{\"\":", "}", 127), nested("[{\"a\":", "}]", 63)]), 3);
    assert_eq!(agree(vec![nested("[", "]", 128), nested("{\"\":", "}", 128), nested("[", "", 1_000_000)]), 0);
    let found = read(&[nested("[", "]", 128)]);
    assert!(found[0].contains("at byte 127: lists or objects that are nested too deep"), "{found:?}");
}

#[test]
fn a_complaint_tells_what_is_wrong_at_which_byte() {
    for (text, complaint) in [
        (r#"{"a" 1}"#, "at byte 5: a colon should stand here"),
        (r#"{"a": 1 "b"}"#, "at byte 8: a comma or the end of the object should stand here"),
        (r#"{"a": [1, 2"#, "at byte 11: a comma or the end of the list should stand here"),
        (r#"{"a": "b"#, "at byte 8: a string that is not closed"),
        (r#"{"a": yes}"#, "at byte 6: a value should begin here"),
        (r#"{ a: 1}"#, "at byte 2: a string should begin here"),
        ("{} {}", "at byte 3: the text should end here"),
        ("[1e999]", "at byte 6: a number that is too large"),
    ] {
        let found = read(&texts(&[text]));
        assert!(found[0].contains(complaint), "{text}: {found:?}");
    }
    let found = read(&[vec![b'1'; 257], vec![b'1'; 256]]);
    assert!(found[0].contains("a number that is too long") && !found[1].starts_with("no"), "{found:?}");
}
