//! Child processes under limits (time, silence, memory, output) and what they used. A child leads a process group of its
//! own, so that whatever it starts ends with it; output goes to files, so that a forgotten grandchild cannot keep us waiting.

pub mod pool;
mod text;

pub use text::difference;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
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
    pub usage: Usage,
}

/// What a child and the descendants it waited for used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    pub user: Duration,
    pub system: Duration,
    /// The largest resident set, in bytes. Where it is no larger than that of the process that started the child, it is
    /// that process's: Linux counts from the fork.
    pub peak: u64,
}

/// Told of a running child every so often.
pub struct Observer<'a> {
    pub interval: Duration,
    /// Gets the time since the start and the process's number.
    pub observe: &'a mut dyn FnMut(Duration, u32),
}

static LIVE: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Runs `command` until it ends or breaks a limit. Its output files lie in `scratch`, a folder of its own, and so does the
/// folder it runs in where the command names none.
pub fn run(
    command: Command,
    scratch: &Path,
    limits: &Limits,
    pulse: Option<&Path>,
) -> Result<Finished> {
    run_observed(command, scratch, limits, pulse, None)
}

/// As `run`, and tells `observer` of the running child.
pub fn run_observed(
    mut command: Command,
    scratch: &Path,
    limits: &Limits,
    pulse: Option<&Path>,
    observer: Option<Observer>,
) -> Result<Finished> {
    let (stdout, stderr) = (scratch.join("stdout"), scratch.join("stderr"));
    let work = scratch.join("work");
    std::fs::create_dir_all(&work)?;
    if command.get_current_dir().is_none() {
        command.current_dir(&work);
    }
    command
        .env("TMPDIR", &work)
        .stdin(Stdio::null())
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?)
        .process_group(0);

    let started = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let group = Pid::from_child(&child);
    LIVE.lock().expect("never poisoned").push(group);
    let mut watch = Watch {
        process: child.id(),
        started,
        limits,
        outputs: [&stdout, &stderr],
        pulse,
        alive: (started, 0),
    };
    let ended = watch.until_end(observer);
    // Also when the child has ended by itself: something that it started may still run.
    let _ = kill_process_group(group, Signal::KILL);
    LIVE.lock()
        .expect("never poisoned")
        .retain(|&live| live != group);
    let (ending, usage, elapsed) = match ended? {
        Ended::Itself(status, usage, elapsed) => (Ending::of(status), usage, elapsed),
        Ended::ByUs(ending) => {
            let usage = wait(child.id(), 0)?.map_or(Usage::default(), |(_, usage)| usage);
            (ending, usage, started.elapsed())
        }
    };
    Ok(Finished {
        ending,
        stdout: std::fs::read(stdout)?,
        stderr: std::fs::read(stderr)?,
        elapsed,
        usage,
    })
}

struct Watch<'a> {
    process: u32,
    started: Instant,
    limits: &'a Limits,
    outputs: [&'a Path; 2],
    pulse: Option<&'a Path>,
    /// The last sign of life, and how long the pulse file was.
    alive: (Instant, u64),
}

enum Ended {
    Itself(ExitStatus, Usage, Duration),
    ByUs(Ending),
}

impl Watch<'_> {
    fn until_end(&mut self, mut observer: Option<Observer>) -> Result<Ended> {
        let mut pause = Duration::from_micros(500);
        let longest = observer
            .as_ref()
            .map_or(Duration::from_millis(50), |observer| observer.interval);
        loop {
            if let Some((status, usage)) = wait(self.process, libc::WNOHANG)? {
                return Ok(Ended::Itself(status, usage, self.started.elapsed()));
            }
            if let Some(observer) = &mut observer {
                (observer.observe)(self.started.elapsed(), self.process);
            }
            if let Some(ending) = self.broken_limit() {
                return Ok(Ended::ByUs(ending));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(longest);
        }
    }

    fn broken_limit(&mut self) -> Option<Ending> {
        let now = Instant::now();
        let beats = self.pulse.map_or(0, length);
        if beats != self.alive.1 {
            self.alive = (now, beats);
        }
        let silence = now - self.alive.0;
        if now - self.started > self.limits.time || silence > self.limits.silence {
            return Some(Ending::TimedOut(silence.min(now - self.started)));
        }
        let resident = resident_bytes(self.process);
        if resident > self.limits.memory {
            return Some(Ending::TooMuchMemory(resident));
        }
        let too_long = |output: &&Path| length(output) > MAX_OUTPUT;
        self.outputs
            .iter()
            .any(too_long)
            .then_some(Ending::TooMuchOutput)
    }
}

/// Waits for a child that nobody has waited for. None if `options` say not to wait and it still runs.
fn wait(process: u32, options: libc::c_int) -> Result<Option<(ExitStatus, Usage)>> {
    let mut status = 0;
    // SAFETY: a `rusage` is numbers alone, for which zero is a value.
    let mut usage: libc::rusage = unsafe { core::mem::zeroed() };
    // SAFETY: both pointers are to variables of this frame, of the types that wait4 asks for.
    let found = unsafe { libc::wait4(process as libc::pid_t, &mut status, options, &mut usage) };
    match found {
        0 => Ok(None),
        -1 => Err(std::io::Error::last_os_error()).context("cannot wait for a child"),
        _ => {
            let time = |t: libc::timeval| {
                Duration::new(t.tv_sec as u64, 0) + Duration::from_micros(t.tv_usec as u64)
            };
            let usage = Usage {
                user: time(usage.ru_utime),
                system: time(usage.ru_stime),
                peak: usage.ru_maxrss as u64 * 1024,
            };
            Ok(Some((ExitStatus::from_raw(status), usage)))
        }
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The resident set of a process, in bytes; 0 once it has ended.
pub fn resident_bytes(process: u32) -> u64 {
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

/// Lets a program end quietly when the reader of its output goes away, as `| head` does. To be called first.
pub fn end_with_reader() {
    // SAFETY: nothing else has set up signals yet.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
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
