//! A package's own test suite under pytest. A plugin of ours records each test as it begins and ends; a crash costs the
//! test that crashed, and a new process goes on behind it.

use crate::trial::Trial;
use anyhow::{Context, Result};
use child::{Ending, Limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A suite that crashes more often is given up.
const MAX_CRASHES: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Passed,
    Skipped,
    Xfailed,
    Xpassed,
    Failed,
    Error,
    Crashed,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    pub outcomes: BTreeMap<String, Outcome>,
    /// How the run ended where that is not pytest's own way.
    pub fault: Option<String>,
    /// What pytest printed.
    #[serde(skip)]
    pub log: String,
}

impl Outcome {
    fn named(name: &str) -> Option<Outcome> {
        Some(match name {
            "passed" => Outcome::Passed,
            "skipped" => Outcome::Skipped,
            "xfailed" => Outcome::Xfailed,
            "xpassed" => Outcome::Xpassed,
            "failed" => Outcome::Failed,
            "error" => Outcome::Error,
            "crashed" => Outcome::Crashed,
            _ => return None,
        })
    }
}

impl Trial<'_> {
    /// None where the package has no tests. `silence` in the limits is the time of one test.
    pub fn tests(&self) -> Result<Option<Tested>> {
        let Some(tests) = &self.package.tests else {
            return Ok(None);
        };
        let scratch = tempfile::tempdir()?;
        let (record, work) = (scratch.path().join("record"), scratch.path().join("tests"));
        std::fs::create_dir(&work)?;
        if let Some(sha256) = &tests.sdist {
            let source = self.store.source(self.package, sha256)?;
            for name in &tests.files {
                copy(&source.join(name), &work.join(name))
                    .with_context(|| format!("{name} of the source distribution"))?;
            }
        }
        let mut tested = Tested::default();
        for _ in 0..=MAX_CRASHES {
            let command = self.test_command(&record, &work)?;
            let limits = Limits { ..self.limits };
            let finished = child::run(command, scratch.path(), &limits, Some(&record))?;
            for output in [&finished.stdout, &finished.stderr] {
                tested.log += &String::from_utf8_lossy(output);
            }
            // 5: nothing is left to run.
            tested.fault = match finished.ending {
                Ending::Exit(0 | 1 | 5) => None,
                other => Some(other.to_string()),
            };
            if tested.fault.is_none() || !blame(&record)? {
                break;
            }
            tested.log += &format!("\n{}\n", tested.fault.take().unwrap_or_default());
        }
        tested.outcomes = outcomes(&std::fs::read_to_string(&record).unwrap_or_default());
        Ok(Some(tested))
    }

    fn test_command(&self, record: &Path, work: &Path) -> Result<Command> {
        let packages = self.catalogue.test_closure(self.package)?;
        let path = self
            .store
            .search_path(&packages, Some(self.catalogue.folder()))?;
        let arguments = self.package.tests.iter().flat_map(|t| &t.arguments);
        let mut command = (self.interpreter)();
        command
            .args(["-m", "pytest", "-q", "-p", "recorder"])
            .args(["-p", "no:cacheprovider", "-p", "no:faulthandler"])
            .args(["--continue-on-collection-errors", "--tb=short"])
            .args(arguments)
            .env("PYTHONPATH", path)
            .env("TANDEM_RECORD", record)
            .current_dir(work);
        Ok(command)
    }
}

/// Notes that the test which had begun crashed. False where none had.
fn blame(record: &Path) -> Result<bool> {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    let Some(test) = text.lines().last().and_then(|l| l.strip_prefix("began\t")) else {
        return Ok(false);
    };
    let mut file = std::fs::OpenOptions::new().append(true).open(record)?;
    writeln!(file, "crashed\t{test}")?;
    Ok(true)
}

fn outcomes(record: &str) -> BTreeMap<String, Outcome> {
    let lines = record.lines().filter_map(|line| line.split_once('\t'));
    lines
        .filter_map(|(outcome, test)| Some((test.to_owned(), Outcome::named(outcome)?)))
        .collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if !from.is_dir() {
        std::fs::copy(from, to)?;
        return Ok(());
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_test_counts() {
        let record = "began\ta\npassed\ta\nbegan\tb\ncrashed\tb\nerror\tc\n";
        let found = outcomes(record);
        assert_eq!(found["a"], Outcome::Passed);
        assert_eq!(found["b"], Outcome::Crashed);
        assert_eq!(found["c"], Outcome::Error);
    }

    #[test]
    fn a_crash_falls_on_the_test_that_ran() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "began\ta\n").expect("written");
        assert!(blame(file.path()).expect("readable"));
        assert!(!blame(file.path()).expect("readable"), "it has ended now");
    }
}
