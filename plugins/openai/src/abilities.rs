//! What the server has refused so far, so that it is asked for once only.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::reply::Refusal;

/// Fields that are no part of OpenAI's protocol, and their values. Servers that do not know them ignore them, or refuse them by
/// name.
pub(crate) type Extras = [(&'static str, bool); 2];

/// Those of requests for text. vLLM has them.
pub(crate) const OF_TEXT: Extras = [("include_stop_str_in_output", true), ("return_tokens_as_token_ids", false)];

/// Those of requests for log-probabilities alone. vLLM has the first, llama.cpp the second.
pub(crate) const OF_READING: Extras = [("return_tokens_as_token_ids", true), ("cache_prompt", true)];

/// The numbers of log-probabilities that are tried after one that was refused; 0 asks for none.
const SMALLER: [usize; 5] = [20, 10, 5, 1, 0];

/// What the server can be asked for, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// How many completions one request may ask for.
    pub choices: Choices,
    /// At most so many log-probabilities a position.
    pub log_probabilities: usize,
    /// Which of the [`Extras`] it takes.
    pub extras: [bool; 2],
}

/// How many completions one request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choices {
    /// Any number.
    Many,
    /// One.
    One,
}

/// What a request that was refused had asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub form: Form,
    pub choices: usize,
    pub log_probabilities: usize,
}

/// What is known of a server, shared by all requests to it.
pub(crate) struct Abilities {
    form: Mutex<Form>,
    extras: Extras,
}

impl Abilities {
    /// Those of a server that has refused nothing.
    pub fn new(log_probabilities: usize, extras: Extras) -> Self {
        Self { form: Mutex::new(Form { choices: Choices::Many, log_probabilities, extras: [true; 2] }), extras }
    }

    /// What to ask for now.
    pub fn form(&self) -> Form {
        *self.locked()
    }

    fn locked(&self) -> MutexGuard<'_, Form> {
        self.form.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fields that are to be sent besides those of the protocol.
    pub fn extras(&self, form: Form) -> impl Iterator<Item = (&'static str, bool)> {
        self.extras.into_iter().zip(form.extras).filter_map(|(extra, taken)| taken.then_some(extra))
    }

    /// The server gives one completion where many are asked for.
    pub fn one_choice_only(&self) {
        self.locked().choices = Choices::One;
    }

    /// Whether the refusal names one of the [`Extras`] that were sent, which is left out from then on.
    pub fn leave_out(&self, refusal: &Refusal, sent: Form) -> bool {
        let named = self.extras.iter().position(|(name, _)| refusal.says(name)).filter(|place| sent.extras[*place]);
        if let Some(place) = named {
            self.locked().extras[place] = false;
        }
        named.is_some()
    }

    /// Whether the request can be made in another form after this refusal. Each form asks for less than the one before, so
    /// this ends; requests that were refused at the same time for the same reason lower it once.
    pub fn lower(&self, refusal: &Refusal, asked: &Asked) -> bool {
        if self.leave_out(refusal, asked.form) {
            return true;
        }
        let mut form = self.locked();
        if asked.choices > 1 && (refusal.names("n") || refusal.says("completion choice")) {
            form.choices = Choices::One;
        } else if asked.log_probabilities > 0 && refusal.says("logprob") {
            let smaller = SMALLER.into_iter().find(|number| *number < asked.log_probabilities).unwrap_or(0);
            form.log_probabilities = form.log_probabilities.min(smaller);
        } else {
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(abilities: &Abilities, message: &str, choices: usize, log_probabilities: usize) -> bool {
        let refusal = Refusal::for_test(message);
        abilities.lower(&refusal, &Asked { form: abilities.form(), choices, log_probabilities })
    }

    #[test]
    fn log_probabilities_are_lowered_step_by_step_down_to_none() {
        let abilities = Abilities::new(20, OF_TEXT);
        let message = "Requested sample logprobs of 20, which is greater than max allowed: 5";
        for (asked, left) in [(20, 10), (10, 5), (5, 1), (1, 0)] {
            assert!(lowered(&abilities, message, 1, asked));
            assert_eq!(abilities.form().log_probabilities, left);
        }
        assert!(!lowered(&abilities, message, 1, 0));
    }

    #[test]
    fn requests_that_are_refused_together_lower_once() {
        let abilities = Abilities::new(20, OF_TEXT);
        assert!(lowered(&abilities, "logprobs", 1, 20));
        assert!(lowered(&abilities, "logprobs", 1, 20));
        assert_eq!(abilities.form().log_probabilities, 10);
    }

    #[test]
    fn n_is_a_word_of_its_own_and_matters_only_where_many_were_asked_for() {
        for message in ["n must be 1", "'n' > 1 is not supported", "Only one completion choice is allowed"] {
            let abilities = Abilities::new(20, OF_TEXT);
            assert!(!lowered(&abilities, message, 1, 0), "{message}");
            assert!(lowered(&abilities, message, 2, 0), "{message}");
            assert_eq!(abilities.form().choices, Choices::One);
        }
        assert!(!lowered(&Abilities::new(20, OF_TEXT), "no", 2, 0));
    }

    #[test]
    fn a_field_that_is_named_is_left_out_and_the_others_stay() {
        let abilities = Abilities::new(20, OF_TEXT);
        let message = "Unknown field: return_tokens_as_token_ids";
        assert!(lowered(&abilities, message, 2, 20));
        assert_eq!(abilities.form(), Form { extras: [true, false], ..Abilities::new(20, OF_TEXT).form() });
        assert!(!lowered(&abilities, message, 2, 20));
    }
}
