//! What a file's path alone tells: whether it holds data, in which format, and of which split it is which shard.

/// The readable formats by the ends of their names. Where one category lies there in several, the first is read.
const EXTENSIONS: [&str; 9] =
    ["parquet", "pq", "jsonl", "ndjson", "json", "jsonl.zst", "json.zst", "jsonl.gz", "json.gz"];

/// JSON files that data sets, and reward sets that were made here, keep beside their data.
const NOT_DATA: [&str; 7] = [
    "dataset_infos.json",
    "dataset_info.json",
    "dataset_dict.json",
    "state.json",
    "config.json",
    "package.json",
    "provenance.json",
];

/// Place and count of a file `law-00000-of-00002.parquet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    pub index: u32,
    pub count: u32,
}

/// A data file, read by its path.
#[derive(Clone, Debug)]
pub(super) struct DataFile<'a> {
    /// The path as it was given.
    pub path: &'a str,
    /// The folders before the name.
    pub folders: Vec<&'a str>,
    /// The name without extension, shard numbers and fingerprint.
    pub stem: &'a str,
    /// Which shard of how many, where the name says so.
    pub shard: Option<Shard>,
    /// Its format's place in the order of preference.
    pub preference: usize,
}

impl<'a> DataFile<'a> {
    /// Reads a path relative to the place where the layout is looked for; nothing where the file holds no data: hidden
    /// files and folders, readmes, licences, metadata and files of other formats.
    pub fn read(path: &'a str) -> Option<Self> {
        let mut folders: Vec<&str> = path.split('/').collect();
        let name = folders.pop()?;
        if name.starts_with('.') || folders.iter().any(|folder| folder.starts_with('.') || folder.is_empty()) {
            return None;
        }
        let lower = name.to_ascii_lowercase();
        if NOT_DATA.contains(&lower.as_str())
            || ["readme", "license", "licence"].iter().any(|word| lower.strip_prefix(word).is_some_and(is_suffix))
        {
            return None;
        }
        let (stem, preference) = EXTENSIONS.iter().enumerate().find_map(|(place, extension)| {
            let bare = lower.strip_suffix(extension)?.strip_suffix('.')?;
            // Lower-casing ASCII keeps every byte's place.
            (!bare.is_empty()).then_some((&name[..bare.len()], place))
        })?;
        let (stem, shard) = match split_shard(stem) {
            Some((split, shard)) => (split, Some(shard)),
            None => (stem, None),
        };
        // What generative verifiers wrote, beside the rewards that they came to.
        if stem.ends_with("_rationales") {
            return None;
        }
        Some(Self { path, folders, stem, shard, preference })
    }

    /// Whether the name is one that only tools give: a shard, or a number in a folder (`law/0000.parquet`).
    pub fn is_numbered(&self) -> bool {
        self.shard.is_some() || (!self.folders.is_empty() && self.number().is_some())
    }

    /// What the file is sorted by among those of its category: shards and numbers count, other names go by alphabet.
    pub fn order(&self) -> (u64, &'a str) {
        let number = self.shard.map(|shard| u64::from(shard.index)).or_else(|| self.number());
        (number.unwrap_or(u64::MAX), self.path)
    }

    fn number(&self) -> Option<u64> {
        if self.stem.bytes().all(|byte| byte.is_ascii_digit()) { self.stem.parse().ok() } else { None }
    }
}

/// What may follow a word so that the name is still that of a readme or licence and not of a category (`licensed_acts`).
fn is_suffix(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '-', '_'])
}

/// Takes `-00000-of-00002` off a name, with the fingerprint that the hub's library appends to older uploads.
fn split_shard(stem: &str) -> Option<(&str, Shard)> {
    let parts: Vec<&str> = stem.rsplitn(5, '-').collect();
    let is_number = |text: &str| text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_fingerprint = |text: &str| text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let numbers = match parts.as_slice() {
        [count, "of", index, ..] if is_number(count) && is_number(index) => [*index, "of", *count].join("-"),
        [fingerprint, count, "of", index, ..]
            if is_fingerprint(fingerprint) && is_number(count) && is_number(index) =>
        {
            [*index, "of", *count, *fingerprint].join("-")
        }
        _ => return None,
    };
    let split = stem.strip_suffix(&numbers)?.strip_suffix('-')?;
    let mut fields = numbers.split('-');
    let index = fields.next()?.parse().ok()?;
    let count = fields.nth(1)?.parse().ok()?;
    (!split.is_empty()).then_some((split, Shard { index, count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(path: &str) -> Option<(String, u32, u32)> {
        let file = DataFile::read(path)?;
        file.shard.map(|shard| (file.stem.to_owned(), shard.index, shard.count))
    }

    #[test]
    fn rationales_are_no_data() {
        for path in ["law_rationales.jsonl", "rewards/law_rationales-00000-of-00002.jsonl"] {
            assert!(DataFile::read(path).is_none(), "{path}");
        }
        assert!(DataFile::read("rationales.jsonl").is_some());
    }

    #[test]
    fn shards_are_read_with_and_without_fingerprint() {
        assert_eq!(shard("data/law-00001-of-00002.parquet"), Some(("law".into(), 1, 2)));
        assert_eq!(shard("GPQA-diamond-00000-of-00001.jsonl.gz"), Some(("GPQA-diamond".into(), 0, 1)));
        assert_eq!(shard("train-00000-of-00001-a09b74b3ef9c3b56.parquet"), Some(("train".into(), 0, 1)));
        assert_eq!(shard("rule-of-law.json"), None);
        assert_eq!(shard("-00000-of-00001.parquet"), None);
    }

    #[test]
    fn what_lies_beside_data_is_no_data() {
        for path in [
            ".gitattributes",
            ".cache/law.json",
            "README.md",
            "readme.json",
            "LICENSE.json",
            "LICENCE-data.json",
            "dataset_infos.json",
            "law/state.json",
            "law.json.metadata",
            "law.csv",
            ".json",
            "law/",
        ] {
            assert!(DataFile::read(path).is_none(), "{path}");
        }
        for path in ["licensed_acts.json", "law.PARQUET", "a/b/law.jsonl.zst"] {
            assert!(DataFile::read(path).is_some(), "{path}");
        }
    }
}
