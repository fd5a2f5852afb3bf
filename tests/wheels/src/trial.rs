//! One package under one interpreter: its import, its smoke program, its suite.

use crate::catalogue::{Catalogue, Package};
use crate::store::Store;
use anyhow::Result;
use child::{Ending, Finished, Limits};
use std::process::Command;

/// A package, where it lies, and the interpreter: a command without arguments of its own.
pub struct Trial<'a> {
    pub catalogue: &'a Catalogue,
    pub store: &'a Store,
    pub package: &'a Package,
    pub interpreter: &'a dyn Fn() -> Command,
    pub limits: Limits,
}

impl Trial<'_> {
    pub fn import(&self) -> Result<Finished> {
        let mut command = self.command()?;
        command
            .arg("-c")
            .arg(format!("import {}", self.package.module()));
        self.run(command)
    }

    /// None where the package has no such program.
    pub fn smoke(&self) -> Result<Option<Finished>> {
        let Some(program) = self.catalogue.smoke(self.package) else {
            return Ok(None);
        };
        let mut command = self.command()?;
        command.arg(program);
        self.run(command).map(Some)
    }

    fn command(&self) -> Result<Command> {
        let mut command = (self.interpreter)();
        let packages = self.catalogue.closure([self.package]);
        command.env("PYTHONPATH", self.store.search_path(&packages, None)?);
        Ok(command)
    }

    fn run(&self, command: Command) -> Result<Finished> {
        let scratch = tempfile::tempdir()?;
        child::run(command, scratch.path(), &self.limits, None)
    }
}

/// `ok`, or in one line what went wrong: a crash, a timeout, the exception.
pub fn describe(finished: &Finished) -> String {
    let last = child::tail(&finished.stderr, 1);
    match &finished.ending {
        Ending::Exit(0) => "ok".to_owned(),
        Ending::Exit(_) if !last.is_empty() => last,
        ending => ending.to_string(),
    }
}
