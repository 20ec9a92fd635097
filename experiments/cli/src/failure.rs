//! How a failure is shown, and which exit code it gives.

use std::process::ExitCode;

use touchstone::Error;
use touchstone::jobs::JobError;
use touchstone_dynamic::load::LoadError;
use touchstone_dynamic::project::ProjectError;
use touchstone_generative::rationales::RationaleError;
use touchstone_report::Error as ReportError;
use touchstone_search::Error as SearchError;
use touchstone_service::Error as ServiceError;

use crate::interrupt;

/// Shows the error on stderr and gives the exit code of its kind. A reader that closed our output early (`| head`) is no
/// failure worth a word.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        let plain = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let kind = plain.or_else(|| cause.downcast_ref::<serde_json::Error>()?.io_error_kind());
        kind == Some(std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    let is_cancelled = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<Error>().is_some_and(Error::is_cancelled)
            || cause.downcast_ref::<ReportError>().is_some_and(ReportError::is_cancelled)
    };
    if error.chain().any(is_cancelled) {
        eprintln!("{error}");
        return ExitCode::from(interrupt::CODE);
    }
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Transparent wrappers repeat their source; say everything once.
        if !error.to_string().contains(&cause) {
            eprintln!("  because: {cause}");
        }
    }
    let of_rationales = |error: &RationaleError| match error {
        RationaleError::Core(error) => code(error),
        RationaleError::NoTokenizer { .. } => 3,
        RationaleError::NoCritique { .. }
        | RationaleError::NoStepLabels { .. }
        | RationaleError::NoWholeLabel { .. } => 4,
        _ => 5,
    };
    let of_search = |error: &SearchError| match error {
        SearchError::Core(error) => code(error),
        SearchError::NoVerifier { .. } | SearchError::Setting { .. } | SearchError::Unreadable { .. } => 3,
        SearchError::Counts { .. } | SearchError::NotFinite { .. } => 4,
        _ => 1,
    };
    let of_service = |error: &ServiceError| match error {
        ServiceError::Core(error) => code(error),
        ServiceError::Syntax { .. } | ServiceError::Field { .. } => 3,
        ServiceError::NoKey { .. } => 2,
        ServiceError::Listen { .. } => 5,
        _ => 1,
    };
    let core = |cause: &'_ (dyn std::error::Error + 'static)| match cause.downcast_ref::<ReportError>() {
        Some(ReportError::Core(error)) => Some(code(error)),
        Some(ReportError::Choice { source, .. }) => Some(of_search(source)),
        Some(ReportError::Io { .. }) => Some(5),
        Some(
            ReportError::NotAnEvaluation { .. }
            | ReportError::InFile { .. }
            | ReportError::ForeignRewards { .. }
            | ReportError::ForeignCot { .. }
            | ReportError::Rationales { .. },
        ) => Some(4),
        Some(ReportError::Setting { .. } | ReportError::Drop { .. }) => Some(3),
        _ if cause.is::<RationaleError>() => cause.downcast_ref().map(of_rationales),
        _ if cause.is::<ServiceError>() => cause.downcast_ref().map(of_service),
        _ if cause.is::<SearchError>() => cause.downcast_ref().map(of_search),
        _ if cause.is::<LoadError>() => Some(3),
        _ if cause.is::<touchstone_candle::Error>() => Some(4),
        _ if matches!(cause.downcast_ref(), Some(ProjectError::Name { .. })) => Some(3),
        _ => cause.downcast_ref::<Error>().map(code),
    };
    ExitCode::from(error.chain().find_map(core).unwrap_or(1))
}

fn code(error: &Error) -> u8 {
    match error {
        Error::Recipe(_) | Error::Settings(_) | Error::Template { .. } => 3,
        Error::Data(_) | Error::Hub(_) | Error::Evaluation(_) | Error::NotAProbability { .. } => 4,
        Error::Io { .. } => 5,
        Error::Job(error) => code_of_job(error),
        Error::At { source, .. } => code(source),
        _ => 1,
    }
}

/// A reward file that cannot be merged is wrong data; a job that is refused has failed.
fn code_of_job(error: &JobError) -> u8 {
    match error {
        JobError::NoShards { .. }
        | JobError::MissingShard { .. }
        | JobError::ShardTwice { .. }
        | JobError::MissingQuestion { .. }
        | JobError::ForeignQuestion { .. }
        | JobError::QuestionTwice { .. }
        | JobError::OtherCots { .. } => 4,
        JobError::Stopped { .. } => interrupt::CODE,
        _ => 1,
    }
}
