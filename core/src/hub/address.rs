//! Web addresses: the endpoint's parts, percent-encoding, and where the token may go.

use ureq::http::Uri;

/// Scheme, host and port: the token goes only to the endpoint's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` address.
    pub fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let default = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        Some(Self { scheme, host, port: uri.port_u16().unwrap_or(default) })
    }

    /// Whether it is this very machine, which no proxy can reach for us.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    }
}

/// An address fit for messages: without user name, password, query and fragment.
pub(super) fn shown(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    match bare.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => bare.rsplit('@').next().unwrap_or_default().to_owned(),
    }
}

/// Encodes one part of a path; slashes are encoded too, as the hub wants it of `refs/pr/1`.
pub(super) fn encode_part(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Encodes a path part by part, so that its slashes stay.
pub(super) fn encode_path(path: &str) -> String {
    path.split('/').map(encode_part).collect::<Vec<_>>().join("/")
}

/// Where a redirect leads: `location` may be a whole address, or relative to the host or the folder of `from`.
pub(super) fn redirect(from: &str, location: &str) -> Option<String> {
    if Origin::of(location).is_some() {
        return Some(location.to_owned());
    }
    let (scheme, rest) = from.split_once("://")?;
    let target = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.contains("://") {
        return None;
    } else {
        let path_start = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(path_start);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let folder = path.rfind('/').map_or("", |end| &path[..end]);
        let location = if location.starts_with('/') { location.to_owned() } else { format!("{folder}/{location}") };
        format!("{scheme}://{authority}{location}")
    };
    Origin::of(&target).map(|_| target)
}

/// Whether a name with slashes stays within the folder that it is put into, on any system.
pub(super) fn stays_inside(path: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c == '\\' || (cfg!(windows) && c == ':');
    !path.chars().any(is_odd) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(Origin::of("https://Hub.example/a"), Origin::of("https://hub.example:443/b?c"));
        assert_ne!(Origin::of("https://hub.example/"), Origin::of("http://hub.example/"));
        assert_ne!(Origin::of("https://hub.example/"), Origin::of("https://hub.example.evil/"));
        for text in ["hub.example", "ftp://hub.example", "", "https://", "/a"] {
            assert_eq!(Origin::of(text), None, "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, loopback) in [
            ("http://127.0.0.1:8", true),
            ("http://[::1]:8", true),
            ("http://localhost", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(Origin::of(url).unwrap().is_loopback(), loopback, "{url}");
        }
    }

    #[test]
    fn shown_addresses_hold_no_secret() {
        assert_eq!(shown("https://user:pw@host:1/a/b?X-Signature=secret#x"), "https://host:1/a/b");
        assert_eq!(shown("user:pw@host"), "host");
    }

    #[test]
    fn redirects_are_resolved_against_where_they_come_from() {
        let from = "https://hub.example/prefix/a/b?c=d";
        for (location, wanted) in [
            ("https://cdn.example/x", Some("https://cdn.example/x")),
            ("//cdn.example/x", Some("https://cdn.example/x")),
            ("/x?y", Some("https://hub.example/x?y")),
            ("x", Some("https://hub.example/prefix/a/x")),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(redirect(from, location).as_deref(), wanted, "{location}");
        }
    }

    #[test]
    fn names_that_leave_their_folder_are_seen() {
        for path in ["a", "a/b c.json", "..a/b..", "ü/ä"] {
            assert!(stays_inside(path), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\..\\b", "a\0", "a\nb"] {
            assert!(!stays_inside(path), "{path:?}");
        }
    }

    #[test]
    fn paths_and_revisions_are_percent_encoded() {
        assert_eq!(encode_part("refs/convert/parquet"), "refs%2Fconvert%2Fparquet");
        assert_eq!(encode_path("a b/ü#?%.json"), "a%20b/%C3%BC%23%3F%25.json");
    }
}
