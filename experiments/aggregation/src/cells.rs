//! What an evaluation says of one reward model, by aggregator, N and category.

use touchstone::evaluation::document::{Accuracy, Comparison, OVERALL, Strategy};
use touchstone::evaluation::{Evaluation, MAJORITY_VOTE};

/// One reward model under every aggregator.
pub struct Cells {
    /// The model's name.
    pub model: String,
    /// Its methods, `MODEL AGGREGATOR`; the paper's choice first.
    methods: Vec<String>,
    evaluation: Evaluation,
}

/// How a method compares with the paper's choice.
#[derive(Clone, Copy)]
pub struct Difference {
    /// Its accuracy less that of the paper's choice, in percentage points.
    pub points: f64,
    /// The paired 95 % interval over questions.
    pub interval: Option<[f64; 2]>,
    /// The p-value of no difference.
    pub p: Option<f64>,
}

impl Difference {
    /// Whether the interval leaves 0 out.
    pub fn is_clear(&self) -> bool {
        self.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
    }
}

impl Cells {
    /// The cells of this evaluation, whose first method has the paper's aggregator.
    pub fn of(model: &str, methods: &[String], evaluation: Evaluation) -> Self {
        Self { model: model.to_owned(), methods: methods.to_vec(), evaluation }
    }

    /// The methods, the paper's choice first.
    pub fn methods(&self) -> &[String] {
        &self.methods
    }

    /// The aggregator of a method, as recipes spell it.
    pub fn aggregator<'a>(&self, method: &'a str) -> &'a str {
        method.strip_prefix(&self.model).unwrap_or(method).trim_start()
    }

    /// Overall, then the categories in the paper's order.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        std::iter::once(OVERALL).chain(self.evaluation.data.categories.iter().map(|category| category.name.as_str()))
    }

    /// How many questions a category has.
    pub fn questions(&self, category: &str) -> usize {
        let all = &self.evaluation.data;
        let one = all.categories.iter().find(|known| known.name.as_str() == category);
        one.map_or(all.questions, |category| category.questions)
    }

    /// The values of N.
    pub fn n(&self) -> &[usize] {
        &self.evaluation.settings.n
    }

    /// The largest N, at which categories are compared.
    pub fn largest(&self) -> usize {
        self.n().last().copied().unwrap_or(1)
    }

    /// The accuracy of a method by Best-of-N.
    pub fn best_of(&self, method: &str, n: usize, category: &str) -> Option<&Accuracy> {
        self.accuracy(method, Strategy::BestOfN, n, category)
    }

    /// The accuracy of majority vote.
    pub fn majority(&self, n: usize, category: &str) -> Option<&Accuracy> {
        self.accuracy(MAJORITY_VOTE, Strategy::MajorityVote, n, category)
    }

    fn accuracy(&self, method: &str, strategy: Strategy, n: usize, category: &str) -> Option<&Accuracy> {
        self.evaluation.accuracy.iter().find(|entry| {
            entry.method == method && entry.strategy == strategy && entry.n == n && entry.category == category
        })
    }

    /// A method against the paper's choice; none for that choice itself, and for categories at a smaller N.
    pub fn difference(&self, method: &str, n: usize, category: &str) -> Option<Difference> {
        let paper = self.methods.first()?;
        let about = |comparison: &&Comparison| {
            comparison.n == n
                && comparison.category == category
                && comparison.first.strategy == Strategy::BestOfN
                && comparison.first.method == *paper
                && comparison.second.method == method
        };
        // The evaluation holds the paper's choice against the method; this says it the other way round.
        self.evaluation.comparisons.iter().find(about).map(|comparison| Difference {
            points: -comparison.difference,
            interval: comparison.interval.map(|[low, high]| [-high, -low]),
            p: comparison.p,
        })
    }

    /// How well a method's values tell right CoTs from wrong ones, with its interval.
    pub fn auroc(&self, method: &str, category: &str) -> Option<(f64, Option<[f64; 2]>)> {
        let mut all = self.evaluation.calibration.iter();
        let found = all.find(|entry| entry.method == method && entry.category == category)?;
        Some((found.auroc?, found.auroc_interval))
    }
}

/// The accuracy that is shown: the exact expectation where there is one.
pub fn shown(accuracy: &Accuracy) -> f64 {
    accuracy.expected.unwrap_or(accuracy.mean)
}
