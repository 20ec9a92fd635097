//! A finished picture, and the formats that it can be had in.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use super::canvas::UNITS;
use super::font;
use crate::error::{Error, Result};

/// SVG's px to the inch.
const PX_PER_INCH: f32 = 96.0;
/// The resolution of PNG files.
const DPI: f32 = 300.0;

/// A finished picture: SVG at heart, PDF and PNG made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    body: String,
    title: String,
    width: f64,
    height: f64,
}

impl Picture {
    pub(super) fn new(body: String, width: f64, height: f64, title: &str) -> Self {
        Self { body, title: font::printable(title), width, height }
    }

    /// The width in px, of which 96 make an inch.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The height in px.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// The picture as an SVG file: text is text, and its font is embedded.
    pub fn svg(&self) -> String {
        self.wrapped(&format!("<style>{}</style>\n", font::font_faces()))
    }

    /// The picture as an SVG element for a page that has [`font_faces`](super::font_faces) in a style sheet of its own.
    pub fn inline_svg(&self) -> String {
        self.wrapped("")
    }

    fn wrapped(&self, style: &str) -> String {
        let (width, height) = (self.width, self.height);
        let (wide, high) = (width * UNITS, height * UNITS);
        let title = escape(&self.title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {wide} {high}\" \
             role=\"img\" aria-label=\"{title}\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n<title>{title}</title>\n\
             {style}{}</svg>\n",
            self.body.trim_start()
        )
    }

    /// The picture as a PDF of its size, with vectors for shapes and text for text.
    ///
    /// # Errors
    /// [`Error::Conversion`] if the converter fails.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        let page = svg2pdf::PageOptions { dpi: PX_PER_INCH };
        svg2pdf::to_pdf(&self.tree("PDF")?, svg2pdf::ConversionOptions::default(), page)
            .map_err(|error| Error::conversion("PDF", error))
    }

    /// The picture as a PNG of 300 dpi.
    ///
    /// # Errors
    /// [`Error::Conversion`] if the picture is too large for memory or the converter fails.
    pub fn png(&self) -> Result<Vec<u8>> {
        let scale = DPI / PX_PER_INCH;
        let pixels = |px: f64| (px as f32 * scale).round() as u32;
        let (width, height) = (pixels(self.width), pixels(self.height));
        let mut pixmap = Pixmap::new(width, height).ok_or_else(|| {
            Error::conversion("PNG", format!("{width} × {height} pixels are too many; use the SVG or PDF"))
        })?;
        resvg::render(&self.tree("PNG")?, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        let png = pixmap.encode_png().map_err(|error| Error::conversion("PNG", error))?;
        Ok(with_resolution(&png))
    }

    pub(super) fn tree(&self, format: &'static str) -> Result<usvg::Tree> {
        let options =
            usvg::Options { fontdb: font::database(), font_family: "Roboto".to_owned(), ..usvg::Options::default() };
        usvg::Tree::from_str(&font::replace_uncovered(&self.inline_svg()), &options)
            .map_err(|error| Error::conversion(format, error))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Adds the chunk that says how many pixels make a metre; it must come before the image data, so it follows the header.
fn with_resolution(png: &[u8]) -> Vec<u8> {
    // Signature (8 bytes), then the header chunk: length (4), type (4), data (13), checksum (4).
    const HEADER_END: usize = 33;
    let per_metre = (DPI / 0.0254).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(per_metre.to_be_bytes());
    chunk.extend(per_metre.to_be_bytes());
    chunk.push(1);
    let (header, rest) = png.split_at(HEADER_END.min(png.len()));
    let mut out = header.to_vec();
    out.extend(9u32.to_be_bytes());
    out.extend(&chunk);
    out.extend(crc32(&chunk).to_be_bytes());
    out.extend(rest);
    out
}

/// The checksum that PNG chunks end in.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc: u32, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_pngs() {
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }
}
