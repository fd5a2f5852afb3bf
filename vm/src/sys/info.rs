//! What `sys` says about the interpreter: versions, limits of numbers, flags, the platform.

use layout::*;

use super::{int_sequence, simple_namespace, strings_tuple};
use crate::err::Result;
use crate::import;
use crate::object::*;
use crate::runtime::{self, Config};
use crate::types::dict::DictExt as _;
use crate::types::int::{self, DEFAULT_MAX_STR_DIGITS, STR_DIGITS_CHECK_THRESHOLD};
use crate::types::{float, str_, structseq};

/// `sys.hexversion`.
pub const HEX_VERSION: u32 = PY_VERSION_HEX;

/// `sys.version`: the language's version first, where programs look for it.
pub const VERSION_TEXT: &str = concat!(
    "3.14.10 (main, Jan 01 2026, 00:00:00) [Tandem ",
    env!("CARGO_PKG_VERSION"),
    "]"
);

/// The tag of `.pyc` files: CPython's are not used, nor spoiled.
const CACHE_TAG: &str = "tandem-314";

/// CPython's wording, as programs print it.
const COPYRIGHT: &str = "Copyright (c) 2001 Python Software Foundation.\nAll Rights Reserved.\n\n\
    Copyright (c) 2000 BeOpen.com.\nAll Rights Reserved.\n\n\
    Copyright (c) 1995-2001 Corporation for National Research Initiatives.\nAll Rights Reserved.\n\n\
    Copyright (c) 1991-1995 Stichting Mathematisch Centrum, Amsterdam.\nAll Rights Reserved.";

fn number(n: impl Into<i64>) -> Ref {
    int::from_i64(n.into()).into_obj()
}

fn text(s: &str) -> Ref {
    str_::new(s).into_obj()
}

/// Sets what does not depend on the configuration.
pub fn init(d: &PyDictObject) -> Result<()> {
    let set = |name: &str, value: Ref| d.set_str(name, &value);
    set("version", text(VERSION_TEXT))?;
    set("hexversion", number(HEX_VERSION))?;
    set("api_version", number(1013))?;
    set("copyright", text(COPYRIGHT))?;
    set("platform", text("linux"))?;
    set(
        "byteorder",
        text(if cfg!(target_endian = "little") {
            "little"
        } else {
            "big"
        }),
    )?;
    set("maxsize", number(i64::MAX))?;
    set("maxunicode", number(0x0010_FFFF))?;
    set("abiflags", text(""))?;
    set("float_repr_style", text("short"))?;
    set("_framework", text(""))?;
    set("_home", none())?;
    set("_git", strings_tuple(&["Tandem", "", ""]))?;
    set(
        "builtin_module_names",
        strings_tuple(&import::builtin_names()),
    )?;
    let names = strings_tuple(STDLIB_MODULE_NAMES);
    set(
        "stdlib_module_names",
        crate::types::set::new_frozenset(Some(&names))?.into_obj(),
    )?;
    let version = version_info()?;
    set("version_info", version.clone())?;
    set("implementation", implementation(&version)?)?;
    set("float_info", float_info()?)?;
    set("int_info", int_info()?)?;
    set("hash_info", hash_info()?)?;
    set("thread_info", thread_info()?)
}

fn version_info() -> Result {
    let fields = ["major", "minor", "micro", "releaselevel", "serial"];
    let tp = structseq::new_type_without_new("sys.version_info", &fields, fields.len())?;
    let values = vec![
        number(PY_MAJOR_VERSION),
        number(PY_MINOR_VERSION),
        number(PY_MICRO_VERSION),
        str_::intern_str("final").new_ref(),
        number(PY_RELEASE_SERIAL),
    ];
    Ok(structseq::new(tp, values)?.into_obj())
}

/// Packaging tools choose wheels by this name, and ours are CPython's; what is our own lies under `tandem`.
fn implementation(version: &Obj) -> Result {
    let own = simple_namespace(&[
        ("version", text(env!("CARGO_PKG_VERSION"))),
        ("gc", text(&runtime::config().manager)),
    ])?;
    simple_namespace(&[
        ("name", str_::intern_str("cpython").new_ref()),
        ("cache_tag", text(CACHE_TAG)),
        ("version", version.new_ref()),
        ("hexversion", number(HEX_VERSION)),
        ("_multiarch", text(concat_arch())),
        ("supports_isolated_interpreters", false_()),
        ("tandem", own),
    ])
}

fn concat_arch() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "aarch64-linux-gnu"
    } else {
        "x86_64-linux-gnu"
    }
}

