//! Unmodified wheels from PyPI. Each package of tests/wheels/packages.toml may have a smoke program of its name, which
//! must print under each memory manager what it prints under CPython, also with a collection at every thousandth
//! allocation. `cargo lab matrix` tries the same packages with their own test suites.

use crate::interpreter::{Interpreter, Variant};
use crate::options::Options;
use crate::progress::Progress;
use crate::project::Project;
use crate::report::{Case, Outcome};
use anyhow::{Result, ensure};
use child::{Ending, Finished, Limits, difference, pool};
use wheels::{Catalogue, Package, Store, Trial};

/// Under stress, one allocation in so many collects.
const STRESS_INTERVAL: u32 = 1000;
/// Such runs may take this much longer.
const STRESS_FACTOR: u32 = 10;

/// What all runs share.
struct Stage<'a> {
    catalogue: Catalogue,
    store: Store,
    interpreter: &'a Interpreter,
    reference: Interpreter,
    options: &'a Options,
}

struct Job<'a> {
    package: &'a Package,
    variant: Variant,
}

pub fn run(project: &Project, interpreter: &Interpreter, options: &Options) -> Result<Vec<Case>> {
    let stage = Stage {
        catalogue: Catalogue::read(&project.wheels())?,
        store: Store::at(project.wheel_store()),
        interpreter,
        reference: Interpreter::reference(project)?,
        options,
    };
    let mut chosen = stage.catalogue.chosen(&options.names)?;
    chosen.retain(|package| stage.catalogue.smoke(package).is_some());
    fetch(&stage, &chosen)?;
    let plain = interpreter.variants().iter().cloned();
    let stressed = interpreter.variants().iter();
    let stressed = stressed.filter_map(|v| v.stressed(STRESS_INTERVAL));
    let variants: Vec<Variant> = plain.chain(stressed).collect();
    let under_all = |&package| variants.iter().map(move |v| (package, v.clone()));
    let jobs: Vec<Job> = chosen
        .iter()
        .flat_map(under_all)
        .map(|(package, variant)| Job { package, variant })
        .collect();
    let progress = Progress::new("wheels", jobs.len());
    let case = |job: &Job| case(&stage, job, &progress);
    Ok(pool::run(&jobs, options.jobs(), case))
}

fn fetch(stage: &Stage, chosen: &[&Package]) -> Result<()> {
    let packages = stage.catalogue.closure(chosen.iter().copied());
    let missing = stage.store.missing(&packages);
    let progress = Progress::new("fetch", missing.len());
    for package in missing {
        progress.begin(&package.name);
        stage.store.fetch(package)?;
        progress.end();
    }
    Ok(())
}

fn case(stage: &Stage, job: &Job, progress: &Progress) -> Case {
    let (variant, name) = (&job.variant.name, &job.package.name);
    progress.begin(&format!("{name} ({variant})"));
    let started = std::time::Instant::now();
    let outcome = compare(stage, job).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
    let case = Case {
        suite: format!("wheels/{variant}"),
        name: name.clone(),
        outcome,
        elapsed: started.elapsed(),
    };
    if case.failure().is_some() {
        progress.say(&format!("FAILED {} {}", case.suite, case.name));
    }
    progress.end();
    case
}

/// Runs a smoke program under a variant and under CPython.
fn compare(stage: &Stage, job: &Job) -> Result<Outcome> {
    let plain = &stage.reference.variants()[0];
    let expected = smoke(stage, &stage.reference, plain, job)?;
    ensure!(
        expected.ending == Ending::Exit(0),
        "CPython itself: {}\n{}",
        expected.ending,
        child::tail(&expected.stderr, 20)
    );
    let actual = smoke(stage, stage.interpreter, &job.variant, job)?;
    let shown = child::tail(&actual.stderr, 20);
    if actual.ending != Ending::Exit(0) {
        return Ok(Outcome::Failed(format!("{}\n{shown}", actual.ending)));
    }
    let text = |f: &Finished| String::from_utf8_lossy(&f.stdout).into_owned();
    Ok(match difference(&text(&expected), &text(&actual)) {
        Some(where_) => Outcome::Failed(format!("stdout, {where_}\n{shown}")),
        None => Outcome::Passed,
    })
}

fn smoke(
    stage: &Stage,
    interpreter: &Interpreter,
    variant: &Variant,
    job: &Job,
) -> Result<Finished> {
    let factor = if variant.is_stressed() {
        STRESS_FACTOR
    } else {
        1
    };
    let time = stage.options.timeout() * factor;
    let trial = Trial {
        catalogue: &stage.catalogue,
        store: &stage.store,
        package: job.package,
        interpreter: &|| interpreter.command(variant),
        limits: Limits {
            time,
            silence: time,
            memory: stage.options.memory << 20,
        },
    };
    let finished = trial.smoke()?;
    Ok(finished.expect("packages without a program are left out"))
}
