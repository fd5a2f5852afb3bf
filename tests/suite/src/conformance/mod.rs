//! CPython's own test suite. Each module runs in a process of its own, and what passes is compared with an allow-list
//! that only grows: a listed test that no longer passes is a regression. Crashes and timeouts fail whatever they hit.
//!
//! `record` reads what the driver wrote, `runner` runs one module, `lists` are the allow-lists, `table` shows how far
//! each manager has come.

mod lists;
mod record;
mod runner;
mod table;

use crate::interpreter::{Interpreter, PLAIN, Variant};
use crate::options::{Options, Selection};
use crate::progress::Progress;
use crate::project::Project;
use crate::report::{Case, Outcome};
use anyhow::{Context, Result, bail};
use child::pool;
use lists::AllowList;
use record::{Kind, Test};
use runner::{Incident, ModuleRun};
use std::collections::BTreeSet;
use std::time::Duration;
use table::Table;

struct Job<'a> {
    module: &'a str,
    variant: &'a Variant,
}

pub fn run(
    project: &Project,
    interpreter: &Interpreter,
    selection: &Selection,
    options: &Options,
) -> Result<Vec<Case>> {
    let modules = select(project, selection)?;
    let variants = interpreter.variants();
    let jobs: Vec<Job> = modules
        .iter()
        .flat_map(|module| variants.iter().map(move |variant| Job { module, variant }))
        .collect();
    let runner = runner::Runner::new(project, interpreter, options)?;

    let progress = Progress::new("conformance", jobs.len());
    let runs = pool::run(&jobs, options.jobs(), |job| {
        progress.begin(&format!("{} ({})", job.module, job.variant.name));
        let run = runner.run(job.module, job.variant);
        if let Ok(run) = &run {
            for incident in &run.incidents {
                progress.say(&format!(
                    "{} {} ({}): {}",
                    job.module, incident.at, job.variant.name, incident.ending
                ));
            }
            if let Some(why) = &run.not_run {
                progress.say(&format!(
                    "{} ({}) has not run: {why}",
                    job.module, job.variant.name
                ));
            }
            if options.show {
                progress.say(&run.output);
            }
        }
        progress.end();
        run
    });
    drop(progress);

    let mut cases = Vec::new();
    let mut measured = Vec::new();
    for (job, run) in jobs.iter().zip(runs) {
        let (manager, run) = (job.variant.name.as_str(), run?);
        let mut list = AllowList::load(project, manager, job.module)?;
        // A selection of tests says nothing about the others, and nothing about how many there are.
        let whole = options.only.is_empty();
        if whole {
            cases.extend(judge(job, &run, &list));
        } else {
            cases.extend(run.tests.iter().map(|(id, test)| show(job, id, test)));
            cases.extend(incidents(job, &run));
        }
        if options.update {
            let seen = (manager == PLAIN && whole).then_some(run.tests.len());
            list.add(run.passed().cloned(), seen);
            list.save()?;
        }
        if whole {
            measured.push((job, run));
        }
    }
    // Now, since the lists may just have grown.
    let mut table = Table::new(project, &modules)?;
    for (job, run) in &measured {
        table.set(job.module, &job.variant.name, run.passed());
    }
    println!("\n{}", table.for_terminal());
    let markdown = options
        .markdown
        .clone()
        .unwrap_or_else(|| project.output("conformance.md"));
    if let Some(folder) = markdown.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&markdown, table.as_markdown() + "\n")?;
    Ok(cases)
}

/// The table as the allow-lists have it.
pub fn print_recorded(project: &Project) -> Result<()> {
    println!(
        "{}",
        Table::new(project, &select(project, &Selection::Listed)?)?.as_markdown()
    );
    Ok(())
}

/// The modules to run, from `modules.txt`: a name in each line, and `quick` behind those that a short run takes.
fn select(project: &Project, selection: &Selection) -> Result<Vec<String>> {
    let path = project.conformance().join("modules.txt");
    let listed = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let rows = listed.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split_whitespace().collect()).collect();
    let rows = rows.iter().filter(|row| !row.is_empty());
    Ok(match selection {
        Selection::Quick => rows
            .filter(|row| row.contains(&"quick"))
            .map(|row| row[0].to_owned())
            .collect(),
        Selection::Listed => rows.map(|row| row[0].to_owned()).collect(),
        Selection::All => every_module(project)?,
        Selection::Named(names) => {
            let known = every_module(project)?;
            let exists = |name: &String| known.contains(name) || is_inner(project, name);
            if let Some(unknown) = names.iter().find(|name| !exists(name)) {
                bail!("CPython's test suite has no module {unknown}");
            }
            names.clone()
        }
    })
}

/// Whether a dotted name (`test_capi.test_unicode`) is a module inside one of the suite's packages.
fn is_inner(project: &Project, name: &str) -> bool {
    let Ok(library) = project.reference_library() else {
        return false;
    };
    let place = library.join("test").join(name.replace('.', "/"));
    name.contains('.')
        && (place.with_extension("py").is_file() || place.join("__init__.py").is_file())
}

fn every_module(project: &Project) -> Result<Vec<String>> {
    let mut modules = Vec::new();
    for entry in std::fs::read_dir(project.reference_library()?.join("test"))? {
        let path = entry?.path();
        let package = path.join("__init__.py").is_file();
        if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
            && stem.starts_with("test_")
            && (package || path.extension().is_some_and(|extension| extension == "py"))
        {
            modules.push(stem.to_owned());
        }
    }
    modules.sort();
    Ok(modules)
}

/// One case for each test that passed, and for each that should have.
fn judge(job: &Job, run: &ModuleRun, list: &AllowList) -> Vec<Case> {
    let mut cases: Vec<Case> = incidents(job, run).collect();
    let mut lost: BTreeSet<&String> = list.ids().collect();
    for (id, test) in &run.tests {
        let listed = lost.remove(id);
        let outcome = match test.kind {
            Kind::Pass => Outcome::Passed,
            _ if listed => Outcome::Failed(format!("no longer passes: {test}")),
            _ => Outcome::Skipped(test.to_string()),
        };
        cases.push(case(job, id, outcome));
    }
    let why = match &run.not_run {
        Some(why) => format!("has not run: {why}"),
        None => "no longer runs".to_owned(),
    };
    if run.not_run.is_some() && lost.is_empty() {
        cases.push(case(job, "(module)", Outcome::Skipped(why.clone())));
    }
    cases.extend(
        lost.into_iter()
            .map(|id| case(job, id, Outcome::Failed(why.clone()))),
    );
    if let Some(first) = cases.first_mut() {
        first.elapsed = run.elapsed;
    }
    cases
}

fn show(job: &Job, id: &str, test: &Test) -> Case {
    let outcome = match test.kind {
        Kind::Pass => Outcome::Passed,
        Kind::Skip => Outcome::Skipped(test.to_string()),
        Kind::Fail | Kind::Error | Kind::Crash => Outcome::Failed(test.to_string()),
    };
    case(job, id, outcome)
}

fn incidents<'a>(job: &'a Job, run: &'a ModuleRun) -> impl Iterator<Item = Case> + 'a {
    run.incidents.iter().map(|Incident { at, ending, output }| {
        case(
            job,
            &format!("{at} ({ending})"),
            Outcome::Failed(format!("{ending}\n{output}")),
        )
    })
}

fn case(job: &Job, id: &str, outcome: Outcome) -> Case {
    let (suite, name) = (
        format!("conformance/{}", job.variant.name),
        format!("{}: {id}", job.module),
    );
    Case {
        suite,
        name,
        outcome,
        elapsed: Duration::ZERO,
    }
}
