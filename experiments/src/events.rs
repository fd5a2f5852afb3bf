//! What a run tells of itself: the collector's events, and what the workload reports.

use crate::record::{Kind, Pause};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The environment variable with the file in which a workload reports, through `experiments/workloads/report.py`.
pub const REPORT: &str = "TANDEM_LAB_REPORT";

/// The environment variable with the file in which the probe of a peer writes its collector's events.
pub const PROBE_FILE: &str = "TANDEM_LAB_EVENTS";

/// Runs a script under a peer and writes its collections in the form of `--gc-stats`.
pub const PROBE: &str = include_str!("probe.py");

#[derive(Default)]
pub struct Events {
    pub pauses: Vec<Pause>,
    pub collections: u64,
}

/// One line of `--gc-stats`.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Collection {
        start_ns: u64,
        pause_ns: u64,
    },
    Cascade {
        start_ns: u64,
        pause_ns: u64,
    },
    #[serde(other)]
    Other,
}

/// Reads what `--gc-stats` or the probe wrote, pauses in order. A run that crashed may leave a last line cut off.
pub fn read_events(path: &Path) -> Result<Events> {
    let mut events = Events::default();
    for line in whole_lines(path)? {
        let line = serde_json::from_str(&line)
            .with_context(|| format!("{} says {line}", path.display()))?;
        let (start_ns, pause_ns, kind) = match line {
            Line::Collection { start_ns, pause_ns } => (start_ns, pause_ns, Kind::Collection),
            Line::Cascade { start_ns, pause_ns } => (start_ns, pause_ns, Kind::Cascade),
            Line::Other => continue,
        };
        events.collections += u64::from(kind == Kind::Collection);
        events.pauses.push(Pause {
            start_ns,
            pause_ns,
            kind,
        });
    }
    events.pauses.sort_by_key(|pause| pause.start_ns);
    Ok(events)
}

#[derive(Default)]
pub struct Reported {
    pub values: BTreeMap<String, f64>,
    pub series: BTreeMap<String, Vec<(f64, f64)>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ReportLine {
    Value { value: String, is: f64 },
    Point { series: String, x: f64, y: f64 },
}

pub fn read_report(path: &Path) -> Result<Reported> {
    let mut reported = Reported::default();
    for line in whole_lines(path)? {
        let line =
            serde_json::from_str(&line).with_context(|| format!("a workload reported {line}"))?;
        match line {
            ReportLine::Value { value, is } => {
                reported.values.insert(value, is);
            }
            ReportLine::Point { series, x, y } => {
                reported.series.entry(series).or_default().push((x, y));
            }
        }
    }
    Ok(reported)
}

fn whole_lines(path: &Path) -> Result<Vec<String>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    Ok(whole.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_and_unknown_ones_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("events");
        let text = concat!(
            "{\"event\":\"cascade\",\"start_ns\":30,\"pause_ns\":3,\"objects\":9}\n",
            "{\"event\":\"collection\",\"start_ns\":10,\"pause_ns\":2,\"reason\":\"growth\"}\n",
            "{\"event\":\"summary\",\"collections\":1}\n",
            "{\"event\":\"coll"
        );
        std::fs::write(&path, text).expect("written");
        let events = read_events(&path).expect("events");
        assert_eq!(events.collections, 1);
        let starts: Vec<u64> = events.pauses.iter().map(|pause| pause.start_ns).collect();
        assert_eq!(starts, [10, 30]);
        assert!(
            read_events(&folder.path().join("none"))
                .expect("nothing")
                .pauses
                .is_empty()
        );
    }
}
