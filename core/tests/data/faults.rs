//! Files, folders and Parquet that are wrong: the message says what, where, and what to do.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int64Type};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use touchstone::Category;
use touchstone::data::{Location, RewardSet, TestSet};

use crate::{fixture, reward_error, reward_row, says, test_error, test_rows};

/// A reward file of one CoT per question, `rows` rows a row group.
fn rewards_parquet(columns: Vec<(&str, ArrayRef)>, rows: usize, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(rows))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn ids(ids: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(ids.to_vec()))
}

fn cot_ids(count: usize) -> ArrayRef {
    Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>((0..count).map(|_| Some([Some(3)]))))
}

/// One reward of one CoT a row.
fn rewards(values: &[f64]) -> ArrayRef {
    let inner = ListArray::from_iter_primitive::<Float64Type, _, _>(values.iter().map(|value| Some([Some(*value)])));
    let field = Arc::new(arrow::datatypes::Field::new("element", arrow::array::Array::data_type(&inner).clone(), true));
    let lengths = arrow::buffer::OffsetBuffer::from_lengths(std::iter::repeat_n(1, values.len()));
    Arc::new(ListArray::new(field, lengths, Arc::new(inner), None))
}

fn good(names: &[&str]) -> Vec<(&'static str, ArrayRef)> {
    vec![("q_id", ids(names)), ("cot_ids", cot_ids(names.len())), ("rewards", rewards(&vec![0.5; names.len()]))]
}

#[test]
fn a_parquet_file_that_was_cut_off_or_is_none_says_so() {
    let whole = std::fs::read(fixture("test/polars.parquet")).unwrap();
    for cut in [1, 4, 11, whole.len() / 2, whole.len() - 1] {
        says(&test_error("law.parquet", &whole[..cut]), &["is not a whole Parquet file", "cut off"]);
    }
    says(&test_error("law.parquet", "[{\"q_id\": 1}]"), &["is not a whole Parquet file"]);
}

#[test]
fn a_missing_column_of_a_parquet_file_is_named_with_those_that_are_there() {
    let mut columns = good(&["a"]);
    columns[1].0 = "cot_id";
    columns.push(("extra", Arc::new(Float64Array::from(vec![1.0]))));
    let message = reward_error("law.parquet", rewards_parquet(columns, 10, Compression::SNAPPY));
    let expected = "law.parquet has no column `cot_ids`; did you mean \"cot_id\"?; it has q_id, cot_id, rewards, extra";
    says(&message, &[expected]);
}

#[test]
fn a_wrong_type_in_a_parquet_file_is_named_by_column_row_and_question() {
    let mut columns = good(&["a", "b"]);
    columns[2].1 = Arc::new(Float64Array::from(vec![0.5, 0.5]));
    let message = reward_error("law.parquet", rewards_parquet(columns, 10, Compression::SNAPPY));
    says(&message, &["row 0 (counted from 0), question a: column `rewards` should be a list, and is the number 0.5"]);

    let mut columns = good(&["a", "b"]);
    columns[0].1 = Arc::new(arrow::array::BooleanArray::from(vec![true, false]));
    let message = reward_error("law.parquet", rewards_parquet(columns, 10, Compression::SNAPPY));
    says(&message, &["row 0", "column `q_id` should be text or an integer, and is of the type Boolean"]);

    let mut columns = good(&["a", "b"]);
    columns[0].1 = Arc::new(Int64Array::from(vec![Some(1), None]));
    let message = reward_error("law.parquet", rewards_parquet(columns, 10, Compression::SNAPPY));
    says(&message, &["row 1", "column `q_id` should be text or an integer, and is null"]);

    let mut columns = good(&["a", "b"]);
    columns[0].1 = Arc::new(arrow::array::UInt64Array::from(vec![7, u64::MAX]));
    let message = reward_error("law.parquet", rewards_parquet(columns, 10, Compression::SNAPPY));
    says(&message, &["row 1", "column `q_id`", "18446744073709551615"]);
}

#[test]
fn a_reward_outside_zero_to_one_in_a_parquet_file_is_named_by_row_question_cot_and_step() {
    let mut columns = good(&["a", "b"]);
    columns[2].1 = rewards(&[0.5, f64::INFINITY]);
    let message = reward_error("law.parquet", rewards_parquet(columns, 10, Compression::SNAPPY));
    says(&message, &["law.parquet, row 1 (counted from 0), question b, CoT 3: inf at place 0 is no probability"]);
}

