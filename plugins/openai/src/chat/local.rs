//! A chat template that the settings name.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use touchstone::chat::{ChatTemplate, GenerationPrompt};
use touchstone::generator::Conversation;

use crate::error::{Error, Result};

const TEMPLATE: &str = "chat_template.jinja";
const CONFIG: &str = "tokenizer_config.json";
/// Stands for a BOS where it is to be seen whether a template writes it.
const MARK: &str = "\u{1}bos\u{1}";

/// A chat template, and what is known of the BOS that it writes.
pub(crate) struct Local {
    template: ChatTemplate,
    /// The same template with [`MARK`] for its BOS.
    marked: ChatTemplate,
    /// The BOS, where the model has one.
    bos: Option<String>,
    /// Whether the tokenizer adds the BOS by itself, where its settings say so.
    adds_bos: Option<bool>,
}

/// What a `tokenizer_config.json` says of chats and special tokens.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenizerConfig {
    chat_template: Option<Templates>,
    bos_token: Option<Token>,
    eos_token: Option<Token>,
    add_bos_token: Option<bool>,
}

/// One template, or several with names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<Named>),
}

#[derive(Deserialize)]
struct Named {
    name: String,
    template: String,
}

/// A special token: its text, or an object with it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Token {
    Text(String),
    Added { content: String },
}

impl Token {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Added { content: text } => text,
        }
    }
}

impl Local {
    /// The template in a `.jinja` file, without special tokens; in a `tokenizer_config.json`, with those that it names; or in a
    /// folder with either, the `chat_template.jinja` first.
    ///
    /// # Errors
    /// [`Error::Template`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self> {
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let (template, config) = if path.is_dir() {
            (Some(path.join(TEMPLATE)).filter(|file| file.exists()), path.join(CONFIG))
        } else if is_json {
            (None, path.to_owned())
        } else {
            // What lies beside it is not read: what results are made from is the file that is named.
            let template = ChatTemplate::new(path.display().to_string(), read(path)?);
            return Ok(Self::of(
                template.map_err(|error| wrong(path, &error.to_string()))?,
                TokenizerConfig::default(),
            ));
        };
        let mut of_config = match config.exists() || template.is_none() {
            true => read_config(&config)?,
            false => TokenizerConfig::default(),
        };
        let (name, text) = match template {
            Some(file) => (file.clone(), read(&file)?),
            None => (config.clone(), the_template(&config, of_config.chat_template.take())?),
        };
        let template =
            ChatTemplate::new(name.display().to_string(), text).map_err(|error| wrong(&name, &error.to_string()))?;
        Ok(Self::of(template, of_config))
    }

    fn of(template: ChatTemplate, config: TokenizerConfig) -> Self {
        let bos = config.bos_token.map(Token::into_text).filter(|text| !text.is_empty());
        let eos = config.eos_token.map(Token::into_text);
        Self {
            marked: template.clone().with_special_tokens(Some(MARK.to_owned()), eos.clone()),
            template: template.with_special_tokens(bos.clone(), eos),
            bos,
            adds_bos: config.add_bos_token,
        }
    }

    /// The conversation's text with the beginning of the model's turn, without a BOS that the server adds.
    pub fn lay_out(&self, conversation: &Conversation) -> Result<String> {
        let text = self.template.render(conversation, GenerationPrompt::Add)?;
        let Some(rest) = self.bos.as_deref().and_then(|bos| text.strip_prefix(bos)) else { return Ok(text) };
        let adds_bos = match self.adds_bos {
            Some(known) => known,
            // Otherwise it is the BOS where the template asks for it by name. The same text written out may be another mark:
            // SmolLM2 begins every turn with `<|im_start|>`, which is also its BOS, and its tokenizer adds none.
            None => self.marked.render(conversation, GenerationPrompt::Add)?.starts_with(MARK),
        };
        Ok(if adds_bos { rest.to_owned() } else { text })
    }
}

fn read_config(file: &Path) -> Result<TokenizerConfig> {
    serde_json::from_str::<Value>(&read(file)?)
        .and_then(serde_json::from_value)
        .map_err(|error| wrong(file, &error.to_string()))
}

