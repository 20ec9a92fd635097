//! Parquet, in the schema of the paper's data sets, compressed with zstd.

use std::borrow::Borrow;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, Float64Builder, Int64Array, Int64Builder, ListBuilder, RecordBatch, StringArray,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{WriteRow, ZSTD_LEVEL};
use crate::Label;
use crate::atomic::WriteError;
use crate::data::error::DataError;
use crate::data::rows::{RewardRow, TestRow};
use crate::{Error, QuestionId, Result};

/// Rows that are turned into columns at a time.
const BATCH: usize = 64;
/// A row group is closed when this many bytes are waiting in memory, so that a reader needs little of it too.
const ROW_GROUP_BYTES: usize = 16 << 20;

/// How a file's rows become columns.
pub trait ParquetRows: Sized {
    /// The columns of `rows` but for the question ids, which come first.
    fn columns<B: Borrow<Self>>(rows: &[B], labels: StepLabels) -> Vec<(&'static str, ArrayRef)>;

    /// Whether the row has labels of steps.
    fn step_labels(&self) -> StepLabels;
}

/// Whether a file has the column of step labels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StepLabels {
    Present,
    Absent,
}

/// What all rows of a file share, told by the first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    ids: Ids,
    labels: StepLabels,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    Integers,
    Texts,
}

impl Form {
    fn of<R: WriteRow>(row: &R) -> Self {
        let ids = if row.id().as_integer().is_some() { Ids::Integers } else { Ids::Texts };
        Self { ids, labels: row.step_labels() }
    }

    fn check<R: WriteRow>(self, row: &R, path: &Path) -> Result<(), DataError> {
        let own = Self::of(row);
        let message = if own.ids != self.ids {
            "ids are integers in some rows and text in others"
        } else if own.labels != self.labels {
            "some rows have step labels and others have none"
        } else {
            return Ok(());
        };
        Err(DataError::Unwritable {
            path: path.to_owned(),
            message: format!("{message} (first at the question {}): write it as .json or .jsonl", row.id()),
        })
    }
}

pub fn write<R: WriteRow, B: Borrow<R>>(
    writer: &mut (dyn Write + Send),
    path: &Path,
    rows: impl Iterator<Item = Result<B>>,
) -> Result<(), WriteError> {
    write_groups::<R, B>(writer, path, rows, ROW_GROUP_BYTES)
}

fn write_groups<R: WriteRow, B: Borrow<R>>(
    writer: &mut (dyn Write + Send),
    path: &Path,
    rows: impl Iterator<Item = Result<B>>,
    row_group_bytes: usize,
) -> Result<(), WriteError> {
    let failed =
        |error: ParquetError| Error::from(DataError::Unwritable { path: path.to_owned(), message: error.to_string() });
    let mut rows = rows.peekable();
    let form = match rows.peek() {
        Some(Ok(first)) => Form::of(first.borrow()),
        Some(Err(_)) | None => Form { ids: Ids::Texts, labels: StepLabels::Absent },
    };
    let schema = batch::<R, B>(&[], form).map_err(|error| failed(error.into()))?.schema();
    let mut writer = open(writer, schema).map_err(failed)?;
    loop {
        let mut waiting: Vec<B> = Vec::with_capacity(BATCH);
        for row in rows.by_ref().take(BATCH) {
            let row = row?;
            form.check(row.borrow(), path)?;
            waiting.push(row);
        }
        if waiting.is_empty() {
            break;
        }
        let batch = batch::<R, B>(&waiting, form).map_err(|error| failed(error.into()))?;
        writer.write(&batch).map_err(failed)?;
        if writer.memory_size() >= row_group_bytes {
            writer.flush().map_err(failed)?;
        }
    }
    writer.close().map_err(failed)?;
    Ok(())
}

fn open(
    writer: &mut (dyn Write + Send),
    schema: SchemaRef,
) -> Result<ArrowWriter<&mut (dyn Write + Send)>, ParquetError> {
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?)).build();
    ArrowWriter::try_new(writer, schema, Some(properties))
}

