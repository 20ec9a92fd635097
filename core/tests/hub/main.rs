//! The hub's protocol against a server on this machine.
#![cfg(feature = "hub")]
// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod addresses;
mod faults;
mod layouts;
mod models;
mod offline;
mod server;

use std::path::Path;
use std::time::Duration;

use touchstone::Category;
use touchstone::data::{FilesOfCategory, HubReference, Location};
use touchstone::hub::{Hub, HubError, HubSettings, Token};

use server::Server;

fn reference(text: &str) -> HubReference {
    match text.parse() {
        Ok(Location::Hub(reference)) => reference,
        other => panic!("{text} is no hub reference: {other:?}"),
    }
}

fn settings(server: &Server, cache: &Path) -> HubSettings {
    let mut settings = HubSettings::new(server.address(), cache);
    settings.patience.attempts = 3;
    settings.patience.first_wait = Duration::from_millis(2);
    settings.patience.longest_wait = Duration::from_millis(20);
    settings.patience.silence = Duration::from_secs(5);
    settings
}

fn load(settings: &HubSettings, text: &str) -> Result<Vec<FilesOfCategory>, HubError> {
    Hub::new(settings.clone())?.data_set_files(&reference(text), &[])
}

fn load_only(settings: &HubSettings, text: &str, category: &str) -> Result<Vec<FilesOfCategory>, HubError> {
    Hub::new(settings.clone())?.data_set_files(&reference(text), &[Category::from(category)])
}

/// The categories with the contents of their files: `law: one two; math: three`.
fn contents(found: &[FilesOfCategory]) -> String {
    let read = |path: &std::path::PathBuf| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    let line = |entry: &FilesOfCategory| {
        format!("{}: {}", entry.category, entry.paths.iter().map(read).collect::<Vec<_>>().join(" "))
    };
    found.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn with_token(mut settings: HubSettings, token: &str) -> HubSettings {
    settings.token = Token::new(token);
    settings
}
