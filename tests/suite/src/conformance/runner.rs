//! Runs one module to its end: after a crash or a timeout, again from behind the test that caused it.

use super::record::{Kind, Record, Test};
use crate::interpreter::{Interpreter, Variant};
use crate::options::Options;
use crate::project::Project;
use anyhow::Result;
use child::{Ending, Limits};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A module that crashes more often than this is given up.
const MAX_CRASHES: usize = 50;

pub struct Runner<'a> {
    interpreter: &'a Interpreter,
    options: &'a Options,
    driver: PathBuf,
    library: PathBuf,
}

pub struct ModuleRun {
    pub tests: BTreeMap<String, Test>,
    pub incidents: Vec<Incident>,
    /// Why there are no tests.
    pub not_run: Option<String>,
    pub output: String,
    pub elapsed: Duration,
}

/// The process did not end as it should have.
pub struct Incident {
    /// A test, or the part of the run that is no test.
    pub at: String,
    pub ending: Ending,
    pub output: String,
}

impl ModuleRun {
    pub fn passed(&self) -> impl Iterator<Item = &String> {
        self.tests
            .iter()
            .filter(|(_, test)| test.kind == Kind::Pass)
            .map(|(id, _)| id)
    }
}

impl Runner<'_> {
    pub fn new<'a>(
        project: &Project,
        interpreter: &'a Interpreter,
        options: &'a Options,
    ) -> Result<Runner<'a>> {
        Ok(Runner {
            interpreter,
            options,
            driver: project.driver(),
            library: project.reference_library()?,
        })
    }

    pub fn run(&self, module: &str, variant: &Variant) -> Result<ModuleRun> {
        let scratch = tempfile::tempdir()?;
        let path = scratch.path().join("record");
        let (started, total) = (
            Instant::now(),
            Duration::from_secs(self.options.module_timeout),
        );
        let mut run = ModuleRun {
            tests: BTreeMap::new(),
            incidents: Vec::new(),
            not_run: None,
            output: String::new(),
            elapsed: Duration::ZERO,
        };
        loop {
            let known = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let limits = Limits {
                time: total.saturating_sub(started.elapsed()),
                silence: self.options.timeout(),
                memory: self.options.memory << 20,
            };
            let command = self.command(module, variant, &path);
            let finished = child::run(command, scratch.path(), &limits, Some(&path))?;
            let output = child::tail(&finished.stderr, 20);
            run.output += &String::from_utf8_lossy(&finished.stdout);
            run.output += &String::from_utf8_lossy(&finished.stderr);

            let written = std::fs::read(&path).unwrap_or_default();
            let record = Record::parse(&String::from_utf8_lossy(&written));
            let broken = record.not_run.is_some() && !record.complete;
            if !(finished.ending == Ending::Exit(0) && record.complete
                || broken && matches!(finished.ending, Ending::Exit(_)))
            {
                let at = match (&record.running, record.complete) {
                    (Some(id), _) => id.clone(),
                    (None, true) => "(shutdown)".to_owned(),
                    (None, false) => "(start)".to_owned(),
                };
                run.incidents.push(Incident {
                    at,
                    ending: finished.ending.clone(),
                    output,
                });
            }
            let progressed = written.len() as u64 > known;
            let again = !record.complete
                && record.running.is_some()
                && progressed
                && started.elapsed() < total;
            if let (Some(id), false) = (&record.running, record.complete) {
                let crash = format!("crash\t{id}\t{}\n", finished.ending);
                std::fs::write(&path, [written.as_slice(), crash.as_bytes()].concat())?;
            }
            if !again || self.options.stop_at_crash || run.incidents.len() > MAX_CRASHES {
                break;
            }
        }
        let record = Record::parse(&String::from_utf8_lossy(
            &std::fs::read(&path).unwrap_or_default(),
        ));
        run.tests = record.tests;
        run.not_run = record.not_run;
        run.elapsed = started.elapsed();
        Ok(run)
    }

    fn command(&self, module: &str, variant: &Variant, record: &Path) -> std::process::Command {
        let mut command = self.interpreter.command(variant);
        command.arg(&self.driver);
        if self.options.show {
            command.arg("-v");
        }
        command
            .arg(record)
            .arg(&self.library)
            .arg(module)
            .args(&self.options.only);
        command
    }
}
