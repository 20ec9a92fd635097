//! What a file's name says of its format.

use std::path::Path;

use super::error::DataError;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Parquet,
    /// An array of objects.
    Json,
    /// An object a line.
    JsonLines,
}

/// How the whole file is compressed. (Parquet compresses its own pages.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub encoding: Encoding,
    pub compression: Compression,
}

const FORMATS: [(&str, Encoding, Compression); 9] = [
    (".parquet", Encoding::Parquet, Compression::None),
    (".json", Encoding::Json, Compression::None),
    (".json.gz", Encoding::Json, Compression::Gzip),
    (".json.zst", Encoding::Json, Compression::Zstd),
    (".jsonl", Encoding::JsonLines, Compression::None),
    (".jsonl.gz", Encoding::JsonLines, Compression::Gzip),
    (".jsonl.zst", Encoding::JsonLines, Compression::Zstd),
    (".ndjson", Encoding::JsonLines, Compression::None),
    (".pq", Encoding::Parquet, Compression::None),
];

impl Format {
    /// The format of the file `path` by its name.
    pub fn of(path: &Path) -> Result<Self, DataError> {
        split(path).map(|(_, format)| format).ok_or_else(|| DataError::UnknownFormat { path: path.to_owned() })
    }
}

/// The name of the file `path` without what tells its format, and the format.
pub fn split(path: &Path) -> Option<(&str, Format)> {
    let name = path.file_name()?.to_str()?;
    FORMATS.iter().find_map(|&(extension, encoding, compression)| {
        let start = name.len().checked_sub(extension.len())?;
        let stem = name.get(..start).filter(|stem| !stem.is_empty())?;
        name[start..].eq_ignore_ascii_case(extension).then_some((stem, Format { encoding, compression }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_encoding_and_compression_in_any_case() {
        fn format(name: &str) -> Option<(&str, Encoding, Compression)> {
            split(Path::new(name)).map(|(stem, format)| (stem, format.encoding, format.compression))
        }
        assert_eq!(format("a/law.parquet"), Some(("law", Encoding::Parquet, Compression::None)));
        assert_eq!(format("v1.2.JSONL.GZ"), Some(("v1.2", Encoding::JsonLines, Compression::Gzip)));
        assert_eq!(format("law.json.zst"), Some(("law", Encoding::Json, Compression::Zstd)));
        for name in ["law.csv", "law", ".json", "law.gz", "é", "📜.txt"] {
            assert_eq!(format(name), None, "{name}");
        }
    }
}
