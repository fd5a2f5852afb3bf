//! What is kept of runs: one folder for each record, in it `machine.json` and for each experiment a file of lines, one run
//! each. A line is written when its run ends, so that an interrupted record goes on where it stopped.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One run of one workload under one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub cell: Cell,
    pub subject: String,
    pub round: usize,
    /// How it ended: `ok`, or what went wrong.
    pub ending: String,
    /// Of everything written to the standard output.
    pub output: u64,
    pub wall_s: f64,
    pub user_s: f64,
    pub system_s: f64,
    /// The largest resident set, in bytes.
    pub peak_bytes: u64,
    /// Resident bytes over time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resident: Vec<Sample>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Whether `pauses` were asked for.
    #[serde(default)]
    pub observed: bool,
    #[serde(default)]
    pub collections: u64,
    /// What the workload reported of itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, f64>,
    /// Points that the workload reported, by name of the series.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub series: BTreeMap<String, Vec<(f64, f64)>>,
}

/// What was run: the workload and the parameters' values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    pub workload: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

impl Cell {
    pub fn label(&self) -> String {
        let parameters = self
            .parameters
            .iter()
            .map(|(name, value)| format!(" {name}={value}"));
        self.workload.clone() + &parameters.collect::<String>()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub ms: u32,
    pub bytes: u64,
}

/// One time in which the program stood still.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    pub start_ns: u64,
    pub pause_ns: u64,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Collection,
    /// Many objects that died of one count.
    Cascade,
}

impl Run {
    pub fn is_ok(&self) -> bool {
        self.ending == "ok"
    }
}

/// Where and with what a record was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub date: String,
    pub processor: String,
    pub cores: usize,
    pub memory_bytes: u64,
    pub system: String,
    /// Runnable processes over the minute before the record began.
    pub load: f64,
    /// Versions of the interpreters, by subject.
    pub subjects: BTreeMap<String, String>,
    /// The commit of the repository.
    pub commit: String,
    /// Whether the sizes were those of a quick run.
    pub quick: bool,
}

pub struct Record {
    folder: PathBuf,
}

impl Record {
    pub fn at(folder: &Path) -> Record {
        Record {
            folder: folder.to_owned(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn machine(&self) -> Result<Option<Machine>> {
        let path = self.folder.join("machine.json");
        if !path.is_file() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path)?;
        let machine = serde_json::from_str(&text);
        Ok(Some(machine.with_context(|| {
            format!("{} is damaged", path.display())
        })?))
    }

    pub fn set_machine(&self, machine: &Machine) -> Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let text = serde_json::to_string_pretty(machine)? + "\n";
        std::fs::write(self.folder.join("machine.json"), text)?;
        Ok(())
    }

    /// The experiments that have runs here.
    pub fn experiments(&self) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.folder)
            .with_context(|| format!("no record at {}", self.folder.display()))?;
        let mut names = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "jsonl")
                && let Some(stem) = path.file_stem()
            {
                names.push(stem.to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The runs of an experiment so far. A last line that was cut off is as if it had not been begun.
    pub fn runs(&self, experiment: &str) -> Result<Vec<Run>> {
        let path = self.path(experiment);
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(&path)?;
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        whole
            .lines()
            .enumerate()
            .map(|(number, line)| {
                serde_json::from_str(line)
                    .with_context(|| format!("{}:{} is damaged", path.display(), number + 1))
            })
            .collect()
    }

    /// Opens an experiment's file to add runs, without a line that was cut off.
    pub fn append(&self, experiment: &str) -> Result<Appender> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.path(experiment);
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&path)?;
        let text = std::fs::read(&path)?;
        let whole = text
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        Ok(Appender { file })
    }

    fn path(&self, experiment: &str) -> PathBuf {
        self.folder.join(experiment).with_extension("jsonl")
    }
}

pub struct Appender {
    file: File,
}

impl Appender {
    pub fn add(&mut self, run: &Run) -> Result<()> {
        let line = serde_json::to_string(run)? + "\n";
        self.file.write_all(line.as_bytes())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(round: usize) -> Run {
        Run {
            cell: Cell {
                workload: "w".to_owned(),
                parameters: BTreeMap::new(),
            },
            subject: "none".to_owned(),
            round,
            ending: "ok".to_owned(),
            output: 1,
            wall_s: 0.5,
            user_s: 0.25,
            system_s: 0.0,
            peak_bytes: 1 << 20,
            resident: Vec::new(),
            pauses: vec![Pause {
                start_ns: 1,
                pause_ns: 2,
                kind: Kind::Cascade,
            }],
            observed: true,
            collections: 0,
            values: BTreeMap::new(),
            series: BTreeMap::new(),
        }
    }

    #[test]
    fn a_record_goes_on_after_a_line_that_was_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = Record::at(folder.path());
        let mut file = record.append("x").expect("a file");
        file.add(&run(0)).expect("written");
        file.file.write_all(b"{\"cell\":").expect("written");
        assert_eq!(record.runs("x").expect("readable"), [run(0)]);
        record
            .append("x")
            .expect("a file")
            .add(&run(1))
            .expect("written");
        assert_eq!(record.runs("x").expect("readable"), [run(0), run(1)]);
        assert_eq!(record.experiments().expect("a folder"), ["x"]);
    }

    #[test]
    fn damage_is_named_with_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("x.jsonl"), "nonsense\n").expect("written");
        let error = Record::at(folder.path()).runs("x").expect_err("damaged");
        assert!(error.to_string().contains("x.jsonl:1"), "{error}");
    }
}
