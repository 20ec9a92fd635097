//! Takes the accuracies of an evaluation, with their intervals and the replicates' spread.

use std::collections::HashMap;

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, OVERALL, Strategy};

use super::table::{Method, MethodKind, Panel, Subject, Table, TableError, Value};

impl Table {
    /// The accuracies of the reward methods under a strategy, with majority vote and Pass@N beside them.
    ///
    /// # Errors
    /// [`TableError`] if the evaluation holds no method of this strategy, or an accuracy of one is missing.
    pub fn from_evaluation(evaluation: &Evaluation, strategy: Strategy) -> Result<Self, TableError> {
        let summaries: Vec<_> = evaluation
            .methods
            .iter()
            .filter(|method| kind(method.strategy) != MethodKind::Reward || method.strategy == strategy)
            .collect();
        if !summaries.iter().any(|method| method.strategy == strategy) {
            return Err(TableError::NoRows);
        }
        let accuracies: HashMap<_, _> = evaluation
            .accuracy
            .iter()
            .map(|one| ((one.method.as_str(), one.strategy, one.n, one.category.as_str()), one))
            .collect();
        let categories = evaluation.data.categories.iter().map(|category| Subject::Category(category.name.clone()));
        let panels = std::iter::once(Subject::Overall).chain(categories).map(|subject| {
            let category = match &subject {
                Subject::Overall => OVERALL,
                Subject::Category(category) => category.as_str(),
            };
            let value = |name: &str, strategy, n| match accuracies.get(&(name, strategy, n, category)) {
                Some(accuracy) => Ok(value(accuracy)),
                None => Err(TableError::MissingValue { method: name.to_owned(), n, panel: subject.title() }),
            };
            let curves = summaries
                .iter()
                .map(|method| evaluation.settings.n.iter().map(|&n| value(&method.name, method.strategy, n)).collect());
            let curves = curves.collect::<Result<_, TableError>>()?;
            Ok(Panel { subject, curves })
        });
        let panels = panels.collect::<Result<_, TableError>>()?;
        let methods =
            summaries.iter().map(|method| Method { name: method.name.clone(), kind: kind(method.strategy) }).collect();
        Ok(Table::new(evaluation.settings.n.clone(), methods, panels))
    }
}

fn value(accuracy: &Accuracy) -> Value {
    Value { mean: accuracy.mean, interval: accuracy.interval, spread: accuracy.replicate_std }
}

fn kind(strategy: Strategy) -> MethodKind {
    match strategy {
        Strategy::MajorityVote => MethodKind::MajorityVote,
        Strategy::PassAtN => MethodKind::PassAtN,
        Strategy::BestOfN | Strategy::WeightedVote => MethodKind::Reward,
    }
}
