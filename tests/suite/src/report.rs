//! Results, whatever stage they come from: `Case`s, which are summed up for people and written as JUnit XML for tools.

use anyhow::{Context, Result};
use comfy_table::{Table, presets};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite, XmlString};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Longer lines of a message are cut.
const MAX_COLUMNS: usize = 400;

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Passed,
    /// Why it was not run, or why its failure is expected.
    Skipped(String),
    /// One line, then details.
    Failed(String),
}

#[derive(Clone, Debug)]
pub struct Case {
    /// Stage and variant, as `programs/refcount`.
    pub suite: String,
    pub name: String,
    pub outcome: Outcome,
    pub elapsed: Duration,
}

#[derive(Default)]
pub struct Report {
    cases: Vec<Case>,
}

#[derive(Default)]
struct Sums {
    passed: usize,
    failed: usize,
    skipped: usize,
    elapsed: Duration,
}

impl Case {
    /// A message may be anything that a test prints; what helps stands at its beginning.
    fn clipped(mut self) -> Case {
        if let Outcome::Failed(why) | Outcome::Skipped(why) = &mut self.outcome {
            let lines: Vec<String> = why
                .lines()
                .map(|line| line.chars().take(MAX_COLUMNS).collect())
                .collect();
            *why = lines.join("\n");
        }
        self
    }

    pub fn failure(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Failed(why) => Some(why),
            _ => None,
        }
    }
}

impl Report {
    pub fn extend(&mut self, cases: Vec<Case>) {
        self.cases.extend(cases.into_iter().map(Case::clipped));
    }

    pub fn all_well(&self) -> bool {
        self.cases.iter().all(|case| case.failure().is_none())
    }

    pub fn print_summary(&self) {
        let failures: Vec<_> = self
            .cases
            .iter()
            .filter_map(|case| Some((case, case.failure()?)))
            .collect();
        for (case, why) in &failures {
            println!("\nFAILED {} {}\n{}", case.suite, case.name, indent(why));
        }
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_header(["", "passed", "failed", "skipped", "seconds"]);
        for (suite, sums) in self.sums() {
            let seconds = format!("{:.1}", sums.elapsed.as_secs_f64());
            let numbers = [sums.passed, sums.failed, sums.skipped].map(|number| number.to_string());
            table.add_row(
                [suite.to_owned()]
                    .into_iter()
                    .chain(numbers)
                    .chain([seconds]),
            );
        }
        println!("\n{table}");
        match failures.len() {
            0 => println!("all well"),
            count => println!("{count} failed"),
        }
    }

    fn sums(&self) -> BTreeMap<&str, Sums> {
        let mut suites = BTreeMap::<&str, Sums>::new();
        for case in &self.cases {
            let sums = suites.entry(&case.suite).or_default();
            sums.elapsed += case.elapsed;
            match case.outcome {
                Outcome::Passed => sums.passed += 1,
                Outcome::Failed(_) => sums.failed += 1,
                Outcome::Skipped(_) => sums.skipped += 1,
            }
        }
        suites
    }

    pub fn write_junit(&self, path: &Path) -> Result<()> {
        let mut report = quick_junit::Report::new("tandem");
        for suite in self.sums().into_keys() {
            let mut written = TestSuite::new(suite);
            written.add_test_cases(
                self.cases
                    .iter()
                    .filter(|case| case.suite == suite)
                    .map(junit_case),
            );
            report.add_test_suite(written);
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let xml = report.to_string().context("results as XML")?;
        std::fs::write(path, xml).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn junit_case(case: &Case) -> TestCase {
    let status = match &case.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(XmlString::new(why));
            status
        }
        Outcome::Failed(why) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(why.lines().next().unwrap_or_default())
                .set_description(XmlString::new(why));
            status
        }
    };
    let mut written = TestCase::new(case.name.as_str(), status);
    written
        .set_classname(case.suite.as_str())
        .set_time(case.elapsed);
    written
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let case = |name: &str, outcome| Case {
            suite: "programs/refcount".to_owned(),
            name: name.to_owned(),
            outcome,
            elapsed: Duration::from_millis(1500),
        };
        let failed = Outcome::Failed("crash: SIGSEGV\n\u{1b}[31m<&>".to_owned());
        Report {
            cases: vec![case("a", Outcome::Passed), case("b", failed)],
        }
    }

    #[test]
    fn a_failure_is_a_failure() {
        assert!(!report().all_well());
        assert!(Report::default().all_well());
    }

    #[test]
    fn endless_lines_are_cut() {
        let mut report = report();
        let mut case = report.cases[1].clone();
        case.outcome = Outcome::Failed("x".repeat(1_000_000));
        report.extend(vec![case]);
        assert_eq!(report.cases[2].failure().map(str::len), Some(MAX_COLUMNS));
    }

    #[test]
    fn junit_is_valid_whatever_was_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/junit.xml");
        report().write_junit(&path).expect("written");
        let xml = std::fs::read_to_string(path).expect("read");
        assert!(
            xml.contains(r#"tests="2" skipped="0" failures="1" errors="0""#),
            "{xml}"
        );
        assert!(
            xml.contains("&lt;&amp;&gt;") && !xml.contains('\u{1b}'),
            "{xml}"
        );
    }
}
