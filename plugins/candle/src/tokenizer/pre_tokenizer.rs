//! How text is cut into words before byte-level BPE, by the names that GGUF files give to it (`tokenizer.ggml.pre`).
//!
//! The expressions are those of the models' own `tokenizer.json`: a GGUF holds only the name.

use tokenizers::normalizers::{NFC, NormalizerWrapper};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

/// A known way to cut text into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreTokenizer {
    /// GPT-2: words with the space before them; runs of digits stay whole.
    Gpt2,
    /// SmolLM: every digit alone, then as GPT-2.
    SmolLm,
    /// Llama 3: up to three digits together; line breaks are words of their own.
    Llama3,
    /// Qwen2: as Llama 3, but every digit alone, and text is composed (NFC) first.
    Qwen2,
}

const BY_NAME: [(&str, PreTokenizer); 7] = [
    ("gpt-2", PreTokenizer::Gpt2),
    ("smollm", PreTokenizer::SmolLm),
    ("llama-bpe", PreTokenizer::Llama3),
    ("llama3", PreTokenizer::Llama3),
    ("llama-v3", PreTokenizer::Llama3),
    ("qwen2", PreTokenizer::Qwen2),
    ("deepseek-r1-qwen", PreTokenizer::Qwen2),
];

impl PreTokenizer {
    /// The one that GGUF files call so.
    pub fn named(name: &str) -> Option<Self> {
        BY_NAME.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Every known name.
    pub fn names() -> Vec<&'static str> {
        BY_NAME.iter().map(|(name, _)| *name).collect()
    }

    /// Whether a word that is a token as a whole is taken as such, whatever the merges make of it.
    pub fn ignores_merges(self) -> bool {
        self == Self::Llama3
    }

    /// Whether a BOS is put before every text, where the file does not say.
    pub fn adds_bos(self) -> bool {
        self == Self::Llama3
    }

    /// What is done with a text before it is cut.
    pub fn normalizer(self) -> Option<NormalizerWrapper> {
        (self == Self::Qwen2).then(|| NFC.into())
    }

    /// The cutting itself.
    pub fn build(self) -> tokenizers::Result<PreTokenizerWrapper> {
        let words = |digits: &str| {
            let pattern = format!(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            );
            Split::new(SplitPattern::Regex(pattern), SplitDelimiterBehavior::Isolated, false)
        };
        let parts: [PreTokenizerWrapper; 2] = match self {
            Self::Gpt2 => return Ok(bytes_of(Words::Cut).into()),
            Self::SmolLm => [Digits::new(true).into(), bytes_of(Words::Cut).into()],
            Self::Llama3 => [words(r"\p{N}{1,3}")?.into(), bytes_of(Words::Leave).into()],
            Self::Qwen2 => [words(r"\p{N}")?.into(), bytes_of(Words::Leave).into()],
        };
        Ok(Sequence::new(parts.to_vec()).into())
    }
}

/// Whether the byte-level step also cuts, by GPT-2's expression.
enum Words {
    Cut,
    Leave,
}

fn bytes_of(words: Words) -> ByteLevel {
    ByteLevel::new(false, true, matches!(words, Words::Cut))
}

#[cfg(test)]
mod tests {
    use tokenizers::tokenizer::{OffsetReferential, OffsetType};
    use tokenizers::{PreTokenizedString, PreTokenizer as _};

    use super::*;

    fn words(kind: PreTokenizer, text: &str) -> Vec<String> {
        let mut cut = PreTokenizedString::from(text);
        kind.build().unwrap().pre_tokenize(&mut cut).unwrap();
        cut.get_splits(OffsetReferential::Original, OffsetType::Byte)
            .into_iter()
            .map(|(_, (start, end), _)| text[start..end].to_owned())
            .collect()
    }

    /// The words that the Python library `tokenizers` 0.23.3 makes, for GPT-2, SmolLM, Llama 3 and Qwen2.
    #[track_caller]
    fn assert_words(text: &str, wanted: [&[&str]; 4]) {
        use PreTokenizer::{Gpt2, Llama3, Qwen2, SmolLm};
        for (kind, wanted) in [Gpt2, SmolLm, Llama3, Qwen2].into_iter().zip(wanted) {
            assert_eq!(words(kind, text), wanted, "{kind:?}");
        }
    }

    #[test]
    fn digits_stay_together_stand_alone_or_come_in_threes() {
        let alone: &[&str] = &["n", " =", " ", "1", "2", "3", "4", "5", "e", "1", "0"];
        assert_words(
            "n = 12345e10",
            [&["n", " =", " 12345", "e", "10"], alone, &["n", " =", " ", "123", "45", "e", "10"], alone],
        );
    }

    #[test]
    fn contractions_are_cut_off_and_only_the_later_ones_know_capitals() {
        let small: &[&str] = &["It", "'s", " we", "'", "LL"];
        let both: &[&str] = &["It", "'s", " we", "'LL"];
        assert_words("It's we'LL", [small, small, both, both]);
    }

    #[test]
    fn a_run_of_line_breaks_before_a_letter_is_split_by_gpt_2_and_kept_by_the_later_ones() {
        let split: &[&str] = &["a", " \n\n\n", "\n", "The"];
        let kept: &[&str] = &["a", " \n\n\n\n", "The"];
        assert_words("a \n\n\n\nThe", [split, split, kept, kept]);
        let apart: &[&str] = &["y", ";", "\r\n\r\n ", " x"];
        let joined: &[&str] = &["y", ";\r\n\r\n", " ", " x"];
        assert_words("y;\r\n\r\n  x", [apart, apart, joined, joined]);
    }

    #[test]
    fn other_scripts_and_spaces_at_the_end() {
        let later: &[&str] = &["你好", "，世界", " ", "½", "  "];
        assert_words(
            "你好，世界 ½  ",
            [&["你好", "，", "世界", " ½", "  "], &["你好", "，", "世界", " ", "½", "  "], later, later],
        );
    }

    #[test]
    fn a_bracket_takes_the_letter_behind_it_and_a_tab_the_word() {
        let apart: &[&str] = &["(", "A", ")", "\n\n"];
        let joined: &[&str] = &["(A", ")\n\n"];
        assert_words("(A)\n\n", [apart, apart, joined, joined]);
        let apart: &[&str] = &["do", "\t", "\t", "go"];
        let joined: &[&str] = &["do", "\t", "\tgo"];
        assert_words("do\t\tgo", [apart, apart, joined, joined]);
    }

    #[test]
    fn only_qwen2_composes_letters() {
        let composed = PreTokenizer::Qwen2.normalizer().is_some();
        assert!(composed && PreTokenizer::Llama3.normalizer().is_none() && PreTokenizer::SmolLm.normalizer().is_none());
    }
}
