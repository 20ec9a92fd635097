//! The server's address, and what must not appear in messages.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::http::Uri;

use crate::error::{Error, Result};

/// How much of a server's message is shown, in characters.
const LONGEST_MESSAGE: usize = 300;
const HIDDEN: &str = "[hidden]";

/// Where requests go.
#[derive(Clone)]
pub(crate) struct Address {
    /// The whole address, with user name and password where it has them.
    pub url: String,
    /// The same for messages.
    pub shown: String,
    /// Whether it is this very machine, which no proxy can reach for us.
    pub is_loopback: bool,
    /// The part of it with user name and password.
    user: Option<String>,
}

impl Address {
    /// The address of `path` below `base`.
    ///
    /// # Errors
    /// [`Error::Url`].
    pub fn below(base: &str, path: &str) -> Result<Self> {
        let wrong = || Error::Url { url: shown(base) };
        let base = base.trim().trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|_| wrong())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(wrong)?;
        if !matches!(scheme, "http" | "https") || base.contains(['?', '#']) {
            return Err(wrong());
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback =
            bare == "localhost" || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        let (user, place) = match authority.as_str().rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, authority.as_str()),
        };
        let folder = uri.path().trim_end_matches('/');
        let shown = format!("{scheme}://{place}{folder}/{path}");
        Ok(Self { url: format!("{base}/{path}"), shown, is_loopback, user })
    }
}

/// What may be an address, fit for messages: without user name, password, query and fragment.
pub(crate) fn shown(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = bare.split_once("://").map_or(("", bare), |(scheme, rest)| (scheme, rest));
    // A password may hold a slash that should have been encoded: all up to the last at sign goes.
    let rest = rest.rsplit('@').next().unwrap_or_default();
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

/// What is sent to the server and shown to nobody: the API key, and the password of the address.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    key: Option<String>,
    hidden: Vec<String>,
}

impl Secrets {
    /// The key in the environment variable, which `variable` looks up, and what the address holds.
    ///
    /// # Errors
    /// [`Error::Key`] for a key that cannot stand in a header.
    pub fn new(name: &str, variable: impl Fn(&str) -> Option<String>, address: &Address) -> Result<Self> {
        let set = if name.is_empty() { None } else { variable(name) };
        let key = set.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if key.as_ref().is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Error::Key { variable: name.to_owned() });
        }
        let mut hidden: Vec<String> = key.iter().cloned().collect();
        if let Some(user) = &address.user {
            let (name, password) = user.rsplit_once(':').unwrap_or((user, ""));
            // Together, as they stand in the address and in the header that they are sent in; and what of them is secret. A
            // name without a password is a key.
            let secret = if password.is_empty() { name } else { password };
            hidden.extend([user.clone(), STANDARD.encode(format!("{name}:{password}")), secret.to_owned()]);
        }
        hidden.retain(|secret| !secret.is_empty());
        // The longest first: a secret that is part of another would otherwise leave the other's rest.
        hidden.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Ok(Self { key, hidden })
    }

    /// The value of the header that says who asks.
    pub fn authorization(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("Bearer {key}"))
    }

    /// A server's message fit to be shown: without secrets, on one line, and not too long.
    pub fn message(&self, text: &str) -> String {
        let safe = self.hide(text);
        let line = safe.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut characters = line.chars();
        let part: String = characters.by_ref().take(LONGEST_MESSAGE).collect();
        if characters.next().is_some() { part + "…" } else { part }
    }

    /// The text without secrets.
    fn hide(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(key: Option<&str>, url: &str) -> Result<Secrets> {
        let address = Address::below(url, "completions")?;
        Secrets::new("KEY", |name| key.filter(|_| name == "KEY").map(str::to_owned), &address)
    }

    #[test]
    fn an_address_lies_below_its_base_and_is_shown_without_password() {
        for base in ["http://ada:se/cret@127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/"] {
            assert_eq!(shown(base).trim_end_matches('/'), "http://127.0.0.1:8000/v1");
        }
        let address = Address::below(" http://ada:secret@127.0.0.1:8000/v1/ ", "completions").unwrap();
        assert_eq!(address.url, "http://ada:secret@127.0.0.1:8000/v1/completions");
        assert_eq!(address.shown, "http://127.0.0.1:8000/v1/completions");
        assert!(address.is_loopback);
        let odd = Address::below("http://ada:secret@host/v1@old", "x").unwrap();
        assert_eq!(odd.shown, "http://host/v1@old/x");
        assert!(Address::below("http://[::1]:1/v1", "x").unwrap().is_loopback);
        assert!(!Address::below("https://models.example/v1", "x").unwrap().is_loopback);
    }

    #[test]
    fn what_is_no_web_address_is_refused_without_its_password() {
        for url in ["", "127.0.0.1:8000/v1", "ftp://host/v1", "/v1", "http://", "http://host/v1?key=secret"] {
            let Err(error) = Address::below(url, "completions") else { panic!("{url}") };
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let Err(error) = Address::below("ftp://ada:secret@host/v1", "completions") else { panic!("accepted") };
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn a_message_holds_no_secret_whatever_its_form_and_is_cut() {
        let secrets = secrets(Some("sk-123"), "http://ada:pass@host/v1").unwrap();
        let told = secrets.message("Bearer sk-123, Basic YWRhOnBhc3M=, ada:pass, pass\nagain");
        assert_eq!(told, "Bearer [hidden], Basic [hidden], [hidden], [hidden] again");
        assert_eq!(format!("{secrets:?}"), "Secrets(…)");
        let name_only = self::secrets(None, "http://sk-9@host/v1@old").unwrap();
        assert_eq!(name_only.message("sk-9 c2stOTo= host/v1"), "[hidden] [hidden] host/v1");
        // Cut after hiding: the end of what is shown may not be the first half of a key.
        let told = secrets.message(&format!("{}sk-123", "x".repeat(297)));
        assert_eq!(told, format!("{}[hi…", "x".repeat(297)));
        assert_eq!(secrets.message(&"é".repeat(400)).chars().count(), 301);
    }

    #[test]
    fn a_key_is_trimmed_and_one_that_no_header_can_hold_is_refused_unshown() {
        let authorization = |key| secrets(key, "http://host").unwrap().authorization();
        assert_eq!(authorization(Some(" sk-1\n")).as_deref(), Some("Bearer sk-1"));
        assert_eq!(authorization(Some("")), None);
        assert_eq!(authorization(None), None);
        let told = secrets(Some("sk 1\u{e9}"), "http://host").unwrap_err().to_string();
        assert!(told.contains("KEY") && !told.contains("sk 1"), "{told}");
    }
}
