//! The lab: runs programs under each memory manager and beside other Pythons, and reports what the choice costs.

mod chart;
mod compare;
mod events;
mod experiments;
mod figure;
mod grid;
mod matrix;
mod measure;
mod metric;
mod mmu;
mod page;
mod paper;
mod plan;
mod project;
mod record;
mod results;
mod runner;
mod stats;
mod subject;

use anyhow::Result;
use clap::{Parser, Subcommand};
use project::Project;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs programs under each of Tandem's memory managers, beside CPython and PyPy, and compares time, memory and pauses
#[derive(Parser)]
#[command(name = "cargo lab", bin_name = "cargo lab", version)]
struct Options {
    /// Take the tandem binary as it is
    #[arg(long, global = true)]
    no_build: bool,
    /// A folder of plans, with their scripts, in place of the project's own
    #[arg(long, global = true)]
    plans: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a program under every manager and peer, and compare
    Compare(compare::Options),
    /// Tell which experiments there are
    List,
    /// Run experiments and report on them
    Run(experiments::RunOptions),
    /// Rebuild the report of a record
    Report(experiments::ReportOptions),
    /// Compare two records, median by median
    Diff(experiments::DiffOptions),
    /// Try packages from PyPI under every manager and CPython: import, smoke program, their own tests
    Matrix(matrix::Options),
    /// Typeset the paper with the tables and figures of a record
    Paper(paper::Options),
    /// CPython and PyPy
    Peers {
        #[command(subcommand)]
        command: Peers,
    },
}

#[derive(Subcommand)]
enum Peers {
    /// Fetch them, and compile their libraries, so that no run has to
    Install,
}

fn main() -> ExitCode {
    child::end_with_reader();
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let project = Project::find(options.plans.as_deref())?;
    child::end_children_on_interrupt()?;
    let build = || {
        if options.no_build {
            Ok(())
        } else {
            project.build()
        }
    };
    match &options.command {
        Command::Compare(options) => {
            build()?;
            compare::compare(&project, options)
        }
        Command::List => experiments::list(&project),
        Command::Run(options) => {
            build()?;
            experiments::run(&project, options)
        }
        Command::Report(options) => experiments::report(&project, options),
        Command::Diff(options) => experiments::diff(&project, options),
        Command::Matrix(options) => {
            build()?;
            matrix::matrix(&project, options)
        }
        Command::Paper(options) => paper::paper(&project, options),
        Command::Peers {
            command: Peers::Install,
        } => project.install_peers(),
    }
}
