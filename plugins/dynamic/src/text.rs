//! Text and numbers as they cross: borrowed on one side, copied on the other.

#![allow(unsafe_code)] // reads what the other side lends

use std::ffi::c_void;

use crate::table::{Text, TextSink};

impl Text {
    /// No text.
    pub const NONE: Self = Self { data: std::ptr::null(), length: 0 };

    /// This text, lent for as long as it lives.
    pub const fn of(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }

    /// The bytes; nothing where there is no text, or text longer than memory.
    ///
    /// # Safety
    /// Data that is not null must point to `length` bytes that stay as they are for `'a`.
    pub unsafe fn bytes<'a>(self) -> Option<&'a [u8]> {
        // SAFETY: the caller vouches for it.
        (!self.data.is_null()).then(|| unsafe { slice(self.data.cast(), self.length) }).flatten()
    }

    /// The text; nothing where there is none.
    ///
    /// # Errors
    /// Bytes that are not UTF-8.
    ///
    /// # Safety
    /// As [`bytes`](Self::bytes).
    pub unsafe fn read<'a>(self) -> Result<Option<&'a str>, std::str::Utf8Error> {
        // SAFETY: the caller vouches for it.
        unsafe { self.bytes() }.map(std::str::from_utf8).transpose()
    }
}

/// A slice of the other side's, which may be null where it is empty; nothing where it is null and should not be, or longer
/// than memory.
///
/// # Safety
/// Data that is not null must point to `length` values that stay as they are for `'a`.
pub unsafe fn slice<'a, T>(data: *const T, length: usize) -> Option<&'a [T]> {
    if length == 0 {
        return Some(&[]);
    }
    if data.is_null() || length > isize::MAX as usize / size_of::<T>() {
        return None;
    }
    // SAFETY: the caller vouches for the values; null and lengths that no slice may have are gone.
    Some(unsafe { std::slice::from_raw_parts(data, length) })
}

impl TextSink {
    /// Puts the text; nothing where the sink is incomplete.
    ///
    /// # Safety
    /// The sink must be valid for this call.
    pub unsafe fn put(&self, text: &str) {
        if let Some(put) = self.put {
            // SAFETY: the caller vouches for the sink; the text lives until `put` returns.
            unsafe { put(self.sink, Text::of(text)) }
        }
    }
}

/// Keeps the last text that is put into its sink; null data puts no text.
#[derive(Default)]
pub struct Kept {
    bytes: Option<Vec<u8>>,
}

impl Kept {
    /// The sink, valid for as long as nothing else touches this value.
    pub fn sink(&mut self) -> TextSink {
        TextSink { sink: std::ptr::from_mut(self).cast(), put: Some(keep) }
    }

    /// What was put, if anything was.
    ///
    /// # Errors
    /// Bytes that are not UTF-8, with what can be read of them.
    pub fn text(self) -> Result<Option<String>, NotUtf8> {
        let text = self.bytes.map(String::from_utf8).transpose();
        text.map_err(|error| NotUtf8 { readable: String::from_utf8_lossy(error.as_bytes()).into_owned() })
    }
}

/// Text that is not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text that is not UTF-8; what can be read of it: {readable:?}")]
pub struct NotUtf8 {
    /// The text with a replacement character for what cannot be read.
    pub readable: String,
}

unsafe extern "C" fn keep(sink: *mut c_void, text: Text) {
    // SAFETY: `sink` is the `Kept` of which this is the sink, lent for this call; the text is the other side's, for as
    // long as this call lasts.
    let (kept, bytes) = unsafe { (sink.cast::<Kept>().as_mut(), text.bytes()) };
    if let Some(kept) = kept {
        kept.bytes = bytes.map(<[u8]>::to_vec);
    }
}
