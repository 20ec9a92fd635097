//! `touchstone solve`: a question to its answer, by a search strategy.

use std::fs;
use std::io::{Write, stdout};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::jobs::Prompts;
use touchstone::registry::Pluggable;
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Category, Error, PluginSpec, Question, QuestionId, Registry,
    Result, StepSplitter, Verifier,
};
use touchstone_search::{Solution, Solver, StrategySettings, Writing, solve_all};

use super::Format;
use super::generator::{Chat, GeneratorArguments, Thinking};
use super::libraries::Libraries;

/// Answer questions by a search strategy: the answer, why it was chosen, and what it took
///
/// A generator writes solutions, whole or step by step, a verifier gives rewards to them, and the strategy chooses. With --data
/// the answers are compared with the gold answers.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone solve --strategy best_of_n --generator local --model models/solver --verifier 'dprm{model=models/dprm}' \\
      --aggregator min --question 'What is 2 + 2? (A) 3 (B) 4'
  touchstone solve --strategy 'beam_search{beams=16,width=4}' --generator local --model models/solver \\
      --verifier 'dprm{model=models/dprm}' --data data/questions --format json
  touchstone solve --strategy strategy.yaml --generator openai --set url=http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B \\
      --data data/questions --categories law

Strategies: best_of_n, weighted_vote, majority_vote, self_consistency, beam_search, diverse_verifier_tree_search,
particle_filtering.")]
pub struct Arguments {
    /// The strategy, or a YAML or JSON file that holds it
    #[arg(long, value_name = "FILE|TYPE[{field=value,…}]")]
    strategy: String,
    #[command(flatten)]
    generator: GeneratorArguments,
    /// What gives rewards; majority_vote and self_consistency go without
    #[arg(long, value_name = "NAME[{field=value,…}]")]
    verifier: Option<String>,
    /// What makes one value of a solution's rewards
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "last")]
    aggregator: String,
    /// A question
    #[arg(long, conflicts_with = "data", required_unless_present = "data")]
    question: Option<String>,
    /// Questions, with the columns q_id, question and answer: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: Option<String>,
    /// The categories to solve (default: all)
    #[arg(long, value_delimiter = ',', requires = "data")]
    categories: Vec<String>,
    /// The most new tokens of a solution
    #[arg(long, value_name = "N", default_value = "2048")]
    max_tokens: NonZeroUsize,
    /// The most steps that a search writes of a solution
    #[arg(long, value_name = "N", default_value = "40")]
    max_steps: NonZeroUsize,
    /// How many questions are solved at a time; a local model's calls share passes, so that more of them are done sooner (changes
    /// no solution)
    #[arg(long, value_name = "N", default_value = "4")]
    at_once: NonZeroUsize,
    /// How tokens are chosen
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "temperature{temperature=0.7}")]
    sampler: String,
    /// Where randomness starts
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// The text that ends a step (default: a blank line)
    #[arg(long, value_name = "TEXT", default_value = "\n\n", hide_default_value = true)]
    delimiter: String,
    /// A solution ends before this text; may be given more than once
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// How solutions are cut into the steps that are scored
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "blank_line")]
    splitter: String,
    /// How answers are read: letter, boxed, answer_is, regex{pattern=…}, or a plugin of yours
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "letter")]
    extractor: String,
    /// When two answers are the same
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "multiple_choice")]
    answers: String,
    /// A file with a prompt template of your own, in place of solution.jinja
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// How the prompt reaches the model
    #[arg(long, value_enum, default_value = "model")]
    chat: Chat,
    /// Whether a model that can think first should
    #[arg(long, value_enum, default_value = "as-template")]
    thinking: Thinking,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// A question and what came of it.
