//! Putting a text together, and cutting it to a context.

use touchstone_candle::reading::Sequence;

/// The tokens of a question and a CoT, and the place of each step's mark among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MarkedText {
    /// All tokens.
    pub(crate) tokens: Vec<u32>,
    /// For each step the place where its reward is read, ascending.
    pub(crate) marks: Vec<usize>,
    /// How many tokens at the beginning stay when the text is cut: 1 where the tokenizer adds a BOS, else 0.
    pub(crate) pinned: usize,
}

/// A marked text cut to a model's context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fitted {
    /// What is left of it.
    pub(crate) sequence: Sequence,
    /// How many steps, from the first one on, lost their mark.
    pub(crate) lost: usize,
    /// How many tokens were cut off.
    pub(crate) cut: usize,
}

impl MarkedText {
    /// A text without steps yet: what comes before them, of which the first `pinned` tokens stay when the text is cut.
    pub(crate) fn before_steps(tokens: Vec<u32>, pinned: usize) -> Self {
        Self { tokens, marks: Vec::new(), pinned }
    }

    /// Adds a step whose last token is its mark. Tokenised on its own, a step has its mark there by construction, whatever
    /// its text holds and however the tokenizer would merge it with its neighbours.
    pub(crate) fn push_step(&mut self, tokens: &[u32]) {
        self.tokens.extend(tokens);
        self.marks.push(self.tokens.len().saturating_sub(1));
    }

    /// The text as a model of this context reads it. One that is too long keeps its end, with the pinned tokens before it.
    /// A step whose beginning was cut off but whose mark is there is still read.
    pub(crate) fn fit(self, context: usize) -> Fitted {
        let Self { mut tokens, marks, pinned } = self;
        let pinned = pinned.min(context);
        let cut = tokens.len().saturating_sub(context);
        tokens.drain(pinned..pinned + cut);
        let lost = if cut == 0 { 0 } else { marks.partition_point(|mark| *mark < pinned + cut) };
        let positions = marks[lost..].iter().map(|mark| mark - cut).collect();
        Fitted { sequence: Sequence { tokens, positions }, lost, cut }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(length: u32, marks: &[usize], pinned: usize) -> MarkedText {
        MarkedText { tokens: (0..length).collect(), marks: marks.to_vec(), pinned }
    }

    fn read(fitted: &Fitted) -> Vec<u32> {
        fitted.sequence.positions.iter().map(|position| fitted.sequence.tokens[*position]).collect()
    }

    #[test]
    fn a_text_that_fits_is_left_as_it_is() {
        let fitted = text(5, &[2, 4], 1).fit(5);
        assert_eq!(fitted.sequence, Sequence { tokens: vec![0, 1, 2, 3, 4], positions: vec![2, 4] });
        assert_eq!((fitted.lost, fitted.cut), (0, 0));
    }

    #[test]
    fn a_long_text_keeps_its_end_and_the_bos_before_it() {
        let fitted = text(10, &[3, 6, 9], 1).fit(5);
        assert_eq!(fitted.sequence.tokens, [0, 6, 7, 8, 9]);
        assert_eq!((read(&fitted), fitted.lost, fitted.cut), (vec![6, 9], 1, 5));
    }

    #[test]
    fn without_a_bos_the_end_alone_stays() {
        let fitted = text(10, &[4, 5, 9], 0).fit(5);
        assert_eq!(fitted.sequence.tokens, [5, 6, 7, 8, 9]);
        assert_eq!((read(&fitted), fitted.lost), (vec![5, 9], 1));
    }

    #[test]
    fn a_context_with_room_for_the_bos_alone_loses_every_step() {
        for context in [0, 1] {
            let fitted = text(10, &[3, 9], 1).fit(context);
            assert_eq!((fitted.sequence.tokens.len(), fitted.lost), (context, 2));
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_the_end_of_what_was_marked(
            length in 1..30_u32, chosen in any::<u32>(), pinned in 0..2_usize, context in 0..40_usize,
        ) {
            let marks: Vec<usize> = (pinned..length as usize).filter(|place| chosen >> place & 1 == 1).collect();
            let fitted = text(length, &marks, pinned).fit(context);
            prop_assert!(fitted.sequence.tokens.len() <= context);
            prop_assert_eq!(fitted.sequence.tokens.len() + fitted.cut, length as usize);
            let kept: Vec<usize> = read(&fitted).into_iter().map(|token| token as usize).collect();
            prop_assert_eq!(&kept, &marks[fitted.lost..]);
            // No mark that is still there is given up.
            let gone = &marks[..fitted.lost];
            prop_assert!(gone.iter().all(|mark| !fitted.sequence.tokens.contains(&(*mark as u32))));
        }
    }
}
