//! Records out of files, one after the other, with bounded memory.

mod arrow_cells;
mod json_record;
mod json_rows;
mod jsonl;
mod parquet;
mod parquet_guard;
mod python;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use super::error::DataError;
use super::format::{Compression, Encoding, Format};
use super::record::{Column, Record};
use crate::{Error, Result};

/// The records of a file. Nothing comes after an error.
pub type Records = Box<dyn Iterator<Item = Result<Record, DataError>> + Send>;

/// Opens the file `path` and reads of it the `columns` only.
pub fn records(path: &Path, columns: &'static [Column]) -> Result<Records> {
    let format = Format::of(path)?;
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let metadata = file.metadata().map_err(|source| Error::io("open", path, source))?;
    if metadata.is_file() && metadata.len() == 0 {
        return Err(DataError::Empty { path: path.to_owned() }.into());
    }
    let shared: Arc<Path> = path.into();
    Ok(match format.encoding {
        Encoding::Parquet => Box::new(parquet::ParquetRecords::open(file, shared, columns)?),
        Encoding::Json => Box::new(json_rows::JsonRecords::new(text(file, format.compression, path)?, shared, columns)),
        Encoding::JsonLines => {
            Box::new(jsonl::LineRecords::new(text(file, format.compression, path)?, shared, columns))
        }
    })
}

/// The decompressed bytes of a file. Files of several compressed members, one after the other, are read to their end.
fn text(file: File, compression: Compression, path: &Path) -> Result<Box<dyn BufRead + Send>> {
    const BUFFER: usize = 1 << 16;
    fn buffered(reader: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
        Box::new(BufReader::with_capacity(BUFFER, reader))
    }
    Ok(match compression {
        Compression::None => buffered(file),
        Compression::Gzip => buffered(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(BUFFER, file))),
        Compression::Zstd => {
            buffered(zstd::Decoder::new(file).map_err(|source| Error::io("decompress", path, source))?)
        }
    })
}
