//! Questions with their CoTs as batches of the decoder: trees in which a question's tokens stand once.

use anyhow::anyhow;
use tokenizers::Tokenizer;
use touchstone_candle::Batch;

use crate::corpus::Question;
use crate::layout::Layout;

/// A batch, and which token each of its rows is to predict.
pub struct TrainingBatch {
    /// What the decoder reads.
    pub batch: Batch,
    /// Rows that predict, one for each target: the last row of a question comes once for each of its CoTs.
    pub rows: Vec<u32>,
    /// What they are to predict.
    pub targets: Vec<u32>,
}

/// A question in token ids.
pub struct Tree {
    question: Vec<u32>,
    cots: Vec<Vec<u32>>,
}

impl Tree {
    /// Encodes a question with its CoTs; a text of more than `longest` tokens loses its end.
    pub fn encode(tokenizer: &Tokenizer, question: &Question, layout: Layout, longest: usize) -> anyhow::Result<Self> {
        let encode = |text: String, room: usize| {
            let encoded =
                tokenizer.encode_fast(text, false).map_err(|error| anyhow!("a text has no tokens: {error}"))?;
            let ids = encoded.get_ids();
            anyhow::Ok(ids[..ids.len().min(room)].to_vec())
        };
        let root = encode(layout.question(&question.text), longest)?;
        let room = longest - root.len();
        let cots = question.cots.iter().map(|steps| encode(layout.cot(steps), room));
        let cots = cots.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { question: root, cots: cots.into_iter().filter(|cot| !cot.is_empty()).collect() })
    }

    /// Its distinct tokens.
    pub fn len(&self) -> usize {
        self.question.len() + self.cots.iter().map(Vec::len).sum::<usize>()
    }
}

impl TrainingBatch {
    /// Trees beside one another.
    pub fn new(trees: &[&Tree]) -> Self {
        let mut made = Self { batch: Batch::default(), rows: Vec::new(), targets: Vec::new() };
        for tree in trees {
            let root = made.push(&tree.question, None);
            let last = made.batch.tokens.len() as u32 - 1;
            for cot in &tree.cots {
                made.rows.push(last);
                made.targets.push(cot[0]);
                made.push(cot, Some(root));
            }
        }
        made
    }

    /// Adds a segment in which every row predicts the next one's token; gives its place.
    fn push(&mut self, tokens: &[u32], parent: Option<usize>) -> usize {
        let first = self.batch.tokens.len();
        self.rows.extend((first..first + tokens.len() - 1).map(|row| row as u32));
        self.targets.extend(&tokens[1..]);
        self.batch.push(tokens, parent)
    }
}

/// Trees of these lengths in batches of at most `tokens` distinct tokens (or one tree), in their order.
pub fn batches(lengths: &[usize], tokens: usize) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for (tree, &length) in lengths.iter().enumerate() {
        match batches.last_mut() {
            Some(batch) if length <= room => {
                room -= length;
                batch.push(tree);
            }
            _ => {
                room = tokens.saturating_sub(length);
                batches.push(vec![tree]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(question: &[u32], cots: &[&[u32]]) -> Tree {
        Tree { question: question.to_vec(), cots: cots.iter().map(|cot| cot.to_vec()).collect() }
    }

    #[test]
    fn every_token_but_the_first_is_predicted_by_the_one_before_it_on_its_path() {
        let (first, second) = (tree(&[1, 2], &[&[3, 4], &[5]]), tree(&[6], &[&[7]]));
        let made = TrainingBatch::new(&[&first, &second]);
        assert_eq!(made.batch.tokens, [1, 2, 3, 4, 5, 6, 7]);
        let mut pairs: Vec<(u32, u32)> =
            made.rows.iter().zip(&made.targets).map(|(&row, &next)| (made.batch.tokens[row as usize], next)).collect();
        pairs.sort_unstable();
        assert_eq!(pairs, [(1, 2), (2, 3), (2, 5), (3, 4), (6, 7)]);
        assert_eq!(made.batch.segments[2].parent, Some(0));
        assert_eq!(made.batch.segments[2].start, 2);
    }

    #[test]
    fn batches_hold_all_trees_in_order_and_keep_to_the_budget() {
        assert_eq!(batches(&[3, 4, 20, 1], 8), [vec![0, 1], vec![2], vec![3]]);
    }
}
