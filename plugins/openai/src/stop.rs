//! Where a completion ends, and why.

use touchstone::generator::FinishReason;

/// Why the server ended a text, as it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ended {
    /// The token budget was used up.
    Length,
    /// By a stop text or at the end of the model's turn.
    Stopped(By),
}

/// What ended a text that did not use up its budget.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum By {
    /// This stop text.
    Text(String),
    /// The end of the model's turn.
    EndOfTurn,
    /// The server does not say.
    Untold,
}

/// A text with its end.
#[derive(Debug, PartialEq)]
pub(crate) struct Finished {
    pub text: String,
    pub finish: FinishReason,
}

/// Ends a text at the first stop text that it contains, or with the one that the server cut off.
pub(crate) fn finish(text: String, ended: Ended, stops: &[String]) -> Finished {
    // The text itself decides before the server's word: what follows a stop text was not asked for.
    if let Some(end) = first_end(&text, stops) {
        return stopped(text, end);
    }
    let cut_off = match ended {
        Ended::Length => return Finished { text, finish: FinishReason::Length },
        Ended::Stopped(By::EndOfTurn) => None,
        Ended::Stopped(By::Text(stop)) => Some(stop).filter(|stop| stops.contains(stop)),
        Ended::Stopped(By::Untold) => the_only(stops).cloned(),
    };
    let Some(stop) = cut_off else { return Finished { text, finish: FinishReason::EndOfText } };
    let whole = text + &stop;
    let end = first_end(&whole, stops).unwrap_or(whole.len());
    stopped(whole, end)
}

fn stopped(mut text: String, end: usize) -> Finished {
    text.truncate(end);
    Finished { text, finish: FinishReason::Stop }
}

/// Where the stop text ends that ends first.
fn first_end(text: &str, stops: &[String]) -> Option<usize> {
    stops.iter().filter_map(|stop| Some(text.find(stop)? + stop.len())).min()
}

/// The stop text, if there is one only.
fn the_only(stops: &[String]) -> Option<&String> {
    let (first, others) = stops.split_first()?;
    others.iter().all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(text: &str, ended: Ended, stops: &[&str]) -> (String, FinishReason) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let Finished { text, finish } = finish(text.to_owned(), ended, &stops);
        (text, finish)
    }

    fn is(text: &str, finish: FinishReason) -> (String, FinishReason) {
        (text.to_owned(), finish)
    }

    #[test]
    fn a_text_ends_at_the_first_stop_text_whatever_the_server_says() {
        for ended in [Ended::Length, Ended::Stopped(By::EndOfTurn), Ended::Stopped(By::Text("\n".to_owned()))] {
            assert_eq!(finished("a.b\nc", ended.clone(), &["\n", ".b", "b\nc"]), is("a.b", FinishReason::Stop));
            assert_eq!(finished("a\n", ended, &["\n"]), is("a\n", FinishReason::Stop));
        }
    }

    #[test]
    fn a_stop_text_that_was_cut_off_is_put_back_where_it_is_known() {
        let told = |stop: &str| Ended::Stopped(By::Text(stop.to_owned()));
        assert_eq!(finished("a", told("\n"), &[".", "\n"]), is("a\n", FinishReason::Stop));
        assert_eq!(finished("a", Ended::Stopped(By::Untold), &["\n"]), is("a\n", FinishReason::Stop));
        assert_eq!(finished("a", Ended::Stopped(By::Untold), &["\n", "\n"]), is("a\n", FinishReason::Stop));
        // With the end of the text it makes a stop text that ends earlier.
        assert_eq!(finished("a", told("bc"), &["bc", "ab"]), is("ab", FinishReason::Stop));
    }

    #[test]
    fn without_a_known_stop_text_the_turn_has_ended() {
        assert_eq!(finished("a", Ended::Stopped(By::Untold), &[".", "\n"]), is("a", FinishReason::EndOfText));
        assert_eq!(finished("a", Ended::Stopped(By::Untold), &[]), is("a", FinishReason::EndOfText));
        assert_eq!(finished("a", Ended::Stopped(By::EndOfTurn), &["\n"]), is("a", FinishReason::EndOfText));
        let of_the_server = Ended::Stopped(By::Text("</s>".to_owned()));
        assert_eq!(finished("a", of_the_server, &["\n"]), is("a", FinishReason::EndOfText));
    }

    #[test]
    fn a_used_up_budget_adds_nothing() {
        assert_eq!(finished("a", Ended::Length, &["\n"]), is("a", FinishReason::Length));
    }
}
