//! `cargo suite`: everything that is tested, in one command.
//!
//! Stages produce `report::Case`s and know nothing of each other; this file chooses the stages and turns their cases
//! into a summary, a JUnit file and an exit code (0: all well, 1: something failed, 2: the suite itself could not run).

mod capi;
mod conformance;
mod ext;
mod interpreter;
mod options;
mod programs;
mod progress;
mod project;
mod report;
mod units;
mod wheels;

use anyhow::Result;
use clap::Parser;
use interpreter::Interpreter;
use options::Options;
use project::Project;
use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    child::end_with_reader();
    match suite(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("cargo suite: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn suite(options: &Options) -> Result<bool> {
    let project = Project::find(&options.peers)?;
    if options.table {
        conformance::print_recorded(&project)?;
        return Ok(true);
    }
    child::end_children_on_interrupt()?;
    if options.capi || options.capi_missing {
        let interpreter = Interpreter::choose(&project, options)?;
        capi::print(&project, interpreter.path(), options.capi_missing)?;
        return Ok(true);
    }

    let mut report = Report::default();
    let stages = options.stages();
    if stages.units {
        report.extend(units::run(&project)?);
    }
    if stages.programs || stages.ext || stages.wheels || stages.conformance.is_some() {
        let interpreter = Interpreter::choose(&project, options)?;
        if stages.programs {
            report.extend(programs::run(&project, &interpreter, options)?);
        }
        if stages.ext {
            report.extend(ext::run(&project, &interpreter, options)?);
        }
        if stages.wheels {
            report.extend(wheels::run(&project, &interpreter, options)?);
        }
        if let Some(selection) = &stages.conformance {
            report.extend(conformance::run(
                &project,
                &interpreter,
                selection,
                options,
            )?);
        }
    }

    report.write_junit(
        &options
            .junit
            .clone()
            .unwrap_or_else(|| project.output("junit.xml")),
    )?;
    report.print_summary();
    Ok(report.all_well())
}
