//! What `--help` and `--version` print.

use std::fmt::Write as _;

/// The usage text.
pub fn usage(name: &str) -> String {
    let mut out = format!(
        "\
usage: {name} [option] ... [-c cmd | -m mod | file | -] [arg] ...
Run a Python 3.14 program under a chosen memory manager.

Memory managers (--gc=NAME, or the environment variable TANDEM_GC):
"
    );
    for row in gc::managers::MANAGERS {
        let _ = writeln!(out, "  {:<13} {}", row.facts.name, row.facts.summary);
    }
    out.push_str(
        "
Options of Tandem:
--gc=NAME            the memory manager (default: refcount)
--gc-heap-factor=F   collect when the heap is F times what lived after the last collection
                     (default: 1.5; only for managers that trace the whole heap)
--gc-stats=FILE      write each collection as a line of JSON
--gc-stress=N        collect at every Nth allocation of the program
--jit=NAME           the compiler: off or baseline (default: off)
--jit-threshold=N    compile what was entered, or whose loops turned, N times
--jit-stats=on       say at the end what was compiled
--jit-dump=FUNCTION  print the machine code of functions of that qualified name
--jit-perf=on        write /tmp/perf-PID.map for perf
--stdlib=DIR         use the standard library in DIR instead of the one built in

Options as in CPython:
-b     : issue warnings about comparing bytes with str or int (-bb: errors)
-B     : don't write .pyc files on import
-c cmd : program passed in as string (terminates option list)
-d     : turn on parser debugging output
-E     : ignore PYTHON* environment variables
-h     : print this help message and exit (also -? or --help)
-i     : inspect interactively after running script
-I     : isolate the program from the user's environment (implies -E, -P and -s)
-m mod : run library module as a script (terminates option list)
-O     : remove assert statements and __debug__ code (-OO: docstrings too)
-P     : don't prepend a potentially unsafe path to sys.path
-q     : don't print version and copyright messages on interactive startup
-s     : don't add the user's site directory to sys.path
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered
-v     : trace import statements (more for more)
-V     : print the version and exit (-VV: more)
-W arg : warning control
-X opt : set an implementation-specific option
--check-hash-based-pycs always|default|never
--help-env, --help-xoptions, --help-all : more about variables and -X options

file   : program read from script file
-      : program read from stdin (default; interactive mode if a tty)
arg ...: arguments passed to program in sys.argv[1:]
",
    );
    out
}

/// The environment variables.
pub fn environment() -> String {
    "\
Environment variables of Tandem:
TANDEM_GC, TANDEM_GC_HEAP_FACTOR, TANDEM_GC_STATS, TANDEM_GC_STRESS, TANDEM_JIT, TANDEM_JIT_THRESHOLD, TANDEM_STDLIB: defaults of the options of the same names

Environment variables as in CPython:
PYTHONPATH, PYTHONSAFEPATH, PYTHONNOUSERSITE, PYTHONUSERBASE, PYTHONSTARTUP, PYTHONOPTIMIZE, PYTHONDEBUG, PYTHONINSPECT,
PYTHONUNBUFFERED, PYTHONVERBOSE, PYTHONWARNINGS, PYTHONHASHSEED, PYTHONIOENCODING, PYTHONPYCACHEPREFIX,
PYTHONDONTWRITEBYTECODE, PYTHONDEVMODE, PYTHONFAULTHANDLER, PYTHONINTMAXSTRDIGITS, PYTHONWARNDEFAULTENCODING,
PYTHONPROFILEIMPORTTIME
"
    .to_owned()
}

/// The `-X` options.
pub fn xoptions() -> String {
    "\
-X options:
-X dev, -X faulthandler, -X importtime, -X int_max_str_digits=N, -X no_debug_ranges, -X pycache_prefix=PATH,
-X tracemalloc=N, -X utf8=0|1, -X warn_default_encoding
"
    .to_owned()
}

/// Everything.
pub fn all(name: &str) -> String {
    format!("{}\n{}\n{}", usage(name), environment(), xoptions())
}

/// The version line.
pub fn version(long: bool) -> String {
    if long {
        format!("Python {}\n", vm::sys::VERSION_TEXT)
    } else {
        "Python 3.14.10\n".to_owned()
    }
}
