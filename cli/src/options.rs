//! The command line and the environment, as CPython reads them, plus our own options.
//!
//! CPython's grammar is its own: single-letter options may be joined, `-c` and `-m` end the options, and what follows is
//! the program's. So it is read here by a small loop over one table.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::settings::{Invalid, apply_environment, apply_x_options};
use vm::runtime::{CheckHashPycs, Config, Program};

/// What the command line asks for.
pub enum Request {
    /// Run a program.
    Run(Box<Config>),
    /// Print this and exit with 0.
    Print(String),
    /// Print this to the standard error and exit with 2.
    Refuse(String),
    /// Print this to the standard error and exit with 1: a setting has a value that it can't have.
    Fail(String),
}

/// A long option of our own, with the environment variable that sets its default.
struct Own {
    name: &'static str,
    variable: &'static str,
}

/// What `--gc-heap-factor` takes: below, a program would do little but collect.
const MIN_HEAP_FACTOR: f64 = 1.05;
const MAX_HEAP_FACTOR: f64 = 1000.0;

const OWN: &[Own] = &[
    Own {
        name: "gc",
        variable: "TANDEM_GC",
    },
    Own {
        name: "gc-heap-factor",
        variable: "TANDEM_GC_HEAP_FACTOR",
    },
    Own {
        name: "gc-stress",
        variable: "TANDEM_GC_STRESS",
    },
    Own {
        name: "gc-stats",
        variable: "TANDEM_GC_STATS",
    },
    Own {
        name: "stdlib",
        variable: "TANDEM_STDLIB",
    },
    Own {
        name: "jit",
        variable: "TANDEM_JIT",
    },
    Own {
        name: "jit-threshold",
        variable: "TANDEM_JIT_THRESHOLD",
    },
    Own {
        name: "jit-dump",
        variable: "TANDEM_JIT_DUMP",
    },
    Own {
        name: "jit-stats",
        variable: "TANDEM_JIT_STATS",
    },
    Own {
        name: "jit-perf",
        variable: "TANDEM_JIT_PERF",
    },
];

fn usage_error(name: &str, message: &str) -> Request {
    Request::Refuse(format!(
        "{message}\nusage: {name} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `{name} --help' for more information.\n"
    ))
}

