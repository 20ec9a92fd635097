//! A training from its first step, or where it was interrupted, to its last.

use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use touchstone::Context;

use super::curve;
use super::{Example, Trainer};
use crate::{Error, Result};

/// A training that survives being killed: every few steps its whole state goes to `checkpoint.safetensors` in its folder, and
/// the next run goes on from there with the numbers of a run that was never interrupted. `training_curve.csv` has a line for
/// every step.
#[derive(Debug)]
pub struct TrainingJob<'a> {
    /// What is trained.
    pub trainer: Trainer,
    /// What it is trained on.
    pub examples: &'a [Example],
    /// What the loss is looked at on; may be empty.
    pub held_out: &'a [Example],
    /// Where curve and checkpoint lie.
    pub folder: &'a Path,
    /// Steps between two checkpoints.
    pub checkpoint_every: NonZeroUsize,
    /// Steps between two looks at the held-out loss; it is looked at before the first step and after the last in any case.
    pub evaluate_every: Option<NonZeroUsize>,
}

/// What came of a training.
#[derive(Debug)]
pub struct Finished {
    /// The trained model.
    pub trainer: Trainer,
    /// The mean loss on held-out examples before the first step and after the last.
    pub held_out: Option<[f64; 2]>,
    /// The steps that an earlier run had taken.
    pub resumed: usize,
    /// The whole loss curve, as CSV.
    pub curve: String,
}

/// The name of the file with the state of a training.
const CHECKPOINT: &str = "checkpoint.safetensors";

/// The name of the file with the loss curve.
pub const CURVE: &str = "training_curve.csv";

impl TrainingJob<'_> {
    /// Takes all steps that are left.
    ///
    /// # Errors
    /// What [`Trainer::step`] says; a checkpoint of another training; a file that cannot be written;
    /// [`Error::Cancelled`] once the context is cancelled, after the state was saved.
    pub fn run(mut self, context: &Context) -> Result<Finished> {
        if self.examples.is_empty() {
            let message = "there is no example to train on: every row was left out".to_owned();
            return Err(Error::Training { message });
        }
        let io = |action| move |path: &Path, source| Error::Io { action, path: path.to_owned(), source };
        std::fs::create_dir_all(self.folder).map_err(|error| io("make the folder")(self.folder, error))?;
        let fingerprint = self.trainer.fingerprint(self.examples)?;
        let steps = self.trainer.settings().steps(self.examples.len());
        let checkpoint = self.folder.join(CHECKPOINT);
        let mut curve = match checkpoint.is_file() {
            true => self.trainer.restore_checkpoint(&checkpoint, &fingerprint)?,
            false => {
                let before = self.held_out_loss()?;
                let before = before.map(|loss| loss.to_string()).unwrap_or_default();
                format!("{}0,0,,,,,{before}\n", curve::HEADER)
            }
        };
        let resumed = self.trainer.steps_taken();
        let mut file = CurveFile::begin(self.folder.join(CURVE), &curve)?;
        let stage = context.start("training", Some(steps as u64));
        stage.advance(resumed as u64);
        while let Some(step) = self.trainer.step(self.examples)? {
            context.count("tokens", step.tokens as u64);
            context.note(&format!("training, loss {:.4}", step.loss));
            let last = step.step == steps;
            let looked_at = self.evaluate_every.is_some_and(|every| step.step.is_multiple_of(every.get()));
            let held_out = if last || looked_at { self.held_out_loss()? } else { None };
            let line = curve::line(&step, held_out);
            curve.push_str(&line);
            file.add(&line)?;
            stage.advance(1);
            if last || step.step.is_multiple_of(self.checkpoint_every.get()) || context.is_cancelled() {
                self.trainer.save_checkpoint(&checkpoint, &fingerprint, &curve)?;
            }
            context.check_cancelled().map_err(|_| Error::Cancelled)?;
        }
        drop(stage);
        let held_out = held_out_of(&curve);
        Ok(Finished { trainer: self.trainer, held_out, resumed, curve })
    }

    fn held_out_loss(&self) -> Result<Option<f64>> {
        match self.held_out {
            [] => Ok(None),
            examples => self.trainer.held_out_loss(examples).map(Some),
        }
    }
}

impl Finished {
    /// Removes the checkpoint, once what was trained has been saved.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn remove_checkpoint(&self, folder: &Path) -> Result<()> {
        let path = folder.join(CHECKPOINT);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Io { action: "remove the checkpoint", path, source })
            }
            _ => Ok(()),
        }
    }
}

/// The first and the last held-out loss of a curve.
fn held_out_of(curve: &str) -> Option<[f64; 2]> {
    let losses: Vec<f64> = curve.lines().skip(1).filter_map(|line| line.rsplit_once(',')?.1.parse().ok()).collect();
    Some([*losses.first()?, *losses.last()?])
}

/// The file that a curve can be watched in.
struct CurveFile {
    path: PathBuf,
    file: std::fs::File,
}

impl CurveFile {
    /// A file with the lines so far: those after the last checkpoint of a run that was killed are dropped.
    fn begin(path: PathBuf, curve: &str) -> Result<Self> {
        touchstone::write_atomically(&path, |writer| Ok(writer.write_all(curve.as_bytes())?)).map_err(Error::core)?;
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|source| Error::Io { action: "open the loss curve", path: path.clone(), source })?;
        Ok(Self { path, file })
    }

    fn add(&mut self, line: &str) -> Result<()> {
        self.file.write_all(line.as_bytes()).map_err(|source| Error::Io {
            action: "write the loss curve",
            path: self.path.clone(),
            source,
        })
    }
}
