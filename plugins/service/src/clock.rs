//! The time of day.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long ago 1970 began; nothing where the clock says that it is to come.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
