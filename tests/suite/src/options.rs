//! The command line, and which stages it asks for.

use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Runs Tandem's tests: unit tests, Python programs with expected output, C extensions, modules of CPython's own test
/// suite, and wheels from PyPI, under each memory manager.
///
/// Without arguments all but the wheels run, the modules being those that tests/conformance/modules.txt marks as quick.
#[derive(Parser, Debug, Default)]
#[command(name = "cargo suite", bin_name = "cargo suite", version)]
pub struct Options {
    /// Run the workspace's unit tests
    #[arg(long)]
    pub units: bool,

    /// Run the programs of tests/programs, those whose path contains a NAME where any is given
    #[arg(long, conflicts_with = "conformance")]
    pub programs: bool,

    /// Run CPython's test modules: the NAMEs, else all of tests/conformance/modules.txt; `all` means every one there is
    #[arg(long)]
    pub conformance: bool,

    /// Compile the C and C++ extensions of tests/ext against CPython's headers, and run the programs there that use them
    #[arg(long, conflicts_with = "conformance")]
    pub ext: bool,

    /// Run the smoke programs of tests/wheels over unmodified wheels from PyPI, those of the NAMEs where any is given
    #[arg(long, conflicts_with_all = ["conformance", "programs", "ext"])]
    pub wheels: bool,

    /// Test modules (as test_int), parts of program names, or packages
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Print the recorded conformance table as Markdown, and run nothing
    #[arg(long)]
    pub table: bool,

    /// Print how much of CPython's C API the binary exports, and run nothing
    #[arg(long)]
    pub capi: bool,

    /// As --capi, with the names of what is missing
    #[arg(long)]
    pub capi_missing: bool,

    /// Memory managers to run under
    #[arg(long, value_delimiter = ',', value_name = "MANAGERS", default_values_t = ["refcount".to_owned(), "conservative".to_owned()])]
    pub gc: Vec<String>,

    /// Run each program once more with a collection at every allocation
    #[arg(long)]
    pub stress: bool,

    /// Interpreter to test instead of the tandem binary that cargo builds
    #[arg(long, value_name = "PATH", conflicts_with = "reference")]
    pub python: Option<PathBuf>,

    /// Test the reference CPython itself
    #[arg(long)]
    pub reference: bool,

    /// Where scripts/fetch-reference has put CPython and its tests
    #[arg(long, value_name = "DIR", default_value = ".peers")]
    pub peers: PathBuf,

    /// Test the binary that is there, without asking cargo to bring it up to date
    #[arg(long)]
    pub no_build: bool,

    /// One more argument for the interpreter
    #[arg(long = "pass", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub pass: Vec<String>,

    /// Add newly passing tests to the allow-lists of tests/conformance
    #[arg(long)]
    pub update: bool,

    /// Write what the programs print as their expected output (together with --reference)
    #[arg(long, requires = "reference")]
    pub bless: bool,

    /// Conformance: only this test (a trailing * matches any ending)
    #[arg(long = "only", value_name = "ID")]
    pub only: Vec<String>,

    /// Conformance: show the output of each module, with tracebacks
    #[arg(long)]
    pub show: bool,

    /// Conformance: give a module up at its first crash or timeout, instead of going on behind it
    #[arg(long)]
    pub stop_at_crash: bool,

    /// How many processes at a time
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,

    /// Seconds that a program or a single test may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,

    /// Seconds that a module may take
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub module_timeout: u64,

    /// Mebibytes that a process may hold resident
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    pub memory: u64,

    /// Where to write the results as JUnit XML [default: target/suite/junit.xml]
    #[arg(long, value_name = "PATH")]
    pub junit: Option<PathBuf>,

    /// Where to write the conformance table as Markdown [default: target/suite/conformance.md]
    #[arg(long, value_name = "PATH")]
    pub markdown: Option<PathBuf>,
}

/// Which modules of CPython's suite to run.
#[derive(Debug, PartialEq)]
pub enum Selection {
    Quick,
    Listed,
    All,
    Named(Vec<String>),
}

/// What one invocation runs.
pub struct Stages {
    pub units: bool,
    pub programs: bool,
    pub ext: bool,
    pub wheels: bool,
    pub conformance: Option<Selection>,
}

impl Options {
    /// With no stage named, all of them; a NAME alone selects programs.
    pub fn stages(&self) -> Stages {
        let unspecified =
            !(self.units || self.programs || self.ext || self.wheels || self.conformance);
        let everything = unspecified && self.names.is_empty();
        let conformance = match self.names.as_slice() {
            _ if everything => Some(Selection::Quick),
            _ if !self.conformance => None,
            [] => Some(Selection::Listed),
            [all] if all == "all" => Some(Selection::All),
            names => Some(Selection::Named(names.to_vec())),
        };
        Stages {
            units: self.units || everything,
            programs: self.programs || unspecified,
            ext: self.ext || everything,
            wheels: self.wheels,
            conformance,
        }
    }

    pub fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or_else(cores).max(1)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn stages(arguments: &[&str]) -> (bool, bool, Option<Selection>) {
        let arguments = ["suite"].iter().chain(arguments);
        let stages = Options::parse_from(arguments).stages();
        (stages.units, stages.programs, stages.conformance)
    }

    #[test]
    fn command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn stages_follow_from_the_options() {
        assert_eq!(stages(&[]), (true, true, Some(Selection::Quick)));
        assert_eq!(stages(&["--units"]), (true, false, None));
        assert_eq!(stages(&["closures"]), (false, true, None));
        assert_eq!(
            stages(&["--conformance"]),
            (false, false, Some(Selection::Listed))
        );
        assert_eq!(
            stages(&["--conformance", "all"]),
            (false, false, Some(Selection::All))
        );
        let named = Selection::Named(vec!["test_int".to_owned()]);
        assert_eq!(
            stages(&["--conformance", "test_int"]),
            (false, false, Some(named))
        );
    }
}
