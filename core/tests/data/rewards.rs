//! Rewards in JSON as Python writes them.

use std::io::Write;

use touchstone::data::{Location, RewardSet};

use crate::{reward_row, reward_rows};

#[test]
fn nan_is_missing_wherever_it_stands_but_not_inside_strings() {
    let folder = tempfile::tempdir().unwrap();
    let row =
        r#"{"note":"NaN, \"NaN\\","q_id":"NaN","cot_ids":[1,2],"rewards":[[NaN],[0,NaN ,1]],"x":[NaN,{"y":NaN}]}"#;
    for (name, content) in [("a.json", format!("[{row}]")), ("a.jsonl", row.to_owned())] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let expected = reward_row("NaN", &[1, 2], &[&[None], &[Some(0.0), None, Some(1.0)]]);
        assert_eq!(reward_rows(&path).unwrap(), [expected], "{name}");
    }
}

#[test]
fn nan_is_missing_across_the_borders_of_read_buffers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let values = "NaN, ".repeat(50_000) + "0.5";
    std::fs::write(&path, format!(r#"[{{"q_id": 1, "cot_ids": [0], "rewards": [[{values}]]}}]"#)).unwrap();
    let rows = reward_rows(&path).unwrap();
    assert_eq!((rows[0].rewards[0].len(), rows[0].rewards[0].missing()), (50_001, 50_000));
}

#[test]
fn rows_come_out_before_the_rest_of_the_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let row = |id: usize| format!(r#"{{"q_id": {id}, "cot_ids": [0], "rewards": [[{:?}]]}}"#, 1.0 / (id + 1) as f64);
    let rows: Vec<String> = (0..3000).map(row).collect();
    for (name, text) in [("a.json.gz", format!("[{}]", rows.join(","))), ("a.jsonl.gz", rows.join("\n"))] {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        let mut bytes = encoder.finish().unwrap();
        // The second half is lost, so that reading the file whole would give no row at all.
        bytes.truncate(bytes.len() / 2);
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let set = RewardSet::open(&Location::Path(path)).unwrap();
        let category = set.categories().next().unwrap().clone();
        let outcome: Vec<_> = set.rows(&category).unwrap().collect();
        let (last, good) = outcome.split_last().unwrap();
        assert!(good.len() > 500 && good.iter().all(Result::is_ok), "{name}: {} rows", good.len());
        let message = last.as_ref().unwrap_err().to_string();
        assert!(message.contains(&format!("beyond its first {} rows", good.len())), "{message}");
    }
}
