//! Where the hub is, where its cache lies and how patient to be: read from the environment as the Python client
//! (`huggingface_hub`) reads it, so that one set of variables and one cache serve both.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

const PUBLIC_ENDPOINT: &str = "https://huggingface.co";

/// How to reach the hub and its cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HubSettings {
    /// The hub's address, with or without a path (`HF_ENDPOINT`).
    pub endpoint: String,
    /// The folder of the cache that is shared with the Python client (`HF_HUB_CACHE`, else `hub` in `HF_HOME`).
    pub cache: PathBuf,
    /// The access token (`HF_TOKEN`, else the file that `HF_TOKEN_PATH` names, else `token` in `HF_HOME`).
    pub token: Option<Token>,
    /// Whether the network may be used (`HF_HUB_OFFLINE`, `TRANSFORMERS_OFFLINE`, `HF_DATASETS_OFFLINE`).
    pub network: Network,
    /// How long to wait and how often to try again.
    pub patience: Patience,
}

/// Whether the network may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It may.
    Online,
    /// Not one call: everything comes from the cache.
    Offline,
}

/// How long to wait for the hub and how often to try again. Connection failures, 429 and 5xx are tried again; what would
/// fail again in the same way (400, 401, 403, 404) is not.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is tried in all.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each further one.
    pub first_wait: Duration,
    /// The longest wait, also where the server asks for a longer one.
    pub longest_wait: Duration,
    /// How long a connection may stay silent (`HF_HUB_DOWNLOAD_TIMEOUT`, in seconds).
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            silence: Duration::from_secs(30),
        }
    }
}

