//! Whether reward sets have all that the test set has: asked for unless a partial evaluation is allowed.

use super::error::Listing;
use super::matching::places;
use super::method::{Method, Replicate};
use super::{EvaluationError, Questions};

/// Names the first reward set that lacks questions or CoTs, or has CoTs of another test set.
pub(super) fn check_complete(questions: &Questions, methods: &[Method]) -> Result<(), EvaluationError> {
    for method in methods {
        method.replicates.iter().try_for_each(|replicate| check_replicate(questions, method, replicate))?;
    }
    Ok(())
}

fn check_replicate(questions: &Questions, method: &Method, replicate: &Replicate) -> Result<(), EvaluationError> {
    let mut lacking_questions = Listing::new("question");
    let mut lacking_cots = Listing::new("CoT");
    let mut unknown_cots = Listing::new("CoT");
    for (category, rows) in questions.categories() {
        for judged in rows {
            let id = &judged.id;
            let Some(row) = replicate.row(category, id) else {
                lacking_questions.add(|| format!("{category}/{id}"));
                continue;
            };
            let places = places(judged, row);
            for (cot, _) in judged.cots.iter().zip(&places).filter(|(_, place)| place.is_none()) {
                lacking_cots.add(|| format!("{category}/{id}/{cot}"));
            }
            if places.iter().flatten().count() < row.cots.len() {
                for cot in row.cots.iter().filter(|cot| !judged.cots.contains(cot)) {
                    unknown_cots.add(|| format!("{category}/{id}/{cot}"));
                }
            }
        }
    }
    let (method, rewards) = (method.name.clone(), replicate.source.clone());
    if let Some(missing) = [lacking_questions, lacking_cots].into_iter().find(|listing| listing.count > 0) {
        return Err(EvaluationError::MissingRewards { method, rewards, missing });
    }
    if unknown_cots.count > 0 {
        return Err(EvaluationError::UnknownCots { method, rewards, unknown: unknown_cots });
    }
    Ok(())
}
