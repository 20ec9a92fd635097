//! Questions and rewards, matched by their ids: what every later part of the evaluation reads.

use std::collections::HashMap;
use std::ops::Range;

use super::completeness::check_complete;
use super::document::{Missing, MissingRewards};
use super::method::{Method, RewardList, RewardRow};
use super::questions::JudgedQuestion;
use super::{EvaluationError, Questions, Settings};
use crate::{Category, CotId, Result};

/// What is evaluated: questions with the values of their CoTs.
pub(super) struct Material<'a> {
    /// The categories that have questions, in the order of tables and figures.
    pub(super) categories: Vec<MatchedCategory<'a>>,
    /// Those that have none.
    pub(super) empty: Vec<Category>,
    /// Which of all reward sets are each method's.
    pub(super) sets: Vec<Range<usize>>,
    pub(super) missing: Missing,
}

/// One category of it.
pub(super) struct MatchedCategory<'a> {
    pub(super) name: &'a Category,
    pub(super) questions: Vec<MatchedQuestion<'a>>,
}

/// One question with the values that every reward set gives its CoTs.
pub(super) struct MatchedQuestion<'a> {
    pub(super) judged: &'a JudgedQuestion,
    values: Vec<f64>,
    lists: Vec<Option<RewardList>>,
}

impl MatchedQuestion<'_> {
    pub(super) fn cots(&self) -> usize {
        self.judged.cots.len()
    }

    /// The values that a reward set gives the CoTs, in the test set's order.
    pub(super) fn values(&self, set: usize) -> &[f64] {
        &self.values[set * self.cots()..(set + 1) * self.cots()]
    }

    /// The lists of rewards behind the values; none for a CoT that the reward set lacks.
    pub(super) fn lists(&self, set: usize) -> &[Option<RewardList>] {
        &self.lists[set * self.cots()..(set + 1) * self.cots()]
    }
}

impl<'a> Material<'a> {
    /// Matches every question with its rewards in every reward set.
    pub(super) fn new(questions: &'a Questions, methods: &[Method], settings: &Settings) -> Result<Self> {
        let sets = consecutive(methods.iter().map(|method| method.replicates.len()));
        let mut missing = Missing {
            methods: methods
                .iter()
                .map(|method| MissingRewards { method: method.name.clone(), ..Default::default() })
                .collect(),
            ..Default::default()
        };
        if !settings.allow_partial {
            check_complete(questions, methods)?;
        }
        let mut categories = Vec::new();
        let mut empty = Vec::new();
        for (name, rows) in questions.categories() {
            let mut matched = Vec::with_capacity(rows.len());
            for judged in rows {
                match match_question(name, judged, methods, &mut missing)? {
                    Some(question) => matched.push(question),
                    None => missing.questions_left_out += 1,
                }
            }
            if matched.is_empty() {
                empty.push(name.clone());
            } else {
                categories.push(MatchedCategory { name, questions: matched });
            }
        }
        if categories.is_empty() {
            let message = if missing.questions_left_out > 0 {
                format!(
                    "all {} are missing from a reward set; check that the rewards belong to it",
                    missing.questions_left_out
                )
            } else {
                "it is empty".to_owned()
            };
            return Err(EvaluationError::NoQuestions { path: questions.path().to_owned(), message }.into());
        }
        Ok(Self { categories, empty, sets, missing })
    }

    /// How many reward sets there are.
    pub(super) fn set_count(&self) -> usize {
        self.sets.last().map_or(0, |range| range.end)
    }

    /// Every question, category by category.
    pub(super) fn questions(&self) -> impl Iterator<Item = &MatchedQuestion<'a>> {
        self.categories.iter().flat_map(|category| &category.questions)
    }

    /// Where each category's questions lie among all of them.
    pub(super) fn ranges(&self) -> Vec<Range<usize>> {
        consecutive(self.categories.iter().map(|category| category.questions.len()))
    }
}

/// Ranges of these lengths, one after the other.
fn consecutive(lengths: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    lengths
        .scan(0, |end, length| {
            let start = *end;
            *end += length;
            Some(start..*end)
        })
        .collect()
}

/// The question with its values, or none where a reward set lacks it. Counts what is missing.
fn match_question<'a>(
    category: &Category,
    judged: &'a JudgedQuestion,
    methods: &[Method],
    missing: &mut Missing,
) -> Result<Option<MatchedQuestion<'a>>> {
    let mut complete = true;
    for (method, missing) in methods.iter().zip(&mut missing.methods) {
        let absent = method.replicates.iter().filter(|replicate| replicate.row(category, &judged.id).is_none()).count();
        missing.absent_questions += absent;
        complete &= absent == 0;
    }
    if !complete {
        return Ok(None);
    }
    missing.answers += judged.without_answer;
    missing.unreadable_answers += judged.unreadable;
    let sets: usize = methods.iter().map(|method| method.replicates.len()).sum();
    let mut values = Vec::with_capacity(sets * judged.cots.len());
    let mut lists = Vec::with_capacity(sets * judged.cots.len());
    for (method, missing) in methods.iter().zip(&mut missing.methods) {
        for row in method.replicates.iter().filter_map(|replicate| replicate.row(category, &judged.id)) {
            for place in places(judged, row) {
                let list = place.map(|place| row.lists[place]);
                missing.absent_cots += usize::from(list.is_none());
                missing.rewards += list.map_or(0, |list| list.missing as usize);
                missing.empty_cots += usize::from(list.is_some_and(|list| list.length == 0));
                values.push(match place {
                    Some(place) => row.values[place],
                    None => method.without_rewards()?,
                });
                lists.push(list);
            }
        }
    }
    Ok(Some(MatchedQuestion { judged, values, lists }))
}

/// Where each CoT of the question stands in the row; none where the row lacks it.
pub(super) fn places(judged: &JudgedQuestion, row: &RewardRow) -> Vec<Option<usize>> {
    if row.cots == judged.cots {
        return (0..judged.cots.len()).map(Some).collect();
    }
    let known: HashMap<CotId, usize> = row.cots.iter().enumerate().map(|(place, cot)| (*cot, place)).collect();
    judged.cots.iter().map(|cot| known.get(cot).copied()).collect()
}
