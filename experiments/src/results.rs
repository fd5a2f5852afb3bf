//! Runs, put together: for each cell and subject an estimate, or what went wrong.

use crate::metric::Metric;
use crate::plan::Plan;
use crate::record::{Cell, Run};
use crate::stats::{self, Estimate};
use crate::subject;
use std::collections::{BTreeMap, HashMap};

pub struct Results<'a> {
    pub plan: &'a Plan,
    pub runs: &'a [Run],
    /// What each cell should print.
    expected: BTreeMap<&'a Cell, u64>,
}

/// What a cell has to show for a subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Measured(Estimate),
    /// It crashed, hung, failed, or printed something else.
    Failed(String),
    /// It ran, and says nothing of this metric.
    Silent,
    /// It did not run.
    Missing,
}

impl<'a> Results<'a> {
    pub fn new(plan: &'a Plan, runs: &'a [Run]) -> Results<'a> {
        let mut outputs: BTreeMap<&Cell, Vec<&Run>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.is_ok()) {
            outputs.entry(&run.cell).or_default().push(run);
        }
        let expected = outputs
            .into_iter()
            .filter_map(|(cell, runs)| Some((cell, reference_output(&runs)?)))
            .collect();
        Results {
            plan,
            runs,
            expected,
        }
    }

    /// The subjects that ran, in the order of `SUBJECTS`.
    pub fn subjects(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.runs.iter().map(|run| run.subject.as_str()).collect();
        names.sort_by_key(|name| subject::rank(name));
        names.dedup();
        names
    }

    /// The cells that ran, in the order they did.
    pub fn cells(&self) -> Vec<&'a Cell> {
        let mut cells: Vec<&Cell> = Vec::new();
        for run in self.runs {
            if !cells.contains(&&run.cell) {
                cells.push(&run.cell);
            }
        }
        cells
    }

    pub fn of<'b>(
        &'b self,
        cell: &'b Cell,
        subject: &'b str,
    ) -> impl Iterator<Item = &'a Run> + 'b {
        self.runs
            .iter()
            .filter(move |run| run.cell == *cell && run.subject == subject)
    }

    /// Why a run does not count; none if it does.
    pub fn fault(&self, run: &Run) -> Option<String> {
        if !run.is_ok() {
            return Some(run.ending.clone());
        }
        let compares = self
            .plan
            .workload(&run.cell.workload)
            .is_none_or(|workload| workload.same_output);
        let differs = self
            .expected
            .get(&run.cell)
            .is_some_and(|&output| output != run.output);
        (compares && differs).then(|| "other output".to_owned())
    }

    /// A sound run of the cell under the subject: the first.
    pub fn sample(&self, cell: &Cell, subject: &str) -> Option<&'a Run> {
        self.of(cell, subject).find(|run| self.fault(run).is_none())
    }

    /// What tells the cell from the others: where one workload has one parameter, that one's value.
    pub fn label(&self, cell: &Cell) -> String {
        match (self.plan.workloads.len(), self.plan.parameters.as_slice()) {
            (1, [parameter]) => cell.parameters.get(&parameter.name).cloned(),
            _ => None,
        }
        .unwrap_or_else(|| cell.label())
    }

    /// Whether there is a run at all.
    pub fn ran(&self, cell: &Cell, subject: &str) -> bool {
        self.of(cell, subject).next().is_some()
    }

    pub fn outcome(&self, cell: &Cell, subject: &str, metric: &Metric) -> Outcome {
        let mut values = Vec::new();
        let mut ran = false;
        for run in self.of(cell, subject) {
            if let Some(fault) = self.fault(run) {
                return Outcome::Failed(fault);
            }
            ran = true;
            values.extend(metric.of(run));
        }
        match stats::estimate(&values) {
            Some(estimate) => Outcome::Measured(estimate),
            None if ran => Outcome::Silent,
            None => Outcome::Missing,
        }
    }

    pub fn median(&self, cell: &Cell, subject: &str, metric: &Metric) -> Option<f64> {
        match self.outcome(cell, subject, metric) {
            Outcome::Measured(estimate) => Some(estimate.median),
            _ => None,
        }
    }
}

/// CPython's output, or where it did not run what most printed.
fn reference_output(runs: &[&Run]) -> Option<u64> {
    if let Some(run) = runs.iter().find(|run| run.subject == "cpython") {
        return Some(run.output);
    }
    let mut votes: HashMap<u64, usize> = HashMap::new();
    for run in runs {
        *votes.entry(run.output).or_default() += 1;
    }
    votes
        .into_iter()
        .max_by_key(|&(output, votes)| (votes, output))
        .map(|(output, _)| output)
}
