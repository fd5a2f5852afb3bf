//! The driver's record of a module's run: one line for each event (the driver's docstring has the grammar).

use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Pass,
    Skip,
    Fail,
    Error,
    /// Said by the runner, not by the driver: the process ended while the test ran.
    Crash,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub kind: Kind,
    pub why: String,
}

#[derive(Default)]
pub struct Record {
    pub tests: BTreeMap<String, Test>,
    /// A test that began and has not ended.
    pub running: Option<String>,
    /// The module as a whole was skipped or could not be loaded.
    pub not_run: Option<String>,
    pub complete: bool,
}

impl Record {
    pub fn parse(text: &str) -> Record {
        let mut record = Record::default();
        for line in text.lines() {
            let mut fields = line.splitn(3, '\t');
            let (event, name) = (
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default().to_owned(),
            );
            let why = fields.next().unwrap_or_default().to_owned();
            match event {
                "start" => record.running = Some(name),
                "done" => record.complete = true,
                "absent" | "broken" => {
                    record.complete = event == "absent";
                    record.not_run = Some(why);
                }
                _ => {
                    if let Some(kind) = Kind::parse(event) {
                        record.running = None;
                        record.add(name, Test { kind, why });
                    }
                }
            }
        }
        record
    }

    /// Two tests may share an id: it passes if both do.
    pub fn add(&mut self, id: String, test: Test) {
        match self.tests.get(&id) {
            Some(known) if known.kind >= test.kind => {}
            _ => drop(self.tests.insert(id, test)),
        }
    }
}

impl Kind {
    fn parse(event: &str) -> Option<Kind> {
        Some(match event {
            "pass" => Kind::Pass,
            "skip" => Kind::Skip,
            "fail" => Kind::Fail,
            "error" => Kind::Error,
            "crash" => Kind::Crash,
            _ => return None,
        })
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let kind = match self.kind {
            Kind::Pass => "pass",
            Kind::Skip => "skip",
            Kind::Fail => "fail",
            Kind::Error => "error",
            Kind::Crash => "crash",
        };
        write!(f, "{kind}: {}", self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_breaks_off_names_the_culprit() {
        let record = Record::parse(
            "start\tA.a\npass\tA.a\nstart\tA.b\nfail\tA.b\tAssertionError: 1\t2\nstart\tA.c\n",
        );
        assert_eq!(record.tests["A.a"].kind, Kind::Pass);
        assert_eq!(
            record.tests["A.b"].to_string(),
            "fail: AssertionError: 1\t2"
        );
        assert_eq!(record.running.as_deref(), Some("A.c"));
        assert!(!record.complete);
    }

    #[test]
    fn the_worse_of_two_outcomes_counts() {
        let record = Record::parse("pass\tx\nfail\tx\tno\npass\tx\ndone\ttest.test_x\n");
        assert_eq!(record.tests["x"].kind, Kind::Fail);
        assert!(record.complete);
    }

    #[test]
    fn a_module_may_ask_to_be_skipped() {
        let record = Record::parse("absent\ttest.test_winapi\tSkipTest: Windows only\n");
        assert_eq!(record.not_run.as_deref(), Some("SkipTest: Windows only"));
        assert!(record.complete);
    }
}
