//! What is compared: Tandem under each manager, with and without its JIT, and the installed peers.

use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// A name, what the name means to a reader, the kind, and the arguments before all others.
type Row = (&'static str, &'static str, Kind, &'static [&'static str]);

#[rustfmt::skip]
pub const SUBJECTS: [Row; 8] = [
    ("refcount", "Tandem, reference counting", Kind::Tandem, &["--gc=refcount"]),
    ("conservative", "Tandem, conservative tracing", Kind::Tandem, &["--gc=conservative"]),
    ("none", "Tandem, never freeing", Kind::Tandem, &["--gc=none"]),
    ("refcount-jit", "Tandem, reference counting, JIT", Kind::Jit, &["--gc=refcount"]),
    ("conservative-jit", "Tandem, conservative tracing, JIT", Kind::Jit, &["--gc=conservative"]),
    ("none-jit", "Tandem, never freeing, JIT", Kind::Jit, &["--gc=none"]),
    ("cpython", "CPython 3.14", Kind::CPython, &[]),
    ("pypy", "PyPy", Kind::PyPy, &[]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tandem,
    Jit,
    CPython,
    PyPy,
}

/// An interpreter that is there and answers.
#[derive(Clone, Debug)]
pub struct Subject {
    pub name: &'static str,
    pub kind: Kind,
    program: OsString,
    arguments: Vec<OsString>,
    pub version: String,
}

pub fn check_name(name: &str) -> Result<()> {
    if SUBJECTS.iter().any(|row| row.0 == name) {
        return Ok(());
    }
    let names = SUBJECTS.map(|row| row.0).join(", ");
    bail!("unknown subject `{name}`; there are {names}")
}

/// The place of a subject in `SUBJECTS`, which is the order of columns and the choice of colours.
pub fn rank(name: &str) -> usize {
    SUBJECTS
        .iter()
        .position(|row| row.0 == name)
        .unwrap_or(SUBJECTS.len())
}

impl Subject {
    /// The subject of that name, or why there is none.
    pub fn find(name: &str, project: &Project) -> Result<Subject> {
        check_name(name)?;
        let row = &SUBJECTS[rank(name)];
        let mut subject = match row.2 {
            Kind::Tandem | Kind::Jit => Subject::tandem(row, project)?,
            Kind::CPython => Subject::peer(row, project, "cpython314", "python3.14")?,
            Kind::PyPy => Subject::peer(row, project, "pypy3", "pypy3")?,
        };
        subject.version = subject.ask_version()?;
        Ok(subject)
    }

    fn tandem(row: &Row, project: &Project) -> Result<Subject> {
        let program = project.tandem()?;
        let mut arguments: Vec<OsString> = row.3.iter().map(OsString::from).collect();
        let knows_jit = help(&program)?.contains("--jit");
        match (row.2, knows_jit) {
            (Kind::Jit, false) => bail!("this tandem has no JIT"),
            (Kind::Jit, true) => arguments.push("--jit=baseline".into()),
            (_, true) => arguments.push("--jit=off".into()),
            (_, false) => {}
        }
        Ok(Subject {
            name: row.0,
            kind: row.2,
            program: program.into(),
            arguments,
            version: String::new(),
        })
    }

    /// A peer runs on the C library that it was built for. Its launcher is a shell script, which would count in the time.
    fn peer(row: &Row, project: &Project, launcher: &str, program: &str) -> Result<Subject> {
        let peers = project.peers();
        let launcher = peers.join("bin").join(launcher);
        if !launcher.is_file() {
            bail!("not installed (`cargo lab peers install`)");
        }
        let program = peers.join("usr/bin").join(program);
        let libraries = peers.join("usr/lib/x86_64-linux-gnu");
        let arguments = [
            "--library-path".into(),
            libraries.clone().into(),
            // Where a Python believes itself to be is where it looks for its library.
            "--argv0".into(),
            program.clone().into(),
            program.into(),
        ];
        Ok(Subject {
            name: row.0,
            kind: row.2,
            program: libraries.join("ld-linux-x86-64.so.2").into(),
            arguments: arguments.to_vec(),
            version: String::new(),
        })
    }

    fn ask_version(&self) -> Result<String> {
        let output = self
            .command()
            .args(["-c", "import sys; print(sys.version)"])
            .output()
            .with_context(|| format!("{} does not start", self.name))?;
        if !output.status.success() {
            bail!(
                "{} does not start: {}",
                self.name,
                child::tail(&output.stderr, 1)
            );
        }
        let version = String::from_utf8_lossy(&output.stdout);
        Ok(version.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The interpreter with nothing from outside that would change what it does.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let name_bytes = name.as_encoded_bytes();
            if name_bytes.starts_with(b"PYTHON") || name_bytes.starts_with(b"TANDEM") {
                command.env_remove(name);
            }
        }
        command
            .args(&self.arguments)
            .env("PYTHONHASHSEED", "0")
            .env("PYTHON_COLORS", "0")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    pub fn is_tandem(&self) -> bool {
        matches!(self.kind, Kind::Tandem | Kind::Jit)
    }
}

fn help(tandem: &Path) -> Result<String> {
    let output = Command::new(tandem).arg("--help").output();
    let output = output.with_context(|| format!("{} does not run", tandem.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