/// Reads the arguments (the program's own name first) and the environment.
pub fn read(arguments: &[String], environment: &HashMap<String, String>) -> Request {
    let name = arguments.first().map_or("tandem", String::as_str);
    let mut c = defaults(arguments, name);
    let mut own: HashMap<&str, String> = HashMap::new();
    let mut at = 1;
    let mut program = None;
    let mut rest: Vec<String> = Vec::new();
    while at < arguments.len() {
        let arg = &arguments[at];
        if !arg.starts_with('-') || arg == "-" {
            break;
        }
        at += 1;
        if arg == "--" {
            break;
        }
        if let Some(long) = arg.strip_prefix("--") {
            let (key, value) = match long.split_once('=') {
                Some((k, v)) => (k, Some(v.to_owned())),
                None => (long, None),
            };
            match key {
                "help" => return Request::Print(crate::help::usage(name)),
                "help-env" => return Request::Print(crate::help::environment()),
                "help-xoptions" => return Request::Print(crate::help::xoptions()),
                "help-all" => return Request::Print(crate::help::all(name)),
                "version" => return Request::Print(crate::help::version(false)),
                "check-hash-based-pycs" => {
                    let Some(value) = value.or_else(|| take(arguments, &mut at)) else {
                        return usage_error(
                            name,
                            "Argument expected for the --check-hash-based-pycs option",
                        );
                    };
                    c.check_hash_pycs = match value.as_str() {
                        "default" => CheckHashPycs::Default,
                        "always" => CheckHashPycs::Always,
                        "never" => CheckHashPycs::Never,
                        _ => {
                            return usage_error(
                                name,
                                "--check-hash-based-pycs must be one of 'default', 'always', or 'never'",
                            );
                        }
                    };
                }
                _ => match OWN.iter().find(|o| o.name == key) {
                    Some(option) => {
                        let Some(value) = value.or_else(|| take(arguments, &mut at)) else {
                            return usage_error(
                                name,
                                &format!("Argument expected for the --{key} option"),
                            );
                        };
                        own.insert(option.name, value);
                    }
                    None => return usage_error(name, &format!("Unknown option: {arg}")),
                },
            }
            continue;
        }
        let letters: Vec<char> = arg[1..].chars().collect();
        let mut i = 0;
        while i < letters.len() {
            let letter = letters[i];
            i += 1;
            if "cmWX".contains(letter) {
                let joined: String = letters[i..].iter().collect();
                let value = if joined.is_empty() {
                    take(arguments, &mut at)
                } else {
                    Some(joined)
                };
                let Some(value) = value else {
                    return usage_error(
                        name,
                        &format!("Argument expected for the -{letter} option"),
                    );
                };
                match letter {
                    'c' => program = Some(Program::Command(format!("{}\n", dedent(&value)))),
                    'm' => program = Some(Program::Module(value)),
                    'W' => c.warn_options.push(value),
                    _ => {
                        let (key, value) = match value.split_once('=') {
                            Some((k, v)) => (k.to_owned(), Some(v.to_owned())),
                            None => (value, None),
                        };
                        c.x_options.push((key, value));
                    }
                }
                break;
            }
            match letter {
                'b' => c.bytes_warning += 1,
                'B' => c.dont_write_bytecode = true,
                'd' => c.debug += 1,
                'E' => c.ignore_environment = true,
                'i' => c.inspect = true,
                'I' => c.isolated = true,
                'O' => c.optimize = (c.optimize + 1).min(2),
                'P' => c.safe_path = true,
                'q' => c.quiet = true,
                'R' => c.hash_seed = None,
                's' => c.no_user_site = true,
                'S' => c.no_site = true,
                'u' => c.unbuffered = true,
                'v' => c.verbose += 1,
                'x' => c.x_options.push(("skip_first_line".to_owned(), None)),
                'h' | '?' => return Request::Print(crate::help::usage(name)),
                'V' => {
                    return Request::Print(crate::help::version(
                        letters.iter().filter(|l| **l == 'V').count() > 1,
                    ));
                }
                _ => return usage_error(name, &format!("Unknown option: -{letter}")),
            }
        }
        if program.is_some() {
            break;
        }
    }
    if program.is_none() {
        program = Some(match arguments.get(at).map(String::as_str) {
            None => Program::Stdin,
            Some("-") => {
                at += 1;
                rest.push("-".to_owned());
                Program::Stdin
            }
            Some(path) => {
                at += 1;
                rest.push(path.to_owned());
                Program::Script(PathBuf::from(path))
            }
        });
    }
    c.program = program.unwrap_or(Program::Stdin);
    if rest.is_empty() {
        rest.push(match &c.program {
            Program::Command(_) => "-c".to_owned(),
            Program::Module(_) => "-m".to_owned(),
            _ => String::new(),
        });
    }
    rest.extend_from_slice(&arguments[at.min(arguments.len())..]);
    c.argv = rest;
    if c.isolated {
        c.ignore_environment = true;
        c.no_user_site = true;
        c.safe_path = true;
    }
    let ignores_environment = c.ignore_environment;
    let applied = apply_x_options(&mut c).and_then(|()| {
        if ignores_environment {
            return Ok(());
        }
        apply_environment(&mut c, environment)
    });
    if let Err(Invalid { setting, state }) = applied {
        return Request::Fail(format!(
            "Fatal Python error: {setting}\nPython runtime state: {state}\n\n"
        ));
    }
    for option in OWN {
        if !own.contains_key(option.name)
            && let Some(value) = environment.get(option.variable).filter(|v| !v.is_empty())
        {
            own.insert(option.name, value.clone());
        }
    }
    apply_own(c, &own, name)
}

fn take(arguments: &[String], at: &mut usize) -> Option<String> {
    let value = arguments.get(*at).cloned();
    *at += usize::from(value.is_some());
    value
}

