//! `lab compare`: one program under every subject, side by side.

use crate::measure::{self, Work};
use crate::page::{self, Section};
use crate::plan::{Plan, Plot, PlotKind, Table, Workload};
use crate::project::Project;
use crate::record::Cell;
use crate::results::Results;
use crate::runner::{self, progress};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(clap::Args)]
pub struct Options {
    /// The program
    script: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    /// Runs of each subject, one after the other in turns
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What to compare; those that are not there are noted
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "refcount,refcount-jit,conservative,conservative-jit,none,cpython,pypy"
    )]
    subjects: Vec<String>,
    /// Seconds that one run may take
    #[arg(long, default_value_t = 600)]
    timeout: u64,
    /// The page to write [default: target/lab/compare/SCRIPT.html]
    #[arg(long)]
    html: Option<PathBuf>,
    /// The runs as JSON [default: beside the page]
    #[arg(long)]
    json: Option<PathBuf>,
}

pub fn compare(project: &Project, options: &Options) -> Result<()> {
    for name in &options.subjects {
        crate::subject::check_name(name)?;
    }
    if options.rounds == 0 {
        bail!("--rounds must be at least 1");
    }
    let script = std::path::absolute(&options.script)?;
    if !script.is_file() {
        bail!("can't open file {}: no such file", options.script.display());
    }
    let (subjects, missing) =
        runner::find_subjects(options.subjects.iter().map(String::as_str), project);
    if subjects.is_empty() {
        let reasons = missing
            .iter()
            .map(|missing| format!("{}: {}", missing.subject, missing.reason));
        bail!(
            "nothing to compare: {}",
            reasons.collect::<Vec<_>>().join("; ")
        );
    }
    let machine = runner::machine(project, &subjects, false);

    let name = script
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let plan = plan(
        &name,
        &subjects
            .iter()
            .map(|subject| subject.name.to_owned())
            .collect::<Vec<_>>(),
    );
    let work = Work {
        cell: Cell {
            workload: name.clone(),
            ..Cell::default()
        },
        script: Some(script),
        arguments: options.args.iter().map(Into::into).collect(),
        environment: Vec::new(),
        timeout: Duration::from_secs(options.timeout),
        observe: true,
        folder: Some(Path::new(".")),
    };
    let mut runs = Vec::new();
    let mut shown = false;
    let bar = progress((options.rounds * subjects.len()) as u64, &name);
    for round in 0..options.rounds {
        for subject in &subjects {
            bar.set_message(subject.name);
            let failed = |run: &crate::record::Run| run.subject == subject.name && !run.is_ok();
            if !runs.iter().any(failed) {
                let (run, finished) = measure::run(&work, subject, round)?;
                if !run.is_ok() {
                    bar.suspend(|| {
                        eprintln!(
                            "{}: {}\n{}",
                            subject.name,
                            run.ending,
                            child::tail(&finished.stderr, 20)
                        );
                    });
                } else if !shown {
                    shown = true;
                    bar.suspend(|| show(&finished.stdout))?;
                }
                runs.push(run);
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();

    let results = Results::new(&plan, &runs);
    let notes = missing
        .iter()
        .map(|missing| format!("{}: {}.", missing.subject, missing.reason));
    let section = Section::of(&results, notes.collect())?;
    println!("{}", section.to_text());
    for note in &section.notes {
        println!("{note}");
    }
    println!("{}", agreement(&results));

    let html = match &options.html {
        Some(path) => path.clone(),
        None => project.output(&format!("compare/{name}.html"))?,
    };
    let json = options
        .json
        .clone()
        .unwrap_or_else(|| html.with_extension("json"));
    let page = page::html(
        &format!("{name} under each memory manager"),
        &machine,
        &[section],
    )?;
    std::fs::write(&html, page).with_context(|| format!("cannot write {}", html.display()))?;
    let record = serde_json::to_string_pretty(&json!({ "machine": machine, "runs": runs }))?;
    std::fs::write(&json, record).with_context(|| format!("cannot write {}", json.display()))?;
    println!(
        "{} has the plots, {} the numbers.",
        html.display(),
        json.display()
    );
    if runs.iter().any(|run| results.fault(run).is_some()) {
        bail!("not every run was sound");
    }
    Ok(())
}

fn show(output: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(output)?;
    writeln!(stdout)?;
    Ok(())
}

fn agreement(results: &Results) -> String {
    let mut differing: Vec<&str> = results
        .runs
        .iter()
        .filter(|run| run.is_ok() && results.fault(run).is_some())
        .map(|run| run.subject.as_str())
        .collect();
    differing.dedup();
    if differing.is_empty() {
        "The output of all was the same.".to_owned()
    } else {
        format!("The output differs under {}.", differing.join(", "))
    }
}

fn plan(name: &str, subjects: &[String]) -> Plan {
    let plot = |title: &str, kind| Plot {
        title: title.to_owned(),
        kind,
        metric: None,
        relative: None,
        x: None,
        series: None,
        log_x: false,
        log_y: kind == PlotKind::PauseTimeline,
        x_label: None,
        y_label: None,
        workloads: Vec::new(),
    };
    let metrics = [
        "wall",
        "cpu",
        "peak",
        "average",
        "collections",
        "cascades",
        "pause_p50",
        "pause_p99",
        "pause_p999",
        "pause_max",
        "paused",
    ];
    Plan {
        name: name.to_owned(),
        title: name.to_owned(),
        question: "Time, memory and pauses of one program: medians over the runs.".to_owned(),
        subjects: subjects.to_vec(),
        rounds: 1,
        quick_rounds: 1,
        timeout: 0,
        prepare: Vec::new(),
        observe: true,
        workloads: vec![Workload {
            name: name.to_owned(),
            script: Some(name.to_owned()),
            options: Vec::new(),
            args: Vec::new(),
            quick: None,
            same_output: true,
        }],
        parameters: Vec::new(),
        tables: vec![Table {
            title: format!("{name} (medians)"),
            metrics: metrics.map(str::to_owned).to_vec(),
            relative: None,
            rate: false,
        }],
        plots: vec![
            plot("Resident memory", PlotKind::Memory),
            plot("Pauses by length", PlotKind::PauseHistogram),
            plot("Pauses over time", PlotKind::PauseTimeline),
            plot("Minimum mutator utilisation", PlotKind::Mmu),
        ],
    }
}
