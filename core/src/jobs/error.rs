//! What may keep a job from its end.

use std::path::PathBuf;

use super::Difference;
use crate::{Category, CotId, QuestionId};

/// What a job makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Rewards, by a scoring job.
    Rewards,
    /// CoTs, by a sampling job.
    Cots,
    /// Critiques, by a critiquing job.
    Critiques,
}

/// A job cannot begin, go on, or end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The job was asked to stop.
    #[error(
        "stopped on request: {} are kept in {}, and the same command goes on from there", product.of(*kept), folder.display()
    )]
    Stopped {
        /// What it made.
        product: Product,
        /// Where finished files and journals are.
        folder: PathBuf,
        /// How many need not be made again.
        kept: usize,
    },

    /// A journal was begun by a job that would give other results.
    #[error(
        "the journal {} is of another job:{}\nGo on with what it was begun with, name another folder, or remove the journal to \
         begin anew",
        path.display(), list(differences)
    )]
    OtherJob {
        /// The journal.
        path: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },

    /// A folder holds files of a job that would write others.
    #[error("the {} in {} {}", product.name(), folder.display(), product.refusal(differences))]
    MadeOtherwise {
        /// What the job makes.
        product: Product,
        /// The folder.
        folder: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },

    /// A folder holds files, and nothing says what they were made from.
    #[error(
        "the folder {} holds files and no provenance.json that says what they were made from: name another folder",
        folder.display()
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },

    /// Another process is at the same work.
    #[error("another process is at work on {}: let it end, or give each process a --shard or an --out of its own", path.display())]
    Busy {
        /// The journal that it holds.
        path: PathBuf,
    },

    /// Bytes in the middle of a journal are no record.
    #[error(
        "the journal {} is damaged at byte {offset}, though whole records follow: a kill does not do this, so check the disk; \
         remove the journal to do its work again", path.display()
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Where the damaged bytes begin.
        offset: u64,
    },

    /// A record is whole but not of this program's.
    #[error(
        "the record at byte {offset} of the journal {} is not understood: {message}; it was written by another version, or is \
         the journal of another kind of job", path.display()
    )]
    Unreadable {
        /// The journal.
        path: PathBuf,
        /// Where the record begins.
        offset: u64,
        /// What is wrong with it.
        message: String,
    },

    /// A generator came to its end without a completion.
    #[error(
        "the generator gave no completion for sample {sample} (from 0) of question {question}: report this to its author"
    )]
    NoCompletion {
        /// The question.
        question: QuestionId,
        /// The sample's number.
        sample: usize,
    },

    /// A generator gave a completion of a prompt that it was not given.
    #[error(
        "the generator gave a completion for sample {sample} of prompt {prompt} (both from 0), and was asked for {samples} samples \
         of {prompts} prompts: report this to its author"
    )]
    NotAsked {
        /// The prompt's place in the call.
        prompt: usize,
        /// The sample's number.
        sample: usize,
        /// How many prompts there were.
        prompts: usize,
        /// How many samples were asked for of each.
        samples: usize,
    },

    /// A shard is not of its form.
    #[error("{text:?} is no shard: write INDEX/COUNT, counted from 0, as in 0/4 to 3/4")]
    Shard {
        /// What was written.
        text: String,
    },

    /// A folder that is to be merged was not written by a sharded job.
    #[error("{} holds no shards: merge folders that `touchstone score --shard` or `touchstone sample --shard` wrote", folder.display())]
    NoShards {
        /// The folder.
        folder: PathBuf,
    },

    /// Shards and what they are merged to would lie in one folder.
    #[error("the shards lie in {}: merge them into another folder", folder.display())]
    SameFolder {
        /// The folder.
        folder: PathBuf,
    },

    /// The file of a shard is in none of the folders.
    #[error("the shard {file} of the category {category} is missing: make it, or name the folder that it is in")]
    MissingShard {
        /// The category.
        category: Category,
        /// The file's name.
        file: String,
    },

    /// The file of a shard is in two folders.
    #[error("a shard of the category {category} comes twice: {} and {}", first.display(), second.display())]
    ShardTwice {
        /// The category.
        category: Category,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },

    /// A shard lacks a question.
    #[error("the category {category}: question {question} of the data is missing from {}", file.display())]
    MissingQuestion {
        /// The category.
        category: Category,
        /// The question.
        question: QuestionId,
        /// The shard that should have it.
        file: PathBuf,
    },

    /// A shard has a question that is not its own.
    #[error("the category {category}: question {question} in {} is not that shard's, by the data", file.display())]
    ForeignQuestion {
        /// The category.
        category: Category,
        /// The question.
        question: QuestionId,
        /// The shard that has it.
        file: PathBuf,
    },

    /// Two shards have one question.
    #[error(
        "the category {category}: question {question} comes twice: in {} and in {}", first.display(), second.display()
    )]
    QuestionTwice {
        /// The category.
        category: Category,
        /// The question.
        question: QuestionId,
        /// The shard whose it is.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },

    /// A shard has other CoTs of a question than it should.
    #[error(
        "the category {category}: {} gives question {question} the CoTs {}, and they should be {}",
        file.display(), ids(found), ids(expected)
    )]
    OtherCots {
        /// The category.
        category: Category,
        /// The question.
        question: QuestionId,
        /// The shard.
        file: PathBuf,
        /// The CoTs in the shard.
        found: Vec<CotId>,
        /// The CoTs that it should have.
        expected: Vec<CotId>,
    },
}

impl Product {
    fn name(self) -> &'static str {
        match self {
            Self::Rewards => "rewards",
            Self::Cots => "CoTs",
            Self::Critiques => "critiques",
        }
    }

    /// So much of it.
    fn of(self, count: usize) -> String {
        match self {
            Self::Rewards => format!("the rewards of {count} CoTs"),
            Self::Cots => format!("{count} CoTs"),
            Self::Critiques => format!("{count} critiques"),
        }
    }

    /// Why what is there is not taken for the job's own, and what to do.
    fn refusal(self, differences: &[Difference]) -> String {
        let differences = list(differences);
        match self {
            Self::Rewards => format!(
                "were made by another verifier or from other data:{differences}\nRemove the folder to score again, or give another \
                 folder (in a recipe: the method another name) to keep them"
            ),
            Self::Cots => format!(
                "were made with other settings or from other data:{differences}\nRemove the folder to sample again, or give another \
                 folder to keep them"
            ),
            Self::Critiques => format!(
                "were made with other settings or from other data:{differences}\nRemove the folder to have them written again, or \
                 give another folder to keep them"
            ),
        }
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("\n  {difference}")).collect()
}

fn ids(cots: &[CotId]) -> String {
    cots.iter().map(CotId::to_string).collect::<Vec<_>>().join(", ")
}