/// An access token; its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token in `text`, line ends and white space around it aside; nothing if there is none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.replace(['\r', '\n'], "");
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl HubSettings {
    /// The settings for the hub at `endpoint` with the cache in `cache`: online and without a token.
    pub fn new(endpoint: impl Into<String>, cache: impl Into<PathBuf>) -> Self {
        Self {
            endpoint: endpoint.into(),
            cache: cache.into(),
            token: None,
            network: Network::Online,
            patience: Patience::default(),
        }
    }

    /// Reads the settings from environment variables, which `variable` looks up
    /// (`|name| std::env::var(name).ok()` for those of the process). An empty variable counts as absent.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let folder = |name: &str| set(name).map(|text| PathBuf::from(expand(&text, &set)));
        let is_true =
            |value: Option<String>| value.is_some_and(|v| ["1", "ON", "YES", "TRUE"].contains(&&*v.to_uppercase()));

        let home = folder("HF_HOME").unwrap_or_else(|| {
            let caches = set("XDG_CACHE_HOME").map(PathBuf::from);
            caches.unwrap_or_else(|| PathBuf::from(expand("~/.cache", &set))).join("huggingface")
        });
        let cache =
            folder("HF_HUB_CACHE").or_else(|| folder("HUGGINGFACE_HUB_CACHE")).unwrap_or_else(|| home.join("hub"));
        let token = if is_true(set("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            None
        } else {
            ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
                .iter()
                .find_map(|name| set(name).and_then(|text| Token::new(&text)))
                .or_else(|| {
                    // A token file that is not there or not readable means: no token. The hub says if it wants one.
                    let file = folder("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
                    std::fs::read_to_string(file).ok().and_then(|text| Token::new(&text))
                })
        };
        // A variable of the `datasets` library; it can only forbid, since the client below it stays offline regardless.
        let offline = is_true(set("HF_HUB_OFFLINE").or_else(|| set("TRANSFORMERS_OFFLINE")))
            || is_true(set("HF_DATASETS_OFFLINE"));
        let mut patience = Patience::default();
        if let Some(seconds) = set("HF_HUB_DOWNLOAD_TIMEOUT").and_then(|text| text.trim().parse().ok())
            && seconds > 0
        {
            patience.silence = Duration::from_secs(seconds);
        }
        Self {
            endpoint: set("HF_ENDPOINT").unwrap_or_else(|| PUBLIC_ENDPOINT.to_owned()),
            cache,
            token,
            network: if offline { Network::Offline } else { Network::Online },
            patience,
        }
    }
}

/// Replaces `~`, `$NAME` and `${NAME}` as Python's `expanduser` and `expandvars` do: an unknown name stays as it is.
fn expand(text: &str, variable: &impl Fn(&str) -> Option<String>) -> String {
    let home = || variable("HOME").or_else(|| variable("USERPROFILE"));
    let (mut expanded, mut rest) = match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            (home().unwrap_or_else(|| "~".to_owned()), rest)
        }
        _ => (String::new(), text),
    };
    while let Some(start) = rest.find('$') {
        expanded.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, length) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        match variable(name) {
            Some(value) => expanded.push_str(&value),
            None => expanded.push_str(&rest[start..start + 1 + length]),
        }
        rest = &after[length..];
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> HubSettings {
        HubSettings::from_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn is_offline(variables: &[(&str, &str)]) -> bool {
        settings(variables).network == Network::Offline
    }

    #[test]
    fn an_empty_environment_means_the_public_hub_and_the_home_folders_cache() {
        let settings = settings(&[("HOME", "/home/ada"), ("HF_ENDPOINT", ""), ("HF_HOME", "")]);
        assert_eq!(settings.endpoint, "https://huggingface.co");
        assert_eq!(settings.cache, PathBuf::from("/home/ada/.cache/huggingface/hub"));
        assert_eq!(settings.network, Network::Online);
        assert!(settings.token.is_none());
    }

    #[test]
    fn the_nearest_variable_names_the_cache() {
        let cache = |variables: &[(&str, &str)]| settings(variables).cache;
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), PathBuf::from("/x/huggingface/hub"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/hf")]), PathBuf::from("/hf/hub"));
        assert_eq!(cache(&[("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HOME", "/hf")]), PathBuf::from("/old"));
        assert_eq!(cache(&[("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")]), PathBuf::from("/new"));
    }

    #[test]
    fn paths_may_use_the_home_folder_and_variables() {
        let cache = |path: &str| settings(&[("HF_HUB_CACHE", path), ("HOME", "/h"), ("A_1", "x")]).cache;
        assert_eq!(cache("~/c"), PathBuf::from("/h/c"));
        assert_eq!(cache("/$A_1/${A_1}y/$NO/${NO"), PathBuf::from("/x/xy/$NO/${NO"));
        assert_eq!(cache("/a~/b$"), PathBuf::from("/a~/b$"));
    }

    #[test]
    fn offline_is_1_true_yes_or_on_in_any_case() {
        for value in ["1", "true", "True", "YES", "on"] {
            for name in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"] {
                assert!(is_offline(&[(name, value)]), "{name}={value}");
            }
        }
        for value in ["0", "false", "no", "", "2", "offline"] {
            assert!(!is_offline(&[("HF_HUB_OFFLINE", value)]), "{value}");
        }
    }

    #[test]
    fn the_hubs_own_variable_wins_over_that_of_transformers() {
        assert!(!is_offline(&[("HF_HUB_OFFLINE", "0"), ("TRANSFORMERS_OFFLINE", "1")]));
        assert!(is_offline(&[("HF_HUB_OFFLINE", ""), ("TRANSFORMERS_OFFLINE", "1")]));
    }

    #[test]
    fn the_token_comes_from_the_variable_then_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        std::fs::write(folder.path().join("token"), " hf_file\n").unwrap();
        std::fs::write(folder.path().join("other"), "hf_other").unwrap();
        let other = folder.path().join("other");
        let secret = |variables: &[(&str, &str)]| settings(variables).token.map(|token| token.secret().to_owned());
        assert_eq!(secret(&[("HF_HOME", home)]).as_deref(), Some("hf_file"));
        assert_eq!(secret(&[("HF_HOME", home), ("HF_TOKEN", " hf_env\r\n")]).as_deref(), Some("hf_env"));
        assert_eq!(secret(&[("HF_HOME", home), ("HF_TOKEN", " ")]).as_deref(), Some("hf_file"));
        assert_eq!(secret(&[("HF_HOME", home), ("HUGGING_FACE_HUB_TOKEN", "hf_old")]).as_deref(), Some("hf_old"));
        assert_eq!(secret(&[("HF_TOKEN_PATH", other.to_str().unwrap())]).as_deref(), Some("hf_other"));
        assert_eq!(secret(&[("HF_HOME", home), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"), ("HF_TOKEN", "hf_env")]), None);
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", settings(&[("HF_TOKEN", "hf_secret")]));
        assert!(shown.contains("Token(…)") && !shown.contains("hf_secret"), "{shown}");
    }

    #[test]
    fn the_silence_that_is_borne_is_the_python_clients() {
        assert_eq!(settings(&[("HF_HUB_DOWNLOAD_TIMEOUT", "7")]).patience.silence, Duration::from_secs(7));
        for value in ["0", "soon", ""] {
            assert_eq!(settings(&[("HF_HUB_DOWNLOAD_TIMEOUT", value)]).patience.silence, Patience::default().silence);
        }
    }
}
