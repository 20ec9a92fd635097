//! What the server has refused so far, so that it is asked for once only.

use std::sync::{Mutex, PoisonError};

use crate::client::Refusal;

/// Fields that are no part of OpenAI's protocol, and their values. vLLM has them; servers that do not know them ignore them,
/// or refuse them by name.
///
/// Without the last, vLLM would put a second beginning-of-text token before a prompt that has one: a prompt's special tokens
/// are written out.
pub(crate) const EXTRAS: [(&str, bool); 3] =
    [("include_stop_str_in_output", true), ("return_tokens_as_token_ids", false), ("add_special_tokens", false)];

/// The numbers of log-probabilities that are tried after one that was refused; 0 asks for none.
const SMALLER: [usize; 4] = [10, 5, 1, 0];

/// What the server can be asked for, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// How many completions one request may ask for.
    pub choices: Choices,
    /// At most so many log-probabilities a position.
    pub log_probabilities: usize,
    /// Which of [`EXTRAS`] it takes.
    pub extras: [bool; EXTRAS.len()],
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
pub(crate) struct Abilities(Mutex<Form>);

impl Abilities {
    /// Those of a server that has refused nothing.
    pub fn new(log_probabilities: usize) -> Self {
        Self(Mutex::new(Form { choices: Choices::Many, log_probabilities, extras: [true; EXTRAS.len()] }))
    }

    /// What to ask for now.
    pub fn form(&self) -> Form {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server gives one completion where many are asked for.
    pub fn one_choice_only(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).choices = Choices::One;
    }

    /// Whether the request can be made in another form after this refusal. Each form asks for less than the one before, so
    /// this ends; requests that were refused at the same time for the same reason lower it once.
    pub fn lower(&self, refusal: &Refusal, asked: &Asked) -> bool {
        let mut form = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let named = EXTRAS.iter().position(|(name, _)| refusal.says(name)).filter(|place| asked.form.extras[*place]);
        if let Some(place) = named {
            form.extras[place] = false;
        } else if asked.choices > 1 && (refusal.names("n") || refusal.says("completion choice")) {
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
        let abilities = Abilities::new(20);
        let message = "Requested sample logprobs of 20, which is greater than max allowed: 5";
        for (asked, left) in [(20, 10), (10, 5), (5, 1), (1, 0)] {
            assert!(lowered(&abilities, message, 1, asked));
            assert_eq!(abilities.form().log_probabilities, left);
        }
        assert!(!lowered(&abilities, message, 1, 0));
    }

    #[test]
    fn requests_that_are_refused_together_lower_once() {
        let abilities = Abilities::new(20);
        assert!(lowered(&abilities, "logprobs", 1, 20));
        assert!(lowered(&abilities, "logprobs", 1, 20));
        assert_eq!(abilities.form().log_probabilities, 10);
    }

    #[test]
    fn n_is_a_word_of_its_own_and_matters_only_where_many_were_asked_for() {
        for message in ["n must be 1", "'n' > 1 is not supported", "Only one completion choice is allowed"] {
            let abilities = Abilities::new(20);
            assert!(!lowered(&abilities, message, 1, 0), "{message}");
            assert!(lowered(&abilities, message, 2, 0), "{message}");
            assert_eq!(abilities.form().choices, Choices::One);
        }
        assert!(!lowered(&Abilities::new(20), "no", 2, 0));
    }

    #[test]
    fn a_field_that_is_named_is_left_out_and_the_others_stay() {
        let abilities = Abilities::new(20);
        let message = "Unknown field: return_tokens_as_token_ids";
        assert!(lowered(&abilities, message, 2, 20));
        assert_eq!(abilities.form(), Form { extras: [true, false, true], ..Abilities::new(20).form() });
        assert!(!lowered(&abilities, message, 2, 20));
    }
}
