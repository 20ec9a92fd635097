//! A CoT as a model reads it: one run of tokens with a mark after each step.
//!
//! The rules are those of the local verifiers (crate `touchstone-discriminative`), which this crate does not depend on, since
//! they bring a whole tensor library; tests hold both to the same golden rewards.

/// The text without white space around it, then without the tag: a tag in it would be taken for the end of a step.
///
/// White space is Python's: Unicode's and the four separators U+001C to U+001F, as in the published code.
pub(super) fn cleaned(text: &str, tag: &str) -> String {
    let is_white = |character: char| character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character);
    text.trim_matches(is_white).replace(tag, "")
}

/// The tokens of a question and a CoT, and the place of each step's mark among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MarkedText {
    /// All tokens, up to the last mark.
    pub tokens: Vec<u32>,
    /// For each step the place of its tag's last token, ascending.
    pub marks: Vec<usize>,
    /// How many steps before the first mark were cut off.
    pub lost: usize,
    /// How many tokens were cut off.
    pub cut: usize,
}

impl MarkedText {
    /// What `beginning` adds to every text, a question, and steps, each of which ends in its mark.
    pub fn new<'a>(beginning: &[u32], question: &[u32], steps: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let mut tokens = [beginning, question].concat();
        let mut marks = Vec::new();
        for step in steps {
            tokens.extend(step);
            marks.push(tokens.len().saturating_sub(1));
        }
        Self { tokens, marks, lost: 0, cut: 0 }
    }

    /// The text as a model of this context reads it. One that is too long keeps its end, with its first `pinned` tokens before
    /// it. A step whose beginning was cut off but whose mark is there is still read.
    pub fn fit(mut self, context: usize, pinned: usize) -> Self {
        let cut = self.tokens.len().saturating_sub(context);
        if cut == 0 {
            return self;
        }
        let pinned = pinned.min(context);
        self.tokens.drain(pinned..pinned + cut);
        let lost = self.marks.partition_point(|mark| *mark < pinned + cut);
        let marks = self.marks[lost..].iter().map(|mark| mark - cut).collect();
        Self { marks, lost, cut, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_first_and_freed_of_tags_then() {
        let tag = " \n\n\n\n";
        assert_eq!(cleaned("\n a \n\n\n\nb \n\n\n\n", tag), "ab");
        assert_eq!(cleaned("\u{1c}\u{a0}\u{3000}a\u{85}\u{1f}", tag), "a");
        // So white space before a tag that ends the text stays, as in the published code.
        assert_eq!(cleaned(" a  ки\n", " ки"), "a ");
        assert_eq!(cleaned(&tag.repeat(3), tag), "");
    }

    fn text() -> MarkedText {
        let steps: [&[u32]; 3] = [&[4], &[5, 6, 7], &[8, 9]];
        MarkedText::new(&[1], &[2, 3], steps)
    }

    #[test]
    fn marks_are_at_the_last_tokens_of_steps() {
        let text = text();
        assert_eq!((text.tokens, text.marks), ((1..10).collect(), vec![3, 6, 8]));
    }

    #[test]
    fn a_long_text_keeps_its_end_and_its_beginning_before_it() {
        assert_eq!(text().fit(9, 1), text());
        for (context, pinned, tokens, marks, lost) in [
            (5, 1, vec![1, 6, 7, 8, 9], vec![2, 4], 1),
            (4, 0, vec![6, 7, 8, 9], vec![1, 3], 1),
            (6, 0, vec![4, 5, 6, 7, 8, 9], vec![0, 3, 5], 0),
            (2, 1, vec![1, 9], vec![1], 2),
            (1, 1, vec![1], vec![], 3),
        ] {
            assert_eq!(
                text().fit(context, pinned),
                MarkedText { cut: 9 - tokens.len(), tokens, marks, lost },
                "{context}"
            );
        }
    }
}
