//! A training set on its way from rows to examples: what was kept, what was left out and why.

use super::Example;
use super::batches::order;

/// Why a row trains nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// It has more tokens than are trained on.
    TooLong,
    /// It has no label that could be learnt.
    Unlabelled,
}

/// The examples of a training set.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    examples: Vec<(String, Example)>,
    /// Rows left out for their length.
    pub too_long: usize,
    /// Rows left out for want of labels.
    pub unlabelled: usize,
}

/// A training set in two parts that share no question.
#[derive(Debug, Clone, Default)]
pub struct Split {
    /// What is trained on.
    pub training: Vec<Example>,
    /// What the loss is looked at on, and which is never trained on.
    pub held_out: Vec<Example>,
}

impl Prepared {
    /// Takes what became of a row of this question.
    pub fn add(&mut self, question: &str, row: Result<Example, Skip>) {
        match row {
            Ok(example) => self.examples.push((question.to_owned(), example)),
            Err(Skip::TooLong) => self.too_long += 1,
            Err(Skip::Unlabelled) => self.unlabelled += 1,
        }
    }

    /// The examples, in the order of the rows.
    pub fn examples(&self) -> impl ExactSizeIterator<Item = &Example> {
        self.examples.iter().map(|(_, example)| example)
    }

    /// Holds out the examples of a share of the questions, chosen by the seed: at least one question where the share is
    /// above 0 and there are two. All examples of a question stay together, since CoTs of one question tell of one another.
    pub fn hold_out(self, share: f64, seed: u64) -> Split {
        let mut questions: Vec<&str> = self.examples.iter().map(|(question, _)| question.as_str()).collect();
        questions.sort_unstable();
        questions.dedup();
        let count = match share > 0.0 && questions.len() > 1 {
            true => ((questions.len() as f64 * share).round() as usize).clamp(1, questions.len() - 1),
            false => 0,
        };
        let chosen = order(questions.len(), true, seed ^ 0x0068_6F6C_6465_6400, 0);
        let held: std::collections::HashSet<String> =
            chosen[..count].iter().map(|&index| questions[index].to_owned()).collect();
        let mut split = Split::default();
        for (question, example) in self.examples {
            match held.contains(&question) {
                true => split.held_out.push(example),
                false => split.training.push(example),
            }
        }
        split
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_held_out_with_all_of_its_examples() {
        let mut prepared = Prepared::default();
        for index in 0..40_u32 {
            let example = Example::completion(vec![index / 4, index], 1);
            prepared.add(&format!("q{}", index / 4), Ok(example));
        }
        prepared.add("q0", Err(Skip::TooLong));
        prepared.add("q0", Err(Skip::Unlabelled));
        assert_eq!((prepared.examples().len(), prepared.too_long, prepared.unlabelled), (40, 1, 1));
        let Split { training, held_out } = prepared.clone().hold_out(0.2, 42);
        assert_eq!((training.len(), held_out.len()), (32, 8));
        assert!(training.iter().all(|kept| held_out.iter().all(|held| held.tokens[0] != kept.tokens[0])));
        assert_eq!(prepared.clone().hold_out(0.2, 42).held_out, held_out);
        assert!((43..50).any(|seed| prepared.clone().hold_out(0.2, seed).held_out != held_out));
        assert_eq!(prepared.clone().hold_out(0.001, 42).held_out.len(), 4);
        assert!(prepared.hold_out(0.0, 42).held_out.is_empty());
    }
}
