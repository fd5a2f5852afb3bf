//! Plots: from results to charts.

use crate::chart::{Axis, Bars, Series, Style, XY};
use crate::metric::Metric;
use crate::mmu::mmu;
use crate::plan::{Plot, PlotKind};
use crate::record::{Cell, Kind, Run};
use crate::results::{Outcome, Results};
use anyhow::Result;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub title: String,
    pub svg: String,
    /// Whether there was anything to draw.
    pub empty: bool,
}

/// Bins of the pause histogram in a decade.
const BINS: f64 = 5.0;

/// Windows of the utilisation curve, in ms.
const WINDOWS: [f64; 19] = [
    1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0, 200.0, 300.0,
    500.0, 700.0, 1000.0,
];

/// One figure, or one for each workload where the plot shows single runs.
pub fn of(plot: &Plot, results: &Results) -> Result<Vec<Figure>> {
    match plot.kind {
        PlotKind::Bars => Ok(vec![bars(plot, results)?]),
        PlotKind::Curve => curve(plot, results),
        _ => chosen(plot, results)
            .into_iter()
            .map(|cell| single(plot, results, cell))
            .collect(),
    }
}

fn chosen<'a>(plot: &Plot, results: &Results<'a>) -> Vec<&'a Cell> {
    let mut cells = results.cells();
    cells.retain(|cell| plot.workloads.is_empty() || plot.workloads.contains(&cell.workload));
    cells
}

fn bars(plot: &Plot, results: &Results) -> Result<Figure> {
    let metric = Metric::named(plot.metric.as_deref().unwrap_or_default())?;
    let cells = chosen(plot, results);
    let bar = |cell: &Cell, subject: &str| {
        let scale = match &plot.relative {
            Some(reference) => results
                .median(cell, reference, &metric)
                .filter(|&value| value > 0.0)?,
            None => 1.0,
        };
        match results.outcome(cell, subject, &metric) {
            Outcome::Measured(found) => {
                Some((found.median / scale, found.low / scale, found.high / scale))
            }
            _ => None,
        }
    };
    let series: Vec<_> = results
        .subjects()
        .into_iter()
        .map(|subject| {
            let bars: Vec<_> = cells.iter().map(|cell| bar(cell, subject)).collect();
            (subject.to_owned(), bars)
        })
        .collect();
    let empty = series
        .iter()
        .all(|(_, bars)| bars.iter().all(Option::is_none));
    let label = match &plot.relative {
        Some(reference) => format!("{} ({reference} = 1)", metric.title),
        None => metric.heading(),
    };
    let chart = Bars {
        y: Axis {
            label: plot.y_label.clone().unwrap_or(label),
            log: plot.log_y,
        },
        groups: cells.iter().map(|cell| results.label(cell)).collect(),
        series,
        reference: plot.relative.as_ref().map(|_| 1.0),
    };
    Ok(Figure {
        title: plot.title.clone(),
        svg: chart.to_svg()?,
        empty,
    })
}

/// A metric over a parameter, or over another metric: for each workload a figure, in it a line for each subject.
fn curve(plot: &Plot, results: &Results) -> Result<Vec<Figure>> {
    let metric = Metric::named(plot.metric.as_deref().unwrap_or_default())?;
    let x = plot.x.as_deref().unwrap_or_default();
    let x_metric = Metric::named(x).ok();
    let mut workloads: Vec<&str> = Vec::new();
    let cells = chosen(plot, results);
    for cell in &cells {
        if !workloads.contains(&cell.workload.as_str()) {
            workloads.push(&cell.workload);
        }
    }
    let mut figures = Vec::new();
    for workload in workloads {
        let series = results.subjects().into_iter().map(|subject| {
            let of_workload = cells.iter().filter(|cell| cell.workload == workload);
            let point = |cell: &&&Cell| {
                let x = match &x_metric {
                    Some(metric) => results.median(cell, subject, metric)?,
                    None => cell.parameters.get(x)?.parse().ok()?,
                };
                let reference = match &plot.relative {
                    Some(reference) => results.median(cell, reference, &metric)?,
                    None => 1.0,
                };
                Some((x, results.median(cell, subject, &metric)? / reference))
            };
            let mut points: Vec<(f64, f64)> = of_workload.filter_map(|cell| point(&cell)).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            Series {
                name: subject.to_owned(),
                style: Style::Line,
                points,
            }
        });
        let series: Vec<Series> = series.collect();
        let x_label = x_metric
            .as_ref()
            .map_or(x.replace('_', " "), Metric::heading);
        figures.push(figure(plot, workload, series, &x_label, &metric.heading())?);
    }
    Ok(figures)
}

