//! JSON arrays and JSONL, plain or compressed.

use std::borrow::Borrow;
use std::io::Write;

use serde::Serialize;

use super::ZSTD_LEVEL;
use crate::Result;
use crate::atomic::WriteError;
use crate::data::format::{Compression, Encoding, Format};

pub fn write<R: Serialize, B: Borrow<R>>(
    writer: &mut (dyn Write + Send),
    format: Format,
    rows: impl Iterator<Item = Result<B>>,
) -> Result<(), WriteError> {
    match format.compression {
        Compression::None => text::<R, B>(writer, format.encoding, rows),
        Compression::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(writer, flate2::Compression::best());
            text::<R, B>(&mut gzip, format.encoding, rows)?;
            gzip.finish()?;
            Ok(())
        }
        Compression::Zstd => {
            let mut zstd = zstd::Encoder::new(writer, ZSTD_LEVEL)?;
            zstd.include_checksum(true)?;
            text::<R, B>(&mut zstd, format.encoding, rows)?;
            zstd.finish()?;
            Ok(())
        }
    }
}

/// A row a line in both, so that a person can page through the file.
fn text<R: Serialize, B: Borrow<R>>(
    writer: &mut dyn Write,
    encoding: Encoding,
    rows: impl Iterator<Item = Result<B>>,
) -> Result<(), WriteError> {
    let (open, between, close) = match encoding {
        Encoding::JsonLines => ("", "\n", "\n"),
        Encoding::Json | Encoding::Parquet => ("[", ",\n", "]\n"),
    };
    writer.write_all(open.as_bytes())?;
    for (index, row) in rows.enumerate() {
        if index > 0 {
            writer.write_all(between.as_bytes())?;
        }
        serde_json::to_writer(&mut *writer, row?.borrow()).map_err(std::io::Error::from)?;
    }
    writer.write_all(close.as_bytes())?;
    Ok(())
}
