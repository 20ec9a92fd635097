//! Figures of an evaluation.
//!
//! A [`figure::Table`] is read from a CSV of accuracies (this project's own or the published code's) or taken from an
//! [`Evaluation`](touchstone::evaluation::Evaluation); [`figure::draw()`] makes a [`figure::Drawing`] of it, and
//! [`figure::write()`] puts that on disk as SVG, PDF and PNG.
//!
//! ```
//! use touchstone_report::figure::{self, FigureSettings, Table};
//!
//! let table = Table::from_csv("N,Method,Overall_mean\n1,MV,42\n2,MV,45\n1,dORM,42\n2,dORM,51\n")?;
//! let drawing = figure::draw(&table, &FigureSettings::default())?;
//! assert!(drawing.figure.svg().contains("Task accuracy (%)"));
//! # Ok::<(), touchstone_report::Error>(())
//! ```

mod error;
pub mod figure;

pub use error::{Error, Result};