/// A figure of one cell's runs: for each subject the first that was sound.
fn single(plot: &Plot, results: &Results, cell: &Cell) -> Result<Figure> {
    let series = results
        .subjects()
        .into_iter()
        .filter_map(|subject| Some((subject, results.sample(cell, subject)?)))
        .flat_map(|(subject, run)| drawn(plot, subject, run))
        .filter(|series| !series.points.is_empty());
    let (x, y) = match plot.kind {
        PlotKind::Series => ("", ""),
        PlotKind::PauseHistogram => ("pause (ms)", "pauses"),
        PlotKind::PauseTimeline => ("time (s)", "pause (ms)"),
        PlotKind::Mmu => ("window (ms)", "minimum mutator utilisation"),
        _ => ("time (s)", "resident memory (MiB)"),
    };
    figure(plot, &results.label(cell), series.collect(), x, y)
}

fn drawn(plot: &Plot, subject: &str, run: &Run) -> Vec<Series> {
    let one = |style, points| {
        vec![Series {
            name: subject.to_owned(),
            style,
            points,
        }]
    };
    match plot.kind {
        PlotKind::Series => {
            let name = plot.series.as_deref().unwrap_or_default();
            one(
                Style::Line,
                run.series.get(name).cloned().unwrap_or_default(),
            )
        }
        PlotKind::PauseHistogram => one(Style::Steps, histogram(run)),
        PlotKind::PauseTimeline => [
            (Kind::Collection, "", Style::Points),
            (Kind::Cascade, " cascades (triangles)", Style::Triangles),
        ]
        .into_iter()
        .map(|(kind, suffix, style)| Series {
            name: subject.to_owned() + suffix,
            style,
            points: timeline(run, kind),
        })
        .collect(),
        PlotKind::Mmu if run.observed => one(Style::Line, utilisation(run)),
        PlotKind::Memory => one(Style::Line, memory(run)),
        PlotKind::Mmu | PlotKind::Bars | PlotKind::Curve => Vec::new(),
    }
}

fn histogram(run: &Run) -> Vec<(f64, f64)> {
    let bins: Vec<i64> = run
        .pauses
        .iter()
        .filter(|pause| pause.pause_ns > 0)
        .map(|pause| ((pause.pause_ns as f64 / 1e6).log10() * BINS).floor() as i64)
        .collect();
    let (Some(&low), Some(&high)) = (bins.iter().min(), bins.iter().max()) else {
        return Vec::new();
    };
    (low..=high + 1)
        .map(|bin| {
            let count = bins.iter().filter(|&&found| found == bin).count();
            (10f64.powf(bin as f64 / BINS), count as f64)
        })
        .collect()
}

fn timeline(run: &Run, kind: Kind) -> Vec<(f64, f64)> {
    run.pauses
        .iter()
        .filter(|pause| pause.kind == kind)
        .map(|pause| (pause.start_ns as f64 / 1e9, pause.pause_ns as f64 / 1e6))
        .collect()
}

fn utilisation(run: &Run) -> Vec<(f64, f64)> {
    let elapsed = (run.wall_s * 1e9) as u64;
    WINDOWS
        .iter()
        .filter_map(|&window| Some((window, mmu(&run.pauses, elapsed, (window * 1e6) as u64)?)))
        .collect()
}

fn memory(run: &Run) -> Vec<(f64, f64)> {
    let point = |sample: &crate::record::Sample| {
        (f64::from(sample.ms) / 1e3, sample.bytes as f64 / 1048576.0)
    };
    run.resident.iter().map(point).collect()
}

fn figure(plot: &Plot, about: &str, series: Vec<Series>, x: &str, y: &str) -> Result<Figure> {
    let log_x = plot.log_x || matches!(plot.kind, PlotKind::PauseHistogram | PlotKind::Mmu);
    let label = |given: &Option<String>, usual: &str| given.clone().unwrap_or(usual.to_owned());
    let empty = series.iter().all(|series| series.points.is_empty());
    let chart = XY {
        x: Axis {
            label: label(&plot.x_label, x),
            log: log_x,
        },
        y: Axis {
            label: label(&plot.y_label, y),
            log: plot.log_y,
        },
        series,
    };
    Ok(Figure {
        title: format!("{}: {about}", plot.title),
        svg: chart.to_svg()?,
        empty,
    })
}
