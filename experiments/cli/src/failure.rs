//! How a failure is shown, and which exit code it gives.

use std::process::ExitCode;

use touchstone::Error;
use touchstone_dynamic::load::LoadError;
use touchstone_dynamic::project::ProjectError;

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
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Transparent wrappers repeat their source; say everything once.
        if !error.to_string().contains(&cause) {
            eprintln!("  because: {cause}");
        }
    }
    let core = |cause: &'_ (dyn std::error::Error + 'static)| match cause.downcast_ref::<touchstone_report::Error>() {
        Some(touchstone_report::Error::Core(error)) => Some(code(error)),
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
        Error::At { source, .. } => code(source),
        _ => 1,
    }
}
