//! Python programs with expected output. `NAME.py` must print `NAME.out`, and on stderr `NAME.err` where that exists;
//! files and folders whose names start with an underscore are helpers, which programs may import.
//!
//! A leading comment `# suite: KEY=VALUE ...` says more: `exit=1`, the expected exit code; `gc=none`, managers to run
//! under besides those asked for; `stress=100`, under stress collect at every hundredth allocation only, or `stress=no`; `args=-O,-W,error`.

use crate::interpreter::{Interpreter, Variant};
use crate::options::Options;
use crate::progress::Progress;
use crate::project::Project;
use crate::report::{Case, Outcome};
use anyhow::{Context, Result, bail};
use child::pool;
use child::{Ending, Finished, Limits, difference};
use std::path::{Path, PathBuf};

/// Collecting at each allocation makes a program this much slower, or more.
const STRESS_FACTOR: u32 = 10;

struct Program {
    path: PathBuf,
    name: String,
    header: Header,
}

#[derive(Debug, PartialEq)]
struct Header {
    exit: i32,
    also_under: Vec<String>,
    /// A collection at every so many allocations.
    stress: Option<u32>,
    arguments: Vec<String>,
}

struct Job<'a> {
    program: &'a Program,
    variant: Variant,
}

/// A folder of programs.
pub struct Stage {
    /// What its results are filed under.
    pub name: &'static str,
    pub folder: PathBuf,
    /// Where its programs find more modules.
    pub path: Option<PathBuf>,
}

/// Runs tests/programs.
pub fn run(project: &Project, interpreter: &Interpreter, options: &Options) -> Result<Vec<Case>> {
    let stage = Stage {
        name: "programs",
        folder: project.programs(),
        path: None,
    };
    run_stage(&stage, interpreter, options)
}

pub fn run_stage(stage: &Stage, interpreter: &Interpreter, options: &Options) -> Result<Vec<Case>> {
    let programs = find(&stage.folder, &options.names)?;
    let jobs: Vec<Job> = programs
        .iter()
        .flat_map(|program| jobs_of(program, interpreter, options))
        .collect();
    let pending = if options.reference {
        Vec::new()
    } else {
        pending(&stage.folder)?
    };
    let progress = Progress::new(stage.name, jobs.len());
    let cases = pool::run(&jobs, options.jobs(), |job| {
        let (suite, name) = (
            format!("{}/{}", stage.name, job.variant.name),
            &job.program.name,
        );
        progress.begin(&format!("{name} ({})", job.variant.name));
        let (outcome, elapsed) = match execute(stage, interpreter, job, options) {
            Ok(finished) => (
                judge(job.program, &finished, options.bless),
                finished.elapsed,
            ),
            Err(error) => (Err(error), Default::default()),
        };
        let outcome = outcome.unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let outcome = if pending.contains(name) {
            expect_failure(outcome)
        } else {
            outcome
        };
        let case = Case {
            suite,
            name: name.clone(),
            outcome,
            elapsed,
        };
        if case.failure().is_some() {
            progress.say(&format!("FAILED {} {}", case.suite, case.name));
        }
        progress.end();
        case
    });
    Ok(cases)
}

/// The programs that are known not to pass yet: `pending.txt`, which only shrinks.
fn pending(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("pending.txt");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let names = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(names.map(str::to_owned).collect())
}

/// A pending program may fail under one manager and pass under another, so a pass is no fault.
fn expect_failure(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(_) => Outcome::Skipped("pending".to_owned()),
        other => other,
    }
}

fn jobs_of<'a>(program: &'a Program, interpreter: &Interpreter, options: &Options) -> Vec<Job<'a>> {
    let mut variants = interpreter.variants().to_vec();
    let more = program
        .header
        .also_under
        .iter()
        .filter_map(|gc| interpreter.under(gc));
    variants.extend(more.filter(|variant| !interpreter.variants().contains(variant)));
    if options.stress
        && let Some(interval) = program.header.stress
    {
        let stressed: Vec<_> = variants
            .iter()
            .filter_map(|variant| variant.stressed(interval))
            .collect();
        variants.extend(stressed);
    }
    variants
        .into_iter()
        .map(|variant| Job { program, variant })
        .collect()
}

