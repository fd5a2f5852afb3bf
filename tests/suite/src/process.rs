//! Child processes under limits: time, silence, memory, output. A child leads a process group of its own, so that
//! whatever it starts ends with it; output goes to files, so that a forgotten grandchild cannot keep us waiting.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// More output than this is a program out of control.
const MAX_OUTPUT: u64 = 256 << 20;

pub struct Limits {
    /// For the whole run.
    pub time: Duration,
    /// Between two signs of life, which are growths of the pulse file.
    pub silence: Duration,
    /// Resident bytes.
    pub memory: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    Exit(i32),
    Signal(i32),
    TimedOut(Duration),
    TooMuchMemory(u64),
    TooMuchOutput,
}

pub struct Finished {
    pub ending: Ending,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub elapsed: Duration,
}

static LIVE: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Runs `command` in `scratch`, a folder of its own, until it ends or breaks a limit. Its output files lie there too.
pub fn run(
    mut command: Command,
    scratch: &Path,
    limits: &Limits,
    pulse: Option<&Path>,
) -> Result<Finished> {
    let (stdout, stderr) = (scratch.join("stdout"), scratch.join("stderr"));
    let work = scratch.join("work");
    std::fs::create_dir_all(&work)?;
    command
        .current_dir(&work)
        .env("TMPDIR", &work)
        .stdin(Stdio::null())
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?)
        .process_group(0);

    let started = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let group = Pid::from_child(&child);
    LIVE.lock().expect("never poisoned").push(group);
    let ending = watch(&mut child, started, limits, &[&stdout, &stderr], pulse);
    // Also when the child has ended by itself: something that it started may still run.
    let _ = kill_process_group(group, Signal::KILL);
    LIVE.lock()
        .expect("never poisoned")
        .retain(|&live| live != group);
    child.wait()?;
    let elapsed = started.elapsed();
    Ok(Finished {
        ending: ending?,
        stdout: std::fs::read(stdout)?,
        stderr: std::fs::read(stderr)?,
        elapsed,
    })
}

fn watch(
    child: &mut Child,
    started: Instant,
    limits: &Limits,
    outputs: &[&Path],
    pulse: Option<&Path>,
) -> Result<Ending> {
    let mut alive = (started, 0);
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ending::of(status));
        }
        let now = Instant::now();
        let beats = pulse.map_or(0, length);
        if beats != alive.1 {
            alive = (now, beats);
        }
        let silence = now - alive.0;
        if now - started > limits.time || silence > limits.silence {
            return Ok(Ending::TimedOut(silence.min(now - started)));
        }
        let resident = resident_bytes(child.id());
        if resident > limits.memory {
            return Ok(Ending::TooMuchMemory(resident));
        }
        if outputs.iter().any(|output| length(output) > MAX_OUTPUT) {
            return Ok(Ending::TooMuchOutput);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn resident_bytes(process: u32) -> u64 {
    let pages = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    let pages = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok())
        .unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

impl Ending {
    fn of(status: ExitStatus) -> Ending {
        match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exit(code),
            (None, signal) => Ending::Signal(signal.unwrap_or(0)),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Ending::Exit(code) => write!(f, "exit code {code}"),
            Ending::Signal(signal) => write!(f, "crash: {}", signal_name(*signal)),
            Ending::TimedOut(time) => write!(f, "timeout after {:.0} s", time.as_secs_f64()),
            Ending::TooMuchMemory(bytes) => write!(f, "ended at {} MiB of memory", bytes >> 20),
            Ending::TooMuchOutput => write!(f, "ended at {} MiB of output", MAX_OUTPUT >> 20),
        }
    }
}

fn signal_name(number: i32) -> String {
    let names = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::ILL, "SIGILL"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
        (Signal::TRAP, "SIGTRAP"),
    ];
    match names.iter().find(|(signal, _)| signal.as_raw() == number) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("signal {number}"),
    }
}

/// The last lines of an output, for a report.
pub fn tail(output: &[u8], lines: usize) -> String {
    let text = String::from_utf8_lossy(output);
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Children are in groups of their own, so an interrupt from the terminal does not reach them by itself.
pub fn end_children_on_interrupt() -> Result<()> {
    let handler = || {
        if let Ok(live) = LIVE.lock() {
            for &group in live.iter() {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
        std::process::exit(130);
    };
    ctrlc::set_handler(handler).context("cannot handle interrupts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Finished {
        let scratch = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let limits = Limits {
            time: Duration::from_secs(2),
            silence: Duration::from_secs(2),
            memory: u64::MAX,
        };
        run(command, scratch.path(), &limits, None).expect("sh runs")
    }

    #[test]
    fn endings_are_told_apart() {
        assert_eq!(shell("exit 3").ending, Ending::Exit(3));
        assert_eq!(shell("kill -SEGV $$").ending.to_string(), "crash: SIGSEGV");
        assert!(matches!(shell("sleep 20").ending, Ending::TimedOut(_)));
    }

    #[test]
    fn output_of_a_grandchild_does_not_hold_us_up() {
        let finished = shell("sleep 20 & echo early");
        assert_eq!(finished.stdout, b"early\n");
        assert_eq!(finished.ending, Ending::Exit(0));
    }

    #[test]
    fn tail_keeps_the_end() {
        assert_eq!(tail(b"a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail(b"", 2), "");
    }
}
