//! What can be read off a run, by name.

use crate::record::{Kind, Run};
use crate::stats;
use anyhow::{Result, bail};

#[derive(Clone, Debug)]
pub struct Metric {
    pub title: String,
    pub unit: &'static str,
    read: Reader,
}

#[derive(Clone, Debug)]
enum Reader {
    Direct(fn(&Run) -> Option<f64>),
    /// The quantile of pauses, in ms.
    Pause(f64),
    /// What the workload reported under this name.
    Value(String),
}

type Row = (&'static str, &'static str, &'static str, Reader);

const METRICS: [Row; 13] = [
    (
        "wall",
        "wall time",
        "s",
        Reader::Direct(|run| Some(run.wall_s)),
    ),
    (
        "cpu",
        "CPU time",
        "s",
        Reader::Direct(|run| Some(run.user_s + run.system_s)),
    ),
    (
        "peak",
        "peak memory",
        "MiB",
        Reader::Direct(|run| Some(mib(run.peak_bytes as f64))),
    ),
    (
        "average",
        "average memory",
        "MiB",
        Reader::Direct(average_resident),
    ),
    (
        "collections",
        "collections",
        "",
        Reader::Direct(|run| run.observed.then_some(run.collections as f64)),
    ),
    (
        "cascades",
        "cascades",
        "",
        Reader::Direct(|run| run.observed.then(|| count(run, Kind::Cascade))),
    ),
    (
        "pauses",
        "pauses",
        "",
        Reader::Direct(|run| run.observed.then_some(run.pauses.len() as f64)),
    ),
    ("pause_p50", "pause p50", "ms", Reader::Pause(0.5)),
    ("pause_p99", "pause p99", "ms", Reader::Pause(0.99)),
    ("pause_p999", "pause p99.9", "ms", Reader::Pause(0.999)),
    ("pause_max", "longest pause", "ms", Reader::Pause(1.0)),
    (
        "paused",
        "paused in all",
        "ms",
        Reader::Direct(|run| run.observed.then(|| paused_ms(run))),
    ),
    (
        "mutator",
        "wall time without pauses",
        "s",
        Reader::Direct(|run| run.observed.then(|| run.wall_s - paused_ms(run) / 1e3)),
    ),
];

const MIB: f64 = 1048576.0;

fn mib(bytes: f64) -> f64 {
    bytes / MIB
}

fn count(run: &Run, kind: Kind) -> f64 {
    run.pauses.iter().filter(|pause| pause.kind == kind).count() as f64
}

fn paused_ms(run: &Run) -> f64 {
    run.pauses
        .iter()
        .map(|pause| pause.pause_ns as f64 / 1e6)
        .sum()
}

/// Over time: samples are not evenly spaced.
fn average_resident(run: &Run) -> Option<f64> {
    let (first, last) = (run.resident.first()?, run.resident.last()?);
    if first.ms == last.ms {
        return Some(mib(first.bytes as f64));
    }
    let area: f64 = run
        .resident
        .windows(2)
        .map(|pair| {
            f64::from(pair[1].ms - pair[0].ms) * (pair[0].bytes + pair[1].bytes) as f64 / 2.0
        })
        .sum();
    Some(mib(area / f64::from(last.ms - first.ms)))
}

impl Metric {
    /// `value:NAME` is what a workload reports as NAME.
    pub fn named(name: &str) -> Result<Metric> {
        if let Some(value) = name.strip_prefix("value:") {
            return Ok(Metric {
                title: value.replace('_', " "),
                unit: "",
                read: Reader::Value(value.to_owned()),
            });
        }
        match METRICS.iter().find(|row| row.0 == name) {
            Some((_, title, unit, read)) => Ok(Metric {
                title: (*title).to_owned(),
                unit,
                read: read.clone(),
            }),
            None => bail!(
                "unknown metric `{name}`; there are {} and value:NAME",
                METRICS.map(|row| row.0).join(", ")
            ),
        }
    }

    /// None where the run says nothing of it, which is the case of every run that failed.
    pub fn of(&self, run: &Run) -> Option<f64> {
        if !run.is_ok() {
            return None;
        }
        match &self.read {
            Reader::Direct(read) => read(run),
            Reader::Pause(q) => {
                let pauses = run.pauses.iter().map(|pause| pause.pause_ns as f64 / 1e6);
                run.observed
                    .then(|| stats::quantile(&stats::sorted(pauses), *q).unwrap_or(0.0))
            }
            Reader::Value(name) => run.values.get(name).copied(),
        }
    }

    pub fn heading(&self) -> String {
        match self.unit {
            "" => self.title.clone(),
            unit => format!("{} ({unit})", self.title),
        }
    }
}

/// Three significant digits, or whole numbers where they are larger.
pub fn format(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 || (value.fract() == 0.0 && size < 1e15) => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        size if size >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_metrics_are_refused_by_name() {
        assert!(Metric::named("wall").is_ok());
        assert!(Metric::named("value:ops").is_ok());
        let error = Metric::named("speed").expect_err("unknown");
        assert!(error.to_string().contains("`speed`"));
    }

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.0, 3.0, 1234.5, 12.34, 1.234, 0.01234, 0.0001234].map(format);
        assert_eq!(
            shown,
            ["0", "3", "1234", "12.3", "1.23", "0.012", "1.23e-4"]
        );
    }
}