fn execute(
    stage: &Stage,
    interpreter: &Interpreter,
    job: &Job,
    options: &Options,
) -> Result<Finished> {
    let scratch = tempfile::tempdir()?;
    let time = if job.variant.is_stressed() {
        options.timeout() * STRESS_FACTOR
    } else {
        options.timeout()
    };
    let limits = Limits {
        time,
        silence: time,
        memory: options.memory << 20,
    };
    let mut command = interpreter.command(&job.variant);
    if let Some(path) = &stage.path {
        command.env("PYTHONPATH", path);
    }
    command
        .args(&job.program.header.arguments)
        .arg(&job.program.path);
    child::run(command, scratch.path(), &limits, None)
}

fn judge(program: &Program, finished: &Finished, bless: bool) -> Result<Outcome> {
    let folder = format!(
        "{}/",
        program.path.parent().unwrap_or(Path::new("")).display()
    );
    let readable = |output: &[u8]| String::from_utf8_lossy(output).replace(&folder, "");
    let (stdout, stderr) = (readable(&finished.stdout), readable(&finished.stderr));
    let (out, err) = (
        program.path.with_extension("out"),
        program.path.with_extension("err"),
    );

    if finished.ending != Ending::Exit(program.header.exit) {
        let why = format!(
            "{}, expected exit code {}",
            finished.ending, program.header.exit
        );
        return Ok(Outcome::Failed(format!(
            "{why}\n{}",
            child::tail(stderr.as_bytes(), 20)
        )));
    }
    if bless {
        std::fs::write(out, stdout)?;
        if program.header.exit != 0 || err.exists() {
            std::fs::write(err, stderr)?;
        }
        return Ok(Outcome::Passed);
    }
    let expected = std::fs::read_to_string(&out)
        .with_context(|| format!("no expected output {}", out.display()))?;
    if let Some(difference) = difference(&expected, &stdout) {
        let shown = child::tail(stderr.as_bytes(), 10);
        return Ok(Outcome::Failed(format!("stdout, {difference}\n{shown}")));
    }
    if let Ok(expected) = std::fs::read_to_string(&err)
        && let Some(difference) = difference(&expected, &stderr)
    {
        return Ok(Outcome::Failed(format!("stderr, {difference}")));
    }
    Ok(Outcome::Passed)
}

fn find(folder: &Path, names: &[String]) -> Result<Vec<Program>> {
    let mut paths = Vec::new();
    walk(folder, &mut paths).with_context(|| format!("cannot read {}", folder.display()))?;
    paths.sort();
    let mut programs = Vec::new();
    for path in paths {
        let name = path
            .strip_prefix(folder)?
            .with_extension("")
            .display()
            .to_string();
        if names.is_empty() || names.iter().any(|part| name.contains(part)) {
            let source = std::fs::read_to_string(&path)?;
            let header = Header::parse(&source).with_context(|| path.display().to_string())?;
            programs.push(Program { path, name, header });
        }
    }
    if programs.is_empty() {
        bail!(
            "no program in {} is named {}",
            folder.display(),
            names.join(", ")
        );
    }
    Ok(programs)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"))
        {
            continue;
        }
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
    Ok(())
}

impl Header {
    fn parse(source: &str) -> Result<Header> {
        let mut header = Header {
            exit: 0,
            also_under: Vec::new(),
            stress: Some(1),
            arguments: Vec::new(),
        };
        let comments = source.lines().take_while(|line| line.starts_with('#'));
        let settings = comments.filter_map(|line| line.strip_prefix("# suite:"));
        for setting in settings.flat_map(str::split_whitespace) {
            let list = |value: &str| value.split(',').map(str::to_owned).collect();
            match setting.split_once('=') {
                Some(("exit", code)) => header.exit = code.parse()?,
                Some(("gc", managers)) => header.also_under = list(managers),
                Some(("args", arguments)) => header.arguments = list(arguments),
                Some(("stress", "no")) => header.stress = None,
                Some(("stress", interval)) => header.stress = Some(interval.parse()?),
                _ => bail!("unknown setting {setting}"),
            }
        }
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_read_from_the_first_comments_only() {
        let header = Header::parse(
            "# Loops.\n# suite: exit=3 gc=none stress=no args=-O,-B\nx = 1\n# suite: exit=4\n",
        );
        let arguments = vec!["-O".to_owned(), "-B".to_owned()];
        let expected = Header {
            exit: 3,
            also_under: vec!["none".to_owned()],
            stress: None,
            arguments,
        };
        assert_eq!(header.expect("valid"), expected);
        assert!(Header::parse("# suite: exits=3\n").is_err());
    }
}
