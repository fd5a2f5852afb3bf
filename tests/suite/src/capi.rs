//! How much of CPython's C API the binary exports, against the tables of symbols in extabi/symbols.

use crate::project::Project;
use anyhow::{Context, Result};
use object::{Object as _, ObjectSymbol as _};
use std::collections::BTreeSet;
use std::path::Path;

/// A table: its file, what it lists, and the column that says how much a symbol matters, if any.
const TABLES: [(&str, &str, Option<usize>); 3] = [
    ("wheels.tsv", "what popular wheels need", Some(1)),
    ("stable_abi.txt", "the stable ABI", None),
    ("exports.tsv", "all that CPython exports", None),
];

/// What a table lists and the binary lacks, that which matters most first.
struct Coverage {
    total: usize,
    missing: Vec<(u32, String)>,
}

pub fn print(project: &Project, binary: &Path, with_names: bool) -> Result<()> {
    let exported = exported(binary)?;
    let mut table = comfy_table::Table::new();
    table
        .load_style(comfy_table::presets::UTF8_FULL_CONDENSED)
        .set_header(["symbols", "exported", "of", "share"]);
    let mut names = String::new();
    for (file, title, weight) in TABLES {
        let path = project.symbols().join(file);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let coverage = coverage(&text, weight, &exported);
        let there = coverage.total - coverage.missing.len();
        let share = 100.0 * there as f64 / coverage.total.max(1) as f64;
        table.add_row([
            title.to_owned(),
            there.to_string(),
            coverage.total.to_string(),
            format!("{share:.1} %"),
        ]);
        names += &format!("\nMissing of {title}:\n");
        for (packages, name) in &coverage.missing {
            names += &match weight {
                Some(_) => format!("  {name} ({packages})\n"),
                None => format!("  {name}\n"),
            };
        }
    }
    println!("{table}");
    if with_names {
        print!("{names}");
    }
    Ok(())
}

/// The dynamic symbols that a program defines.
fn exported(binary: &Path) -> Result<BTreeSet<String>> {
    let bytes = std::fs::read(binary).with_context(|| binary.display().to_string())?;
    let file = object::File::parse(bytes.as_slice())?;
    let defined = file.dynamic_symbols().filter(|s| !s.is_undefined());
    let names = defined.filter_map(|s| Some(s.name().ok()?.to_owned()));
    Ok(names.collect())
}

fn coverage(table: &str, weight: Option<usize>, exported: &BTreeSet<String>) -> Coverage {
    let rows = table
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    let rows = rows.map(|line| line.split('\t').collect::<Vec<&str>>());
    let (mut total, mut missing) = (0, Vec::new());
    for row in rows {
        total += 1;
        if !exported.contains(row[0]) {
            let packages = weight.and_then(|column| row.get(column)?.parse().ok());
            missing.push((packages.unwrap_or(0), row[0].to_owned()));
        }
    }
    missing.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Coverage { total, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_comes_first() {
        let exported = BTreeSet::from(["b".to_owned()]);
        let found = coverage("# symbol\na\t1\nb\t5\nc\t9\n", Some(1), &exported);
        let names: Vec<&str> = found.missing.iter().map(|(_, n)| n.as_str()).collect();
        assert_eq!((found.total, names), (3, vec!["c", "a"]));
    }
}
