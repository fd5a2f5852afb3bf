//! Tables: made of results once, shown in the terminal, in a page and in a paper.

use crate::metric::{self, Metric};
use crate::plan::Table;
use crate::record::Cell;
use crate::results::{Outcome, Results};
use crate::stats;
use comfy_table::{CellAlignment, presets};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grid {
    pub title: String,
    pub columns: Vec<String>,
    /// How many columns at the left are words.
    pub labels: usize,
    pub rows: Vec<Vec<Entry>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Entry {
    pub text: String,
    /// What a column is sorted by.
    pub value: Option<f64>,
    /// The interval, or what went wrong.
    pub detail: String,
    pub failed: bool,
    /// A page beside this one that tells more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Entry {
    pub fn words(text: impl Into<String>) -> Entry {
        Entry {
            text: text.into(),
            ..Entry::default()
        }
    }

    pub fn number(value: f64) -> Entry {
        Entry {
            text: metric::format(value),
            value: Some(value),
            ..Entry::default()
        }
    }

    /// A failure, by its first words.
    pub fn failure(reason: &str) -> Entry {
        let short = reason.split(':').next().unwrap_or(reason);
        let short = if reason.starts_with("crash") {
            reason
        } else {
            short
        };
        Entry {
            text: short.to_owned(),
            value: None,
            detail: reason.to_owned(),
            failed: true,
            link: None,
        }
    }
}

pub fn of(table: &Table, results: &Results) -> anyhow::Result<Grid> {
    let metrics: anyhow::Result<Vec<Metric>> = table
        .metrics
        .iter()
        .map(|name| Metric::named(name))
        .collect();
    let metrics = metrics?;
    Ok(match metrics.as_slice() {
        [metric] => by_workload(table, metric, results),
        metrics => by_subject(table, metrics, results),
    })
}

/// A row for each cell, a column for each subject.
fn by_workload(table: &Table, metric: &Metric, results: &Results) -> Grid {
    let subjects = results.subjects();
    let mut columns = vec!["workload".to_owned()];
    columns.extend(subjects.iter().map(|&subject| subject.to_owned()));
    let mut rows = Vec::new();
    let mut ratios = vec![Vec::new(); subjects.len()];
    for cell in results.cells() {
        let mut row = vec![Entry::words(results.label(cell))];
        for (number, subject) in subjects.iter().enumerate() {
            let scale = scale(table, metric, results, cell);
            let entry = entry(results.outcome(cell, subject, metric), scale, table.rate);
            ratios[number].extend(entry.value);
            row.push(entry);
        }
        rows.push(row);
    }
    if table.relative.is_some() && rows.len() > 1 {
        let mut row = vec![Entry::words("geometric mean")];
        row.extend(
            ratios
                .iter()
                .map(|ratios| match stats::geometric_mean(ratios) {
                    Some(mean) => {
                        let detail = format!("of {}", ratios.len());
                        Entry {
                            detail,
                            ..Entry::number(mean)
                        }
                    }
                    None => Entry::default(),
                }),
        );
        rows.push(row);
    }
    let unit = match (&table.relative, metric.unit) {
        (Some(subject), _) => format!(" ({subject} = 1)"),
        (None, "") => String::new(),
        (None, unit) => format!(" ({unit})"),
    };
    Grid {
        title: table.title.clone() + &unit,
        columns,
        labels: 1,
        rows,
    }
}

/// One cell: a row for each metric, a column for each subject.
fn by_metric(table: &Table, metrics: &[Metric], results: &Results, cell: &Cell) -> Grid {
    let subjects = results.subjects();
    let row = |metric: &Metric| {
        let scale = scale(table, metric, results, cell);
        let entries = subjects
            .iter()
            .map(|subject| entry(results.outcome(cell, subject, metric), scale, table.rate));
        [Entry::words(metric.heading())]
            .into_iter()
            .chain(entries)
            .collect()
    };
    Grid {
        title: table.title.clone(),
        columns: [""]
            .iter()
            .chain(&subjects)
            .map(|&name| name.to_owned())
            .collect(),
        labels: 1,
        rows: metrics.iter().map(row).collect(),
    }
}

/// A row for each cell and subject, a column for each metric.
fn by_subject(table: &Table, metrics: &[Metric], results: &Results) -> Grid {
    let cells = results.cells();
    if let [cell] = cells.as_slice() {
        return by_metric(table, metrics, results, cell);
    }
    let mut columns = vec!["workload".to_owned()];
    columns.push("subject".to_owned());
    columns.extend(metrics.iter().map(Metric::heading));
    let mut rows = Vec::new();
    for cell in cells {
        for subject in results.subjects() {
            if !results.ran(cell, subject) {
                continue;
            }
            let mut row = Vec::new();
            row.push(Entry::words(results.label(cell)));
            row.push(Entry::words(subject));
            for metric in metrics {
                let scale = scale(table, metric, results, cell);
                row.push(entry(
                    results.outcome(cell, subject, metric),
                    scale,
                    table.rate,
                ));
            }
            rows.push(row);
        }
    }
    Grid {
        title: table.title.clone(),
        columns,
        labels: 2,
        rows,
    }
}

/// What 1 is: the median of the table's reference, or one unit.
fn scale(table: &Table, metric: &Metric, results: &Results, cell: &Cell) -> Option<f64> {
    match &table.relative {
        Some(reference) => results
            .median(cell, reference, metric)
            .filter(|&median| median > 0.0),
        None => Some(1.0),
    }
}

fn entry(outcome: Outcome, scale: Option<f64>, rate: bool) -> Entry {
    match (outcome, scale) {
        (Outcome::Measured(estimate), Some(scale)) => {
            let shown = |value: f64| if rate { scale / value } else { value / scale };
            let (low, high) = (shown(estimate.low), shown(estimate.high));
            let detail = if estimate.n > 1 {
                let (low, high) = (metric::format(low.min(high)), metric::format(low.max(high)));
                format!("95 % interval {low} to {high}, {} runs", estimate.n)
            } else {
                "one run".to_owned()
            };
            Entry {
                detail,
                ..Entry::number(shown(estimate.median))
            }
        }
        (Outcome::Measured(_), None) => Entry::words("no reference"),
        (Outcome::Failed(reason), _) => Entry::failure(&reason),
        (Outcome::Silent, _) => Entry::words("–"),
        (Outcome::Missing, _) => Entry::words(""),
    }
}

impl Grid {
    /// For the terminal, and for pasting.
    pub fn to_text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_header(&self.columns);
        for row in &self.rows {
            table.add_row(row.iter().map(|entry| entry.text.as_str()));
        }
        for column in table.column_iter_mut().skip(self.labels) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{}\n{table}\n", self.title)
    }
}
