//! The entry `general.alignment`, read before anything else is.
//!
//! candle divides by it and does not ask whether it is 0. So all entries are passed here once, none of them kept.

use std::io::{self, ErrorKind, Read, copy, sink};

const KEY: &[u8] = b"general.alignment";
/// Names are short; whoever says otherwise has no GGUF file, and is told so by candle.
const LONGEST_KEY: u64 = 1 << 16;
/// Arrays within arrays, as deep as candle follows them.
const DEEPEST: usize = 64;

/// What types of values are called in a file.
mod value {
    pub(super) const STRING: u32 = 8;
    pub(super) const ARRAY: u32 = 9;

    /// Bytes of a value of one size.
    pub(super) fn size(kind: u32) -> Option<u64> {
        match kind {
            0 | 1 | 7 => Some(1),
            2 | 3 => Some(2),
            4..=6 => Some(4),
            10..=12 => Some(8),
            _ => None,
        }
    }
}

/// Whether a file says that its tensors lie at multiples of 0 bytes. One that cannot be understood does not.
pub(super) fn is_zero(file: &mut impl Read) -> io::Result<bool> {
    match (Entries { file, wide: true }).any_zero() {
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) => Ok(false),
        found => found,
    }
}

struct Entries<'r, R> {
    file: &'r mut R,
    /// Whether lengths have 64 bits.
    wide: bool,
}

impl<R: Read> Entries<'_, R> {
    fn any_zero(&mut self) -> io::Result<bool> {
        let [_magic, version] = [self.u32()?, self.u32()?];
        self.wide = version != 1;
        let _tensors = self.length()?;
        for _ in 0..self.length()? {
            let length = self.length()?;
            if length > LONGEST_KEY {
                return Err(ErrorKind::InvalidData.into());
            }
            let mut key = vec![0; length as usize];
            self.file.read_exact(&mut key)?;
            let kind = self.u32()?;
            match value::size(kind) {
                Some(size) if key == KEY => {
                    if self.number(size)? == 0 {
                        return Ok(true);
                    }
                }
                _ => self.pass_value(kind, 0)?,
            }
        }
        Ok(false)
    }

    /// A number of so many bytes, 8 at most.
    fn number(&mut self, size: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes[..size as usize])?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn u32(&mut self) -> io::Result<u32> {
        Ok(self.number(4)? as u32)
    }

    fn length(&mut self) -> io::Result<u64> {
        self.number(if self.wide { 8 } else { 4 })
    }

    fn pass_value(&mut self, kind: u32, depth: usize) -> io::Result<()> {
        match (kind, value::size(kind)) {
            (_, Some(size)) => self.pass(size),
            (value::STRING, None) => {
                let length = self.length()?;
                self.pass(length)
            }
            (value::ARRAY, None) if depth < DEEPEST => {
                let (kind, count) = (self.u32()?, self.length()?);
                match value::size(kind) {
                    Some(size) => self.pass(count.saturating_mul(size)),
                    None => (0..count).try_for_each(|_| self.pass_value(kind, depth + 1)),
                }
            }
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let passed = copy(&mut self.file.by_ref().take(bytes), &mut sink())?;
        if passed == bytes { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}
