//! Where things are: the repository, its experiments, the interpreters, and the folder for outputs.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Project {
    root: PathBuf,
    peers: PathBuf,
    plans: PathBuf,
}

impl Project {
    /// The workspace around the running package (cargo says where), or around the current folder.
    ///
    /// `plans` is a folder of experiments in place of the project's own.
    pub fn find(plans: Option<&Path>) -> Result<Project> {
        let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => PathBuf::from(package),
            None => std::env::current_dir().context("no current folder")?,
        };
        let is_root = |folder: &&Path| folder.join("experiments/plans").is_dir();
        match start.ancestors().find(is_root) {
            Some(root) => Ok(Project {
                root: root.to_owned(),
                peers: root.join(".peers"),
                plans: plans.map_or(root.join("experiments/plans"), Path::to_owned),
            }),
            None => bail!("{} is not in Tandem's repository", start.display()),
        }
    }

    /// What `scripts/fetch-reference` fetched.
    pub fn peers(&self) -> &Path {
        &self.peers
    }

    /// Tells workloads where CPython's test suite is, and what was fetched from PyPI.
    pub fn places(&self) -> [(String, String); 2] {
        [
            ("TANDEM_LAB_LIBRARY", self.peers.join("usr/lib/python3.14")),
            ("TANDEM_LAB_FETCHED", self.root.join("target")),
        ]
        .map(|(name, place)| (name.to_owned(), place.display().to_string()))
    }

    /// Runs a plan's command, if it has one.
    pub fn prepare(&self, command: &[String]) -> Result<()> {
        let Some((program, arguments)) = command.split_first() else {
            return Ok(());
        };
        let status = Command::new(self.root.join(program))
            .current_dir(&self.root)
            .args(arguments)
            .status()
            .with_context(|| format!("cannot run {program}"))?;
        if !status.success() {
            bail!("{}: {status}", command.join(" "));
        }
        Ok(())
    }

    pub fn plans(&self) -> &Path {
        &self.plans
    }

    /// The packages of `lab matrix`.
    pub fn wheels(&self) -> PathBuf {
        self.root.join("tests/wheels")
    }

    /// Where fetched packages are kept, for all programs of the workspace.
    pub fn wheel_store(&self) -> PathBuf {
        self.root.join("target/wheels")
    }

    pub fn papers(&self) -> PathBuf {
        self.root.join("papers")
    }

    /// A workload's script: beside the plans, or one of the project's.
    pub fn script(&self, name: &str) -> PathBuf {
        let beside = self.plans.join(name);
        if beside.is_file() {
            return beside;
        }
        self.root.join("experiments/workloads").join(name)
    }

    /// A file under `target/lab`, whose folder exists.
    pub fn output(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join("target/lab").join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        Ok(path)
    }

    /// The `tandem` beside this program.
    pub fn tandem(&self) -> Result<PathBuf> {
        let lab = std::env::current_exe().context("where is this program?")?;
        let tandem = lab.with_file_name("tandem");
        if !tandem.is_file() {
            bail!(
                "{} is missing: build it, or leave out --no-build",
                tandem.display()
            );
        }
        Ok(tandem)
    }

    /// Brings `tandem` up to date.
    pub fn build(&self) -> Result<()> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .current_dir(&self.root)
            .args([
                "build",
                "--quiet",
                "--release",
                "--ignore-rust-version",
                "--package",
                "tandem",
            ])
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            bail!("the tandem binary does not build");
        }
        Ok(())
    }

    /// Fetches CPython and PyPy, and has them compile their libraries.
    pub fn install_peers(&self) -> Result<()> {
        let done = |command: &mut Command, what: &str| match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => bail!("{what}: {status}"),
            Err(error) => Err(error).context(what.to_owned()),
        };
        let script = self.root.join("scripts/fetch-reference");
        done(
            Command::new(script).arg(&self.peers),
            "scripts/fetch-reference",
        )?;
        for (launcher, library) in [
            ("cpython314", "usr/lib/python3.14"),
            ("pypy3", "usr/lib/pypy3.11"),
        ] {
            let library = self.peers.join(library);
            if library.is_dir() {
                // The test suite holds files that are not meant to compile.
                let compile = ["-m", "compileall", "-q", "-x", "/test/|lib2to3"];
                Command::new(self.peers.join("bin").join(launcher))
                    .args(compile)
                    .arg(&library)
                    .status()?;
            }
        }
        Ok(())
    }

    /// The commit of the repository, with `+` after it if files differ from it.
    pub fn commit(&self) -> String {
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .current_dir(&self.root)
                .args(arguments)
                .output();
            output
                .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
                .unwrap_or_default()
        };
        let changed = !git(&["status", "--porcelain", "--untracked-files=no"]).is_empty();
        git(&["rev-parse", "--short", "HEAD"]) + if changed { "+" } else { "" }
    }
}
