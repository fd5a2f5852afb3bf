//! The allow-lists: `tests/conformance/MANAGER/MODULE.txt` has the ids of the tests that pass, sorted, one in a line.
//! They only grow. For CPython itself (`cpython/`) a comment also says how many tests the module has.

use crate::project::Project;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;

const CASES: &str = "# cases: ";

pub struct AllowList {
    path: PathBuf,
    ids: BTreeSet<String>,
    cases: Option<usize>,
}

impl AllowList {
    /// A list that is not there is empty.
    pub fn load(project: &Project, manager: &str, module: &str) -> Result<AllowList> {
        let path = project
            .conformance()
            .join(manager)
            .join(module)
            .with_extension("txt");
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.with_context(|| path.display().to_string())?,
        };
        let cases = text
            .lines()
            .find_map(|line| line.strip_prefix(CASES)?.parse().ok());
        let ids = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(str::to_owned)
            .collect();
        Ok(AllowList { path, ids, cases })
    }

    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.ids.iter()
    }

    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// How many tests the module has, where that is recorded.
    pub fn cases(&self) -> Option<usize> {
        self.cases
    }

    pub fn add(&mut self, ids: impl Iterator<Item = String>, cases: Option<usize>) {
        self.ids.extend(ids);
        self.cases = cases.or(self.cases);
    }

    /// Writes the list, unless it says nothing.
    pub fn save(&self) -> Result<()> {
        let cases = self.cases.map(|cases| format!("{CASES}{cases}"));
        let lines: Vec<&str> = cases.iter().chain(&self.ids).map(String::as_str).collect();
        if lines.is_empty() {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.path, lines.join("\n") + "\n")
            .with_context(|| self.path.display().to_string())
    }
}
