//! Experiments: each is one TOML file in `experiments/plans` that says what runs under what, and which tables and plots
//! come of it. Its name is the file's.

use crate::metric::Metric;
use crate::record::Cell;
use crate::subject;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    #[serde(skip)]
    pub name: String,
    pub title: String,
    /// What the experiment answers, in a sentence or two.
    pub question: String,
    /// Names of `subject::SUBJECTS`.
    pub subjects: Vec<String>,
    pub rounds: usize,
    pub quick_rounds: usize,
    /// For one run, in seconds.
    #[serde(default = "default_timeout")]
    pub timeout: u64,
    /// A command that fetches what the workloads need, from the repository's folder. What it has it does not fetch again.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// Whether pauses are recorded, which costs a little time.
    #[serde(default)]
    pub observe: bool,
    #[serde(rename = "workload")]
    pub workloads: Vec<Workload>,
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    #[serde(default, rename = "plot")]
    pub plots: Vec<Plot>,
}

fn default_timeout() -> u64 {
    120
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    pub name: String,
    /// A file beside the plan, or of `experiments/workloads`.
    #[serde(default)]
    pub script: Option<String>,
    /// Options of the interpreter, in place of a script: `["-c", "pass"]`.
    #[serde(default)]
    pub options: Vec<String>,
    #[serde(default)]
    pub args: Vec<String>,
    /// The arguments of a quick run.
    #[serde(default)]
    pub quick: Option<Vec<String>>,
    /// Whether every subject must print the same.
    #[serde(default = "yes")]
    pub same_output: bool,
}

fn yes() -> bool {
    true
}

/// A dimension of the experiment: every workload runs with each value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    pub name: String,
    pub values: Vec<String>,
    #[serde(default)]
    pub quick: Option<Vec<String>>,
    /// The environment variable that carries the value. An argument `$NAME` of a workload stands for the value too.
    #[serde(default)]
    pub environment: Option<String>,
    /// The subjects that heed it; the others run with the first value alone. All, where empty.
    #[serde(default)]
    pub subjects: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub title: String,
    /// One metric: a row for each workload, a column for each subject. Several: a row for each subject too.
    pub metrics: Vec<String>,
    /// The subject whose median is 1.
    #[serde(default)]
    pub relative: Option<String>,
    /// Whether larger is better: a ratio is then turned over.
    #[serde(default)]
    pub rate: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plot {
    pub title: String,
    pub kind: PlotKind,
    /// What `bars` and `curve` show.
    #[serde(default)]
    pub metric: Option<String>,
    /// The subject whose median is 1, for `bars` and `curve`.
    #[serde(default)]
    pub relative: Option<String>,
    /// The parameter on the x axis of `curve`, or the metric.
    #[serde(default)]
    pub x: Option<String>,
    /// The reported series of `series`.
    #[serde(default)]
    pub series: Option<String>,
    #[serde(default)]
    pub log_x: bool,
    #[serde(default)]
    pub log_y: bool,
    #[serde(default)]
    pub x_label: Option<String>,
    #[serde(default)]
    pub y_label: Option<String>,
    /// One plot for each workload named here; all, where empty.
    #[serde(default)]
    pub workloads: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PlotKind {
    /// A metric: a group of bars for each workload.
    Bars,
    /// A metric over a parameter or another metric.
    Curve,
    /// A series that the workload reports.
    Series,
    /// How many pauses were how long.
    PauseHistogram,
    /// Each pause at its time.
    PauseTimeline,
    /// Minimum mutator utilisation over the window's length.
    Mmu,
    /// Resident memory over time.
    Memory,
}

impl Plan {
    pub fn read(path: &Path) -> Result<Plan> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let mut plan: Plan =
            toml::from_str(&text).with_context(|| format!("{} is no plan", path.display()))?;
        plan.name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        plan.check().with_context(|| path.display().to_string())?;
        Ok(plan)
    }

    /// All plans of a folder, by name.
    pub fn all(folder: &Path) -> Result<Vec<Plan>> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder)
            .with_context(|| format!("no plans in {}", folder.display()))?
        {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                paths.push(path);
            }
        }
        paths.sort();
        paths.iter().map(|path| Plan::read(path)).collect()
    }

    fn check(&self) -> Result<()> {
        ensure!(
            self.rounds > 0 && self.quick_rounds > 0,
            "an experiment needs a round"
        );
        let heeding = self.parameters.iter().flat_map(|it| &it.subjects);
        for name in self.subjects.iter().chain(heeding) {
            subject::check_name(name)?;
        }
        for workload in &self.workloads {
            ensure!(
                workload.script.is_some() == workload.options.is_empty(),
                "workload {} needs a script or options",
                workload.name
            );
        }
        let metrics = self.tables.iter().flat_map(|table| &table.metrics);
        for name in metrics.chain(self.plots.iter().filter_map(|plot| plot.metric.as_ref())) {
            Metric::named(name)?;
        }
        for plot in &self.plots {
            let missing = match plot.kind {
                PlotKind::Bars => plot.metric.is_none().then_some("metric"),
                PlotKind::Curve if plot.metric.is_none() => Some("metric"),
                PlotKind::Curve => plot.x.is_none().then_some("x"),
                PlotKind::Series => plot.series.is_none().then_some("series"),
                _ => None,
            };
            if let Some(missing) = missing {
                bail!("plot `{}` needs `{missing}`", plot.title);
            }
        }
        Ok(())
    }

    pub fn rounds(&self, quick: bool) -> usize {
        if quick {
            self.quick_rounds
        } else {
            self.rounds
        }
    }

    pub fn workload(&self, name: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.name == name)
    }

    /// Every workload with every combination of the parameters' values.
    pub fn cells(&self, quick: bool) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self
            .workloads
            .iter()
            .map(|workload| Cell {
                workload: workload.name.clone(),
                parameters: BTreeMap::new(),
            })
            .collect();
        for parameter in &self.parameters {
            cells = cells
                .iter()
                .flat_map(|cell| {
                    parameter.values(quick).iter().map(|value| {
                        let mut cell = cell.clone();
                        cell.parameters
                            .insert(parameter.name.clone(), value.clone());
                        cell
                    })
                })
                .collect();
        }
        cells
    }

    /// Whether the subject runs in the cell: where it heeds no parameter, one value of that is enough.
    pub fn runs(&self, cell: &Cell, subject: &str, quick: bool) -> bool {
        self.parameters.iter().all(|parameter| {
            parameter.subjects.is_empty()
                || parameter.subjects.iter().any(|name| name == subject)
                || cell.parameters.get(&parameter.name) == parameter.values(quick).first()
        })
    }
}

