//! The workspace's unit tests: `cargo test`, its output read back into cases.

use crate::progress::Progress;
use crate::project::Project;
use crate::report::{Case, Outcome};
use anyhow::Result;
use child::{Ending, Finished, Limits};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30 * 60);

pub fn run(project: &Project) -> Result<Vec<Case>> {
    let progress = Progress::new("units", 1);
    progress.begin("cargo test --workspace");
    let scratch = tempfile::tempdir()?;
    let mut cargo = Command::new("sh");
    // One stream, so that the name of a test binary stands before its tests.
    let manifest = project.root().join("Cargo.toml");
    cargo
        .args(["-c", r#"exec "$0" test --workspace --no-fail-fast --ignore-rust-version --manifest-path "$1" 2>&1"#])
        .arg(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .arg(manifest)
        .env("CARGO_TERM_COLOR", "never");
    let limits = Limits {
        time: LIMIT,
        silence: LIMIT,
        memory: u64::MAX,
    };
    let done = AtomicBool::new(false);
    let finished = std::thread::scope(|scope| {
        scope.spawn(|| show_last_line(&scratch.path().join("stdout"), &progress, &done));
        let finished = child::run(cargo, scratch.path(), &limits, None);
        done.store(true, Ordering::Relaxed);
        finished
    })?;
    let cases = read(&finished);
    for case in cases.iter().filter(|case| case.failure().is_some()) {
        progress.say(&format!("FAILED {} {}", case.suite, case.name));
    }
    Ok(cases)
}

/// Minutes may pass: what cargo is at stands in the progress bar.
fn show_last_line(output: &Path, progress: &Progress, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        let text = std::fs::read_to_string(output).unwrap_or_default();
        if let Some(line) = text.lines().next_back() {
            progress.begin(line.trim());
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn read(finished: &Finished) -> Vec<Case> {
    let output = String::from_utf8_lossy(&finished.stdout);
    let mut cases: Vec<Case> = Vec::new();
    let mut binary = String::new();
    for line in output.lines() {
        if let Some(running) = line.trim_start().strip_prefix("Running ") {
            binary = binary_name(running).to_owned();
        } else if let Some(crate_name) = line.trim_start().strip_prefix("Doc-tests ") {
            binary = format!("{crate_name} (doc)");
        } else if let Some((name, result)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.rsplit_once(" ... "))
        {
            let outcome = match result {
                "ok" => Outcome::Passed,
                "FAILED" => Outcome::Failed(details(&output, name)),
                ignored => Outcome::Skipped(ignored.to_owned()),
            };
            cases.push(case(format!("{binary}::{name}"), outcome));
        } else if line.contains("process didn't exit successfully") && line.contains("signal") {
            cases.push(case(
                format!("{binary} (process)"),
                Outcome::Failed(line.trim().to_owned()),
            ));
        }
    }
    let failed = cases.iter().any(|case| case.failure().is_some());
    if finished.ending != Ending::Exit(0) && !failed {
        let why = format!("{}\n{}", finished.ending, child::tail(&finished.stdout, 40));
        cases.push(case("cargo test".to_owned(), Outcome::Failed(why)));
    }
    if let Some(first) = cases.first_mut() {
        first.elapsed = finished.elapsed; // cargo does not say how long each one took
    }
    cases
}

/// `unittests src/lib.rs (target/debug/deps/vm-0123abcd)` is `vm`.
fn binary_name(running: &str) -> &str {
    let path = running
        .rsplit_once('(')
        .map_or(running, |(_, path)| path.trim_end_matches(')'));
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('-').map_or(file, |(name, _)| name)
}

/// What libtest shows of a failed test, at the end of its binary's output.
fn details(output: &str, name: &str) -> String {
    let heading = format!("---- {name} stdout ----");
    let lines = output.lines().skip_while(|line| *line != heading).skip(1);
    let shown: Vec<_> = lines
        .take_while(|line| !line.starts_with("---- ") && *line != "failures:")
        .take(40)
        .collect();
    shown.join("\n").trim().to_owned()
}

fn case(name: String, outcome: Outcome) -> Case {
    Case {
        suite: "units".to_owned(),
        name,
        outcome,
        elapsed: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
   Compiling tandem-vm v0.1.0
     Running unittests src/lib.rs (target/debug/deps/vm-0123abcd)

running 3 tests
test list::grows ... ok
test list::slow ... ignored, takes minutes
test list::sorts ... FAILED

failures:

---- list::sorts stdout ----

thread 'list::sorts' panicked at vm/src/list.rs:3:
left != right

failures:
    list::sorts

     Running tests/heap.rs (target/debug/deps/heap-99)
error: test failed
Caused by:
  process didn't exit successfully: `heap-99` (signal: 11, SIGSEGV: invalid memory reference)
";

    fn finished(stdout: &str, code: i32) -> Finished {
        let (stdout, stderr) = (stdout.as_bytes().to_vec(), Vec::new());
        Finished {
            ending: Ending::Exit(code),
            stdout,
            stderr,
            elapsed: Duration::from_secs(1),
            usage: Default::default(),
        }
    }

    #[test]
    fn libtest_output_is_understood() {
        let cases = read(&finished(OUTPUT, 101));
        let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "vm::list::grows",
                "vm::list::slow",
                "vm::list::sorts",
                "heap (process)"
            ]
        );
        assert_eq!(
            cases[1].outcome,
            Outcome::Skipped("ignored, takes minutes".to_owned())
        );
        assert!(
            cases[2]
                .failure()
                .is_some_and(|why| why.ends_with("left != right"))
        );
        assert!(
            cases[3]
                .failure()
                .is_some_and(|why| why.contains("SIGSEGV"))
        );
    }

    #[test]
    fn a_build_that_fails_is_a_failure() {
        let cases = read(&finished("error[E0425]: cannot find value", 101));
        assert_eq!(cases.len(), 1);
        assert!(cases[0].failure().is_some_and(|why| why.contains("E0425")));
    }
}
