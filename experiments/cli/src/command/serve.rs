//! `touchstone serve`: reward models and strategies for programs elsewhere.

use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use touchstone::{Context, Registry};
use touchstone_service::{Detail, KEY_VARIABLE, Key, Keyless, Listener, Log, Opening, Server, ServiceRecipe};

use super::libraries::Libraries;

/// Serve reward models, and answers that a strategy picks, over HTTP
///
/// POST /v1/rewards gives rewards to CoTs; POST /v1/chat/completions speaks OpenAI's protocol, so that any of its clients gets
/// test-time scaling by changing its base URL. Once all models are loaded, the address is printed to stdout. Asked to end (Ctrl-C,
/// SIGTERM), it accepts nothing more and finishes what is in flight.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone serve --recipe quickstart/serve.yaml
  curl http://127.0.0.1:8000/v1/rewards --json '{\"question\": \"What is 2 + 2?\", \"cots\": [\"2 + 2 = 4\"]}'
  TOUCHSTONE_SERVICE_KEY=$(openssl rand -hex 32) touchstone serve --recipe serve.yaml --listen 0.0.0.0:8000

Clients send the key as `Authorization: Bearer KEY`. The book's chapter on serving shows a whole recipe.")]
pub struct Arguments {
    /// What is served, as YAML or TOML; paths in it are relative to it
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// Where it listens; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Listen where other machines can reach it although there is no key (TOUCHSTONE_SERVICE_KEY)
    #[arg(long)]
    without_key: bool,
    /// What is noted down of requests, a line of JSON each on stderr
    #[arg(long, value_enum, default_value = "requests")]
    log: Noted,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
}

/// What is noted down of requests.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Noted {
    /// Nothing
    Nothing,
    /// Ids, sizes, statuses and times
    Requests,
    /// What they say, too
    Content,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let recipe = ServiceRecipe::read(&arguments.recipe)?;
    let context = super::context(libraries.registry(&recipe.plugins)?, arguments.templates.as_deref())?;
    // Of its own: a signal asks the service to end, and not its work to stop.
    let stop = Context::new(Registry::builtin());
    crate::interrupt::stops(&stop)?;
    let key = std::env::var(KEY_VARIABLE).ok().and_then(|key| Key::new(&key));
    let keyless = if arguments.without_key { Keyless::Anywhere } else { Keyless::Loopback };
    let listener = Listener::bind(arguments.listen, key.as_ref(), keyless)?;
    let detail = match arguments.log {
        Noted::Nothing => Detail::Nothing,
        Noted::Requests => Detail::Requests,
        Noted::Content => Detail::Content,
    };
    let folder = arguments.recipe.parent().unwrap_or(Path::new(""));
    let opening = Opening { context: &context, folder, key, log: Log::new(detail, |line| eprintln!("{line}")) };
    let server = Server::open(recipe, opening, &stop)?;
    writeln!(stdout(), "http://{}", listener.address())?;
    server.run(listener, &stop)?;
    Ok(())
}
