//! C and C++ extensions that do to the collector what wheels do, and worse. The sources of tests/ext are compiled against
//! CPython's own headers; the programs beside them import what comes of it, and print what they print under CPython.

use crate::interpreter::Interpreter;
use crate::options::Options;
use crate::programs::{self, Stage};
use crate::progress::Progress;
use crate::project::Project;
use crate::report::Case;
use anyhow::{Context, Result, ensure};
use child::pool;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUFFIX: &str = ".cpython-314-x86_64-linux-gnu.so";

pub fn run(project: &Project, interpreter: &Interpreter, options: &Options) -> Result<Vec<Case>> {
    let built = compile_all(project, options)?;
    let stage = Stage {
        name: "ext",
        folder: project.ext(),
        path: Some(built),
    };
    programs::run_stage(&stage, interpreter, options)
}

/// Compiles what has changed, and answers with the folder.
fn compile_all(project: &Project, options: &Options) -> Result<PathBuf> {
    let folder = project.output("ext");
    std::fs::create_dir_all(&folder)?;
    let headers = project.reference_headers()?;
    let mut stale = Vec::new();
    for entry in std::fs::read_dir(project.ext())? {
        let source = entry?.path();
        let Some(compiler) = compiler_of(&source) else {
            continue;
        };
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        let library = folder.join(format!("{name}{SUFFIX}"));
        if is_older(&library, &source) {
            stale.push((compiler, source, library));
        }
    }
    let progress = Progress::new("compile", stale.len());
    let results = pool::run(&stale, options.jobs(), |(compiler, source, library)| {
        progress.begin(&source.display().to_string());
        let result = compile(compiler, source, library, &headers);
        progress.end();
        result
    });
    results.into_iter().collect::<Result<()>>()?;
    Ok(folder)
}

fn compiler_of(source: &Path) -> Option<&'static str> {
    match source.extension()?.to_str()? {
        "c" => Some("cc"),
        "cpp" => Some("c++"),
        _ => None,
    }
}

fn is_older(library: &Path, source: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|m| m.modified());
    match (time(library), time(source)) {
        (Ok(library), Ok(source)) => library < source,
        _ => true,
    }
}

fn compile(compiler: &str, source: &Path, library: &Path, headers: &[PathBuf; 2]) -> Result<()> {
    let output = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-w", "-I"])
        .arg(&headers[0])
        .arg("-idirafter")
        .arg(&headers[1])
        .arg("-o")
        .arg(library)
        .arg(source)
        .output()
        .with_context(|| format!("cannot run {compiler}"))?;
    ensure!(
        output.status.success(),
        "{}: {}",
        source.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