impl Parameter {
    fn values(&self, quick: bool) -> &[String] {
        match &self.quick {
            Some(values) if quick => values,
            _ => &self.values,
        }
    }
}

impl Workload {
    /// The script's arguments in a cell.
    pub fn arguments(&self, cell: &Cell, quick: bool) -> Vec<String> {
        let arguments = match &self.quick {
            Some(arguments) if quick => arguments,
            _ => &self.args,
        };
        arguments
            .iter()
            .map(|argument| {
                let parameter = argument
                    .strip_prefix('$')
                    .and_then(|name| cell.parameters.get(name));
                parameter.unwrap_or(argument).clone()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        title = "T"
        question = "Q"
        subjects = ["refcount"]
        rounds = 2
        quick_rounds = 1
        [[workload]]
        name = "w"
        script = "w.py"
        args = ["$n", "x"]
        [[parameter]]
        name = "n"
        values = ["1", "2"]
    "#;

    #[test]
    fn parameters_multiply_cells_and_stand_in_arguments() {
        let plan: Plan = toml::from_str(TEXT).expect("a plan");
        plan.check().expect("sound");
        let cells = plan.cells(false);
        assert_eq!(cells.len(), 2);
        assert_eq!(plan.workloads[0].arguments(&cells[1], false), ["2", "x"]);
        assert_eq!(cells[1].label(), "w n=2");
    }

    #[test]
    fn who_heeds_no_parameter_runs_once() {
        let text = TEXT.replace("values = [", "subjects = [\"none\"]\nvalues = [");
        let plan: Plan = toml::from_str(&text).expect("a plan");
        let runs = |subject: &str| {
            let cells = plan.cells(false);
            cells
                .iter()
                .filter(|cell| plan.runs(cell, subject, false))
                .count()
        };
        assert_eq!((runs("none"), runs("refcount")), (2, 1));
    }

    #[test]
    fn faults_of_a_plan_are_named() {
        let fault = |from: &str, to: &str| {
            let plan: Plan =
                toml::from_str(&TEXT.replace(from, to)).map_err(|error| error.to_string())?;
            plan.check().map_err(|error| error.to_string())
        };
        assert!(
            fault("refcount", "jython")
                .expect_err("refused")
                .contains("jython")
        );
        assert!(
            fault("question", "querstion")
                .expect_err("refused")
                .contains("querstion")
        );
        assert!(
            fault("script = \"w.py\"", "")
                .expect_err("refused")
                .contains("script")
        );
    }
}