fn the_template(file: &Path, templates: Option<Templates>) -> Result<String> {
    let named = match templates {
        Some(Templates::One(text)) => return Ok(text),
        Some(Templates::Named(named)) => named,
        None => return Err(wrong(file, "it has no chat_template")),
    };
    let names: Vec<String> = named.iter().map(|template| template.name.clone()).collect();
    let default = named.into_iter().find(|template| template.name == "default");
    let none = || format!("it has several chat templates ({}) and none called \"default\"", names.join(", "));
    default.map(|template| template.template).ok_or_else(|| wrong(file, &none()))
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| wrong(file, &error.to_string()))
}

fn wrong(file: &Path, message: &str) -> Error {
    Error::Template { path: PathBuf::from(file), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use touchstone::generator::Thinking;

    use super::*;

    /// A folder with these files.
    fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn config(value: Value) -> (&'static str, String) {
        (CONFIG, value.to_string())
    }

    fn laid_out(path: &Path) -> String {
        Local::read(path).unwrap().lay_out(&Conversation::user("Hi")).unwrap()
    }

    const NAMED: &str = "{{ bos_token }}{{ messages[0].content }}{% if add_generation_prompt %}>{% endif %}";

    #[test]
    fn a_template_is_found_in_each_kind_of_place() {
        let jinja = (TEMPLATE, "J {{ messages[0].content }}{{ eos_token }}".to_owned());
        let both = folder(&[jinja, config(json!({"chat_template": "C", "eos_token": {"content": "</s>"}}))]);
        assert_eq!(laid_out(both.path()), "J Hi</s>");
        assert_eq!(laid_out(&both.path().join(TEMPLATE)), "J Hi");
        assert_eq!(laid_out(&both.path().join(CONFIG)), "C");
        let several = json!([{"name": "rag", "template": "R"}, {"name": "default", "template": "D"}]);
        assert_eq!(laid_out(folder(&[config(json!({"chat_template": several}))]).path()), "D");
        let alone = folder(&[("mine.jinja", NAMED.to_owned())]);
        assert_eq!(laid_out(&alone.path().join("mine.jinja")), "Hi>");
    }

    #[test]
    fn a_bos_that_the_server_adds_is_left_out_and_no_other_mark() {
        let written = "<s>{{ messages[0].content }}{{ bos_token }}";
        for (template, adds_bos, text) in [
            (NAMED, json!(null), "Hi>"),
            (NAMED, json!(true), "Hi>"),
            (NAMED, json!(false), "<s>Hi>"),
            (written, json!(null), "<s>Hi<s>"),
            (written, json!(true), "Hi<s>"),
            (written, json!(false), "<s>Hi<s>"),
        ] {
            let config = config(json!({"chat_template": template, "bos_token": "<s>", "add_bos_token": adds_bos}));
            assert_eq!(laid_out(folder(&[config]).path()), text, "{template} {adds_bos}");
        }
    }

    #[test]
    fn thinking_reaches_the_template() {
        let template = "{% if enable_thinking is defined %}{{ enable_thinking }}{% endif %}";
        let folder = folder(&[(TEMPLATE, template.to_owned())]);
        let local = Local::read(folder.path()).unwrap();
        let text = |thinking| local.lay_out(&Conversation::user("Hi").with_thinking(thinking)).unwrap();
        assert_eq!([Thinking::AsTemplate, Thinking::Off, Thinking::On].map(text), ["", "False", "True"]);
    }

    #[test]
    fn what_holds_no_template_is_named_with_the_reason() {
        let none = folder(&[config(json!({"bos_token": "<s>"}))]);
        let empty = folder(&[]);
        let damaged = folder(&[(TEMPLATE, "{% if".to_owned())]);
        let no_default = folder(&[config(json!({"chat_template": [{"name": "rag", "template": "R"}]}))]);
        for (folder, words) in [
            (&none, "no chat_template"),
            (&empty, "tokenizer_config.json"),
            (&damaged, "line 1"),
            (&no_default, "none called \"default\""),
        ] {
            let told = Local::read(folder.path()).err().unwrap().to_string();
            assert!(told.contains(words) && told.contains(folder.path().to_str().unwrap()), "{words}: {told}");
        }
    }
}
