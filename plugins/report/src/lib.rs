//! Figures and the report page of an evaluation.
//!
//! ```text
//! best_of_n.csv ───┐
//!                  ├─▶ Table ──draw──▶ Drawing ──write──▶ SVG, PDF, PNG
//! evaluation.json ─┤                      │
//!                  └──────────────────────┴──render──▶ report.html, which opens offline
//! ```
//!
//! A [`figure::Table`] is read from a CSV of accuracies (this project's own or the published code's) or taken from an
//! [`Evaluation`](touchstone::evaluation::Evaluation); [`figure::draw()`] makes a [`figure::Drawing`] of it, and
//! [`figure::write()`] puts that on disk as SVG, PDF and PNG. [`page::render`] makes one self-contained HTML page of an
//! evaluation and its figures. [`write_all`] does all of it.
//!
//! [`view`] makes a page of the questions themselves, with their CoTs side by side and each step shaded by its reward:
//! alone, or as a part of the report.
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
pub mod page;
mod results;
pub mod view;

pub use error::{Error, Result};
pub use results::{Origin, read_evaluation, write_all, write_page};
