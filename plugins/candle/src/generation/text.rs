//! A completion's text as its tokens come in.

use crate::Result;
use crate::tokenizer::Tokenizer;

/// Text that grows token by token. A character may be several tokens, and a token may end inside a character: what is not
/// whole yet waits for the next token.
pub(super) struct GrowingText<'t> {
    tokenizer: &'t Tokenizer,
    tokens: Vec<u32>,
    text: String,
    /// Tokens before this one are decoded only as what comes before the next ones.
    before: usize,
    /// Tokens before this one are in the text.
    settled: usize,
}

/// What a decoder puts where bytes are no character.
const NO_CHARACTER: char = '\u{FFFD}';

impl<'t> GrowingText<'t> {
    pub(super) fn new(tokenizer: &'t Tokenizer) -> Self {
        Self { tokenizer, tokens: Vec::new(), text: String::new(), before: 0, settled: 0 }
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Number of tokens so far.
    pub(super) fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// Adds a token. Gives where its text begins: for a token that goes on in the middle of a character, where the character
    /// begins.
    ///
    /// # Errors
    /// If the tokenizer cannot decode it.
    pub(super) fn push(&mut self, token: u32) -> Result<usize> {
        let offset = self.text.len();
        self.tokens.push(token);
        let (known, all) = self.decoded()?;
        if !all.ends_with(NO_CHARACTER) {
            self.settle(&known, &all);
        }
        Ok(offset)
    }

    /// Adds what waits for more tokens, although none will come.
    ///
    /// # Errors
    /// If the tokenizer cannot decode it.
    pub(super) fn finish(&mut self) -> Result<()> {
        let (known, all) = self.decoded()?;
        self.settle(&known, &all);
        Ok(())
    }

    /// Ends the text at the first of these texts that it contains, which stays in it. Gives whether it contains one.
    ///
    /// Only what was added since the text had `from` bytes is looked at, and what a stop text could have begun in before.
    pub(super) fn stop_at(&mut self, stops: &[impl AsRef<str>], from: usize) -> bool {
        let stops = || stops.iter().map(AsRef::as_ref);
        let longest = stops().map(str::len).max().unwrap_or(0);
        let mut start = from.saturating_sub(longest.saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let recent = &self.text[start..];
        let ends = stops().filter_map(|stop| Some(start + recent.find(stop)? + stop.len()));
        let Some(end) = ends.min() else { return false };
        self.text.truncate(end);
        true
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// The text of the tokens from `before` on: up to the settled ones, and up to the last one. Decoded together, because a
    /// token's text may hang on the one before it.
    fn decoded(&self) -> Result<(String, String)> {
        let known = self.tokenizer.decode(&self.tokens[self.before..self.settled])?;
        Ok((known, self.tokenizer.decode(&self.tokens[self.before..])?))
    }

    fn settle(&mut self, known: &str, all: &str) {
        // A decoder that changes what it has said before is followed as far as that can be.
        let new = all.strip_prefix(known).or_else(|| all.get(known.len()..)).unwrap_or_default();
        self.text.push_str(new);
        self.before = self.settled;
        self.settled = self.tokens.len();
    }
}

#[cfg(test)]
mod tests {
    use touchstone::{Context, Registry};

    use super::*;
    use crate::source::ModelLocation;
    use crate::tokenizer::SpecialTokens;

    fn tokenizer() -> Tokenizer {
        let location: ModelLocation = "embedded:tiny".parse().unwrap();
        Tokenizer::open(&location.model_files(&Context::new(Registry::builtin())).unwrap()).unwrap()
    }

    #[test]
    fn characters_of_several_tokens_appear_when_they_are_whole() {
        let tokenizer = tokenizer();
        for text in ["Step 1: \u{221a}2 \u{2260} 1.5 \u{1f642}", "\u{65e5}\u{672c}\u{8a9e}", " a\n\n b", "e\u{301}"] {
            let mut growing = GrowingText::new(&tokenizer);
            let mut offsets = Vec::new();
            for token in tokenizer.encode(text, SpecialTokens::Omit).unwrap() {
                offsets.push(growing.push(token).unwrap());
                assert!(text.starts_with(growing.text()), "{:?} of {text:?}", growing.text());
            }
            growing.finish().unwrap();
            assert_eq!(growing.text(), text);
            assert!(offsets.is_sorted() && offsets.iter().all(|offset| text.is_char_boundary(*offset)));
        }
    }

    #[test]
    fn a_character_that_is_never_whole_is_shown_as_none_at_the_end() {
        let tokenizer = tokenizer();
        let tokens = tokenizer.encode("ok\u{1f642}", SpecialTokens::Omit).unwrap();
        let mut growing = GrowingText::new(&tokenizer);
        for token in &tokens[..tokens.len() - 1] {
            growing.push(*token).unwrap();
        }
        assert_eq!(growing.text(), "ok");
        growing.finish().unwrap();
        assert!(growing.text().starts_with("ok\u{FFFD}"), "{:?}", growing.text());
    }

    #[test]
    fn a_stop_text_is_found_where_it_was_completed_and_not_looked_for_twice() {
        let tokenizer = tokenizer();
        let mut growing = GrowingText::new(&tokenizer);
        let mut push = |text: &str, stops: &[&str]| {
            let before = growing.text().len();
            for token in tokenizer.encode(text, SpecialTokens::Omit).unwrap() {
                growing.push(token).unwrap();
            }
            let stopped = growing.stop_at(stops, before);
            (stopped, growing.text().to_owned())
        };
        assert_eq!(push("\u{e9}t\u{e9} ab", &["abcd", "zz"]), (false, "\u{e9}t\u{e9} ab".to_owned()));
        assert_eq!(push("cd ef", &["abcd", "d e"]), (true, "\u{e9}t\u{e9} abcd".to_owned()));
    }
}
