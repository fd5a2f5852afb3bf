//! Unmodified wheels from PyPI. Each package of tests/wheels/packages.tsv has a smoke program of its name, which must
//! print under each memory manager what it prints under CPython, also with a collection at every thousandth allocation.
//!
//! Files are fetched once, by the host python's pip, and used only if their digest is the recorded one.

use crate::interpreter::{Interpreter, Variant};
use crate::options::Options;
use crate::pool;
use crate::programs::difference;
use crate::progress::Progress;
use crate::project::Project;
use crate::report::{Case, Outcome};
use anyhow::{Context, Result, bail, ensure};
use child::{Ending, Finished, Limits};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Under stress, one allocation in so many collects.
const STRESS_INTERVAL: u32 = 1000;
/// Such runs may take this much longer.
const STRESS_FACTOR: u32 = 10;

/// A row of the table.
#[derive(Debug, PartialEq)]
struct Package {
    name: String,
    version: String,
    /// Of the wheel's file, in hexadecimal.
    sha256: String,
    /// Other packages that it needs.
    needs: Vec<String>,
    /// Why its smoke program is known to fail yet.
    pending: Option<String>,
}

struct Job<'a> {
    package: &'a Package,
    variant: Variant,
    path: std::ffi::OsString,
}

pub fn run(project: &Project, interpreter: &Interpreter, options: &Options) -> Result<Vec<Case>> {
    let folder = project.wheels();
    let all = parse(&std::fs::read_to_string(folder.join("packages.tsv"))?)?;
    let chosen: Vec<&Package> = all
        .values()
        .filter(|p| {
            folder
                .join("smoke")
                .join(format!("smoke_{}.py", p.name))
                .exists()
        })
        .filter(|p| options.names.is_empty() || options.names.contains(&p.name))
        .collect();
    if let Some(unknown) = options.names.iter().find(|n| !all.contains_key(*n)) {
        bail!("{unknown} is not in tests/wheels/packages.tsv");
    }
    let unpacked = fetch(project, &all, &chosen)?;
    let jobs: Vec<Job> = chosen
        .iter()
        .flat_map(|package| {
            let plain = interpreter.variants().iter().cloned();
            let stressed = interpreter.variants().iter();
            let stressed = stressed.filter_map(|v| v.stressed(STRESS_INTERVAL));
            let path = search_path(package, &all, &unpacked);
            plain.chain(stressed).map(move |variant| Job {
                package,
                variant,
                path: path.clone(),
            })
        })
        .collect();
    let reference = Interpreter::reference(project)?;
    let progress = Progress::new("wheels", jobs.len());
    let cases = pool::run(&jobs, options.jobs(), |job| {
        let (suite, name) = (format!("wheels/{}", job.variant.name), &job.package.name);
        progress.begin(&format!("{name} ({})", job.variant.name));
        let started = std::time::Instant::now();
        let outcome = compare(project, interpreter, &reference, job, options)
            .unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let outcome = match (outcome, &job.package.pending) {
            (Outcome::Failed(_), Some(why)) => Outcome::Skipped(format!("pending: {why}")),
            (outcome, _) => outcome,
        };
        let case = Case {
            suite,
            name: name.clone(),
            outcome,
            elapsed: started.elapsed(),
        };
        if case.failure().is_some() {
            progress.say(&format!("FAILED {} {}", case.suite, case.name));
        }
        progress.end();
        case
    });
    Ok(cases)
}

/// Runs a smoke program under a variant and under CPython.
fn compare(
    project: &Project,
    interpreter: &Interpreter,
    reference: &Interpreter,
    job: &Job,
    options: &Options,
) -> Result<Outcome> {
    let expected = smoke(project, reference, &reference.variants()[0], job, options)?;
    ensure!(
        expected.ending == Ending::Exit(0),
        "CPython itself: {}\n{}",
        expected.ending,
        child::tail(&expected.stderr, 20)
    );
    let actual = smoke(project, interpreter, &job.variant, job, options)?;
    let shown = child::tail(&actual.stderr, 20);
    if actual.ending != Ending::Exit(0) {
        return Ok(Outcome::Failed(format!("{}\n{shown}", actual.ending)));
    }
    let text = |f: &Finished| String::from_utf8_lossy(&f.stdout).into_owned();
    Ok(match difference(&text(&expected), &text(&actual)) {
        Some(where_) => Outcome::Failed(format!("stdout, {where_}\n{shown}")),
        None => Outcome::Passed,
    })
}

fn smoke(
    project: &Project,
    interpreter: &Interpreter,
    variant: &Variant,
    job: &Job,
    options: &Options,
) -> Result<Finished> {
    let scratch = tempfile::tempdir()?;
    let factor = if variant.is_stressed() {
        STRESS_FACTOR
    } else {
        1
    };
    let time: Duration = options.timeout() * factor;
    let limits = Limits {
        time,
        silence: time,
        memory: options.memory << 20,
    };
    let program = project
        .wheels()
        .join("smoke")
        .join(format!("smoke_{}.py", job.package.name));
    let mut command = interpreter.command(variant);
    command.env("PYTHONPATH", &job.path).arg(program);
    child::run(command, scratch.path(), &limits, None)
}

