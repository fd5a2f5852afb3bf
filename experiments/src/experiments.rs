//! `lab list`, `lab run`, `lab report`, `lab diff`.

use crate::grid::{Entry, Grid};
use crate::metric::Metric;
use crate::page::{self, Section};
use crate::plan::Plan;
use crate::project::Project;
use crate::record::{Machine, Record};
use crate::results::Results;
use crate::runner;
use crate::subject;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct RunOptions {
    /// Experiments, or `all`
    #[arg(required = true)]
    names: Vec<String>,
    /// Smaller sizes and fewer rounds
    #[arg(long)]
    quick: bool,
    /// The folder of the record; what it has is not run again [default: target/lab/records/DATE, with -quick]
    #[arg(long)]
    record: Option<PathBuf>,
    /// Tell what would run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Subjects in place of each experiment's own
    #[arg(long, value_delimiter = ',')]
    subjects: Option<Vec<String>>,
}

#[derive(clap::Args)]
pub struct ReportOptions {
    /// Folders of records; each gets a report.html
    #[arg(required = true)]
    records: Vec<PathBuf>,
}

#[derive(clap::Args)]
pub struct DiffOptions {
    before: PathBuf,
    after: PathBuf,
    /// What to compare
    #[arg(long, default_value = "wall")]
    metric: String,
}

pub fn list(project: &Project) -> Result<()> {
    let rows = Plan::all(project.plans())?
        .into_iter()
        .map(|plan| {
            let runs = plan.cells(false).len() * plan.rounds(false);
            vec![
                Entry::words(plan.name),
                Entry::words(plan.title),
                Entry::number(runs as f64),
                Entry::words(plan.subjects.join(" ")),
            ]
        })
        .collect();
    let columns = ["experiment", "title", "runs of each", "subjects"]
        .map(str::to_owned)
        .to_vec();
    let grid = Grid {
        title: "Experiments".to_owned(),
        columns,
        labels: 2,
        rows,
    };
    print!("{}", grid.to_text());
    Ok(())
}

fn chosen(project: &Project, names: &[String]) -> Result<Vec<Plan>> {
    let plans = Plan::all(project.plans())?;
    if names.iter().any(|name| name == "all") {
        return Ok(plans);
    }
    names
        .iter()
        .map(|name| {
            plans
                .iter()
                .find(|plan| plan.name == *name)
                .cloned()
                .with_context(|| {
                    let known: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
                    format!(
                        "unknown experiment `{name}`; there are {}",
                        known.join(", ")
                    )
                })
        })
        .collect()
}

pub fn run(project: &Project, options: &RunOptions) -> Result<()> {
    let mut plans = chosen(project, &options.names)?;
    if let Some(subjects) = &options.subjects {
        for name in subjects {
            subject::check_name(name)?;
        }
        for plan in &mut plans {
            plan.subjects.clone_from(subjects);
        }
    }
    let folder = match &options.record {
        Some(folder) => folder.clone(),
        None => {
            let date = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
            project
                .output("records/")?
                .join(date + if options.quick { "-quick" } else { "" })
        }
    };
    let record = Record::at(&folder);
    let mut names: Vec<&str> = plans
        .iter()
        .flat_map(|plan| &plan.subjects)
        .map(String::as_str)
        .collect();
    names.sort_by_key(|name| subject::rank(name));
    names.dedup();
    let (subjects, missing) = runner::find_subjects(names.into_iter(), project);
    for missing in &missing {
        eprintln!("without {}: {}", missing.subject, missing.reason);
    }
    match record.machine()? {
        Some(machine) if machine.quick != options.quick => {
            bail!(
                "{} was made {} --quick",
                folder.display(),
                if machine.quick { "with" } else { "without" }
            );
        }
        Some(_) => {}
        None if options.dry_run => {}
        None => record.set_machine(&runner::machine(project, &subjects, options.quick))?,
    }
    for plan in &plans {
        let of_plan: Vec<_> = subjects
            .iter()
            .filter(|subject| plan.subjects.iter().any(|name| name == subject.name))
            .cloned()
            .collect();
        if options.dry_run {
            let runs = runner::count(plan, &of_plan, options.quick, &record)?;
            let done = record.runs(&plan.name)?.len();
            println!("{}: {runs} runs to make, {done} there", plan.name);
        } else {
            runner::run(project, plan, &of_plan, options.quick, &record)?;
        }
    }
    if options.dry_run {
        return Ok(());
    }
    let sections = sections(project, &record)?;
    for section in sections
        .iter()
        .filter(|section| plans.iter().any(|plan| plan.name == section.name))
    {
        println!("{}\n\n{}", section.title.to_uppercase(), section.to_text());
    }
    let path = write_page(&record, &sections)?;
    println!("{} has the plots.", path.display());
    Ok(())
}

