//! The key that clients send.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A key, as its hash: no message and no core dump holds the key itself.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// The key that this text is; none where it is empty.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Sha256::digest(text).into()))
    }

    /// Whether a request with this `Authorization` header has the key. The time that this takes tells nothing of the key, nor of
    /// its length: hashes are compared, and all of them.
    pub(crate) fn opens(&self, authorization: Option<&str>) -> bool {
        let scheme = authorization.and_then(|header| header.split_once(' '));
        let sent = scheme.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, key)| key.trim());
        let sent: [u8; 32] = Sha256::digest(sent).into();
        bool::from(sent.ct_eq(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_opens_and_nothing_else_does() {
        let key = Key::new(" secret\n").unwrap();
        assert!(key.opens(Some("Bearer secret")) && key.opens(Some("bearer  secret ")));
        for other in
            [None, Some("secret"), Some("Basic secret"), Some("Bearer secret2"), Some("Bearer "), Some("Bearer")]
        {
            assert!(!key.opens(other), "{other:?}");
        }
        assert!(Key::new(" ").is_none());
    }
}
