//! Where models keep their chat templates, which [`touchstone::chat`] renders.

mod error;
mod source;

use touchstone::chat::ChatTemplate;

use crate::source::ModelFiles;
use crate::tokenizer::Tokenizer;

pub use self::error::ChatError;

/// The chat template of a model, if it has one: `chat_template.jinja` before the one in `tokenizer_config.json`, of several
/// named ones the one called `default`; the metadata's in a GGUF. `tokenizer` tells the special tokens.
///
/// # Errors
/// [`ChatError`] if a file cannot be read, or with the line of a syntax error.
pub fn chat_template(files: &ModelFiles, tokenizer: &Tokenizer) -> Result<Option<ChatTemplate>, ChatError> {
    let Some(source) = source::find(files)? else { return Ok(None) };
    let token = |id: Option<u32>| id.and_then(|id| tokenizer.token(id));
    let template = ChatTemplate::new(source.name, source.text)?;
    Ok(Some(template.with_special_tokens(token(tokenizer.bos()), token(tokenizer.eos()))))
}
