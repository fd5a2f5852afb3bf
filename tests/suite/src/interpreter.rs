//! The interpreter under test and the ways to run it: one `Variant` for each memory manager.

use crate::options::Options;
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the only variant of an interpreter that has no `--gc` option.
pub const PLAIN: &str = "cpython";

pub struct Interpreter {
    path: PathBuf,
    managed: bool,
    pass: Vec<String>,
    variants: Vec<Variant>,
}

/// One way to run the interpreter. `name` is also the name of its folder of allow-lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    pub name: String,
    arguments: Vec<String>,
    stressed: bool,
}

impl Interpreter {
    pub fn choose(project: &Project, options: &Options) -> Result<Interpreter> {
        let path = match &options.python {
            Some(path) => std::path::absolute(path)?,
            None if options.reference => project.reference()?,
            None => build(project, options)?,
        };
        let managed = match (&options.python, options.reference) {
            (None, reference) => !reference,
            (Some(_), _) => knows_managers(&path)?,
        };
        let variants = if managed {
            options
                .gc
                .iter()
                .map(|gc| Variant::of_manager(gc, &options.pass))
                .collect()
        } else {
            vec![Variant {
                name: PLAIN.to_owned(),
                arguments: options.pass.clone(),
                stressed: false,
            }]
        };
        Ok(Interpreter {
            path,
            managed,
            pass: options.pass.clone(),
            variants,
        })
    }

    /// CPython itself, whatever is under test.
    pub fn reference(project: &Project) -> Result<Interpreter> {
        Ok(Interpreter {
            path: project.reference()?,
            managed: false,
            pass: Vec::new(),
            variants: vec![Variant {
                name: PLAIN.to_owned(),
                arguments: Vec::new(),
                stressed: false,
            }],
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// One more manager; none where the interpreter has no choice of them.
    pub fn under(&self, gc: &str) -> Option<Variant> {
        self.managed.then(|| Variant::of_manager(gc, &self.pass))
    }

    /// A command that is independent of who runs the suite: no colours, no settings from outside, no `.pyc` files.
    pub fn command(&self, variant: &Variant) -> Command {
        let mut command = Command::new(&self.path);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PYTHON") {
                command.env_remove(name);
            }
        }
        command
            .args(&variant.arguments)
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHON_COLORS", "0")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC");
        command
    }
}

impl Variant {
    fn of_manager(gc: &str, pass: &[String]) -> Variant {
        let option = format!("--gc={gc}");
        let arguments = [option].iter().chain(pass).cloned().collect();
        Variant {
            name: gc.to_owned(),
            arguments,
            stressed: false,
        }
    }

    /// The same with a collection at every `interval` allocations; a plain interpreter has no such mode.
    pub fn stressed(&self, interval: u32) -> Option<Variant> {
        if self.name == PLAIN {
            return None;
        }
        let arguments = self
            .arguments
            .iter()
            .cloned()
            .chain([format!("--gc-stress={interval}")])
            .collect();
        Some(Variant {
            name: format!("{}+stress", self.name),
            arguments,
            stressed: true,
        })
    }

    pub fn is_stressed(&self) -> bool {
        self.stressed
    }
}

/// Brings `tandem`, which lies beside this program, up to date.
fn build(project: &Project, options: &Options) -> Result<PathBuf> {
    let suite = std::env::current_exe().context("where is this program?")?;
    let tandem = suite.with_file_name("tandem");
    if !options.no_build {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(project.root()).args([
            "build",
            "--quiet",
            "--ignore-rust-version",
            "--package",
            "tandem",
        ]);
        if suite
            .parent()
            .is_some_and(|folder| folder.ends_with("release"))
        {
            cargo.arg("--release");
        }
        if !cargo.status().context("cannot run cargo")?.success() {
            bail!("the tandem binary does not build");
        }
    }
    if !tandem.is_file() {
        bail!("{} is missing", tandem.display());
    }
    Ok(tandem)
}

/// Whether the interpreter has memory managers to choose from: CPython refuses the option.
fn knows_managers(path: &Path) -> Result<bool> {
    let probe = Command::new(path)
        .args(["--gc=refcount", "--version"])
        .output();
    let probe = probe.with_context(|| format!("cannot run {}", path.display()))?;
    Ok(!String::from_utf8_lossy(&probe.stderr).contains("unknown option"))
}
