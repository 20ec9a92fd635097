//! What a check found.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What the laws of one trait say of one plugin. Displays as a list with a line a law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// One for each law of the trait, in a fixed order.
    pub findings: Vec<Finding>,
    /// How long a call takes on a typical input: the median of several; none where that input gave no result.
    pub time_per_call: Option<Duration>,
}

impl Report {
    /// Whether no law is broken.
    pub fn holds(&self) -> bool {
        self.broken().next().is_none()
    }

    /// The laws that are broken.
    pub fn broken(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Broken(_)))
    }
}

/// What was found of one law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The law, as a claim: "the value is finite".
    pub law: &'static str,
    /// Whether it holds.
    pub outcome: Outcome,
    /// How many calls or results it was judged by.
    pub cases: usize,
}

/// Whether a law holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In every case that was tried.
    Held,
    /// The first case that broke it: what went in, and what came out.
    Broken(String),
    /// Not broken, but worth knowing: nothing was there to judge it by, or the trait asks for it only of some plugins.
    Noted(String),
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(formatter, "{finding}")?;
        }
        match self.time_per_call {
            Some(time) => write!(formatter, "{time:.1?} a call on a typical input"),
            None => write!(formatter, "not timed: a typical input gave no result"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Held => write!(formatter, "held    {} ({} tried)", self.law, self.cases),
            Outcome::Broken(message) => write!(formatter, "BROKEN  {}: {message}", self.law),
            Outcome::Noted(message) => write!(formatter, "noted   {}: {message}", self.law),
        }
    }
}

/// One law while it is tried.
pub(super) struct Trial {
    law: &'static str,
    cases: usize,
    fault: Option<String>,
}

impl Trial {
    pub(super) fn of(law: &'static str) -> Self {
        Self { law, cases: 0, fault: None }
    }

    /// One more case, with what is wrong with it. The first fault is the one that is told.
    pub(super) fn judge(&mut self, fault: Option<String>) {
        self.cases += 1;
        if self.fault.is_none() {
            self.fault = fault;
        }
    }

    pub(super) fn finish(self) -> Finding {
        let outcome = match self.fault {
            Some(fault) => Outcome::Broken(fault),
            None if self.cases == 0 => Outcome::Noted("not tried: no call gave anything to judge it by".to_owned()),
            None => Outcome::Held,
        };
        Finding { law: self.law, outcome, cases: self.cases }
    }
}

impl Finding {
    /// The same finding with a breach as a note that ends with the `reason` why it is none.
    pub(super) fn excused(mut self, reason: &str) -> Self {
        if let Outcome::Broken(message) = self.outcome {
            self.outcome = Outcome::Noted(format!("{message} ({reason})"));
        }
        self
    }
}

/// The start of a value's debug form: a result may have 50,000 entries.
pub(super) fn shown(value: &impl fmt::Debug) -> String {
    abridged(&format!("{value:?}"), 0)
}

/// The fault that two values are not the same; `told` is given both as text, from shortly before where they part.
pub(super) fn difference<T: PartialEq + fmt::Debug>(
    left: &T,
    right: &T,
    told: impl FnOnce([String; 2]) -> String,
) -> Option<String> {
    const BEFORE: usize = 40;
    if left == right {
        return None;
    }
    let texts = [format!("{left:?}"), format!("{right:?}")];
    let same = texts[0].chars().zip(texts[1].chars()).take_while(|(left, right)| left == right).count();
    Some(told(texts.map(|text| abridged(&text, same.saturating_sub(BEFORE)))))
}

/// The text from its `start`-th character on, and not much of it.
fn abridged(text: &str, start: usize) -> String {
    const LENGTH: usize = 160;
    let mut characters = text.chars().skip(start);
    let before = if start > 0 { "…" } else { "" };
    let part: String = characters.by_ref().take(LENGTH).collect();
    let after = if characters.next().is_some() { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::super::breach::only_breach;
    use super::*;

    fn finding(law: &'static str, faults: &[Option<&str>]) -> Finding {
        let mut trial = Trial::of(law);
        for fault in faults {
            trial.judge(fault.map(str::to_owned));
        }
        trial.finish()
    }

    #[test]
    fn a_report_holds_until_a_law_is_broken_and_notes_do_not_count() {
        let held = finding("a", &[None, None]);
        let noted = finding("b", &[]);
        let mut report = Report { findings: vec![held, noted], time_per_call: None };
        assert!(report.holds());
        report.findings.push(finding("c", &[None, Some("first"), Some("second")]));
        assert_eq!(only_breach(&report), "c: first");
    }

    #[test]
    fn a_report_reads_as_a_list_with_a_line_a_law() {
        let findings = vec![finding("a", &[None]), finding("b", &[Some("x gave y")]), finding("c", &[])];
        let report = Report { findings, time_per_call: Some(Duration::from_nanos(1234)) };
        let expected = "held    a (1 tried)\nBROKEN  b: x gave y\nnoted   c: not tried: no call gave anything to judge it \
                        by\n1.2µs a call on a typical input";
        assert_eq!(report.to_string(), expected);
    }

    #[test]
    fn a_report_is_written_as_json() {
        let findings = vec![finding("a", &[None]), finding("b", &[Some("x gave y")])];
        let report = Report { findings, time_per_call: None };
        let expected = serde_json::json!({
            "findings": [
                { "law": "a", "outcome": "held", "cases": 1 },
                { "law": "b", "outcome": { "broken": "x gave y" }, "cases": 1 },
            ],
            "time_per_call": null,
        });
        assert_eq!(serde_json::to_value(report).unwrap(), expected);
    }

    #[test]
    fn an_excused_breach_is_a_note_with_the_reason() {
        let excused = finding("a", &[Some("x gave y")]).excused("servers differ");
        assert_eq!(excused.outcome, Outcome::Noted("x gave y (servers differ)".to_owned()));
        assert_eq!(finding("a", &[None]).excused("servers differ").outcome, Outcome::Held);
    }

    #[test]
    fn a_long_value_is_shown_by_its_start() {
        assert_eq!(shown(&Some(1)), "Some(1)");
        assert_eq!(shown(&"é".repeat(1000)), format!("\"{}…", "é".repeat(159)));
    }

    #[test]
    fn values_that_differ_are_shown_from_shortly_before_where_they_do() {
        let told = |left: &str, right: &str| difference(&left, &right, |texts| texts.join(" ")).unwrap();
        assert_eq!(told("12", "13"), "\"12\" \"13\"");
        let [long, longer] = [format!("{}x", "é".repeat(1000)), "é".repeat(2000)];
        assert_eq!(told(&long, &longer), format!("…{}x\" …{}…", "é".repeat(40), "é".repeat(160)));
        assert_eq!(difference(&1, &1, |texts| texts.join(" ")), None);
    }
}
