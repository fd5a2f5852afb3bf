//! One run: a workload under a subject, timed and watched.

use crate::events::{self, PROBE, PROBE_FILE, REPORT};
use crate::record::{Cell, Run, Sample};
use crate::subject::{Kind, Subject};
use anyhow::Result;
use child::{Ending, Finished, Limits, Observer};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What is run: a script with its arguments, or options in place of a script.
pub struct Work<'a> {
    pub cell: Cell,
    pub script: Option<PathBuf>,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(String, String)>,
    pub timeout: Duration,
    /// Record pauses.
    pub observe: bool,
    /// Where it runs; none for a fresh folder.
    pub folder: Option<&'a Path>,
}

/// How often memory is looked at.
const INTERVAL: Duration = Duration::from_millis(5);

/// More samples of memory than this are thinned out.
const MAX_SAMPLES: usize = 400;

/// More pauses than this are not kept but for the longest.
const MAX_PAUSES: usize = 5000;

const MEMORY_LIMIT: u64 = 12 << 30;

/// The run, and what it wrote to its standard output and error.
pub fn run(work: &Work, subject: &Subject, round: usize) -> Result<(Run, Finished)> {
    let scratch = tempfile::tempdir()?;
    let (events, report) = (scratch.path().join("events"), scratch.path().join("report"));
    let mut command = command(work, subject, scratch.path(), &events)?;
    command.env(REPORT, &report);
    if let Some(folder) = work.folder {
        command.current_dir(folder);
    }
    let limits = Limits {
        time: work.timeout,
        silence: work.timeout,
        memory: MEMORY_LIMIT,
    };
    let mut resident = Vec::new();
    let mut highest = 0;
    let mut observe = |elapsed: Duration, process: u32| {
        highest = highest.max(high_water(process));
        let bytes = child::resident_bytes(process);
        if bytes > 0 {
            resident.push(Sample {
                ms: elapsed.as_millis() as u32,
                bytes,
            });
        }
    };
    let observer = Observer {
        interval: INTERVAL,
        observe: &mut observe,
    };
    let finished = child::run_observed(command, scratch.path(), &limits, None, Some(observer))?;
    // The kernel's own figure is exact, but never less than what this process had when it forked.
    let own = high_water(std::process::id());
    let peak_bytes = if finished.usage.peak > own {
        finished.usage.peak
    } else {
        highest
    };
    let observed = events::read_events(&events)?;
    let reported = events::read_report(&report)?;
    let run = Run {
        cell: work.cell.clone(),
        subject: subject.name.to_owned(),
        round,
        ending: describe(&finished),
        output: fnv1a(&finished.stdout),
        wall_s: finished.elapsed.as_secs_f64(),
        user_s: finished.usage.user.as_secs_f64(),
        system_s: finished.usage.system.as_secs_f64(),
        peak_bytes,
        resident: thinned(resident, MAX_SAMPLES),
        collections: observed.collections,
        pauses: longest(observed.pauses, MAX_PAUSES),
        observed: is_observed(work, subject),
        values: reported.values,
        series: reported.series,
    };
    Ok((run, finished))
}

/// Peers are observed through a probe that runs the script, so with a script alone.
fn is_observed(work: &Work, subject: &Subject) -> bool {
    work.observe && (subject.is_tandem() || work.script.is_some())
}

fn command(work: &Work, subject: &Subject, scratch: &Path, events: &Path) -> Result<Command> {
    let mut command = subject.command();
    if is_observed(work, subject) {
        if subject.is_tandem() {
            let mut option = OsString::from("--gc-stats=");
            option.push(events);
            command.arg(option);
        } else {
            let probe = scratch.join("probe.py");
            std::fs::write(&probe, PROBE)?;
            command.arg(probe).env(PROBE_FILE, events);
        }
    }
    command.args(&work.script).args(&work.arguments);
    command.envs(work.environment.iter().map(|(name, value)| (name, value)));
    if subject.kind == Kind::PyPy {
        // As the others' output; PyPy's own default is the same where it honours the locale.
        command.env("PYTHONIOENCODING", "utf-8");
    }
    Ok(command)
}

fn describe(finished: &Finished) -> String {
    match &finished.ending {
        Ending::Exit(0) => "ok".to_owned(),
        Ending::Exit(code) => {
            let last = child::tail(&finished.stderr, 1);
            format!("exit code {code}: {last}")
        }
        ending => ending.to_string(),
    }
}

/// The highest resident set of a process since its last exec, in bytes.
fn high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Every so manieth sample, with the highest of those it stands for.
fn thinned(samples: Vec<Sample>, most: usize) -> Vec<Sample> {
    if samples.len() <= most {
        return samples;
    }
    let highest = |chunk: &[Sample]| chunk.iter().copied().max_by_key(|sample| sample.bytes);
    samples
        .chunks(samples.len().div_ceil(most))
        .filter_map(highest)
        .collect()
}

/// The longest pauses, still in order of time.
fn longest(mut pauses: Vec<crate::record::Pause>, most: usize) -> Vec<crate::record::Pause> {
    if pauses.len() > most {
        pauses.sort_by_key(|pause| std::cmp::Reverse(pause.pause_ns));
        pauses.truncate(most);
        pauses.sort_by_key(|pause| pause.start_ns);
    }
    pauses
}

/// Fowler, Noll and Vo's hash, which is the same everywhere.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_peaks() {
        let samples: Vec<Sample> = (0..1000)
            .map(|ms| Sample {
                ms,
                bytes: if ms == 501 { 9 } else { 1 },
            })
            .collect();
        let thin = thinned(samples, 100);
        assert_eq!(thin.len(), 100);
        assert!(thin.iter().any(|sample| sample.bytes == 9));
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
