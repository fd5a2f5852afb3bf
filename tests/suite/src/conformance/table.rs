//! How far each manager has come, module by module, measured by what CPython itself passes of the same tests.

use super::lists::AllowList;
use crate::project::Project;
use anyhow::Result;
use comfy_table::{CellAlignment, TableStyle, presets};
use std::collections::BTreeMap;

const MANAGERS: [&str; 2] = ["refcount", "conservative"];

pub struct Table {
    rows: Vec<Row>,
}

struct Row {
    module: String,
    reference: AllowList,
    /// How many of the tests that CPython passes each manager passes.
    passes: BTreeMap<&'static str, usize>,
}

impl Table {
    /// What the allow-lists say.
    pub fn new(project: &Project, modules: &[String]) -> Result<Table> {
        let mut rows = Vec::new();
        for module in modules {
            let reference = AllowList::load(project, "cpython", module)?;
            let mut row = Row {
                module: module.clone(),
                reference,
                passes: BTreeMap::new(),
            };
            for manager in MANAGERS {
                row.set(manager, AllowList::load(project, manager, module)?.ids());
            }
            rows.push(row);
        }
        Ok(Table { rows })
    }

    /// What has just been measured takes the place of what was recorded.
    pub fn set<'a>(
        &mut self,
        module: &str,
        manager: &str,
        passed: impl Iterator<Item = &'a String>,
    ) {
        if let Some(manager) = MANAGERS.into_iter().find(|known| *known == manager)
            && let Some(row) = self.rows.iter_mut().find(|row| row.module == module)
        {
            row.set(manager, passed);
        }
    }

    pub fn for_terminal(&self) -> String {
        self.draw(presets::UTF8_FULL_CONDENSED)
    }

    pub fn as_markdown(&self) -> String {
        self.draw(presets::ASCII_MARKDOWN)
    }

    fn draw(&self, style: TableStyle) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(style).set_header([
            "module",
            "cases",
            "CPython",
            "refcount",
            "%",
            "conservative",
            "%",
        ]);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for row in &self.rows {
            let cases = row
                .reference
                .cases()
                .map_or("?".to_owned(), |cases| cases.to_string());
            table.add_row(cells(&row.module, cases, row.reference.len(), |manager| {
                row.passes[manager]
            }));
        }
        let sum = |number: &dyn Fn(&Row) -> usize| self.rows.iter().map(number).sum::<usize>();
        let cases = sum(&|row| row.reference.cases().unwrap_or(0)).to_string();
        let reference = sum(&|row| row.reference.len());
        table.add_row(cells("all", cases, reference, |manager| {
            sum(&|row| row.passes[manager])
        }));
        table.trim_fmt()
    }
}

impl Row {
    fn set<'a>(&mut self, manager: &'static str, passed: impl Iterator<Item = &'a String>) {
        let counted = passed.filter(|id| self.reference.contains(id)).count();
        self.passes.insert(manager, counted);
    }
}

fn cells(
    name: &str,
    cases: String,
    reference: usize,
    passes: impl Fn(&'static str) -> usize,
) -> Vec<String> {
    let mut cells = vec![name.to_owned(), cases, reference.to_string()];
    for manager in MANAGERS {
        let passed = passes(manager);
        cells.push(passed.to_string());
        cells.push(percent(passed, reference));
    }
    cells
}

/// Rounded down, so that 100 means all.
fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1000).checked_div(whole);
    tenths.map_or("-".to_owned(), |tenths| {
        format!("{:.1}", tenths as f64 / 10.0)
    })
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn only_all_is_a_hundred_percent() {
        assert_eq!(percent(9999, 10000), "99.9");
        assert_eq!(percent(3, 3), "100.0");
        assert_eq!(percent(0, 0), "-");
    }
}
