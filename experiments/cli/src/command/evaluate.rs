//! `touchstone evaluate`: rewards to accuracies.

use std::io::stdout;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use touchstone::recipe::{Data, Method, VERSION};
use touchstone::study::{Study, write_tables};
use touchstone::{AnswerEquivalence, Category, PluginSpec, Recipe, evaluation};

use super::Format;
use super::libraries::Libraries;

/// Evaluate reward sets on a test set: best_of_n.csv, weighted_vote.csv and evaluation.json
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone evaluate --data data/test --rewards dORM:last=rewards/dORM --out results
  touchstone evaluate --data hf://namespace/name --rewards dPRM:min=dPRM --rewards 'gORM:quantile{q=0.2}=gORM-1,gORM-2' \\
      --n 1,2,4,8 --out results")]
pub struct Arguments {
    /// The test set: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// A method: its name, how its rewards are aggregated, and where they lie (several paths are replicates)
    #[arg(long = "rewards", value_name = "NAME:AGGREGATOR[{key=value,…}]=PATH[,PATH…]")]
    methods: Vec<String>,
    /// The categories to evaluate (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// The first so many questions of each category (default: all)
    #[arg(long, value_name = "N")]
    questions: Option<NonZeroUsize>,
    /// How many CoTs are drawn of each question
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16")]
    n: Vec<usize>,
    /// How often each N is drawn
    #[arg(long, default_value_t = 100)]
    runs: u32,
    /// The seed of the draws
    #[arg(long, default_value_t = 42)]
    seed: i64,
    /// How many bootstrap samples intervals and p-values are made of (0: none)
    #[arg(long, default_value_t = 1000)]
    bootstrap: u32,
    /// When two final answers are the same: a plugin, with settings as for an aggregator
    #[arg(long, default_value = "multiple_choice")]
    answers: String,
    /// Go on where reward files lack questions or CoTs, and count them
    #[arg(long)]
    allow_partial: bool,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the tables
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let methods: Vec<Method> = arguments.methods.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let settings = evaluation::Settings {
        n: arguments.n.clone(),
        runs: arguments.runs,
        seed: arguments.seed,
        answers: arguments.answers.parse::<PluginSpec<dyn AnswerEquivalence>>().map_err(touchstone::Error::from)?,
        allow_partial: arguments.allow_partial,
        bootstrap: arguments.bootstrap,
    };
    let recipe = Recipe {
        version: VERSION,
        plugins: Vec::new(),
        data: Data {
            path: arguments.data.clone(),
            categories: arguments.categories.iter().map(|name| Category::new(name.as_str())).collect(),
            questions: arguments.questions,
        },
        methods,
        evaluate: settings,
        out: arguments.out.clone(),
        folder: PathBuf::new(),
    };
    let context = super::context(libraries.registry(&[])?, None)?;
    let outcome = Study::open(&context, recipe.check()?)?.evaluate()?;
    let written = write_tables(&outcome, &arguments.out)?;
    super::show(&mut stdout().lock(), &outcome.evaluation, arguments.format)?;
    for path in written {
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}