fn float_info() -> Result {
    let fields = [
        "max",
        "max_exp",
        "max_10_exp",
        "min",
        "min_exp",
        "min_10_exp",
        "dig",
        "mant_dig",
        "epsilon",
        "radix",
        "rounds",
    ];
    let tp = structseq::new_type("sys.float_info", &fields, fields.len())?;
    Ok(structseq::new(tp, float::info().to_vec())?.into_obj())
}

fn int_info() -> Result {
    let fields = [
        "bits_per_digit",
        "sizeof_digit",
        "default_max_str_digits",
        "str_digits_check_threshold",
    ];
    let tp = structseq::new_type("sys.int_info", &fields, fields.len())?;
    int_sequence(
        tp,
        &[
            30,
            4,
            DEFAULT_MAX_STR_DIGITS as i64,
            STR_DIGITS_CHECK_THRESHOLD as i64,
        ],
    )
}

fn hash_info() -> Result {
    let fields = [
        "width",
        "modulus",
        "inf",
        "nan",
        "imag",
        "algorithm",
        "hash_bits",
        "seed_bits",
        "cutoff",
    ];
    let tp = structseq::new_type("sys.hash_info", &fields, fields.len())?;
    let values = vec![
        number(64),
        number((1i64 << 61) - 1),
        number(314_159),
        number(0),
        number(1_000_003),
        text("siphash13"),
        number(64),
        number(128),
        number(0),
    ];
    Ok(structseq::new(tp, values)?.into_obj())
}

fn thread_info() -> Result {
    let fields = ["name", "lock", "version"];
    let tp = structseq::new_type("sys.thread_info", &fields, fields.len())?;
    let values = vec![
        text("pthread"),
        text("semaphore"),
        thread_library().map_or_else(none, |v| text(&v)),
    ];
    Ok(structseq::new(tp, values)?.into_obj())
}

/// The C library's name for its threads: "NPTL 2.43".
fn thread_library() -> Option<String> {
    let mut buffer = [0u8; 64];
    // SAFETY: the call writes at most as many bytes as it is told, NUL included.
    let n = unsafe {
        libc::confstr(
            libc::_CS_GNU_LIBPTHREAD_VERSION,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
        )
    };
    let name = buffer.get(..n.checked_sub(1)?)?;
    core::str::from_utf8(name).ok().map(str::to_owned)
}

/// The fields of `sys.flags`.
static FLAGS: [&str; 21] = [
    "debug",
    "inspect",
    "interactive",
    "optimize",
    "dont_write_bytecode",
    "no_user_site",
    "no_site",
    "ignore_environment",
    "verbose",
    "bytes_warning",
    "quiet",
    "hash_randomization",
    "isolated",
    "dev_mode",
    "utf8_mode",
    "warn_default_encoding",
    "safe_path",
    "int_max_str_digits",
    "gil",
    "thread_inherit_context",
    "context_aware_warnings",
];

/// Where a field of `sys.flags` is.
pub fn flag_index(name: &str) -> Option<usize> {
    FLAGS.iter().position(|field| *field == name)
}

/// `sys.flags`.
pub fn flags(c: &Config) -> Result {
    let tp = structseq::new_type_without_new("sys.flags", &FLAGS, 18)?;
    let flag = |b: bool| number(i64::from(b));
    let values = vec![
        number(c.debug),
        flag(c.inspect),
        flag(c.inspect),
        number(c.optimize),
        flag(c.dont_write_bytecode),
        flag(c.no_user_site),
        flag(c.no_site),
        flag(c.ignore_environment),
        number(c.verbose),
        number(c.bytes_warning),
        flag(c.quiet),
        flag(c.hash_seed != Some(0)),
        flag(c.isolated),
        bool_(c.dev_mode),
        flag(c.utf8_mode),
        flag(c.warn_default_encoding),
        bool_(c.safe_path),
        number(int::max_str_digits() as i64),
        number(1),
        flag(has_option(c, "thread_inherit_context")),
        flag(has_option(c, "context_aware_warnings")),
    ];
    Ok(structseq::new(tp, values)?.into_obj())
}

/// Whether `-X name=1` or `PYTHON_NAME=1` asks for something.
fn has_option(c: &Config, name: &str) -> bool {
    if let Some((_, value)) = c.x_options.iter().find(|(n, _)| n == name) {
        return value.as_deref() == Some("1");
    }
    !c.ignore_environment
        && std::env::var(format!("PYTHON_{}", name.to_uppercase())).is_ok_and(|v| v == "1")
}

