//! The loss curve of a training.

use super::Picture;
use super::curves::{Curve, draw_curves};
use crate::error::{Error, Result};

/// Draws the loss by step of a `training_curve.csv`: the columns `step`, `loss` and, where a value is there,
/// `held_out_loss`; others are passed over.
///
/// # Errors
/// [`Error::Nothing`] where the text has no such columns, or no loss.
pub fn draw_loss_curve(csv: &str) -> Result<Picture> {
    let [training, held_out] = read(csv)?;
    let curve = |name: &str, points, marked| Curve { name: name.to_owned(), points, marked };
    let mut curves = vec![curve("training batch", training, false), curve("held out", held_out, true)];
    curves.retain(|curve| !curve.points.is_empty());
    if curves.is_empty() {
        return Err(Error::Nothing { message: "the loss curve has no step with a loss".to_owned() });
    }
    draw_curves("Loss by training step", ["Step", "Loss"], &curves)
}

/// Steps with their losses, in training and on held-out examples.
fn read(csv: &str) -> Result<[Vec<[f64; 2]>; 2]> {
    let mut lines = csv.lines().map(|line| line.trim_end_matches('\r'));
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| header.iter().position(|known| *known == name);
    let (Some(step), Some(loss)) = (column("step"), column("loss")) else {
        let message = "this is no loss curve: its first line names no columns step and loss".to_owned();
        return Err(Error::Nothing { message });
    };
    let held_out = column("held_out_loss");
    let mut curves = [Vec::new(), Vec::new()];
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |column: usize| cells.get(column)?.parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(step) = number(step) else { continue };
        for (curve, column) in curves.iter_mut().zip([Some(loss), held_out]) {
            curve.extend(column.and_then(number).map(|loss| [step, loss]));
        }
    }
    Ok(curves)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: &str = "step,epoch,loss,held_out_loss\n0,0,,0.7\n1,0.5,0.69,\n2,1,0.55,0.6\n";

    #[test]
    fn both_curves_are_drawn_with_their_names() {
        let svg = draw_loss_curve(CURVE).unwrap().svg();
        for text in ["training batch", "held out", "Step", "Loss", "0.60"] {
            // Plotters puts a text on a line of its own.
            assert!(svg.lines().any(|line| line == text), "{text}");
        }
        let without = CURVE.replace(",0.7\n", ",\n").replace(",0.6\n", ",\n");
        assert!(!draw_loss_curve(&without).unwrap().svg().contains("held out"));
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        assert!(draw_loss_curve("a,b\n1,2\n").unwrap_err().to_string().contains("step and loss"));
        assert!(draw_loss_curve("step,loss\n0,\n1,NaN\n").unwrap_err().to_string().contains("no step with a loss"));
    }
}