#[derive(Serialize)]
struct Solved {
    category: Category,
    q_id: QuestionId,
    /// The gold answer, where there is one.
    gold: Option<String>,
    /// Whether the answer is the gold answer.
    right: Option<bool>,
    #[serde(flatten)]
    solution: Solution,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let strategy = strategy(&arguments.strategy)?;
    let context = super::context(libraries.registry(&[])?, arguments.templates.as_deref())?;
    crate::interrupt::stops(&context)?;
    let questions = questions(arguments)?;
    let writing = writing(arguments)?;
    let registry = context.registry();
    registry.check(&writing.sampler).map_err(Error::from)?;
    let aggregator = make::<dyn Aggregator>(registry, &arguments.aggregator)?;
    let splitter = make::<dyn StepSplitter>(registry, &arguments.splitter)?;
    let extractor = make::<dyn AnswerExtractor>(registry, &arguments.extractor)?;
    let answers = make::<dyn AnswerEquivalence>(registry, &arguments.answers)?;
    let (chat, thinking) = (arguments.chat.into(), arguments.thinking.into());
    let prompts = Prompts::new(&context, arguments.template.as_deref(), chat, thinking)?;
    let verifier =
        arguments.verifier.as_deref().map(|verifier| make::<dyn Verifier>(registry, verifier)).transpose()?;
    let generator = registry.make(&arguments.generator.spec()?).map_err(Error::from)?.open(&context)?;
    let verifier = verifier.map(|settings| settings.open(&context)).transpose()?;
    let solver = Solver {
        context: &context,
        generator: &*generator,
        verifier: verifier.as_deref(),
        aggregator: &*aggregator,
        splitter: &*splitter,
        extractor: &*extractor,
        answers: &*answers,
        writing: &writing,
    };
    let progress = context.start("solving", Some(questions.len() as u64));
    let (questions, golds): (Vec<Question>, Vec<Option<String>>) = questions.into_iter().unzip();
    let prompting = |question: &Question| prompts.prompt(&*generator, &context, question);
    let done = || progress.advance(1);
    let solutions = solve_all(&*strategy, &solver, &questions, &prompting, arguments.at_once, &done).map_err(plain)?;
    drop(progress);
    let solved = questions.into_iter().zip(golds).zip(solutions).map(|((question, gold), solution)| {
        let right = gold.as_ref().map(|gold| {
            let gold = answers.gold(gold).unwrap_or_default();
            solution.choice.key.is_some() && solution.choice.key == gold
        });
        Solved { category: question.category, q_id: question.id, gold, right, solution }
    });
    let solved: Vec<Solved> = solved.collect();
    show(&solved, arguments.format)
}

/// An error of the parts as itself, so that it is shown, and gives an exit code, as everywhere else.
fn plain(error: touchstone_search::Error) -> anyhow::Error {
    match error {
        touchstone_search::Error::Core(error) => error.into(),
        error => error.into(),
    }
}

/// The strategy of a file, if there is one of this name, else the one that is named.
fn strategy(argument: &str) -> anyhow::Result<StrategySettings> {
    let file = Path::new(argument);
    if !file.is_file() {
        return Ok(argument.parse::<StrategySettings>()?);
    }
    let text = fs::read_to_string(file).map_err(|error| Error::io("read the strategy", file, error))?;
    // YAML holds JSON.
    let settings: serde_json::Value =
        serde_saphyr::from_str(&text).map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", file.display()))?;
    Ok(touchstone_search::read(&settings)?)
}

/// The questions with their gold answers.
fn questions(arguments: &Arguments) -> anyhow::Result<Vec<(Question, Option<String>)>> {
    if let Some(text) = &arguments.question {
        let question = Question { id: "question".into(), category: Category::new("other"), text: text.clone() };
        return Ok(vec![(question, None)]);
    }
    let set = super::sample::questions(arguments.data.as_deref().unwrap_or_default(), &arguments.categories)?;
    let mut questions = Vec::new();
    for category in set.categories() {
        for row in set.rows(category)? {
            let row = row?;
            questions.push((row.question, Some(row.gold)));
        }
    }
    Ok(questions)
}

fn writing(arguments: &Arguments) -> anyhow::Result<Writing> {
    let writing = Writing {
        sampler: arguments.sampler.parse().map_err(Error::from)?,
        max_tokens: arguments.max_tokens,
        max_steps: arguments.max_steps,
        delimiter: arguments.delimiter.clone(),
        stop: arguments.stop.clone(),
        seed: arguments.seed,
    };
    writing.check()?;
    Ok(writing)
}

/// The plugin that an option names; of a verifier the settings, which load nothing.
fn make<K: Pluggable + ?Sized>(registry: &Registry, argument: &str) -> Result<Box<K::Made>> {
    Ok(registry.make(&argument.parse::<PluginSpec<K>>()?)?)
}

fn show(solved: &[Solved], format: Format) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, solved)?;
        writeln!(out)?;
        return Ok(());
    }
    if let [Solved { gold: None, solution, .. }] = solved
        && let Some(best) = solution.best()
    {
        writeln!(out, "{}\n", best.text.trim())?;
    }
    let header = ["question", "answer", "gold", "tokens", "why"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(solved.iter().map(row)).collect();
    crate::table::write_left(&mut out, &rows)?;
    let judged: Vec<bool> = solved.iter().filter_map(|one| one.right).collect();
    if !judged.is_empty() {
        let right = judged.iter().filter(|right| **right).count();
        let share = 100.0 * right as f64 / judged.len() as f64;
        writeln!(out, "\n{right} of {} answers are right: {share:.1} %", judged.len())?;
    }
    Ok(())
}

fn row(solved: &Solved) -> Vec<String> {
    let Solved { category, q_id, gold, solution, .. } = solved;
    let none = || "–".to_owned();
    vec![
        format!("{category}/{q_id}"),
        solution.choice.answer.clone().unwrap_or_else(none),
        gold.clone().unwrap_or_else(none),
        match solution.spent.completions_without_tokens {
            0 => solution.spent.generated_tokens.to_string(),
            _ => none(),
        },
        solution.choice.to_string(),
    ]
}