/// The text of `-c` without the indentation that all its lines share.
fn dedent(text: &str) -> String {
    let margin = text
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| l.len() - l.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    if margin == 0 {
        return text.to_owned();
    }
    text.split('\n')
        .map(|l| l.get(margin..).unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

fn defaults(arguments: &[String], name: &str) -> Config {
    let executable = std::env::current_exe()
        .map_or_else(|_| name.to_owned(), |p| p.to_string_lossy().into_owned());
    Config {
        program: Program::Stdin,
        argv: Vec::new(),
        orig_argv: arguments.to_vec(),
        executable,
        manager: "refcount".to_owned(),
        second_tier: None,
        gc_heap_factor: None,
        gc_stress: None,
        gc_stats: None,
        stdlib: None,
        debug: 0,
        inspect: false,
        optimize: 0,
        dont_write_bytecode: false,
        no_user_site: false,
        no_site: false,
        ignore_environment: false,
        verbose: 0,
        bytes_warning: 0,
        quiet: false,
        isolated: false,
        unbuffered: false,
        safe_path: false,
        dev_mode: false,
        utf8_mode: false,
        warn_default_encoding: false,
        int_max_str_digits: None,
        faulthandler: false,
        import_time: 0,
        tracemalloc: 0,
        warn_options: Vec::new(),
        x_options: Vec::new(),
        python_path: Vec::new(),
        hash_seed: None,
        pycache_prefix: None,
        check_hash_pycs: CheckHashPycs::Default,
        stdio_encoding: None,
        stdio_errors: None,
        startup: None,
    }
}

fn apply_own(mut c: Config, own: &HashMap<&str, String>, name: &str) -> Request {
    if let Some(manager) = own.get("gc") {
        if !gc::managers::MANAGERS
            .iter()
            .any(|row| row.facts.name == manager.as_str())
        {
            let known: Vec<&str> = gc::managers::MANAGERS
                .iter()
                .map(|row| row.facts.name)
                .collect();
            return usage_error(
                name,
                &format!(
                    "unknown memory manager '{manager}' (choose from {})",
                    known.join(", ")
                ),
            );
        }
        c.manager.clone_from(manager);
    }
    if let Some(factor) = own.get("gc-heap-factor") {
        match factor.parse() {
            Ok(factor) if (MIN_HEAP_FACTOR..=MAX_HEAP_FACTOR).contains(&factor) => {
                c.gc_heap_factor = Some(factor);
            }
            _ => {
                return usage_error(
                    name,
                    &format!(
                        "--gc-heap-factor takes a number from {MIN_HEAP_FACTOR} to {MAX_HEAP_FACTOR}"
                    ),
                );
            }
        }
    }
    if let Some(n) = own.get("gc-stress") {
        match n.parse() {
            Ok(n) if n > 0 => c.gc_stress = Some(n),
            _ => return usage_error(name, "--gc-stress takes a positive number of allocations"),
        }
    }
    match own.get("jit").map(String::as_str) {
        None | Some("off") => {}
        Some("baseline") => c.second_tier = Some(jit::install),
        Some(other) => {
            return usage_error(
                name,
                &format!("unknown compiler '{other}' (choose from off, baseline)"),
            );
        }
    }
    let mut compiler = jit::Options::default();
    if let Some(n) = own.get("jit-threshold") {
        match n.parse() {
            Ok(n) if n > 0 => compiler.threshold = n,
            _ => return usage_error(name, "--jit-threshold takes a positive number"),
        }
    }
    compiler.dump = own.get("jit-dump").cloned();
    let switch = |option: &str| own.get(option).is_some_and(|v| v != "0" && v != "off");
    compiler.stats = switch("jit-stats");
    compiler.perf = switch("jit-perf");
    jit::configure(compiler);
    c.gc_stats = own.get("gc-stats").map(PathBuf::from);
    c.stdlib = own.get("stdlib").map(PathBuf::from);
    if let Some(dir) = &c.stdlib
        && !dir.join("os.py").is_file()
    {
        return Request::Refuse(format!(
            "{name}: --stdlib: no standard library in '{}'\n",
            dir.display()
        ));
    }
    if c.dev_mode {
        c.warn_options.insert(0, "default".to_owned());
    }
    match c.bytes_warning {
        0 => {}
        1 => c.warn_options.push("default::BytesWarning".to_owned()),
        _ => c.warn_options.push("error::BytesWarning".to_owned()),
    }
    Request::Run(Box::new(c))
}
