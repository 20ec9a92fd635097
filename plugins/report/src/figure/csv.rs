//! Reads the CSV of accuracies that the evaluation, or the published code, wrote.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use touchstone::Category;

use super::table::{Method, MethodKind, Panel, Subject, Table, TableError, Value};

const MEAN: &str = "_mean";
/// Accuracies, with room for what adding up in floating point leaves over.
const PERCENT: RangeInclusive<f64> = -1e-6..=100.0 + 1e-6;

impl Table {
    /// Reads `best_of_n.csv` or `weighted_vote.csv`, from this project or from the published code: columns `N`,
    /// `Method` and one `{category}_mean` per category, with `Overall_mean` at any place or absent; other columns (the
    /// standard deviations) are passed over. Any method names, any line ends.
    ///
    /// # Errors
    /// [`TableError`] names the line and column.
    pub fn from_csv(text: &str) -> Result<Self, TableError> {
        // The reader counts lines by their LF and is one behind after a CRLF.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let mut reader =
            ::csv::ReaderBuilder::new().flexible(true).trim(::csv::Trim::Headers).from_reader(text.as_bytes());
        let malformed = |error: ::csv::Error| TableError::Malformed { message: error.to_string() };
        let columns = Columns::find(&reader.headers().map_err(malformed)?.clone())?;

        let mut methods: Vec<Method> = Vec::new();
        let mut rows: BTreeMap<usize, Vec<Option<Vec<f64>>>> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(malformed)?;
            let row = columns.read(&record)?;
            let place = methods.iter().position(|method| method.name == row.method).unwrap_or_else(|| {
                methods.push(Method { kind: MethodKind::of(&row.method), name: row.method.clone() });
                methods.len() - 1
            });
            let slots = rows.entry(row.n).or_default();
            slots.resize(slots.len().max(place + 1), None);
            if slots[place].replace(row.means).is_some() {
                return Err(TableError::DuplicateRow { line: row.line, method: row.method, n: row.n });
            }
        }
        if methods.is_empty() {
            return Err(TableError::NoRows);
        }
        columns.panels(&rows, &methods).map(|panels| Table::new(rows.into_keys().collect(), methods, panels))
    }
}

struct Columns {
    names: Vec<String>,
    n: usize,
    method: usize,
    /// The columns of means with what they are about, in the order of the file.
    means: Vec<MeanColumn>,
}

struct MeanColumn {
    place: usize,
    subject: Subject,
}

struct Row {
    line: u64,
    n: usize,
    method: String,
    means: Vec<f64>,
}

impl Columns {
    fn find(header: &::csv::StringRecord) -> Result<Self, TableError> {
        let names: Vec<String> = header.iter().map(str::to_owned).collect();
        let missing = |column: &str, advice| TableError::MissingColumn {
            column: column.to_owned(),
            found: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
            advice,
        };
        let place =
            |column: &str, advice| names.iter().position(|name| name == column).ok_or_else(|| missing(column, advice));
        let n = place("N", "it holds how many CoTs were drawn")?;
        let method = place("Method", "it holds the method's name")?;
        let means: Vec<MeanColumn> = names
            .iter()
            .enumerate()
            .filter_map(|(place, name)| {
                let category = name.strip_suffix(MEAN)?;
                let overall = category.eq_ignore_ascii_case("overall");
                let subject = if overall { Subject::Overall } else { Subject::Category(Category::new(category)) };
                Some(MeanColumn { place, subject })
            })
            .collect();
        if means.is_empty() {
            return Err(missing("Overall_mean", "at least one column of accuracies must end in _mean"));
        }
        let duplicate =
            means.iter().enumerate().find(|(i, one)| means[..*i].iter().any(|two| two.subject == one.subject));
        if let Some((_, MeanColumn { place, .. })) = duplicate {
            return Err(TableError::DuplicateColumn { column: names[*place].clone() });
        }
        Ok(Self { n, method, means, names })
    }

    fn read(&self, record: &::csv::StringRecord) -> Result<Row, TableError> {
        let line = record.position().map_or(0, ::csv::Position::line);
        if record.len() != self.names.len() {
            return Err(TableError::RowLength { line, found: record.len(), expected: self.names.len() });
        }
        let bad = |place: usize, expected| TableError::BadNumber {
            line,
            column: self.names[place].clone(),
            value: record[place].to_owned(),
            expected,
        };
        let means = self.means.iter().map(|column| {
            let mean: Option<f64> = record[column.place].trim().parse().ok();
            mean.filter(|mean| PERCENT.contains(mean)).ok_or_else(|| bad(column.place, "a percentage from 0 to 100"))
        });
        Ok(Row {
            line,
            n: whole(&record[self.n]).ok_or_else(|| bad(self.n, "a whole number of at least 1"))?,
            method: record[self.method].trim().to_owned(),
            means: means.collect::<Result<_, _>>()?,
        })
    }

