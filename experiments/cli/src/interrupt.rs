//! Ctrl-C, and the signals by which schedulers ask a process to end.

use touchstone::Context;

/// The exit code of a command that was asked to stop: what shells give one that SIGINT ends.
pub const CODE: u8 = 130;

/// Lets SIGINT, SIGTERM and SIGHUP stop the work under this context: the first one asks it to stop with what is done kept, a
/// second one ends the process at once.
pub fn stops(context: &Context) -> anyhow::Result<()> {
    let context = context.clone();
    ctrlc::set_handler(move || {
        if context.is_cancelled() {
            std::process::exit(CODE.into());
        }
        context.cancel();
        eprintln!("stopping once what is in flight is kept; the same again ends at once");
    })?;
    Ok(())
}
