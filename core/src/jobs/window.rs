//! Questions, as many at a time as a verifier is handed.

use crate::{QuestionCots, Result};

/// A window ends with the question that brings it to so many CoTs.
const COTS: usize = 4096;

/// A window ends with the question that brings it to so many bytes of text.
///
/// At its end a verifier that fills batches has one that is not full. 64 MiB are some 16 million tokens, 250 batches of 65,536, so
/// that is a loss of a few thousandths at most; and a few windows' texts fit into any machine that holds a model.
const BYTES: usize = 64 << 20;

/// Cuts units into windows: in order, none empty, each within the bounds but for its last question.
pub struct Windows<I> {
    units: I,
}

/// The windows of these units.
pub fn windows<I: Iterator<Item = Result<QuestionCots>>>(units: I) -> Windows<I> {
    Windows { units }
}

impl<I: Iterator<Item = Result<QuestionCots>>> Iterator for Windows<I> {
    type Item = Result<Vec<QuestionCots>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut cots, mut bytes) = (0, 0);
        let mut window = Vec::new();
        while cots < COTS && bytes < BYTES {
            match self.units.next() {
                None => break,
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(unit)) => {
                    cots += unit.cots.len();
                    bytes += size(&unit);
                    window.push(unit);
                }
            }
        }
        (!window.is_empty()).then_some(Ok(window))
    }
}

fn size(unit: &QuestionCots) -> usize {
    let steps = unit.cots.iter().flat_map(|cot| &cot.steps);
    unit.question.text.len() + steps.map(|step| step.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cot, CotId, Error, Question, Step};

    fn unit(id: i64, cots: usize, bytes: usize) -> Result<QuestionCots> {
        let cot = |id| Cot { id: CotId(id as i64), steps: vec![Step("x".repeat(bytes / cots))], answer: None };
        let question = Question { id: id.into(), category: "law".into(), text: String::new() };
        Ok(QuestionCots { question, cots: (0..cots).map(cot).collect() })
    }

    fn lengths(units: Vec<Result<QuestionCots>>) -> Vec<usize> {
        windows(units.into_iter()).map(|window| window.unwrap().len()).collect()
    }

    #[test]
    fn a_window_holds_so_many_cots_and_the_last_one_what_is_left() {
        assert_eq!(lengths((0..600).map(|id| unit(id, 16, 0)).collect()), [256, 256, 88]);
        assert_eq!(lengths(Vec::new()), [0; 0]);
    }

    #[test]
    fn long_texts_make_shorter_windows_and_a_question_larger_than_one_has_its_own() {
        assert_eq!(lengths((0..5).map(|id| unit(id, 2, BYTES / 2)).collect()), [2, 2, 1]);
        assert_eq!(lengths((0..2).map(|id| unit(id, 2, 2 * BYTES)).collect()), [1, 1]);
    }

    #[test]
    fn an_error_comes_through() {
        let mut windows = windows(vec![unit(0, 1, 1), Err(Error::Cancelled)].into_iter());
        assert!(windows.next().unwrap().is_err());
    }
}
