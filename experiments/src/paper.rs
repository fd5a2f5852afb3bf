//! `lab paper`: the paper's tables and figures from a record, typeset.

use crate::experiments;
use crate::project::Project;
use crate::record::Record;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;

#[derive(clap::Args)]
pub struct Options {
    /// The folder of the record
    record: PathBuf,
    /// The paper's folder under papers/
    #[arg(long, default_value = "gc-versus-refcount")]
    paper: String,
    /// The PDF to write [default: target/lab/PAPER.pdf]
    #[arg(long)]
    output: Option<PathBuf>,
}

pub fn paper(project: &Project, options: &Options) -> Result<()> {
    let folder = project.papers().join(&options.paper);
    if !folder.join("paper.typ").is_file() {
        bail!("there is no paper {}", options.paper);
    }
    let record = Record::at(&options.record);
    let machine = experiments::machine_of(&record)?;
    let sections = experiments::sections(project, &record)?;
    let data = project.output("paper/data.json")?;
    let text = serde_json::to_string(&json!({ "machine": machine, "sections": sections }))?;
    std::fs::write(&data, text)?;
    let output = match &options.output {
        Some(path) => std::path::absolute(path)?,
        None => project.output(&format!("{}.pdf", options.paper))?,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "run",
            "--release",
            "--quiet",
            "--ignore-rust-version",
            "--manifest-path",
        ])
        .arg(project.papers().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(project.output("paper/build")?)
        .arg("--")
        .args([&folder, &data, &output])
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the paper was not typeset");
    }
    println!("{}", output.display());
    Ok(())
}
