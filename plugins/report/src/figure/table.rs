//! The accuracies as they are drawn: one panel per category, one curve per method, one value per N.

use touchstone::Category;

/// Why a table cannot be read or drawn. Lines count from 1, the header included.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The text is no CSV.
    #[error("the table of accuracies is no CSV that can be read: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
    /// A column that every table has is absent.
    #[error("the table of accuracies has no column {column:?} (its columns: {found}); {advice}")]
    MissingColumn {
        /// The column.
        column: String,
        /// The columns that it has.
        found: String,
        /// What the column holds.
        advice: &'static str,
    },
    /// Two columns share a name.
    #[error("the table of accuracies has the column {column:?} twice; remove one")]
    DuplicateColumn {
        /// The column.
        column: String,
    },
    /// A row is longer or shorter than the header.
    #[error("line {line} of the table of accuracies has {found} fields, but the header has {expected}")]
    RowLength {
        /// The line.
        line: u64,
        /// Its fields.
        found: usize,
        /// The header's.
        expected: usize,
    },
    /// A field holds no number of the kind that its column asks for.
    #[error("line {line}, column {column:?} of the table of accuracies: {value:?} is not {expected}")]
    BadNumber {
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What the field holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// There is a header and nothing else.
    #[error("the table of accuracies has a header but no rows; did the evaluation finish?")]
    NoRows,
    /// The same method and N came before.
    #[error("line {line} of the table of accuracies repeats method {method:?} at N = {n}; each may come once")]
    DuplicateRow {
        /// The line.
        line: u64,
        /// The method.
        method: String,
        /// The N.
        n: usize,
    },
    /// A method has no value where others have one.
    #[error(
        "method {method:?} has no accuracy at N = {n} in {panel}, but other methods have; evaluate all methods at the same N"
    )]
    MissingValue {
        /// The method.
        method: String,
        /// The N.
        n: usize,
        /// The category, or Overall.
        panel: String,
    },
}

/// What kind of method a curve shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// Majority vote, the baseline.
    MajorityVote,
    /// A method that chooses by rewards.
    Reward,
    /// Pass@N, the ceiling; drawn on request.
    PassAtN,
}

impl MethodKind {
    /// The kind that a name in a table stands for: `MV` and `Pass@N` in their usual spellings, else a reward method.
    pub fn of(name: &str) -> Self {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match plain.as_str() {
            "mv" | "maj" | "majn" | "majk" | "majorityvote" | "majorityvoting" => Self::MajorityVote,
            "passn" | "passk" | "passatn" | "oracle" => Self::PassAtN,
            _ => Self::Reward,
        }
    }
}

/// A method, as the legend names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: MethodKind,
}

/// What a panel is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// All categories together.
    Overall,
    /// One category.
    Category(Category),
}

impl Subject {
    /// The title over the panel.
    pub fn title(&self) -> String {
        match self {
            Self::Overall => "Overall".to_owned(),
            Self::Category(category) => category.title(),
        }
    }
}

/// One accuracy, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The mean, which the curve goes through.
    pub mean: f64,
    /// The confidence interval, lower bound first.
    pub interval: Option<[f64; 2]>,
    /// The standard deviation over replicates.
    pub spread: Option<f64>,
}

/// One panel of the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What it is about.
    pub subject: Subject,
    /// The values: for each method of the table, one for each N.
    pub curves: Vec<Vec<Value>>,
}

/// Accuracies as they are drawn. Every method has a value for every N in every panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    n: Vec<usize>,
    methods: Vec<Method>,
    panels: Vec<Panel>,
}

impl Table {
    /// A table of parts that fit together (the readers see to that). A lone category that equals Overall is the same
    /// panel: it is kept once, as the category, or as Overall where the category is the nameless `test`.
    pub(super) fn new(n: Vec<usize>, methods: Vec<Method>, mut panels: Vec<Panel>) -> Self {
        if let [first, second] = panels.as_slice()
            && same_means(first, second)
        {
            let keep_first = match (&first.subject, &second.subject) {
                (Subject::Overall, Subject::Category(category)) => category.as_str() == "test",
                (Subject::Category(category), Subject::Overall) => category.as_str() != "test",
                _ => true,
            };
            panels.remove(usize::from(keep_first));
        }
        Self { n, methods, panels }
    }

    /// The values of N, ascending.
    pub fn n(&self) -> &[usize] {
        &self.n
    }

    /// The methods, in the order of the legend.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The panels, in the order of the figure.
    pub fn panels(&self) -> &[Panel] {
        &self.panels
    }
}

fn same_means(left: &Panel, right: &Panel) -> bool {
    let means = |panel: &Panel| panel.curves.iter().flatten().map(|value| value.mean).collect::<Vec<_>>();
    means(left).iter().zip(means(right)).all(|(left, right)| (left - right).abs() < 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majority_vote_and_pass_at_n_are_known_in_their_usual_spellings() {
        for name in ["MV", "mv", "Majority Vote", "majority_vote", "maj@N"] {
            assert_eq!(MethodKind::of(name), MethodKind::MajorityVote, "{name}");
        }
        for name in ["Pass@N", "pass@k", "pass_at_n", "Oracle"] {
            assert_eq!(MethodKind::of(name), MethodKind::PassAtN, "{name}");
        }
        for name in ["dORM", "MV2", "", "🙂"] {
            assert_eq!(MethodKind::of(name), MethodKind::Reward, "{name}");
        }
    }
}
