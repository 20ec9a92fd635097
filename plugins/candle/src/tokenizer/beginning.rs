//! What a tokenizer's post-processor puts before every text.

use super::TokenizerError;

/// The tokens that the post-processor puts before a text. What it puts behind (an EOS, in some models' files) is passed
/// over: whatever this crate encodes is read on from there.
pub(super) fn of(tokenizer: &tokenizers::Tokenizer, file: &str) -> Result<Vec<u32>, TokenizerError> {
    const ANY_TEXT: &str = "a";
    let encode = |special| {
        let encoding = tokenizer.encode_fast(ANY_TEXT, special);
        encoding
            .map(|encoding| encoding.get_ids().to_vec())
            .map_err(|error| TokenizerError::Encode { file: file.to_owned(), message: error.to_string() })
    };
    let (whole, bare) = (encode(true)?, encode(false)?);
    let start = whole.windows(bare.len().max(1)).position(|window| window == bare);
    start.map(|start| whole[..start].to_vec()).ok_or_else(|| TokenizerError::Damaged {
        file: file.to_owned(),
        message: "its post-processor changes the tokens of a text".to_owned(),
    })
}
