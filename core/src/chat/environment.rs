//! What templates find around them: Jinja as `transformers` sets it up.

use std::sync::Arc;

use jiff::Zoned;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

use super::json;

/// What time it is, for templates that write the date.
pub type Clock = Arc<dyn Fn() -> Zoned + Send + Sync>;

/// The time of this machine, in its time zone.
pub(super) fn now() -> Zoned {
    Zoned::now()
}

/// Marks the error of a template that refuses its messages.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refusal(String);

/// What the template said, if it refused its messages.
pub(super) fn refusal(error: &Error) -> Option<String> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(Refusal(message)) = inner.downcast_ref() {
            return Some(message.clone());
        }
        source = inner.source();
    }
    None
}

pub(super) fn new(clock: Clock) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // Prompts are no web pages, whatever the template's file is called.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_formatter(|out, state, value| match python_name(value) {
        Some(name) => Ok(out.write_str(name)?),
        None => minijinja::escape_formatter(out, state, value),
    });
    environment.add_filter("tojson", json::to_json);
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, "raise_exception").with_source(Refusal(message)))
    });
    set_clock(&mut environment, clock);
    Ok(environment)
}

pub(super) fn set_clock(environment: &mut Environment<'static>, clock: Clock) {
    environment.add_function("strftime_now", move |format: String| {
        jiff::fmt::strtime::format(&format, &clock())
            .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("strftime_now({format:?}): {error}")))
    });
}

/// What Python prints for its constants; Jinja in Rust prints them in small letters.
fn python_name(value: &Value) -> Option<&'static str> {
    if value.is_none() {
        return Some("None");
    }
    match (value.kind(), value.is_true()) {
        (minijinja::value::ValueKind::Bool, true) => Some("True"),
        (minijinja::value::ValueKind::Bool, false) => Some("False"),
        _ => None,
    }
}
