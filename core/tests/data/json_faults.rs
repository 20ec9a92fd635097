//! JSON and JSONL that is wrong: the message says what, where, and what to do.

use std::io::Write;

use crate::{reward_error, says, test_error};

/// A good row of a test set.
const ROW: &str =
    r#"{"q_id":"a","question":"?","answer":"A","cot_ids":[0,1],"cots":[["x"],["y","z"]],"parsed_answers":["A",null]}"#;

fn with(from: &str, to: &str) -> String {
    assert!(ROW.contains(from));
    ROW.replace(from, to)
}

/// An array of a good row and of `row`, and the same as lines.
fn both(row: &str) -> [(&'static str, String, &'static str); 2] {
    [
        ("law.json", format!("[{ROW},\n {row}]"), "law.json, row 1 (counted from 0)"),
        ("law.jsonl", format!("{ROW}\n\n{row}\n"), "law.jsonl, line 3"),
    ]
}

#[test]
fn a_wrong_type_is_named_by_row_question_and_place_in_the_column() {
    let row = with(r#""q_id":"a""#, r#""q_id":"b""#);
    for (from, to, expected) in [
        (r#"["y","z"]"#, r#"["y",7]"#, "question b: column `cots[1][1]` should be text, and is the integer 7"),
        (r#"["y","z"]"#, r#"["y",null]"#, "question b: column `cots[1][1]` should be text, and is null"),
        (r#"["y","z"]"#, r#""y""#, "question b: column `cots[1]` should be a list, and is the text \"y\""),
        ("[0,1]", "[0,1.5]", "question b: column `cot_ids[1]` should be an integer, and is the number 1.5"),
        ("[0,1]", "[0,18446744073709551615]", "the integer 18446744073709551615, above 2^63-1"),
        (r#""?""#, "true", "question b: column `question` should be text, and is true"),
        (r#""answer":"A""#, r#""answer":null"#, "question b: column `answer` should be text, and is null"),
        (r#""q_id":"b""#, r#""q_id":{"x":1}"#, ": column `q_id` should be text or an integer, and is an object"),
        (r#"["A",null]"#, r#"["A",[]]"#, "column `parsed_answers[1]` should be text, and is a list of 0 items"),
    ] {
        assert!(row.contains(from));
        for (name, content, place) in both(&row.replace(from, to)) {
            says(&test_error(name, content), &[place, expected]);
        }
    }
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there_and_the_nearest() {
    for (name, content, place) in both(&with("parsed_answers", "parsed_answer")) {
        let expected = "no column `parsed_answers`; did you mean \"parsed_answer\"?; it has q_id, question, answer, cot_ids, cots, parsed_answer";
        says(&test_error(name, content), &[place, expected]);
    }
}

#[test]
fn a_row_that_is_not_json_is_shown_where_it_breaks() {
    says(&test_error("law.json", format!("[{ROW},{{\"q_id\": nul}}]")), &["row 1", "not valid JSON", "nul"]);
    says(&test_error("law.jsonl", format!("{ROW}\n{}\n{ROW}", &ROW[..40])), &["line 2", "not valid JSON: EOF"]);
    says(&test_error("law.jsonl", format!("{ROW} {ROW}\n")), &["line 1", "trailing characters"]);
    says(&test_error("law.json", format!("[{ROW} {ROW}]")), &["row 1", "expected a comma or the closing bracket"]);
    says(&test_error("law.json", format!("[{ROW},]")), &["row 1", "expected an object, and found \"]\""]);
    says(&test_error("law.json", format!("[{ROW},3]")), &["row 1", "expected an object, and found \"3]\""]);
    let twice = with(r#""answer":"A""#, r#""answer":"A","answer":"B""#);
    says(&test_error("law.jsonl", twice), &["line 1", "the key `answer` is there twice"]);
}

#[test]
fn brackets_without_end_are_refused_and_do_not_overflow_the_stack() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    for (name, content, place) in both(&with(r#"[["x"],["y","z"]]"#, &deep)) {
        says(&test_error(name, content), &[place, "recursion limit exceeded"]);
    }
}

#[test]
fn json_that_is_no_array_of_objects_is_refused_for_what_it_is() {
    says(&test_error("law.json", ROW), &["a single object", "brackets"]);
    says(&test_error("law.json", r#"{"data": [1, 2]}"#), &["a single object"]);
    says(&test_error("law.json", "q_id,question\n"), &["it begins with \"q_id,question"]);
    says(&test_error("law.json", format!("{ROW}, {ROW}")), &["an object with something else behind it"]);
    says(&test_error("law.jsonl", format!("[{ROW}]")), &["an array", "name it .json"]);
}

#[test]
fn text_behind_the_array_is_not_passed_over() {
    says(&test_error("law.json", format!("[{ROW}]\n]")), &["goes on after the end of its array of 1 rows"]);
}

#[test]
fn a_file_that_was_cut_off_says_after_how_many_rows() {
    for cut in [format!("[{ROW}"), format!("[{ROW},"), format!("[{ROW}, {}", &ROW[..50]), format!("[{ROW},{{\"q")] {
        says(&test_error("law.json", cut), &["ends in the middle, after 1 whole rows"]);
    }
    says(&test_error("law.json", "["), &["ends in the middle, after 0 whole rows"]);
}

#[test]
fn an_empty_file_is_called_empty() {
    for name in ["law.json", "law.jsonl", "law.parquet", "law.json.gz", "law.jsonl.zst"] {
        says(&test_error(name, ""), &["is empty"]);
    }
    for name in ["law.json", "law.jsonl"] {
        says(&test_error(name, " \n\n"), &["is empty"]);
    }
    says(&test_error("law.json.gz", gzip(b"")), &["is empty"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_located() {
    for (name, content, place) in both(&with(r#""?""#, "\"caf@\"")) {
        let at = content.rfind('@').unwrap();
        let mut bytes = content.into_bytes();
        bytes[at] = 0xe9;
        says(&test_error(name, bytes), &[place, "not valid UTF-8", "caf"]);
    }
}

#[test]
fn unequal_lists_are_named_with_their_question_and_lengths() {
    for (name, content, place) in both(&with("[0,1]", "[0,1,2]")) {
        let lengths = "`cot_ids` has 3, `cots` has 2, `parsed_answers` has 2";
        says(&test_error(name, content), &[place, "question a", lengths]);
    }
}

#[test]
fn a_question_that_comes_twice_is_named_with_both_rows() {
    let [json, lines] = both(ROW);
    says(&test_error(json.0, json.1), &["question a is there twice", "row 0", "row 1"]);
    says(&test_error(lines.0, lines.1), &["question a is there twice", "line 1", "line 3"]);
}

#[test]
fn a_cot_id_that_comes_twice_is_named_with_both_places() {
    for (name, content, place) in both(&with("[0,1]", "[7,7]")) {
        says(&test_error(name, content), &[place, "question a: the CoT id 7 is there twice, at places 0 and 1"]);
    }
}

#[test]
fn labels_of_steps_must_fit_the_steps_and_another_column_of_that_name_is_passed_over() {
    let labelled = |labels: &str| with("\"q_id\"", &format!("\"labels\":{labels},\"q_id\""));
    says(&test_error("law.jsonl", labelled("[[1]]")), &["question a", "`cots` has 2, `labels` has 1"]);
    says(&test_error("law.jsonl", labelled("[[1],[1,1,-1]]")), &["CoT 1 has 3 labels for 2 steps"]);
    says(&test_error("law.jsonl", labelled("[[1],[4]]")), &["column `labels[1][0]` should be a label: 1, 0 or -1"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.jsonl");
    for (labels, expected) in [("[[1],[0,-1.0]]", Some(2)), ("[null,[]]", Some(2)), ("\"text\"", None), ("[1,2]", None)]
    {
        std::fs::write(&path, labelled(labels)).unwrap();
        let row = crate::test_rows(&path).unwrap().remove(0);
        assert_eq!(row.step_labels.map(|labels| labels.len()), expected, "{labels}");
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Rows that do not compress well, so that damage lands in their middle.
fn many_rows() -> String {
    (0..400).map(|index| with(r#""q_id":"a""#, &format!(r#""q_id":{}"#, index * index)) + "\n").collect()
}

#[test]
fn a_damaged_gzip_or_zstd_file_says_how_far_it_was_read() {
    let gzip = gzip(many_rows().as_bytes());
    let zstd = zstd::encode_all(many_rows().as_bytes(), 3).unwrap();
    for (name, whole) in [("law.jsonl.gz", &gzip), ("law.jsonl.zst", &zstd)] {
        let cut = &whole[..whole.len() / 2];
        says(&test_error(name, cut), &["could not read", "beyond its first", "rows", "cut off or damaged"]);
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        for byte in &mut damaged[middle..middle + 8] {
            *byte ^= 0x55;
        }
        says(&test_error(name, damaged), &[name]);
        says(&test_error(name, ROW), &["could not read", "cut off or damaged"]);
    }
}

#[test]
fn compressed_files_of_several_members_are_read_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let second = with(r#""q_id":"a""#, r#""q_id":"b""#);
    let gzip = [gzip(format!("{ROW}\n").as_bytes()), gzip(second.as_bytes())].concat();
    let frame = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    let zstd = [frame(&format!("{ROW}\n")), frame(&second)].concat();
    for (name, bytes) in [("law.jsonl.gz", gzip), ("law.jsonl.zst", zstd)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(crate::test_rows(&path).unwrap().len(), 2, "{name}");
    }
}

#[test]
fn a_reward_outside_zero_to_one_is_named_by_row_question_cot_and_step() {
    let row = |rewards: &str| format!(r#"{{"q_id":9,"cot_ids":[4,6],"rewards":{rewards}}}"#);
    for (rewards, expected) in [
        ("[[0.5],[1,NaN,1.25]]", "line 1, question 9, CoT 6: 1.25 at place 2"),
        ("[[-0.0001],[]]", "line 1, question 9, CoT 4: -0.0001 at place 0"),
        ("[[0.5,Infinity],[]]", "line 1, question 9, CoT 4: inf at place 1"),
        ("[[],[-Infinity]]", "line 1, question 9, CoT 6: -inf at place 0"),
        ("[[],[\"NaN\"]]", "line 1, question 9: column `rewards[1][0]` should be a number, and is the text \"NaN\""),
        ("[[],[true]]", "column `rewards[1][0]` should be a number, and is true"),
        ("[0.5,[]]", "column `rewards[0]` should be a list, and is the number 0.5"),
        ("[[]]", "question 9: the lists must have one entry per CoT, but `cot_ids` has 2, `rewards` has 1"),
        ("[[1e999],[]]", "line 1: not valid JSON: number out of range"),
    ] {
        says(&reward_error("law_reward.jsonl", row(rewards)), &[expected]);
    }
}
