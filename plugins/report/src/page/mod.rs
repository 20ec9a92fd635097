//! The HTML report: one file that holds everything about an evaluation and opens anywhere, offline.
//!
//! [`render`] turns an [`Evaluation`] and its figures into the text of that file. The page asks the network for nothing
//! (its Content-Security-Policy forbids it), shows every table without JavaScript, and with it sorts and filters them,
//! shows exact values on hover and focus, and draws the accuracy chart. Its look is a template like any other:
//! `templates/report.html`, which a user's template folder can replace.
//!
//! Each module here makes one part of what the template is given: numbers are formatted in Rust (`number`), so that the
//! template only lays out.

mod accuracy;
mod calibration;
mod chart;
mod comparisons;
mod embed;
mod first_error;
mod headline;
mod length;
mod method;
mod missing;
mod number;
mod settings;
mod table;

use serde::Serialize;
use touchstone::evaluation::Evaluation;
use touchstone::{Result, Templates};

pub(crate) use embed::{address, script_json};
pub(crate) use number::counted;

use crate::view;
use calibration::Reliability;
use headline::Headline;
use missing::MissingSection;
use settings::Fact;
use table::Table;

const TEMPLATE: &str = "report.html";

/// What goes into a report.
pub struct Report<'a> {
    /// The heading of the page.
    pub title: String,
    /// What was found.
    pub evaluation: &'a Evaluation,
    /// Figures, shown in this order.
    pub figures: Vec<Figure>,
    /// The recipe, shown word for word.
    pub recipe: Option<String>,
    /// The command that made the evaluation, shown word for word.
    pub command: Option<String>,
    /// The questions with their rewards.
    pub rewards: Option<Rewards>,
}

/// How a report shows rewards.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewards {
    /// In a section of its own, which holds everything.
    Inside(Box<RewardsSection>),
    /// On a page of their own, at this address.
    Beside(String),
}

/// The section of a report that shows rewards, as [`crate::write_page`] makes it.
#[derive(Serialize)]
#[serde(transparent)]
pub struct RewardsSection(pub(crate) view::Section);

/// A figure of a report.
pub struct Figure {
    /// Its heading.
    pub title: String,
    /// What it shows; also the text for readers who cannot see it.
    pub caption: String,
    /// The figure as an SVG document.
    pub svg: String,
}

/// Adds the templates of this crate's pages: `report.html` and the `report.css` and `report.js` that it includes, and
/// those of [`view`].
///
/// # Errors
/// [`touchstone::Error::Template`] if a template has a syntax error.
pub fn add_template(templates: &mut Templates) -> Result<()> {
    view::add_templates(templates)?;
    templates.add("report.css", include_str!("../../../../templates/report.css"))?;
    templates.add("report.js", include_str!("../../../../templates/report.js"))?;
    templates.add(TEMPLATE, include_str!("../../../../templates/report.html"))
}

/// The text of the HTML file.
///
/// `templates` must hold what [`add_template`] adds.
///
/// # Errors
/// [`touchstone::Error::Template`] if the template is missing, or a user's own one is wrong.
pub fn render(report: &Report<'_>, templates: &Templates) -> Result<String> {
    let evaluation = report.evaluation;
    let page = Page {
        title: &report.title,
        version: env!("CARGO_PKG_VERSION"),
        headline: headline::of(evaluation),
        facts: settings::facts(evaluation),
        missing: missing::section(evaluation),
        chart: chart::json(evaluation),
        accuracy: accuracy::table(evaluation),
        comparisons: comparisons::table(evaluation),
        calibration: calibration::table(evaluation),
        reliability: calibration::reliability(evaluation),
        first_error: first_error::table(evaluation),
        by_length: length::table(evaluation),
        figures: report.figures.iter().map(Image::of).collect(),
        methods: settings::methods(evaluation),
        categories: settings::categories(evaluation),
        settings: settings::settings(evaluation),
        recipe: report.recipe.as_deref(),
        command: report.command.as_deref(),
        rewards: report.rewards.as_ref(),
    };
    templates.render(TEMPLATE, page)
}

/// The template's variables.
#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    version: &'static str,
    headline: Headline,
    facts: Vec<Fact>,
    missing: MissingSection,
    chart: Option<String>,
    accuracy: Option<Table>,
    comparisons: Option<Table>,
    calibration: Option<Table>,
    reliability: Vec<Reliability>,
    first_error: Option<Table>,
    by_length: Option<Table>,
    figures: Vec<Image<'a>>,
    methods: Option<Table>,
    categories: Option<Table>,
    settings: Vec<Fact>,
    recipe: Option<&'a str>,
    command: Option<&'a str>,
    rewards: Option<&'a Rewards>,
}

/// A figure as the template shows it.
#[derive(Serialize)]
struct Image<'a> {
    title: &'a str,
    caption: &'a str,
    source: String,
}

impl<'a> Image<'a> {
    fn of(figure: &'a Figure) -> Self {
        Self { title: &figure.title, caption: &figure.caption, source: embed::svg_source(&figure.svg) }
    }
}
