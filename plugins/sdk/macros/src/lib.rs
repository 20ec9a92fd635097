//! The attribute [`settings`] of `touchstone-sdk`, which explains and exports it. A crate of its own since an
//! attribute must be.
//!
//! ```text
//! #[touchstone_sdk::settings] struct Trimmed { … } ──▶ the same struct, read from recipes, described, cloned and shown
//! ```

use proc_macro::TokenStream;

/// Makes a struct, or an enum within one, the settings of a plugin: it can be read from a recipe, described, cloned and
/// shown.
///
/// Stands for the derives `Clone`, `Debug`, `Serialize`, `Deserialize` and `JsonSchema`, with unknown fields refused, and
/// with the paths by which they are found through `touchstone_sdk`. Attributes of serde on fields (`#[serde(default)]`) work as
/// always; doc comments are what `touchstone plugins describe` shows.
#[proc_macro_attribute]
pub fn settings(arguments: TokenStream, item: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return error("`settings` takes no arguments");
    }
    let derives = "
        #[derive(
            ::core::clone::Clone,
            ::core::fmt::Debug,
            ::touchstone_sdk::serde::Serialize,
            ::touchstone_sdk::serde::Deserialize,
            ::touchstone_sdk::schemars::JsonSchema,
        )]
        #[serde(crate = \"::touchstone_sdk::serde\", deny_unknown_fields)]
        #[schemars(crate = \"::touchstone_sdk::schemars\")]
    ";
    match derives.parse::<TokenStream>() {
        Ok(mut tokens) => {
            tokens.extend(item);
            tokens
        }
        Err(failure) => error(&failure.to_string()),
    }
}

/// Code that does not compile, for this reason.
fn error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});").parse().unwrap_or_default()
}
