//! Ids of requests.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::clock::since_1970;

/// The longest id of a client that is taken over.
const LONGEST: usize = 64;

/// An id that no other request of this process has, nor, as far as the clock goes, one of another process.
pub(crate) fn new() -> String {
    static STARTED: OnceLock<u128> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = STARTED.get_or_init(|| since_1970().as_nanos());
    let mut hash = Sha256::new();
    hash.update(started.to_le_bytes());
    hash.update(std::process::id().to_le_bytes());
    hash.update(NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The client's own id, where it has one that can be shown anywhere.
pub(crate) fn of_client(header: Option<&str>) -> Option<&str> {
    let plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    header.filter(|text| (1..=LONGEST).contains(&text.len())).filter(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_a_clients_own_is_taken_where_it_is_plain() {
        assert_ne!(new(), new());
        assert_eq!(new().len(), 24);
        assert_eq!(of_client(Some("rollout-7.b:2")), Some("rollout-7.b:2"));
        assert!(
            of_client(Some("a b")).is_none()
                && of_client(Some("")).is_none()
                && of_client(Some(&"x".repeat(65))).is_none()
        );
    }
}