/// The batch of `rows`; of none, it still has the file's schema.
fn batch<R: WriteRow, B: Borrow<R>>(rows: &[B], form: Form) -> Result<RecordBatch, ArrowError> {
    let ids = rows.iter().map(|row| row.borrow().id());
    let ids: ArrayRef = match form.ids {
        Ids::Integers => Arc::new(ids.map(QuestionId::as_integer).collect::<Int64Array>()),
        Ids::Texts => Arc::new(StringArray::from_iter_values(ids.map(QuestionId::as_str))),
    };
    let mut columns = vec![("q_id", ids)];
    columns.extend(R::columns(rows, form.labels));
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
}

impl ParquetRows for RewardRow {
    fn columns<B: Borrow<Self>>(rows: &[B], _labels: StepLabels) -> Vec<(&'static str, ArrayRef)> {
        let mut ids = list(Int64Builder::new(), DataType::Int64);
        let mut rewards = nested(Float64Builder::new(), DataType::Float64);
        for row in rows.iter().map(Borrow::borrow) {
            ids.append_value(row.cot_ids.iter().map(|id| Some(id.0)));
            for cot in &row.rewards {
                rewards.values().append_value(cot.iter().copied());
            }
            rewards.append(true);
        }
        vec![("cot_ids", Arc::new(ids.finish())), ("rewards", Arc::new(rewards.finish()))]
    }

    fn step_labels(&self) -> StepLabels {
        StepLabels::Absent
    }
}

impl ParquetRows for TestRow {
    fn columns<B: Borrow<Self>>(rows: &[B], labels: StepLabels) -> Vec<(&'static str, ArrayRef)> {
        let mut questions = StringBuilder::new();
        let mut golds = StringBuilder::new();
        let mut ids = list(Int64Builder::new(), DataType::Int64);
        let mut cots = nested(StringBuilder::new(), DataType::Utf8);
        let mut answers = list(StringBuilder::new(), DataType::Utf8);
        let mut step_labels = nested(Int64Builder::new(), DataType::Int64);
        for row in rows.iter().map(Borrow::borrow) {
            questions.append_value(&row.question.text);
            golds.append_value(&row.gold);
            ids.append_value(row.cots.iter().map(|cot| Some(cot.id.0)));
            answers.append_value(row.cots.iter().map(|cot| cot.answer.as_deref()));
            for cot in &row.cots {
                cots.values().append_value(cot.steps.iter().map(|step| Some(&**step)));
            }
            cots.append(true);
            for cot in row.step_labels.iter().flatten() {
                step_labels.values().append_value(cot.iter().copied().map(Label::as_number).map(Some));
            }
            step_labels.append(row.step_labels.is_some());
        }
        let mut columns: Vec<(&'static str, ArrayRef)> = vec![
            ("question", Arc::new(questions.finish())),
            ("answer", Arc::new(golds.finish())),
            ("cot_ids", Arc::new(ids.finish())),
            ("cots", Arc::new(cots.finish())),
            ("parsed_answers", Arc::new(answers.finish())),
        ];
        if labels == StepLabels::Present {
            columns.push(("labels", Arc::new(step_labels.finish())));
        }
        columns
    }

    fn step_labels(&self) -> StepLabels {
        if self.step_labels.is_some() { StepLabels::Present } else { StepLabels::Absent }
    }
}

/// A builder of lists whose inner field has the name that the Parquet format asks for.
fn list<T: ArrayBuilder>(values: T, kind: DataType) -> ListBuilder<T> {
    ListBuilder::new(values).with_field(Field::new("element", kind, true))
}

/// A builder of lists of lists.
fn nested<T: ArrayBuilder>(values: T, kind: DataType) -> ListBuilder<ListBuilder<T>> {
    let inner = DataType::List(Arc::new(Field::new("element", kind.clone(), true)));
    ListBuilder::new(list(values, kind)).with_field(Field::new("element", inner, true))
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;
    use crate::{CotId, Rewards};

    #[test]
    fn a_row_group_is_closed_when_enough_is_waiting() {
        let row = |id: i64| RewardRow {
            id: id.into(),
            cot_ids: vec![CotId(id)],
            rewards: vec![Rewards::new((1..200).map(|place| Some(1.0 / (id * 200 + place) as f64)).collect()).unwrap()],
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        write_groups(&mut file.as_file(), file.path(), (0..640).map(|id| Ok(row(id))), 200_000).unwrap();
        let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
        let groups: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert!(groups.len() >= 3, "{groups:?}");
        assert_eq!(groups.iter().sum::<i64>(), 640);
    }
}
