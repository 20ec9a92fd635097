//! One file from the hub into the cache, whole or not at all.

use std::io::Read;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use ureq::http::HeaderMap;

use super::HubError;
use super::address;
use super::cache::{CachedRepository, Unfinished};
use super::client::{Answer, Client, Failure, Subject, header, protocol};
use crate::hexadecimal::hexadecimal;

/// What the hub announces of a file.
struct Announced {
    /// The name of its contents in the cache.
    etag: String,
    /// Its length, where it was said.
    length: Option<u64>,
    /// The SHA-256 of large files, which the hub gives as their linked ETag.
    sha256: Option<String>,
}

/// What has arrived so far of contents.
struct Arrived {
    etag: String,
    unfinished: Unfinished,
    hash: Sha256,
    length: u64,
}

/// Loads `file` of `commit` into the cache and says where it is.
///
/// A download that breaks off is resumed where the server can do that; what arrived is compared with the announced length
/// and, for large files, hash.
pub(super) fn download(
    client: &Client,
    cached: &CachedRepository,
    commit: &str,
    subject: Subject<'_>,
    file: &str,
) -> Result<PathBuf, HubError> {
    let repository = address::encode_path(&subject.reference.repository);
    let url = client.url(&format!(
        "{}{repository}/resolve/{commit}/{}",
        subject.kind.files_below(),
        address::encode_path(file)
    ));
    let mut arrived: Option<Arrived> = None;
    let etag = client.persist(|| {
        let start = arrived.as_ref().map_or(0, |arrived| arrived.length);
        let answer = client.get(&url, subject, start)?;
        let announced = announced(&answer, commit, subject)?;
        if cached.blob(&announced.etag).is_some() {
            // Another revision, or another process, has brought the same contents.
            return Ok(announced.etag);
        }
        let mut part = match arrived.take() {
            Some(part) if part.etag == announced.etag && resumes_at(&answer, start) => part,
            _ if answer.response.status().as_u16() == 206 => {
                // Nothing is kept, so the next attempt asks for the whole file.
                return Err(client.passing(&answer.url, subject, "it sent another part than was asked for".to_owned()));
            }
            _ => Arrived {
                etag: announced.etag.clone(),
                unfinished: cached.begin(&announced.etag)?,
                hash: Sha256::new(),
                length: 0,
            },
        };
        let url = answer.url.clone();
        match receive(answer, &mut part) {
            Ok(()) => {}
            Err(Broken::Cache(error)) => return Err(error.into()),
            Err(Broken::Connection(error)) => {
                let message = match announced.length {
                    Some(length) => format!("{} of {length} bytes arrived: {error}", part.length),
                    None => format!("{} bytes arrived: {error}", part.length),
                };
                // Where all has arrived, or nobody knows how much there is, there is no rest to ask for.
                arrived = announced.length.filter(|length| part.length < *length).map(|_| part);
                return Err(client.passing(&url, subject, message));
            }
        }
        let damaged = |message: String| {
            let reference = subject.reference.to_string();
            Failure::Passing(HubError::Damaged { reference, file: file.to_owned(), message }, None)
        };
        if let Some(length) = announced.length.filter(|length| *length != part.length) {
            return Err(damaged(format!("{} bytes instead of {length}", part.length)));
        }
        let found = hexadecimal(part.hash.finalize());
        if let Some(wanted) = announced.sha256.filter(|wanted| *wanted != found) {
            return Err(damaged(format!("SHA-256 {found} instead of {wanted}")));
        }
        cached.keep(part.unfinished, &part.etag)?;
        Ok(part.etag)
    })?;
    cached.link(commit, file, &etag)
}

fn announced(answer: &Answer, commit: &str, subject: Subject<'_>) -> Result<Announced, HubError> {
    let last = answer.response.headers();
    // The hub describes the file in its own answer, which for large files redirects to a store that has other ETags.
    let is_description =
        |headers: &&HeaderMap| headers.contains_key("x-linked-etag") || headers.contains_key("x-repo-commit");
    let hub = answer.redirects.iter().find(is_description).unwrap_or(last);
    if let Some(other) = header(hub, "x-repo-commit").filter(|other| *other != commit) {
        return Err(protocol(
            &answer.url,
            subject,
            &format!("it sent the commit {other} where {commit} was asked for"),
        ));
    }
    let linked = header(hub, "x-linked-etag").map(bare);
    let etag = linked.or_else(|| header(hub, "etag").map(bare)).unwrap_or_default();
    // The ETag becomes a file's name.
    let is_name = !etag.is_empty()
        && !etag.starts_with('.')
        && etag.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b));
    if !is_name {
        return Err(protocol(
            &answer.url,
            subject,
            &format!("it gave {etag:?} as ETag, by which no file can be called"),
        ));
    }
    let number =
        |headers: &HeaderMap, name: &str| header(headers, name).and_then(|text| text.trim().parse::<u64>().ok());
    let whole = match header(last, "content-range").and_then(|range| range.rsplit('/').next()) {
        Some(total) => total.trim().parse().ok(),
        None => number(last, "content-length").filter(|_| !last.contains_key("content-encoding")),
    };
    let sha256 = linked.filter(|etag| etag.len() == 64 && etag.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Ok(Announced {
        etag: etag.to_owned(),
        length: number(hub, "x-linked-size").or(whole),
        sha256: sha256.map(str::to_ascii_lowercase),
    })
}

/// An ETag without quotes and the mark of a weak one.
fn bare(etag: &str) -> &str {
    let etag = etag.trim();
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

fn resumes_at(answer: &Answer, start: u64) -> bool {
    let range =
        header(answer.response.headers(), "content-range").and_then(|range| range.trim().strip_prefix("bytes "));
    answer.response.status().as_u16() == 206
        && range.and_then(|range| range.split('-').next()?.trim().parse().ok()) == Some(start)
}

enum Broken {
    Connection(std::io::Error),
    Cache(HubError),
}

fn receive(answer: Answer, part: &mut Arrived) -> Result<(), Broken> {
    let mut reader = answer.response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                part.unfinished.write(&buffer[..count]).map_err(Broken::Cache)?;
                part.hash.update(&buffer[..count]);
                part.length += count as u64;
            }
            Err(error) => return Err(Broken::Connection(error)),
        }
    }
}
