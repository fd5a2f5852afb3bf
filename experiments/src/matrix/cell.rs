//! One package under one subject: how far it came.

use anyhow::{Context, Result};
use child::Finished;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wheels::{Outcome, Package, Tested, Trial, describe};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub package: String,
    pub version: String,
    pub subject: String,
    /// `ok`, or what went wrong; so are the next two.
    pub install: String,
    pub import: Option<String>,
    pub smoke: Option<String>,
    /// What the smoke program printed.
    pub printed: Option<String>,
    pub tests: Option<Tested>,
    /// How the tests were run: other tests are not to be compared.
    pub definition: Option<wheels::Tests>,
    pub seconds: f64,
}

impl Cell {
    fn new(package: &Package, subject: &str) -> Cell {
        Cell {
            package: package.name.clone(),
            version: package.version.clone(),
            subject: subject.to_owned(),
            install: "ok".to_owned(),
            import: None,
            smoke: None,
            printed: None,
            tests: None,
            definition: package.tests.clone(),
            seconds: 0.0,
        }
    }

    pub fn not_installed(package: &Package, subject: &str, reason: &str) -> (Cell, String) {
        let mut cell = Cell::new(package, subject);
        cell.install = reason.lines().last().unwrap_or("failed").to_owned();
        (cell, reason.to_owned())
    }

    /// Tries all there is, and answers with the log of it. What follows a failed import is not tried.
    pub fn of(trial: &Trial, subject: &str, with_tests: bool) -> Result<(Cell, String)> {
        let mut cell = Cell::new(trial.package, subject);
        let started = Instant::now();
        let mut log = String::new();
        let import = trial.import()?;
        cell.import = Some(describe(&import));
        tell(&mut log, "import", &import);
        if cell.fault().is_none() {
            if let Some(smoke) = trial.smoke()? {
                cell.smoke = Some(describe(&smoke));
                cell.printed = Some(String::from_utf8_lossy(&smoke.stdout).into_owned());
                tell(&mut log, "smoke program", &smoke);
            }
            if with_tests && let Some(mut tested) = trial.tests()? {
                log += &format!("---- tests ----\n{}\n", tested.log);
                tested.log = String::new();
                cell.tests = Some(tested);
            }
        }
        cell.seconds = started.elapsed().as_secs_f64();
        Ok((cell, log))
    }

    /// The first step that did not end well, tests that fail apart.
    pub fn fault(&self) -> Option<String> {
        let steps = [
            ("install", Some(&self.install)),
            ("import", self.import.as_ref()),
            ("smoke", self.smoke.as_ref()),
        ];
        let wrong = |&(_, said): &(&str, Option<&String>)| said.is_some_and(|said| said != "ok");
        let step = steps.into_iter().find(wrong);
        let tests = self.tests.as_ref().and_then(|tests| tests.fault.as_ref());
        step.and_then(|(step, said)| Some(format!("{step}: {}", said?)))
            .or_else(|| Some(format!("tests: {}", tests?)))
    }

    pub fn count(&self, outcome: Outcome) -> usize {
        let tests = self.tests.iter().flat_map(|t| t.outcomes.values());
        tests.filter(|&&found| found == outcome).count()
    }

    /// How many of the tests that pass in `reference` pass here, and how many those are.
    pub fn share(&self, reference: &Cell) -> Option<(usize, usize)> {
        let (ours, theirs) = (self.tests.as_ref()?, reference.tests.as_ref()?);
        let mut passing = (0, 0);
        for (test, _) in theirs
            .outcomes
            .iter()
            .filter(|(_, o)| **o == Outcome::Passed)
        {
            passing.1 += 1;
            passing.0 += usize::from(ours.outcomes.get(test) == Some(&Outcome::Passed));
        }
        Some(passing)
    }

    /// The tests that pass in `reference` and not here, with what they do here.
    pub fn behind<'a>(&'a self, reference: &'a Cell) -> Vec<(&'a str, Option<Outcome>)> {
        let (Some(ours), Some(theirs)) = (&self.tests, &reference.tests) else {
            return Vec::new();
        };
        let passing = theirs
            .outcomes
            .iter()
            .filter(|(_, o)| **o == Outcome::Passed);
        passing
            .map(|(test, _)| (test.as_str(), ours.outcomes.get(test).copied()))
            .filter(|(_, found)| *found != Some(Outcome::Passed))
            .collect()
    }

    fn place(folder: &Path, package: &str, subject: &str) -> PathBuf {
        folder.join(format!("{package}.{subject}.json"))
    }

    pub fn read(folder: &Path, package: &str, subject: &str) -> Result<Option<Cell>> {
        let path = Cell::place(folder, package, subject);
        match std::fs::read(&path) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    pub fn write(&self, folder: &Path, log: &str) -> Result<()> {
        let path = Cell::place(folder, &self.package, &self.subject);
        std::fs::write(path.with_extension("log"), log)?;
        std::fs::write(&path, serde_json::to_vec_pretty(self)?)
            .with_context(|| path.display().to_string())
    }
}

fn tell(log: &mut String, step: &str, finished: &Finished) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    *log += &format!(
        "---- {step}: {} in {:.1} s ----\n{}{}\n",
        finished.ending,
        finished.elapsed.as_secs_f64(),
        text(&finished.stdout),
        text(&finished.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(outcomes: &[(&str, Outcome)]) -> Cell {
        let outcomes = outcomes.iter().map(|(test, o)| ((*test).to_owned(), *o));
        Cell {
            package: "p".to_owned(),
            version: "1".to_owned(),
            subject: "s".to_owned(),
            install: "ok".to_owned(),
            import: Some("ok".to_owned()),
            smoke: None,
            printed: None,
            tests: Some(Tested {
                outcomes: outcomes.collect(),
                fault: None,
                log: String::new(),
            }),
            definition: None,
            seconds: 1.0,
        }
    }

    #[test]
    fn only_what_the_reference_passes_is_compared() {
        let reference = cell(&[
            ("a", Outcome::Passed),
            ("b", Outcome::Passed),
            ("c", Outcome::Failed),
        ]);
        let ours = cell(&[("a", Outcome::Passed), ("c", Outcome::Passed)]);
        assert_eq!(ours.share(&reference), Some((1, 2)));
        assert_eq!(ours.behind(&reference), [("b", None)]);
    }

    #[test]
    fn a_cell_comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let ours = cell(&[("a", Outcome::Crashed)]);
        ours.write(folder.path(), "log").expect("written");
        let read = Cell::read(folder.path(), "p", "s").expect("readable");
        assert_eq!(read, Some(ours));
        assert_eq!(Cell::read(folder.path(), "q", "s").expect("none"), None);
    }

    #[test]
    fn the_first_fault_is_named() {
        let mut cell = cell(&[]);
        assert_eq!(cell.fault(), None);
        cell.smoke = Some("crash: SIGSEGV".to_owned());
        assert_eq!(cell.fault().as_deref(), Some("smoke: crash: SIGSEGV"));
    }
}