    fn panels(
        &self,
        rows: &BTreeMap<usize, Vec<Option<Vec<f64>>>>,
        methods: &[Method],
    ) -> Result<Vec<Panel>, TableError> {
        let curve = |column: usize, place: usize, method: &Method| {
            let value = |(n, slots): (&usize, &Vec<Option<Vec<f64>>>)| {
                let means = slots.get(place).and_then(Option::as_ref).ok_or_else(|| TableError::MissingValue {
                    method: method.name.clone(),
                    n: *n,
                    panel: self.means[column].subject.title(),
                })?;
                Ok(Value { mean: means[column], interval: None, spread: None })
            };
            rows.iter().map(value).collect::<Result<Vec<_>, TableError>>()
        };
        let panel = |(column, mean): (usize, &MeanColumn)| {
            let curves = methods.iter().enumerate().map(|(place, method)| curve(column, place, method));
            Ok(Panel { subject: mean.subject.clone(), curves: curves.collect::<Result<_, TableError>>()? })
        };
        self.means.iter().enumerate().map(panel).collect()
    }
}

/// A whole number of at least 1, also as a data frame that made floats of integers writes it (`16.0`).
fn whole(text: &str) -> Option<usize> {
    let number: f64 = text.trim().parse().ok()?;
    // 2^32 CoTs are beyond any use, and below it every whole number is exact.
    (number >= 1.0 && number.fract() == 0.0 && number < 4_294_967_296.0).then_some(number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Table::from_csv(text).unwrap_err().to_string()
    }

    #[test]
    fn line_ends_byte_order_mark_and_row_order_do_not_matter() {
        let plain = Table::from_csv("N,Method,law_mean,math_mean\n1,a,1,2\n2,a,3,4\n").unwrap();
        let odd = Table::from_csv("\u{feff}N, Method ,law_mean,math_mean\r\n2.0,a,3,4\r\n1,a,1,2").unwrap();
        assert_eq!(plain, odd);
        assert_eq!(plain.n(), [1, 2]);
        assert_eq!(plain.panels()[1].curves[0][1].mean, 4.0);
    }

    #[test]
    fn overall_stays_where_its_column_is() {
        let first = Table::from_csv("N,Method,Overall_mean,law_mean,math_mean\n1,a,1,2,3\n").unwrap();
        let last = Table::from_csv("N,Method,law_mean,math_mean,overall_mean\n1,a,1,2,3\n").unwrap();
        assert_eq!(first.panels()[0].subject, Subject::Overall);
        assert_eq!(last.panels()[2].subject, Subject::Overall);
    }

    #[test]
    fn a_single_category_that_equals_overall_is_one_panel() {
        let titles = |csv| {
            let table = Table::from_csv(csv).unwrap();
            table.panels().iter().map(|panel| panel.subject.title()).collect::<Vec<_>>()
        };
        assert_eq!(titles("N,Method,Overall_mean,test_mean\n1,a,3,3\n"), ["Overall"]);
        assert_eq!(titles("N,Method,test_mean,Overall_mean\n1,a,3,3\n"), ["Overall"]);
        assert_eq!(titles("N,Method,Overall_mean,GPQA-diamond_mean\n1,a,3,3\n"), ["GPQA-diamond"]);
        assert_eq!(titles("N,Method,computer_science_mean,Overall_mean\n1,a,3,3\n"), ["Computer Science"]);
        assert_eq!(titles("N,Method,Overall_mean,test_mean\n1,a,3,4\n"), ["Overall", "Test"]);
    }

    #[test]
    fn a_missing_column_is_named_with_those_that_are_there() {
        assert_eq!(
            message("n,Method,law_mean\n1,a,2\n"),
            "the table of accuracies has no column \"N\" (its columns: n, Method, law_mean); it holds how many CoTs were drawn"
        );
        assert!(message("N,Model,law_mean\n1,a,2\n").contains("no column \"Method\""));
        assert!(message("N,Method,law_std\n1,a,2\n").contains("must end in _mean"));
        assert!(message("").contains("its columns: none"));
    }

    #[test]
    fn a_bad_number_is_named_by_line_and_column() {
        assert_eq!(
            message("N,Method,law_mean\r\n1,a,2\r\n2,a,high\r\n"),
            "line 3, column \"law_mean\" of the table of accuracies: \"high\" is not a percentage from 0 to 100"
        );
        for mean in ["nan", "inf", "", "100.1", "-1", "1e300"] {
            assert!(
                message(&format!("N,Method,law_mean\n1,a,{mean}\n")).contains("is not a percentage from 0 to 100"),
                "{mean}"
            );
        }
        assert!(Table::from_csv("N,Method,law_mean\n1,a,100.00000000000001\n").is_ok());
        for n in ["0", "-1", "1.5", "two", "", "1e99", "nan"] {
            assert!(message(&format!("N,Method,law_mean\n{n},a,1\n")).contains("column \"N\""), "{n}");
        }
    }

    #[test]
    fn rows_must_be_complete_and_come_once() {
        assert!(message("N,Method,law_mean\n").contains("no rows"));
        assert!(message("N,Method,law_mean\n1,a\n").contains("line 2 of the table of accuracies has 2 fields"));
        assert!(message("N,Method,law_mean\n1,a,2\n1,a,2\n").contains("line 3"));
        assert!(message("N,Method,law_mean,law_mean\n1,a,2,2\n").contains("\"law_mean\" twice"));
        assert_eq!(
            message("N,Method,law_mean\n1,a,2\n1,b,3\n2,a,2\n"),
            "method \"b\" has no accuracy at N = 2 in Law, but other methods have; evaluate all methods at the same N"
        );
        assert!(message("N,Method,law_mean\n1,a,2\n2,b,3\n").contains("method \"a\" has no accuracy at N = 2"));
    }
}