/// The standard library's top-level modules, on any platform.
static STDLIB_MODULE_NAMES: &[&str] = &[
    "__future__",
    "_abc",
    "_aix_support",
    "_android_support",
    "_apple_support",
    "_ast",
    "_ast_unparse",
    "_asyncio",
    "_bisect",
    "_blake2",
    "_bz2",
    "_codecs",
    "_codecs_cn",
    "_codecs_hk",
    "_codecs_iso2022",
    "_codecs_jp",
    "_codecs_kr",
    "_codecs_tw",
    "_collections",
    "_collections_abc",
    "_colorize",
    "_compat_pickle",
    "_contextvars",
    "_csv",
    "_ctypes",
    "_curses",
    "_curses_panel",
    "_datetime",
    "_dbm",
    "_decimal",
    "_elementtree",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "_functools",
    "_gdbm",
    "_hashlib",
    "_heapq",
    "_hmac",
    "_imp",
    "_interpchannels",
    "_interpqueues",
    "_interpreters",
    "_io",
    "_ios_support",
    "_json",
    "_locale",
    "_lsprof",
    "_lzma",
    "_markupbase",
    "_md5",
    "_multibytecodec",
    "_multiprocessing",
    "_opcode",
    "_opcode_metadata",
    "_operator",
    "_osx_support",
    "_overlapped",
    "_pickle",
    "_posixshmem",
    "_posixsubprocess",
    "_py_abc",
    "_py_warnings",
    "_pydatetime",
    "_pydecimal",
    "_pyio",
    "_pylong",
    "_pyrepl",
    "_queue",
    "_random",
    "_remote_debugging",
    "_scproxy",
    "_sha1",
    "_sha2",
    "_sha3",
    "_signal",
    "_sitebuiltins",
    "_socket",
    "_sqlite3",
    "_sre",
    "_ssl",
    "_stat",
    "_statistics",
    "_string",
    "_strptime",
    "_struct",
    "_suggestions",
    "_symtable",
    "_sysconfig",
    "_thread",
    "_threading_local",
    "_tkinter",
    "_tokenize",
    "_tracemalloc",
    "_types",
    "_typing",
    "_uuid",
    "_warnings",
    "_weakref",
    "_weakrefset",
    "_winapi",
    "_wmi",
    "_zoneinfo",
    "_zstd",
    "abc",
    "annotationlib",
    "antigravity",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "atexit",
    "base64",
    "bdb",
    "binascii",
    "bisect",
    "builtins",
    "bz2",
    "cProfile",
    "calendar",
    "cmath",
    "cmd",
    "code",
    "codecs",
    "codeop",
    "collections",
    "colorsys",
    "compileall",
    "compression",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "csv",
    "ctypes",
    "curses",
    "dataclasses",
    "datetime",
    "dbm",
    "decimal",
    "difflib",
    "dis",
    "doctest",
    "email",
    "encodings",
    "ensurepip",
    "enum",
    "errno",
    "faulthandler",
    "fcntl",
    "filecmp",
    "fileinput",
    "fnmatch",
    "fractions",
    "ftplib",
    "functools",
    "gc",
    "genericpath",
    "getopt",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "grp",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "idlelib",
    "imaplib",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "mailbox",
    "marshal",
    "math",
    "mimetypes",
    "mmap",
    "modulefinder",
    "msvcrt",
    "multiprocessing",
    "netrc",
    "nt",
    "ntpath",
    "nturl2path",
    "numbers",
    "opcode",
    "operator",
    "optparse",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "pkgutil",
    "platform",
    "plistlib",
    "poplib",
    "posix",
    "posixpath",
    "pprint",
    "profile",
    "pstats",
    "pty",
    "pwd",
    "py_compile",
    "pyclbr",
    "pydoc",
    "pydoc_data",
    "pyexpat",
    "queue",
    "quopri",
    "random",
    "re",
    "readline",
    "reprlib",
    "resource",
    "rlcompleter",
    "runpy",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "smtplib",
    "socket",
    "socketserver",
    "sqlite3",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "ssl",
    "stat",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "subprocess",
    "symtable",
    "sys",
    "sysconfig",
    "syslog",
    "tabnanny",
    "tarfile",
    "tempfile",
    "termios",
    "textwrap",
    "this",
    "threading",
    "time",
    "timeit",
    "tkinter",
    "token",
    "tokenize",
    "tomllib",
    "trace",
    "traceback",
    "tracemalloc",
    "tty",
    "turtle",
    "turtledemo",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uuid",
    "venv",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "winreg",
    "winsound",
    "wsgiref",
    "xml",
    "xmlrpc",
    "zipapp",
    "zipfile",
    "zipimport",
    "zlib",
    "zoneinfo",
];