/// The sections of all experiments that a record has, in the order of the plans.
pub fn sections(project: &Project, record: &Record) -> Result<Vec<Section>> {
    let recorded = record.experiments()?;
    let mut sections = Vec::new();
    for plan in Plan::all(project.plans())? {
        if recorded.contains(&plan.name) {
            let runs = record.runs(&plan.name)?;
            let results = Results::new(&plan, &runs);
            let ran = results.subjects();
            let absent = plan
                .subjects
                .iter()
                .filter(|name| !ran.contains(&name.as_str()));
            let notes = absent.map(|name| format!("{name} was not there."));
            sections.push(Section::of(&results, notes.collect())?);
        }
    }
    Ok(sections)
}

fn write_page(record: &Record, sections: &[Section]) -> Result<PathBuf> {
    let machine = machine_of(record)?;
    let page = page::html("Memory managers compared", &machine, sections)?;
    let path = record.folder().join("report.html");
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

pub fn machine_of(record: &Record) -> Result<Machine> {
    let missing = || format!("{} is no record", record.folder().display());
    record.machine()?.with_context(missing)
}

pub fn report(project: &Project, options: &ReportOptions) -> Result<()> {
    for folder in &options.records {
        let record = Record::at(folder);
        machine_of(&record)?;
        let sections = sections(project, &record)?;
        for section in &sections {
            println!("{}\n\n{}", section.title.to_uppercase(), section.to_text());
        }
        println!("{}", write_page(&record, &sections)?.display());
    }
    Ok(())
}

pub fn diff(project: &Project, options: &DiffOptions) -> Result<()> {
    let metric = Metric::named(&options.metric)?;
    let (before, after) = (Record::at(&options.before), Record::at(&options.after));
    let (machine, other) = (machine_of(&before)?, machine_of(&after)?);
    if machine.processor != other.processor || machine.quick != other.quick {
        eprintln!("The records are of different machines or sizes: ratios mean little.");
    }
    for plan in Plan::all(project.plans())? {
        let (old, new) = (before.runs(&plan.name)?, after.runs(&plan.name)?);
        let (old, new) = (Results::new(&plan, &old), Results::new(&plan, &new));
        let subjects: Vec<&str> = old
            .subjects()
            .into_iter()
            .filter(|name| new.subjects().contains(name))
            .collect();
        let cells: Vec<_> = old
            .cells()
            .into_iter()
            .filter(|cell| new.cells().contains(cell))
            .collect();
        if subjects.is_empty() || cells.is_empty() {
            continue;
        }
        let ratio = |cell: &_, subject: &str| {
            let ratio = new.median(cell, subject, &metric)? / old.median(cell, subject, &metric)?;
            ratio.is_finite().then_some(ratio)
        };
        let rows = cells.iter().map(|cell| {
            let ratios = subjects
                .iter()
                .map(|subject| ratio(cell, subject).map_or(Entry::words("–"), Entry::number));
            [Entry::words(cell.label())]
                .into_iter()
                .chain(ratios)
                .collect()
        });
        let columns = ["workload"]
            .iter()
            .chain(&subjects)
            .map(|&name| name.to_owned())
            .collect();
        let title = format!(
            "{}: {} after, as a ratio to before",
            plan.title, metric.title
        );
        let grid = Grid {
            title,
            columns,
            labels: 1,
            rows: rows.collect(),
        };
        println!("{}", grid.to_text());
    }
    Ok(())
}