// ---- The table ----

fn parse(table: &str) -> Result<BTreeMap<String, Package>> {
    let mut packages = BTreeMap::new();
    for line in table
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [name, version, sha256, needs, pending] = columns[..] else {
            bail!("tests/wheels/packages.tsv: not five columns: {line}");
        };
        let package = Package {
            name: name.to_owned(),
            version: version.to_owned(),
            sha256: sha256.to_owned(),
            needs: needs
                .split(',')
                .filter(|n| *n != "-")
                .map(str::to_owned)
                .collect(),
            pending: (pending != "-").then(|| pending.to_owned()),
        };
        packages.insert(package.name.clone(), package);
    }
    for package in packages.values() {
        for need in &package.needs {
            ensure!(
                packages.contains_key(need),
                "{} needs {need}, which the table has not",
                package.name
            );
        }
    }
    Ok(packages)
}

/// A package and all that it needs, each once.
fn closure<'a>(package: &'a Package, all: &'a BTreeMap<String, Package>) -> Vec<&'a Package> {
    let mut found = vec![package];
    let mut at = 0;
    while at < found.len() {
        for need in found[at].needs.iter().filter_map(|n| all.get(n)) {
            if !found.contains(&need) {
                found.push(need);
            }
        }
        at += 1;
    }
    found
}

fn search_path(
    package: &Package,
    all: &BTreeMap<String, Package>,
    unpacked: &Path,
) -> std::ffi::OsString {
    let folders = closure(package, all)
        .into_iter()
        .map(|p| folder_of(unpacked, p));
    std::env::join_paths(folders).unwrap_or_default()
}

fn folder_of(unpacked: &Path, package: &Package) -> PathBuf {
    unpacked.join(format!("{}-{}", package.name, package.version))
}

// ---- Fetching ----

/// Sees to it that the packages lie unpacked in the answered folder.
fn fetch(
    project: &Project,
    all: &BTreeMap<String, Package>,
    chosen: &[&Package],
) -> Result<PathBuf> {
    let cache = project.output("wheels");
    let mut wanted: Vec<&Package> = Vec::new();
    for package in chosen.iter().flat_map(|p| closure(p, all)) {
        if !folder_of(&cache, package).exists() && !wanted.contains(&package) {
            wanted.push(package);
        }
    }
    let progress = Progress::new("fetch", wanted.len());
    for package in wanted {
        progress.begin(&package.name);
        fetch_one(&cache, package)
            .with_context(|| format!("{} {}", package.name, package.version))?;
        progress.end();
    }
    Ok(cache)
}

fn fetch_one(cache: &Path, package: &Package) -> Result<()> {
    std::fs::create_dir_all(cache)?;
    let folder = tempfile::tempdir_in(cache)?;
    let requirement = folder.path().join("requirement.txt");
    let line = format!(
        "{}=={} --hash=sha256:{}\n",
        package.name, package.version, package.sha256
    );
    std::fs::write(&requirement, line)?;
    // pip refuses a file whose digest is another.
    let mut pip = python();
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ])
    .args(["--python-version", "3.14", "--only-binary=:all:"]);
    for tag in PLATFORMS {
        pip.args(["--platform", tag]);
    }
    pip.arg("--dest")
        .arg(folder.path())
        .arg("--requirement")
        .arg(&requirement);
    ensure!(
        pip.status().context("cannot run python3")?.success(),
        "pip cannot fetch it"
    );
    let mut files = std::fs::read_dir(folder.path())?.filter_map(|f| f.ok().map(|f| f.path()));
    let wheel = files
        .find(|f| f.extension().is_some_and(|e| e == "whl"))
        .context("pip has fetched no wheel")?;
    let unpacked = folder.path().join("unpacked");
    let mut unzip = python();
    unzip
        .args(["-m", "zipfile", "-e"])
        .arg(wheel)
        .arg(&unpacked);
    ensure!(unzip.status()?.success(), "the wheel cannot be unpacked");
    std::fs::rename(unpacked, folder_of(cache, package))?;
    Ok(())
}

fn python() -> Command {
    Command::new("python3")
}

/// The tags of wheels for this machine, as pip wants them: one by one.
const PLATFORMS: [&str; 11] = [
    "manylinux1_x86_64",
    "manylinux2010_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_5_x86_64",
    "manylinux_2_12_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux_2_24_x86_64",
    "manylinux_2_26_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux_2_28_x86_64",
    "linux_x86_64",
];

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# name\tversion\tsha256\tneeds\tpending\n\
        b\t2\tff\ta\t-\na\t1\t00\t-\tno _ssl\n";

    #[test]
    fn rows_are_read() {
        let all = parse(TABLE).expect("a table");
        assert_eq!(all["a"].pending.as_deref(), Some("no _ssl"));
        let names: Vec<_> = closure(&all["b"], &all)
            .iter()
            .map(|p| p.name.as_str())
            .collect();
        assert_eq!(names, ["b", "a"]);
    }

    #[test]
    fn wrong_rows_are_refused() {
        assert!(parse("a\t1\t00\t-\n").is_err());
        assert!(parse("a\t1\t00\tb\t-\n").is_err());
    }
}
