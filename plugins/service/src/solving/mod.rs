//! From a conversation to a solution, by a strategy.

mod queued;

use std::sync::Arc;

use touchstone::generator::{Completion, Conversation, GenerationRequest, Message, Prompt, Role, Sample, Thinking};
use touchstone::jobs::Prompts;
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Category, Context, Generator, Question, StepSplitter, Verifier,
};
use touchstone_search::{Solution, Solver, StrategySettings, Writing};

use crate::Fault;
use crate::scheduler::Scheduler;
use queued::Queued;

/// A solver with everything that it works with.
pub(crate) struct OpenSolver {
    pub name: String,
    pub generator: Arc<dyn Generator>,
    pub strategy: StrategySettings,
    pub scheduler: Option<Arc<Scheduler>>,
    pub aggregator: Box<dyn Aggregator>,
    pub splitter: Arc<dyn StepSplitter>,
    pub extractor: Arc<dyn AnswerExtractor>,
    pub answers: Box<dyn AnswerEquivalence>,
    pub writing: Writing,
    pub asking: Asking,
}

/// How the model is asked.
pub(crate) enum Asking {
    /// By the client's messages.
    Messages(Thinking),
    /// By a template that is given the question.
    Template(Box<Prompts>),
}

/// What a client asks of a solver.
pub(crate) struct Conversing {
    pub messages: Vec<Message>,
    pub category: Category,
    pub writing: Writing,
}

impl OpenSolver {
    /// Finds an answer. Takes as long as it takes, on this thread; stops when the context does.
    ///
    /// # Errors
    /// What the parts say, as the client is told it.
    pub fn solve(&self, context: &Context, asked: &Conversing) -> Result<Solution, Fault> {
        let question =
            Question { id: "question".into(), category: asked.category.clone(), text: question(&asked.messages) };
        let prompt = self.prompt(context, asked, &question)?;
        let verifier = self.scheduler.as_ref().map(|scheduler| Queued::new(scheduler));
        let solver = self.solver(context, &*self.generator, verifier.as_ref(), &asked.writing);
        Ok(self.strategy.solve(&solver, &question, &prompt)?)
    }

    /// Whether the strategy has what it needs: it is asked to solve with a generator that declines, and says so before.
    ///
    /// # Errors
    /// [`NoVerifier`](touchstone_search::Error::NoVerifier).
    pub fn check(&self, context: &Context) -> touchstone_search::Result<()> {
        let question = Question { id: "question".into(), category: Category::new("other"), text: String::new() };
        let verifier = self.scheduler.as_ref().map(|scheduler| Queued::new(scheduler));
        let solver = self.solver(context, &Declining, verifier.as_ref(), &self.writing);
        match self.strategy.solve(&solver, &question, &Prompt { text: String::new() }) {
            Err(error @ touchstone_search::Error::NoVerifier { .. }) => Err(error),
            _ => Ok(()),
        }
    }

    fn solver<'s>(
        &'s self,
        context: &'s Context,
        generator: &'s dyn Generator,
        verifier: Option<&'s Queued<'_>>,
        writing: &'s Writing,
    ) -> Solver<'s> {
        Solver {
            context,
            generator,
            verifier: verifier.map(|verifier| verifier as &dyn Verifier),
            aggregator: &*self.aggregator,
            splitter: &*self.splitter,
            extractor: &*self.extractor,
            answers: &*self.answers,
            writing,
        }
    }

    fn prompt(&self, context: &Context, asked: &Conversing, question: &Question) -> touchstone::Result<Prompt> {
        match &self.asking {
            Asking::Messages(thinking) => {
                let conversation = Conversation { messages: asked.messages.clone(), thinking: *thinking };
                self.generator.chat(context, &conversation)
            }
            Asking::Template(prompts) => prompts.prompt(&*self.generator, context, question),
        }
    }
}

/// A generator that writes nothing.
struct Declining;

impl Generator for Declining {
    fn generate(
        &self,
        _context: &Context,
        _prompts: &[Prompt],
        _request: &GenerationRequest,
        _done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> touchstone::Result<()> {
        Err(touchstone::Error::Cancelled)
    }
}

/// What verifiers read as the question: a lone message of the user as it is; else all that was said, each turn with who says it.
/// What holds for the whole conversation (`system`) says how to answer, and is no part of it.
fn question(messages: &[Message]) -> String {
    let said: Vec<&Message> = messages.iter().filter(|message| message.role != Role::System).collect();
    if let [lone] = said.as_slice() {
        return lone.content.clone();
    }
    let turn = |message: &&Message| {
        let speaker = if message.role == Role::Assistant { "Assistant" } else { "User" };
        format!("{speaker}: {}", message.content)
    };
    said.iter().map(turn).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_question_is_read_as_it_is_and_a_conversation_with_its_speakers() {
        let message = |role, content: &str| Message { role, content: content.to_owned() };
        let system = message(Role::System, "Be brief.");
        assert_eq!(question(&[system.clone(), Message::user("2 + 2?")]), "2 + 2?");
        let turns = [system, Message::user("2 + 2?"), message(Role::Assistant, "4"), Message::user("And 2 + 3?")];
        assert_eq!(question(&turns), "User: 2 + 2?\n\nAssistant: 4\n\nUser: And 2 + 3?");
    }
}
