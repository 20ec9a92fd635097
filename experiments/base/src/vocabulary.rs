//! A byte-level BPE vocabulary, learnt from the texts.

use anyhow::anyhow;
use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::byte_level::ByteLevel as ByteLevelOffsets;
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer, TokenizerBuilder};

/// Ends a text.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Begins a turn of a chat.
pub const TURN_START: &str = "<|im_start|>";
/// Ends a turn of a chat.
pub const TURN_END: &str = "<|im_end|>";
const SPECIAL: [&str; 3] = [END_OF_TEXT, TURN_START, TURN_END];

/// Words with the space before them, single digits, runs of signs, line ends, other spaces: merges stay inside these, so a
/// step's tag (a space and four line ends) is never merged with the step.
const PIECES: &str = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Learns a vocabulary of `size` entries.
pub fn learn(texts: impl Iterator<Item = String> + Send, size: usize) -> anyhow::Result<Tokenizer> {
    let mut trainer = BpeTrainer::builder()
        .vocab_size(size)
        .min_frequency(2)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(SPECIAL.iter().map(|token| AddedToken::from(*token, true)).collect())
        .build();
    let failed = |error: tokenizers::Error| anyhow!("the vocabulary could not be learnt: {error}");
    let pieces =
        Split::new(SplitPattern::Regex(PIECES.to_owned()), SplitDelimiterBehavior::Isolated, false).map_err(failed)?;
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::builder().byte_fallback(false).build().map_err(failed)?)
        .with_normalizer(None::<tokenizers::NormalizerWrapper>)
        .with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(vec![
            PreTokenizerWrapper::Split(pieces),
            PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, false)),
        ]))))
        .with_post_processor(Some(ByteLevelOffsets::new(false, false, false)))
        .with_decoder(Some(ByteLevelDecoder::default()))
        .build()
        .map_err(failed)?;
    tokenizer.train(&mut trainer, texts).map_err(failed)?;
    // Through its file form: what is trained with is exactly what users load.
    let json = tokenizer.to_string(true).map_err(failed)?;
    json.parse().map_err(failed)
}

/// The id of a special token.
pub fn special(tokenizer: &Tokenizer, token: &str) -> anyhow::Result<u32> {
    tokenizer.token_to_id(token).ok_or_else(|| anyhow!("the vocabulary has no token {token}"))
}
