//! The whole evaluation.

use std::collections::HashSet;

use md5::{Digest, Md5};

use super::accuracy::{self, Accuracies};
use super::bootstrap::Bootstrap;
use super::by_length::by_length;
use super::calibration::{calibrations, rankings};
use super::comparison::Comparisons;
use super::document::{self, CategorySummary, DataSummary, MethodSummary, Strategy};
use super::first_error::first_errors;
use super::matching::Material;
use super::published::Spreads;
use super::rates::Rates;
use super::resampling::Resampler;
use super::{EvaluationError, MAJORITY_VOTE, Method, PASS_AT_N, PublishedTables, Questions, Settings, protocol};
use crate::hexadecimal::hexadecimal;
use crate::{Context, Result};

/// What an evaluation found.
pub struct Outcome {
    /// Everything, as `evaluation.json` holds it.
    pub evaluation: document::Evaluation,
    /// The tables in the published layout: one pair for each replicate.
    pub published: Vec<PublishedTables>,
}

/// Evaluates reward methods on a test set.
///
/// # Errors
/// [`EvaluationError`] for settings that make no sense, methods without a name of their own or without rewards, and
/// questions or CoTs that a reward set lacks; [`Error::Cancelled`](crate::Error::Cancelled) where the context says so.
pub fn evaluate(context: &Context, questions: &Questions, methods: &[Method], settings: &Settings) -> Result<Outcome> {
    settings.check()?;
    check_methods(methods)?;
    let material = Material::new(questions, methods, settings)?;
    let verdicts = protocol::run(context, &material, settings)?;
    let spreads = Spreads::new(&material, &verdicts);
    let published = PublishedTables::all(&material, methods, settings, &verdicts, &spreads);
    let rates = Rates::new(&material, settings, &verdicts);
    let percentages = accuracy::percentages(&rates, &material.ranges());
    let resampler = Resampler::new(settings.seed, material.ranges());
    let rankings = rankings(&material);
    let bootstrap = Bootstrap::new(context, &resampler, settings.bootstrap, &rates, &rankings)?;
    let accuracies = Accuracies {
        material: &material,
        methods,
        settings,
        verdicts: &verdicts,
        spreads: &spreads,
        rates: &rates,
        percentages: &percentages,
        bootstrap: &bootstrap,
    };
    let comparisons = Comparisons {
        material: &material,
        methods,
        settings,
        rates: &rates,
        percentages: &percentages,
        bootstrap: &bootstrap,
    };
    let evaluation = document::Evaluation {
        version: document::VERSION,
        data: summarise(questions.path(), &material),
        settings: settings.clone(),
        methods: method_summaries(methods),
        accuracy: accuracies.all(),
        comparisons: comparisons.all(context, &resampler)?,
        calibration: calibrations(&material, methods, &rankings, &bootstrap),
        first_error: first_errors(&material, methods),
        by_length: by_length(&material, methods),
        missing: material.missing,
    };
    Ok(Outcome { evaluation, published })
}

fn check_methods(methods: &[Method]) -> Result<(), EvaluationError> {
    let mut names = HashSet::from([MAJORITY_VOTE, PASS_AT_N]);
    for method in methods {
        let wrong =
            |message: &str| EvaluationError::MethodName { name: method.name.clone(), message: message.to_owned() };
        if method.name.is_empty() {
            return Err(wrong("give the method a name"));
        }
        if !names.insert(&method.name) {
            return Err(wrong("another method or a row of the tables is called so; give each its own name"));
        }
        if method.replicates.is_empty() {
            return Err(EvaluationError::NoRewards { method: method.name.clone() });
        }
    }
    Ok(())
}

fn summarise(path: &str, material: &Material<'_>) -> DataSummary {
    let mut hash = Md5::new();
    let categories: Vec<_> = material
        .categories
        .iter()
        .map(|category| {
            let name = category.name.as_str();
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            hash.update((category.questions.len() as u64).to_le_bytes());
            category.questions.iter().for_each(|question| hash.update(question.judged.digest));
            CategorySummary {
                name: category.name.clone(),
                questions: category.questions.len(),
                cots: category.questions.iter().map(|question| question.cots()).sum(),
            }
        })
        .collect();
    DataSummary {
        path: path.to_owned(),
        fingerprint: format!("md5:{}", hexadecimal(hash.finalize())),
        questions: categories.iter().map(|category| category.questions).sum(),
        cots: categories.iter().map(|category| category.cots).sum(),
        categories,
        empty_categories: material.empty.clone(),
    }
}

fn method_summaries(methods: &[Method]) -> Vec<MethodSummary> {
    let plain = |name: &str, strategy| MethodSummary {
        name: name.to_owned(),
        strategy,
        aggregator: None,
        replicates: 0,
        rewards: Vec::new(),
    };
    let rewarded = |strategy| {
        methods.iter().map(move |method| MethodSummary {
            name: method.name.clone(),
            strategy,
            aggregator: Some(method.spec.clone()),
            replicates: method.replicates.len(),
            rewards: method.replicates.iter().map(|replicate| replicate.source.clone()).collect(),
        })
    };
    std::iter::once(plain(MAJORITY_VOTE, Strategy::MajorityVote))
        .chain(rewarded(Strategy::BestOfN))
        .chain(rewarded(Strategy::WeightedVote))
        .chain(std::iter::once(plain(PASS_AT_N, Strategy::PassAtN)))
        .collect()
}
