//! A page to look at rewards: the questions of a test set with their CoTs side by side, each step shaded by its reward.
//!
//! ```text
//! test set ──────┐                     ┌─▶ index: a line a question, in the page
//! reward sets ───┼─▶ Question, one ────┤
//! rationales ────┘   after the other   └─▶ chunks: compressed, in the page where they are small, else in files beside it
//! ```
//! [`write()`] reads the sets row by row (`join`), makes each question ready to be shown (`question`), and keeps an
//! index of all of them (`index`); what a question holds goes into chunks (`chunk`, `store`) that the page unpacks when
//! the question is opened. So memory holds one question and a few chunks, and a page with 12,000 questions of 16 CoTs
//! opens at once.
//!
//! The page asks the network for nothing. Texts of the data reach it as JSON inside compressed chunks, or inside an inert
//! script element, and the page's script hands them to the browser as text only, never as markup.

mod chunk;
mod drop;
mod gather;
mod index;
mod join;
mod question;
mod rationales;
mod section;
mod shape;
mod store;
mod study;
mod write;

use touchstone::data::{RewardSet, TestSet};
use touchstone::{Aggregator, AnswerEquivalence, Context, Templates};

pub(crate) use gather::gather;
pub(crate) use section::Section;
pub use write::write;
pub(crate) use write::write_gathered;

/// How far a reward must lie below the one before it to be a large drop, where nothing else is asked for.
pub const DROP: f64 = 0.2;

/// How many bytes of chunks a page holds where nothing else is asked for: it opens at once, and can be sent by mail.
pub const MOST_INSIDE: usize = 8 << 20;

/// What is looked at.
pub struct View {
    /// The heading of the page.
    pub title: String,
    /// Where progress is shown, and whether to stop.
    pub context: Context,
    /// The questions with their CoTs.
    pub test_set: TestSet,
    /// Whose rewards are shown, in this order.
    pub methods: Vec<ViewedMethod>,
    /// When two final answers are the same.
    pub answers: Box<dyn AnswerEquivalence>,
    /// How far a reward must lie below the one before it to be a large drop, from 0.001 to 1. It is where the page
    /// starts; the reader may choose another.
    pub drop: f64,
    /// What becomes of rewards that the test set has no CoT for.
    pub foreign: Foreign,
    /// The most bytes of chunks that the page itself holds. Where there are more, all of them lie in files beside it.
    pub most_inside: usize,
}

/// What becomes of rewards of CoTs that the test set lacks, though it has their question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// They are an error: they are another test set's, and the others would stand beside the wrong texts.
    Refused,
    /// They are passed over, as in an evaluation that may be partial.
    PassedOver,
}

/// A method whose rewards are shown.
pub struct ViewedMethod {
    /// Its name, unlike that of any other.
    pub name: String,
    /// How its aggregator is called: `quantile{q=0.1}`.
    pub aggregation: String,
    /// From the rewards of a CoT to its value.
    pub aggregator: Box<dyn Aggregator>,
    /// The rewards. What a generative verifier wrote is shown, too, where it was kept in a file beside them.
    pub rewards: RewardSet,
}

/// Adds the page's templates: `view.html`, and what it and the report share.
///
/// # Errors
/// [`touchstone::Error::Template`] if a template has a syntax error.
pub(crate) fn add_templates(templates: &mut Templates) -> touchstone::Result<()> {
    templates.add("theme.js", include_str!("../../../../templates/theme.js"))?;
    templates.add("view.css", include_str!("../../../../templates/view.css"))?;
    templates.add("view_steps.css", include_str!("../../../../templates/view_steps.css"))?;
    templates.add("view_data.js", include_str!("../../../../templates/view_data.js"))?;
    templates.add("view_list.js", include_str!("../../../../templates/view_list.js"))?;
    templates.add("view_question.js", include_str!("../../../../templates/view_question.js"))?;
    templates.add("view.js", include_str!("../../../../templates/view.js"))?;
    templates.add("view_section.html", include_str!("../../../../templates/view_section.html"))?;
    templates.add("view_script.html", include_str!("../../../../templates/view_script.html"))?;
    templates.add(write::TEMPLATE, include_str!("../../../../templates/view.html"))
}
