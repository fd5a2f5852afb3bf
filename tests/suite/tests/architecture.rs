//! The house rules as tests: which crate may use which, and what every source file looks like. A rule that cannot be
//! kept somewhere gets an exception in a table here, with its reason.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each of our crates and those of ours that it may use. What is not here does not exist.
const ARROWS: &[(&str, &[&str])] = &[
    ("tandem-layout", &[]),
    ("tandem-num", &[]),
    ("tandem-decimal", &[]),
    ("tandem-text", &[]),
    ("tandem-compiler", &["tandem-text"]),
    ("tandem-stdlib", &["tandem-compiler"]),
    ("tandem-gc", &["tandem-layout"]),
    (
        "tandem-vm",
        &[
            "tandem-layout",
            "tandem-gc",
            "tandem-compiler",
            "tandem-num",
            "tandem-text",
            "tandem-stdlib",
        ],
    ),
    (
        "tandem-ctypes",
        &["tandem-layout", "tandem-gc", "tandem-vm"],
    ),
    ("tandem-modules", BELOW_MODULES),
    (
        "tandem-bindings",
        &["tandem-layout", "tandem-gc", "tandem-vm", "tandem-modules"],
    ),
    ("tandem-jit", &["tandem-layout", "tandem-gc", "tandem-vm"]),
    (
        "tandem-extabi",
        &[
            "tandem-layout",
            "tandem-gc",
            "tandem-vm",
            "tandem-num",
            "tandem-text",
        ],
    ),
    ("tandem", EVERYTHING),
    ("tandem-child", &[]),
    ("tandem-wheels", &["tandem-child"]),
    ("tandem-lab", &["tandem-child", "tandem-wheels"]),
    ("tandem-suite", &["tandem-child", "tandem-wheels"]),
];

const BELOW_MODULES: &[&str] = &[
    "tandem-layout",
    "tandem-gc",
    "tandem-vm",
    "tandem-compiler",
    "tandem-num",
    "tandem-decimal",
    "tandem-text",
    "tandem-stdlib",
];

const EVERYTHING: &[&str] = &[
    "tandem-layout",
    "tandem-gc",
    "tandem-vm",
    "tandem-compiler",
    "tandem-num",
    "tandem-text",
    "tandem-stdlib",
    "tandem-ctypes",
    "tandem-modules",
    "tandem-bindings",
    "tandem-jit",
    "tandem-extabi",
];

const MAX_LINES: usize = 1200;

/// Longer files, and why they are one piece.
const LONG: &[(&str, &str)] = &[
    (
        "vm/text/src/chars/tables.rs",
        "generated from the Unicode database",
    ),
    (
        "vm/compiler/src/ast/write.rs",
        "one arm for each kind of node of the grammar",
    ),
    ("vm/src/slots.rs", "one wrapper for each slot of a type"),
];

/// Places on a developer's machine, which mean nothing in a repository. In two halves, so that this file has none.
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/opt/", "peers"),
    concat!("/ro", "ot/"),
];

const UNFINISHED: &[&str] = &[concat!("to", "do!("), concat!("unimple", "mented!(")];

const TEXT_FILES: &[&str] = &[
    "rs", "toml", "py", "md", "c", "h", "sh", "txt", "yml", "json", "tsv",
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .ancestors()
        .nth(2)
        .expect("the package lies in tests/suite")
        .to_owned()
}

fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root());
    let output = cargo.output().expect("cargo runs");
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).expect("cargo describes the workspace");
    metadata.packages
}

/// Files that are part of the project, which a clean checkout has too.
fn files(extensions: &[&str]) -> Vec<(String, String)> {
    let mut git = Command::new("git");
    let git = git
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root());
    let output = git.output().expect("git runs");
    let names = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let wanted = |name: &&str| match Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str())
    {
        Some(extension) => extensions.contains(&extension),
        None => false,
    };
    let read = |name: &str| {
        Some((
            name.to_owned(),
            std::fs::read_to_string(root().join(name)).ok()?,
        ))
    };
    let files: Vec<_> = names.split('\0').filter(wanted).filter_map(read).collect();
    assert!(!files.is_empty(), "this test must run in a git checkout");
    files
}

fn assert_none(rule: &str, offenders: Vec<String>) {
    assert!(
        offenders.is_empty(),
        "{rule}:\n  {}",
        offenders.join("\n  ")
    );
}

#[test]
fn crates_use_only_what_lies_below_them() {
    let mut offenders = Vec::new();
    for package in packages() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            offenders.push(format!("{} is not in the table of arrows", package.name));
            continue;
        };
        for dependency in package.dependencies {
            let ours = dependency.path.is_some() && dependency.kind.as_deref() != Some("dev");
            if ours && !allowed.contains(&dependency.name.as_str()) {
                offenders.push(format!("{} -> {}", package.name, dependency.name));
            }
        }
    }
    assert_none("arrows that point the wrong way", offenders);
}

#[test]
fn arrows_have_no_circles() {
    for (name, allowed) in ARROWS {
        let below = |target: &&&str| {
            ARROWS
                .iter()
                .any(|(other, uses)| other == *target && uses.contains(name))
        };
        assert_eq!(
            allowed.iter().find(below),
            None,
            "{name} is above and below"
        );
    }
}

#[test]
fn source_files_say_what_they_are() {
    let silent = files(&["rs"])
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"));
    assert_none(
        "files that do not start with a //! paragraph",
        silent.map(|(name, _)| name).collect(),
    );
}

#[test]
fn nothing_is_left_to_be_done() {
    let unfinished =
        |(_, text): &(String, String)| UNFINISHED.iter().any(|mark| text.contains(mark));
    assert_none(
        "unfinished",
        files(&["rs"])
            .into_iter()
            .filter(unfinished)
            .map(|(name, _)| name)
            .collect(),
    );
}

#[test]
fn no_file_knows_a_developers_machine() {
    let personal =
        |(_, text): &(String, String)| MACHINE_PATHS.iter().any(|path| text.contains(path));
    assert_none(
        "machine paths",
        files(TEXT_FILES)
            .into_iter()
            .filter(personal)
            .map(|(name, _)| name)
            .collect(),
    );
}

#[test]
fn files_have_one_idea() {
    let mut long = Vec::new();
    for (name, text) in files(&["rs"]) {
        let lines = text.lines().count();
        if lines > MAX_LINES && !LONG.iter().any(|(known, _)| *known == name) {
            long.push(format!("{name}: {lines} lines"));
        }
    }
    assert_none("files over 1200 lines, to be split or excused", long);
}
