//! Everything that is drawn of an evaluation, written beside its tables.

use std::path::{Path, PathBuf};

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::Strategy;
use touchstone::{Templates, write_atomically};

use crate::error::{Error, Result};
use crate::figure::{self, Drawing, FigureSettings, Table};
use crate::page::{self, Report, Rewards, RewardsSection};
use crate::view::{self, Section, View};

/// What made an evaluation, as the page shows it word for word.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The recipe.
    pub recipe: Option<String>,
    /// The command.
    pub command: Option<String>,
}

/// Reads `evaluation.json`.
///
/// # Errors
/// [`Error::Io`], or [`Error::NotAnEvaluation`] with the place in the file.
pub fn read_evaluation(path: &Path) -> Result<Evaluation> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read the evaluation", path, error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::NotAnEvaluation { path: path.to_owned(), message: error.to_string() })
}

/// Writes the figures of both strategies, of calibration and of length, and `report.html`, into `folder`. Figures of
/// which the evaluation holds nothing are left out. The report shows the rewards, where a view of them is given, as
/// [`write_page`] does. Returns the files.
///
/// # Errors
/// Those of [`write_page`].
pub fn write_all(
    evaluation: &Evaluation,
    rewards: Option<&View>,
    origin: &Origin,
    templates: &Templates,
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let figures = figures(evaluation)?;
    for figure in &figures {
        written.extend(figure::write(&figure.drawing, &folder.join(figure.name))?);
    }
    let (shown, pages) = show_rewards(rewards, templates, &folder.join("report.html"))?;
    let path = folder.join("report.html");
    write_report(evaluation, &figures, shown, origin, templates, &path)?;
    written.push(path);
    written.extend(pages);
    Ok(written)
}

/// Writes the report page alone, with the same figures in it, and returns the files. A view of the rewards goes into
/// the page where it is small; else it is a page of its own in the folder `{name}_view` beside the report, which links
/// to it.
///
/// # Errors
/// A file that cannot be written, a template that is wrong, and for a view those of [`view::write`].
pub fn write_page(
    evaluation: &Evaluation,
    rewards: Option<&View>,
    origin: &Origin,
    templates: &Templates,
    path: &Path,
) -> Result<Vec<PathBuf>> {
    let (shown, pages) = show_rewards(rewards, templates, path)?;
    write_report(evaluation, &figures(evaluation)?, shown, origin, templates, path)?;
    Ok(std::iter::once(path.to_owned()).chain(pages).collect())
}

/// How the report at `report` shows rewards, and the files that this took besides the report.
fn show_rewards(
    rewards: Option<&View>,
    templates: &Templates,
    report: &Path,
) -> Result<(Option<Rewards>, Vec<PathBuf>)> {
    let Some(rewards) = rewards else { return Ok((None, Vec::new())) };
    let name = format!("{}_view", report.file_stem().unwrap_or_default().to_string_lossy());
    let folder = report.with_file_name(&name);
    let gathered = view::gather(rewards, &folder)?;
    if gathered.is_inside() {
        let section = RewardsSection(Section::new(gathered)?);
        return Ok((Some(Rewards::Inside(Box::new(section))), Vec::new()));
    }
    let files = view::write_gathered(gathered, &rewards.title, templates, &folder)?;
    Ok((Some(Rewards::Beside(page::address(&[&name, "index.html"]))), files))
}

struct NamedFigure {
    name: &'static str,
    title: &'static str,
    caption: &'static str,
    drawing: Drawing,
}

fn figures(evaluation: &Evaluation) -> Result<Vec<NamedFigure>> {
    let accuracies = |strategy| {
        let table = Table::from_evaluation(evaluation, strategy)?;
        figure::draw(&table, &FigureSettings::default())
    };
    let drawn = [
        (
            "best_of_n",
            "Best-of-N",
            "Task accuracy by the number of CoTs, the CoT of the highest value chosen; bands are 95 % intervals over \
             questions.",
            accuracies(Strategy::BestOfN),
        ),
        (
            "weighted_vote",
            "Weighted vote",
            "Task accuracy by the number of CoTs, the answer of the highest summed value chosen; bands are 95 % intervals \
             over questions.",
            accuracies(Strategy::WeightedVote),
        ),
        (
            "calibration",
            "Calibration",
            "The share of CoTs that is right, by their value: on the diagonal a value can be read as a probability.",
            figure::draw_calibration(evaluation),
        ),
        (
            "by_length",
            "By length",
            "How well values tell right CoTs from wrong ones, and how many are right, by the number of steps.",
            figure::draw_by_length(evaluation),
        ),
    ];
    let mut figures = Vec::new();
    for (name, title, caption, drawing) in drawn {
        match drawing {
            Ok(drawing) => figures.push(NamedFigure { name, title, caption, drawing }),
            Err(Error::Nothing { .. } | Error::Table(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(figures)
}

fn write_report(
    evaluation: &Evaluation,
    figures: &[NamedFigure],
    rewards: Option<Rewards>,
    origin: &Origin,
    templates: &Templates,
    path: &Path,
) -> Result<()> {
    let shown = |figure: &NamedFigure| page::Figure {
        title: figure.title.to_owned(),
        caption: figure.caption.to_owned(),
        svg: figure.drawing.figure.svg(),
    };
    let report = Report {
        title: format!("Evaluation of {}", evaluation.data.path),
        evaluation,
        figures: figures.iter().map(shown).collect(),
        recipe: origin.recipe.clone(),
        command: origin.command.clone(),
        rewards,
    };
    let text = page::render(&report, templates)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
    }
    write_atomically(path, |writer| Ok(writer.write_all(text.as_bytes())?))?;
    Ok(())
}
