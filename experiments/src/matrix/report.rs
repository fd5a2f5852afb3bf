//! What the matrix shows: a table for the terminal and the page, the logs behind its cells, and all of it as JSON.

use super::{Cell, Matrix};
use crate::grid::{Entry, Grid};
use crate::page::{self, Section};
use crate::project::Project;
use crate::runner;
use anyhow::Result;
use serde::Serialize;
use wheels::{Outcome, Package};

const REFERENCE: &str = "cpython";

/// A row of `results.json`.
#[derive(Serialize)]
struct Summary<'a> {
    package: &'a str,
    version: &'a str,
    subject: &'a str,
    /// `ok`, or the step that failed and why.
    verdict: String,
    passed: usize,
    failed: usize,
    errors: usize,
    crashed: usize,
    skipped: usize,
    /// Of the tests that CPython passes.
    passed_of_reference: Option<(usize, usize)>,
    seconds: f64,
}

pub fn grid(matrix: &Matrix, packages: &[&Package]) -> Result<Grid> {
    let mut columns = vec!["package".to_owned(), "version".to_owned()];
    columns.extend(matrix.subjects.iter().map(|s| s.name.to_owned()));
    let mut rows = Vec::new();
    for package in packages {
        let reference = Cell::read(&matrix.folder, &package.name, REFERENCE)?;
        let mut row = vec![Entry::words(&package.name), Entry::words(&package.version)];
        for subject in &matrix.subjects {
            let cell = Cell::read(&matrix.folder, &package.name, subject.name)?;
            row.push(cell.map_or(Entry::words("–"), |cell| entry(&cell, reference.as_ref())));
        }
        rows.push(row);
    }
    Ok(Grid {
        title: "Tests passed, of those that CPython passes".to_owned(),
        columns,
        labels: 2,
        rows,
    })
}

fn entry(cell: &Cell, reference: Option<&Cell>) -> Entry {
    let link = Some(format!("cells/{}.{}.html", cell.package, cell.subject));
    let wrong = fault(cell, reference);
    let share = reference.and_then(|reference| cell.share(reference));
    match (wrong, share) {
        (Some(reason), None) => Entry {
            link,
            ..Entry::failure(&reason)
        },
        (wrong, Some((passed, all))) => {
            let percent = 100.0 * passed as f64 / all.max(1) as f64;
            Entry {
                text: format!(
                    "{passed} of {all}, {:.1} %",
                    (percent * 10.0).floor() / 10.0
                ),
                value: Some(percent),
                detail: wrong.clone().unwrap_or_default(),
                failed: wrong.is_some() || cell.count(Outcome::Crashed) > 0,
                link,
            }
        }
        (None, None) => Entry {
            link,
            ..Entry::words("ok")
        },
    }
}

/// What went wrong, a smoke program that prints something else than under CPython included.
fn fault(cell: &Cell, reference: Option<&Cell>) -> Option<String> {
    let printed = || {
        let expected = reference?.printed.as_ref()?;
        let difference = child::difference(expected, cell.printed.as_ref()?)?;
        Some(format!("smoke: prints otherwise\n{difference}"))
    };
    cell.fault().or_else(printed)
}

/// Writes the page, its logs and `results.json`, of all packages that were ever tried.
pub fn write(project: &Project, matrix: &Matrix, packages: &[&Package]) -> Result<()> {
    let mut summaries = Vec::new();
    let mut cells = Vec::new();
    for package in packages {
        for subject in &matrix.subjects {
            cells.extend(Cell::read(&matrix.folder, &package.name, subject.name)?);
        }
    }
    for cell in &cells {
        let reference = Cell::read(&matrix.folder, &cell.package, REFERENCE)?;
        write_log(matrix, cell, reference.as_ref())?;
        summaries.push(summary(cell, reference.as_ref()));
    }
    let results = matrix.folder.with_file_name("results.json");
    std::fs::write(results, serde_json::to_vec_pretty(&summaries)?)?;
    let section = Section {
        name: "matrix".to_owned(),
        title: "Packages".to_owned(),
        question: "Which packages from PyPI work unmodified? Each was imported, ran a small program of ours, and its \
                   own test suite where it ships one."
            .to_owned(),
        tables: vec![grid(matrix, packages)?],
        figures: Vec::new(),
        notes: Vec::new(),
    };
    let machine = runner::machine(project, &matrix.subjects, false);
    let page = page::html("Packages from PyPI", &machine, &[section])?;
    std::fs::write(matrix.page(), page)?;
    Ok(())
}

fn summary<'a>(cell: &'a Cell, reference: Option<&Cell>) -> Summary<'a> {
    Summary {
        package: &cell.package,
        version: &cell.version,
        subject: &cell.subject,
        verdict: fault(cell, reference).unwrap_or("ok".to_owned()),
        passed: cell.count(Outcome::Passed),
        failed: cell.count(Outcome::Failed),
        errors: cell.count(Outcome::Error),
        crashed: cell.count(Outcome::Crashed),
        skipped: cell.count(Outcome::Skipped),
        passed_of_reference: reference.and_then(|reference| cell.share(reference)),
        seconds: cell.seconds,
    }
}

/// The page behind a cell: which tests fail here alone, then everything that was printed.
fn write_log(matrix: &Matrix, cell: &Cell, reference: Option<&Cell>) -> Result<()> {
    let name = format!("{}.{}", cell.package, cell.subject);
    let log = std::fs::read_to_string(matrix.folder.join(format!("{name}.log")));
    let behind = reference.map_or(Vec::new(), |reference| cell.behind(reference));
    let lines = behind.iter().map(|(test, outcome)| {
        let outcome = outcome.map_or("not run".to_owned(), |o| format!("{o:?}").to_lowercase());
        format!("{outcome}\t{test}\n")
    });
    let text = format!(
        "{} {} under {}: {}\n\nTests that pass under CPython and not here: {}\n{}\n{}",
        cell.package,
        cell.version,
        cell.subject,
        fault(cell, reference).unwrap_or("ok".to_owned()),
        behind.len(),
        lines.collect::<String>(),
        log.unwrap_or_default()
    );
    let page = page::text(&name, &text)?;
    Ok(std::fs::write(
        matrix.folder.join(format!("{name}.html")),
        page,
    )?)
}
