//! Critiques without what stands behind the thinking but for the verdict.

use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::data::{Labels, Spread, TrainingRow, TrainingSet};
use touchstone::{Category, Context};

use super::critique::{THINK_END, verdict, verdict_text};
use super::error::RowOf;
use super::preprocess::count;
use super::{PREFIX, RationaleError, RationaleForm, file_of, read, write};

/// Shortens preprocessed critiques as the published code does: for gORM all that follows `</think>` is replaced by the verdict,
/// for gPRM what follows the first verdict behind `</think>` is cut. A critique that does not hold `</think>` exactly once stays as
/// it is.
pub struct Shortening<'a> {
    /// Progress, and whether to stop.
    pub context: &'a Context,
    /// Which reward model the critiques are for.
    pub form: RationaleForm,
    /// The rows, as preprocessing wrote them.
    pub rows: &'a TrainingSet,
    /// Where `preprocessed_{category}.json` goes, another folder than that of the rows. Made where it is not there.
    pub folder: &'a Path,
}

/// A category whose file was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShortenedCategory {
    /// The category.
    pub category: Category,
    /// The file.
    pub file: PathBuf,
    /// Its rows.
    pub rows: usize,
    /// Those whose critiques were changed.
    pub shortened: usize,
    /// Those that stayed as they were because they do not hold `</think>` exactly once.
    pub other_thinking: usize,
    /// The words of the critiques before, by white space.
    pub words_before: Option<Spread>,
    /// The words of the critiques after.
    pub words_after: Option<Spread>,
}

impl Shortening<'_> {
    /// Writes a file for each category. A file that is there is replaced once the new one is whole.
    ///
    /// # Errors
    /// [`RationaleError`]: a row that is not of the form; a file that is read and would be overwritten; what cannot be read or
    /// written.
    pub fn run(&self) -> Result<Vec<ShortenedCategory>, RationaleError> {
        self.rows.categories().map(|category| self.category(category)).collect()
    }

    fn category(&self, category: &Category) -> Result<ShortenedCategory, RationaleError> {
        let file = file_of(self.rows, self.folder, category, PREFIX)?;
        let mut rows = read(self.context, self.rows, category)?;
        let words_before = words(&rows);
        let (mut shortened, mut other_thinking) = (0, 0);
        for (place, row) in rows.iter_mut().enumerate() {
            let Some(critique) = &row.critique else {
                return Err(RationaleError::NoCritique { place: RowOf::new(place, row) });
            };
            let Some(thinking) = thinking(critique) else {
                other_thinking += 1;
                continue;
            };
            let short = match self.form {
                RationaleForm::Gorm => format!("{}\n\n{}", &critique[..thinking], self.verdict_of(place, row)?),
                RationaleForm::Gprm => {
                    let end = verdict(self.form, &critique[thinking..]).map(|verdict| thinking + verdict.end);
                    critique[..end.unwrap_or(critique.len())].to_owned()
                }
            };
            shortened += usize::from(short != *critique);
            row.critique = Some(short);
        }
        write(&file, &rows)?;
        let words_after = words(&rows);
        let category = category.clone();
        Ok(ShortenedCategory { category, file, rows: rows.len(), shortened, other_thinking, words_before, words_after })
    }

    fn verdict_of(&self, place: usize, row: &TrainingRow) -> Result<String, RationaleError> {
        let found = match &row.labels {
            Some(Labels::Whole(label)) => return Ok(verdict_text(self.form, *label)),
            Some(Labels::Steps(_)) => "a list",
            None => "nothing",
        };
        Err(RationaleError::NoWholeLabel { place: RowOf::new(place, row), found })
    }
}

/// Where the thinking ends, in bytes, if it does so exactly once.
fn thinking(critique: &str) -> Option<usize> {
    let mut ends = critique.match_indices(THINK_END).map(|(start, end)| start + end.len());
    ends.next().filter(|_| ends.next().is_none())
}

fn words(rows: &[TrainingRow]) -> Option<Spread> {
    let critiques = rows.iter().flat_map(|row| &row.critique);
    Spread::of(critiques.map(|text| count(text.split_whitespace().count())).collect())
}