#[test]
fn text_of_a_parquet_file_that_is_not_utf_8_is_named_by_row_and_column() {
    let mut bytes = rewards_parquet(good(&["aaaa", "bbbb", "c@c@", "dddd"]), 2, Compression::UNCOMPRESSED);
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| &bytes[*at..*at + 4] == b"c@c@").collect();
    for place in places {
        bytes[place + 1] = 0xff;
    }
    let message = reward_error("law.parquet", bytes);
    says(&message, &["law.parquet, row 2 (counted from 0), column `q_id`", "damaged", "UTF-8"]);
}

#[test]
fn a_question_that_comes_twice_in_a_parquet_file_is_named_with_both_rows() {
    let message = reward_error("law.parquet", rewards_parquet(good(&["a", "b", "a"]), 2, Compression::SNAPPY));
    says(&message, &["the question a is there twice", "row 0", "row 2", "unique"]);
}

#[test]
fn rows_before_a_damaged_row_group_come_out_and_the_error_names_the_first_row_behind_them() {
    let names: Vec<String> = (0..90).map(|index| format!("q{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.parquet");
    let mut bytes = rewards_parquet(good(&names), 30, Compression::ZSTD(Default::default()));
    std::fs::write(&path, &bytes).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let column = reader.metadata().row_group(1).column(2).byte_range();
    let (start, end) = (column.0 as usize, (column.0 + column.1) as usize);
    bytes[start + (end - start) / 2..end].fill(0xaa);
    std::fs::write(&path, &bytes).unwrap();

    let set = RewardSet::open(&Location::Path(path.clone())).unwrap();
    let mut rows = set.rows(&Category::new("law")).unwrap();
    for name in &names[..30] {
        assert_eq!(rows.next().unwrap().unwrap(), reward_row(*name, &[3], &[&[Some(0.5)]]));
    }
    says(&rows.next().unwrap().unwrap_err().to_string(), &["law.parquet, row 30", "column `rewards`", "damaged"]);
    assert!(rows.next().is_none(), "nothing comes after an error");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn columns_that_are_not_asked_for_are_not_even_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.parquet");
    let mut columns = good(&["a", "b"]);
    columns.push(("note", ids(&["unread", "unread"])));
    let mut bytes = rewards_parquet(columns, 10, Compression::ZSTD(Default::default()));
    std::fs::write(&path, &bytes).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let (start, length) = reader.metadata().row_group(0).column(3).byte_range();
    bytes[start as usize..(start + length) as usize].fill(0xaa);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(crate::reward_rows(&path).unwrap().len(), 2);
}

#[test]
fn the_two_forms_of_lz4_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.parquet");
    for compression in [Compression::LZ4, Compression::LZ4_RAW] {
        std::fs::write(&path, rewards_parquet(good(&["a", "b"]), 10, compression)).unwrap();
        assert_eq!(crate::reward_rows(&path).unwrap().len(), 2, "{compression:?}");
    }
}

#[test]
fn a_place_where_nothing_is_suggests_its_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("mmlu_pro")).unwrap();
    let message = test_rows(&folder.path().join("mmlu_por")).unwrap_err().to_string();
    says(&message, &["there is no file or folder", "mmlu_por; did you mean \"mmlu_pro\"?"]);
}

#[test]
fn a_folder_without_data_says_what_belongs_there() {
    let folder = tempfile::tempdir().unwrap();
    let open = || TestSet::open(&Location::Path(folder.path().to_owned())).unwrap_err().to_string();
    says(&open(), &["holds no data", "{category}.parquet"]);
    for name in ["README.md", "law.csv", ".law.json.4-0.partial"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    says(&open(), &[&folder.path().display().to_string(), "holds no data"]);
}

#[test]
fn a_file_of_unknown_kind_lists_the_known_ones() {
    says(&test_error("law.csv", "q_id\n"), &["cannot tell the format", ".parquet, .json or .jsonl"]);
    says(&test_error("law", "q_id\n"), &["cannot tell the format"]);
}

#[test]
fn a_category_that_is_not_there_lists_those_that_are() {
    let set = TestSet::open(&Location::Path(fixture("mmlu_pro_16/other.parquet"))).unwrap();
    let expected = ["has no category othr; did you mean \"other\"?; it has other"];
    says(&set.select(&["other".into(), "othr".into()]).unwrap_err().to_string(), &expected);
    says(&set.rows(&"othr".into()).err().unwrap().to_string(), &expected);
}
