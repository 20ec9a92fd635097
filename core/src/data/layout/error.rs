//! What may be wrong with a layout.

/// The files of a folder or repository do not make categories.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// No file holds data.
    #[error(
        "none of the {seen} files there holds data: name them {{category}}.parquet, .jsonl or .json (or \
         {{category}}_reward.json), at the top, in `data/`, or in a folder for each category"
    )]
    NoDataFiles {
        /// How many files were looked at.
        seen: usize,
    },

    /// The YAML block of a data set card is wrong.
    #[error(
        "the YAML block at the head of README.md could not be understood: {message}; `configs` is a list with \
         `config_name` and `data_files` (a path, a list of paths, or a list of `split` and `path`)"
    )]
    Card {
        /// What is wrong, and on which line.
        message: String,
    },

    /// A data set card names files that are not there.
    #[error(
        "README.md declares the data file {pattern:?}{}, but no such file is there: correct `data_files` in its YAML \
         block, or add the file", if folder.is_empty() { String::new() } else { format!(" in {folder:?}") }
    )]
    CardFile {
        /// The path or pattern as the card has it.
        pattern: String,
        /// The card's `data_dir`, empty if it has none.
        folder: String,
    },

    /// A data set card names a file of a format that is not read.
    #[error(
        "README.md declares the data file {file:?}, which is not in a format that is read: Parquet, JSON and JSONL are"
    )]
    CardFormat {
        /// The file.
        file: String,
    },

    /// A shard is missing from a split.
    #[error(
        "the category {category} is incomplete: there is {present}, but {missing} is missing; fetch all shards again"
    )]
    MissingShard {
        /// The category.
        category: String,
        /// The first missing shard, without its extension.
        missing: String,
        /// A shard that is there.
        present: String,
    },

    /// Two files claim to be the same category's, or the same shard.
    #[error("both {one} and {other} claim to hold the category {category}: keep one of them there")]
    Ambiguous {
        /// The category.
        category: String,
        /// One file.
        one: String,
        /// The other file.
        other: String,
    },
}
