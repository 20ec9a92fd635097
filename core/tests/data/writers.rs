//! What real writers write reads to the same rows, whatever types, codecs and layouts they choose.

use std::path::PathBuf;
use std::sync::Arc;

use parquet::file::writer::SerializedFileWriter;
use touchstone::data::{Labels, Location, TestRow, TrainingSet};
use touchstone::{Category, Cot, Label};

use crate::{fixture, reward_fixture, reward_row, reward_rows, rows, test_rows};

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(fixture(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The rows with the category that a file's name gave them made one and the same.
fn read(path: &std::path::Path) -> Vec<TestRow> {
    let mut read = test_rows(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for row in &mut read {
        row.question.category = Category::new("any");
    }
    read
}

#[test]
fn every_writers_test_set_reads_to_the_same_rows() {
    let files = files("test");
    assert!(files.len() >= 33, "{} files", files.len());
    for file in files {
        assert_eq!(read(&file), rows("any"), "{}", file.display());
    }
}

#[test]
fn integer_ids_stay_integers_and_text_stays_text() {
    for file in files("test") {
        let name = file.file_name().unwrap().to_str().unwrap();
        let is_integer = test_rows(&file).unwrap()[0].question.id.as_integer().is_some();
        assert_eq!(is_integer, name.starts_with("q_id_"), "{name}");
    }
}

#[test]
fn lists_of_fixed_size_read_as_lists() {
    let expected = [("1", vec!["one and one", "is two"]), ("3", vec!["one"])];
    for (row, (id, steps)) in read(&fixture("fixed_size/test.parquet")).iter().zip(expected) {
        assert_eq!(row.question.id.as_str(), id);
        assert_eq!(row.cots[0].steps.iter().map(|step| &**step).collect::<Vec<_>>(), steps);
        assert_eq!(row.cots.len(), 2);
    }
}

#[test]
fn a_column_of_nothing_but_nulls_reads_as_no_answers() {
    let read = read(&fixture("unread/null_type.parquet"));
    let expected: Vec<TestRow> = rows("any")
        .into_iter()
        .map(|row| TestRow { cots: row.cots.into_iter().map(|cot| Cot { answer: None, ..cot }).collect(), ..row })
        .collect();
    assert_eq!(read, expected);
}

/// A reward file of one row in this schema, written below Arrow with the levels of each list column.
fn with_schema(schema: &str, cot_ids: [&[i16]; 2], rewards: [&[i16]; 2], values: &[f64]) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = file.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("a")], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[4, 6], Some(cot_ids[0]), Some(cot_ids[1])).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(values, Some(rewards[0]), Some(rewards[1])).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    file.close().unwrap();
    bytes
}

#[test]
fn lists_in_the_layouts_of_old_writers_are_read() {
    let bags = with_schema(
        "message hive {
           required binary q_id (UTF8);
           optional group cot_ids (LIST) { repeated group bag { optional int64 array_element; } }
           optional group rewards (LIST) { repeated group bag {
             optional group array_element (LIST) { repeated group bag { optional double array_element; } } } }
         }",
        [&[3, 3], &[0, 1]],
        [&[5, 5, 4], &[0, 1, 2]],
        &[0.5, 0.25],
    );
    let two_levels = with_schema(
        "message avro {
           required binary q_id;
           required group cot_ids (LIST) { repeated int64 array; }
           required group rewards (LIST) { repeated group array (LIST) { repeated double array; } }
         }",
        [&[1, 1], &[0, 1]],
        [&[2, 2, 2], &[0, 1, 2]],
        &[0.5, 0.25, 0.75],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.parquet");
    for (bytes, last) in [(bags, None), (two_levels, Some(0.75))] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(reward_rows(&path).unwrap(), [reward_row("a", &[4, 6], &[&[Some(0.5)], &[Some(0.25), last]])]);
    }
}

#[test]
fn every_writers_rewards_read_to_the_same_rows() {
    let files = files("rewards");
    assert_eq!(files.len(), 7);
    for file in files {
        assert_eq!(reward_rows(&file).unwrap(), reward_fixture(), "{}", file.display());
    }
}

#[test]
fn whole_numbers_are_rewards() {
    let expected = [
        reward_row("1", &[0, 7], &[&[Some(0.0), Some(1.0)], &[Some(1.0)]]),
        reward_row("3", &[3, 5, 4], &[&[Some(0.0), None], &[], &[Some(1.0)]]),
    ];
    let files = files("whole_rewards");
    assert_eq!(files.len(), 5);
    for file in files {
        assert_eq!(reward_rows(&file).unwrap(), expected, "{}", file.display());
    }
}

#[test]
fn parquet_and_json_of_real_data_read_to_equal_rows() {
    let parquet = test_rows(&fixture("mmlu_pro_16/other.parquet")).unwrap();
    let json = test_rows(&fixture("mmlu_pro_16/other.json")).unwrap();
    assert_eq!(parquet.len(), 25);
    assert!(parquet.iter().all(|row| row.cots.len() == 16 && row.question.category.as_str() == "other"));
    assert_eq!(parquet, json);
}

#[test]
fn a_real_training_set_reads_with_its_labels() {
    let set = TrainingSet::open(&Location::Path(fixture("mmlu_pro_16/train_law.parquet"))).unwrap();
    let rows: Vec<_> = set.rows(&Category::new("train_law")).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 12);
    for row in rows {
        let right = row.cot.answer == row.gold;
        let label = if right { Label::Correct } else { Label::Incorrect };
        assert_eq!(row.labels, Some(Labels::Steps(vec![label; row.cot.steps.len()])));
        assert_eq!(row.critique, None);
    }
}
