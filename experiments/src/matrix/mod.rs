//! `lab matrix`: every package of tests/wheels/packages.toml under every manager, beside CPython on the same tests. What
//! comes of it lies in target/lab/matrix: a JSON file for each cell, `results.json`, a page, and the logs it links to.

mod cell;
mod report;

use crate::project::Project;
use crate::runner;
use crate::subject::{Kind, Subject};
use anyhow::Result;
use cell::Cell;
use child::{Limits, pool};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use wheels::{Catalogue, Package, Store, Trial};

#[derive(clap::Args)]
pub struct Options {
    /// Packages; else all
    packages: Vec<String>,
    /// Under what to try them
    #[arg(long, value_delimiter = ',', default_values_t = ["cpython", "refcount", "conservative"].map(str::to_owned))]
    subjects: Vec<String>,
    /// Import and smoke program alone
    #[arg(long)]
    no_tests: bool,
    /// Show what earlier runs found, and run nothing
    #[arg(long)]
    report: bool,
    /// Run CPython again where it has been tried with the same versions
    #[arg(long)]
    again: bool,
    /// How many processes at a time
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    /// Seconds that one test, or a smoke program, may take
    #[arg(long, default_value_t = 120)]
    timeout: u64,
    /// Seconds that a suite may take
    #[arg(long, default_value_t = 3600)]
    suite_timeout: u64,
}

/// What all cells share.
struct Matrix<'a> {
    options: &'a Options,
    catalogue: Catalogue,
    store: Store,
    subjects: Vec<Subject>,
    folder: PathBuf,
}

struct Job<'a> {
    package: &'a Package,
    subject: &'a Subject,
}

pub fn matrix(project: &Project, options: &Options) -> Result<()> {
    let names = options.subjects.iter().map(String::as_str);
    let (subjects, missing) = runner::find_subjects(names, project);
    for missing in &missing {
        eprintln!("without {}: {}", missing.subject, missing.reason);
    }
    let matrix = Matrix {
        options,
        catalogue: Catalogue::read(&project.wheels())?,
        store: Store::at(project.wheel_store()),
        subjects,
        folder: project.output("matrix/cells/x")?.with_file_name(""),
    };
    let chosen = matrix.catalogue.chosen(&options.packages)?;
    if !options.report {
        let unfetched = matrix.fetch(&chosen)?;
        matrix.try_all(&chosen, &unfetched)?;
    }
    let shown = if options.packages.is_empty() || options.report {
        matrix.catalogue.chosen(&options.packages)?
    } else {
        chosen
    };
    let all = matrix.catalogue.chosen(&[])?;
    report::write(project, &matrix, &all)?;
    print!("{}", report::grid(&matrix, &shown)?.to_text());
    println!("{} has the logs.", matrix.page().display());
    Ok(())
}

impl Matrix<'_> {
    fn page(&self) -> PathBuf {
        self.folder.with_file_name("index.html")
    }

    fn with_tests(&self, package: &Package) -> bool {
        package.tests.is_some() && !self.options.no_tests
    }

    /// Fetches what is not there, and tells why what cannot be had cannot be had.
    fn fetch(&self, chosen: &[&Package]) -> Result<BTreeMap<String, String>> {
        let mut wanted = chosen.to_vec();
        for package in chosen.iter().filter(|p| self.with_tests(p)) {
            wanted.extend(self.catalogue.test_closure(package)?);
        }
        let missing = self.store.missing(&self.catalogue.closure(wanted));
        let bar = runner::progress(missing.len() as u64, "fetch");
        let fetched = pool::run(&missing, self.options.jobs, |package| {
            bar.set_message(package.name.clone());
            let result = self.store.fetch(package);
            bar.inc(1);
            (package.name.clone(), result)
        });
        bar.finish_and_clear();
        let sources = chosen
            .iter()
            .filter(|p| self.with_tests(p))
            .filter_map(|p| {
                let sha256 = p.tests.as_ref()?.sdist.as_ref()?;
                Some((*p, sha256))
            });
        let sources: Vec<_> = sources.collect();
        let bar = runner::progress(sources.len() as u64, "fetch tests");
        let found = pool::run(&sources, self.options.jobs, |(package, sha256)| {
            bar.set_message(package.name.clone());
            let result = self.store.source(package, sha256);
            bar.inc(1);
            (package.name.clone(), result.map(drop))
        });
        bar.finish_and_clear();
        let failed = fetched.into_iter().chain(found);
        Ok(failed
            .filter_map(|(name, result)| Some((name, format!("{:#}", result.err()?))))
            .collect())
    }

    fn try_all(&self, chosen: &[&Package], unfetched: &BTreeMap<String, String>) -> Result<()> {
        let mut jobs = Vec::new();
        for &package in chosen {
            for subject in &self.subjects {
                let known = subject.kind == Kind::CPython && !self.options.again;
                if !(known && self.is_known(package, subject)?) {
                    jobs.push(Job { package, subject });
                }
            }
        }
        let bar = runner::progress(jobs.len() as u64, "matrix");
        let results = pool::run(&jobs, self.options.jobs, |job| {
            let result = self.try_one(job, unfetched, &bar);
            bar.inc(1);
            result
        });
        bar.finish_and_clear();
        results.into_iter().collect()
    }

    fn is_known(&self, package: &Package, subject: &Subject) -> Result<bool> {
        let known = Cell::read(&self.folder, &package.name, subject.name)?;
        Ok(known.is_some_and(|cell| {
            let with_tests = !self.with_tests(package) || cell.tests.is_some();
            cell.version == package.version && cell.definition == package.tests && with_tests
        }))
    }

    fn try_one(
        &self,
        job: &Job,
        unfetched: &BTreeMap<String, String>,
        bar: &ProgressBar,
    ) -> Result<()> {
        let (package, subject) = (job.package, job.subject);
        let label = format!("{} under {}", package.name, subject.name);
        bar.set_message(label.clone());
        let trial = Trial {
            catalogue: &self.catalogue,
            store: &self.store,
            package,
            interpreter: &|| {
                let mut command = subject.command();
                command.env("PYTHONDONTWRITEBYTECODE", "1").env("TZ", "UTC");
                command
            },
            limits: Limits {
                time: Duration::from_secs(self.options.suite_timeout),
                silence: Duration::from_secs(self.options.timeout),
                memory: 8 << 30,
            },
        };
        let needs = self.catalogue.closure([package]);
        let absent = needs.iter().find_map(|need| unfetched.get(&need.name));
        let (cell, log) =
            match absent {
                Some(reason) => Cell::not_installed(package, subject.name, reason),
                None => Cell::of(&trial, subject.name, self.with_tests(package)).unwrap_or_else(
                    |error| Cell::not_installed(package, subject.name, &format!("{error:#}")),
                ),
            };
        if let Some(fault) = cell.fault() {
            bar.suspend(|| eprintln!("{label}: {fault}"));
        }
        cell.write(&self.folder, &log)
    }
}
