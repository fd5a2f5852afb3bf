//! Runs an experiment: every cell under every subject, round by round, so that whatever else the machine does falls on all
//! alike. What the record has already is not run again.

use crate::measure::{self, Work};
use crate::plan::Plan;
use crate::project::Project;
use crate::record::{Cell, Machine, Record, Run};
use crate::subject::Subject;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// A run that is still to be made.
struct Job {
    cell: Cell,
    subject: usize,
    round: usize,
}

pub struct Missing {
    pub subject: String,
    pub reason: String,
}

/// The subjects of `names` that are there, and why the others are not.
pub fn find_subjects<'a>(
    names: impl Iterator<Item = &'a str>,
    project: &Project,
) -> (Vec<Subject>, Vec<Missing>) {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for name in names {
        match Subject::find(name, project) {
            Ok(subject) => found.push(subject),
            Err(error) => missing.push(Missing {
                subject: name.to_owned(),
                reason: error.to_string(),
            }),
        }
    }
    (found, missing)
}

fn jobs(plan: &Plan, subjects: &[Subject], quick: bool, done: &[Run]) -> Vec<Job> {
    let mut jobs = Vec::new();
    for round in 0..plan.rounds(quick) {
        for cell in plan.cells(quick) {
            let here = |subject: &Subject| plan.runs(&cell, subject.name, quick);
            for (number, subject) in subjects.iter().enumerate().filter(|it| here(it.1)) {
                let is_done = |run: &Run| {
                    run.cell == cell && run.subject == subject.name && run.round == round
                };
                if !done.iter().any(is_done) {
                    jobs.push(Job {
                        cell: cell.clone(),
                        subject: number,
                        round,
                    });
                }
            }
        }
    }
    jobs
}

/// How many runs an experiment still needs.
pub fn count(plan: &Plan, subjects: &[Subject], quick: bool, record: &Record) -> Result<usize> {
    Ok(jobs(plan, subjects, quick, &record.runs(&plan.name)?).len())
}

/// Makes the runs that the record lacks.
pub fn run(
    project: &Project,
    plan: &Plan,
    subjects: &[Subject],
    quick: bool,
    record: &Record,
) -> Result<()> {
    let done = record.runs(&plan.name)?;
    let jobs = jobs(plan, subjects, quick, &done);
    if !jobs.is_empty() {
        project.prepare(&plan.prepare)?;
    }
    let mut file = record.append(&plan.name)?;
    let bar = progress(jobs.len() as u64, &plan.name);
    // After a failure in one round the other rounds would most likely cost the same time for the same news.
    let mut failed: Vec<(Cell, usize)> = done
        .iter()
        .filter(|run| !run.is_ok())
        .filter_map(|run| {
            let subject = subjects
                .iter()
                .position(|subject| subject.name == run.subject)?;
            Some((run.cell.clone(), subject))
        })
        .collect();
    for job in jobs {
        let subject = &subjects[job.subject];
        bar.set_message(format!("{} under {}", job.cell.label(), subject.name));
        let key = (job.cell, job.subject);
        if !failed.contains(&key) {
            let work = work(project, plan, &key.0, quick);
            let (run, _) = measure::run(&work, subject, job.round)?;
            file.add(&run)?;
            if !run.is_ok() {
                bar.suspend(|| {
                    eprintln!("{} under {}: {}", key.0.label(), subject.name, run.ending)
                });
                failed.push(key);
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn work<'a>(project: &Project, plan: &Plan, cell: &Cell, quick: bool) -> Work<'a> {
    let workload = plan
        .workload(&cell.workload)
        .expect("cells are made of the plan's workloads");
    let options = workload.options.iter().cloned();
    let arguments = workload.arguments(cell, quick);
    let environment = plan.parameters.iter().filter_map(|parameter| {
        let value = cell.parameters.get(&parameter.name)?;
        Some((parameter.environment.clone()?, value.clone()))
    });
    Work {
        cell: cell.clone(),
        script: workload
            .script
            .as_ref()
            .map(|script| project.script(script)),
        arguments: options.chain(arguments).map(Into::into).collect(),
        environment: environment.chain(project.places()).collect(),
        timeout: Duration::from_secs(plan.timeout),
        observe: plan.observe,
        folder: None,
    }
}

pub fn progress(length: u64, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len}, {eta} left: {msg}");
    bar.set_style(style.expect("the template is sound").progress_chars("=> "));
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// What this machine is, for the record.
pub fn machine(project: &Project, subjects: &[Subject], quick: bool) -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let kib = field(&read("/proc/meminfo"), "MemTotal");
    let kib = kib
        .split(' ')
        .next()
        .and_then(|kib| kib.parse::<u64>().ok());
    Machine {
        date: jiff::Zoned::now()
            .strftime("%Y-%m-%d %H:%M %:z")
            .to_string(),
        processor: field(&read("/proc/cpuinfo"), "model name"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: kib.unwrap_or(0) * 1024,
        system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        load: read("/proc/loadavg")
            .split(' ')
            .next()
            .and_then(|load| load.parse().ok())
            .unwrap_or(0.0),
        subjects: subjects
            .iter()
            .map(|subject| (subject.name.to_owned(), subject.version.clone()))
            .collect::<BTreeMap<_, _>>(),
        commit: project.commit(),
        quick,
    }
}
