//! The configuration by option name (PEP 741): what `PyConfig_Get` tells and `PyConfig_Set` changes.
//!
//! An option that `sys` shows lives there, so that programs which assign to it are heard.

use core::cell::Cell;
use core::ffi::c_int;

use layout::*;

use super::{info, limits};
use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::object;
use crate::runtime::{self, CheckHashPycs, Config, Program, sys_attribute};
use crate::types::dict::DictExt as _;
use crate::types::list::ListExt as _;
use crate::types::{int, str_, structseq};

/// What values an option has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Unsigned,
    Bool,
    Str,
    OptionalStr,
    StrList,
    StrDict,
}

/// Where an option's value is.
enum Place {
    /// An attribute of `sys`, which may be assigned.
    Attribute(&'static str),
    /// A field of `sys.flags`, and C's variable of it where there is one.
    Flag(&'static str, Option<&'static Variable>),
    /// A field of `sys.flags` that says the opposite.
    NotFlag(&'static str, Option<&'static Variable>),
    /// `sys.dont_write_bytecode`, which is a flag as well.
    WriteBytecode,
    /// The number of processors that `os.cpu_count` answers.
    CpuCount,
    /// Decided at start.
    Fixed(fn(&Config) -> Ref),
}

/// C's variable of a flag.
type Variable = Global<c_int>;

use Kind::*;
use Place::*;

fn number(n: impl Into<i64>) -> Ref {
    int::from_i64(n.into()).into_obj()
}

fn string(text: impl AsRef<str>) -> Ref {
    str_::new(text.as_ref()).into_obj()
}

fn optional(text: Option<&str>) -> Ref {
    text.map_or_else(none, string)
}

fn attribute(name: &str) -> Ref {
    sys_attribute(name).unwrap_or_else(none)
}

static OPTIONS: &[(&str, Kind, Place)] = &[
    ("allocator", Int, Fixed(|_| number(0))),
    ("argv", StrList, Attribute("argv")),
    (
        "base_exec_prefix",
        OptionalStr,
        Attribute("base_exec_prefix"),
    ),
    (
        "base_executable",
        OptionalStr,
        Attribute("_base_executable"),
    ),
    ("base_prefix", OptionalStr, Attribute("base_prefix")),
    ("buffered_stdio", Bool, Fixed(|c| bool_(!c.unbuffered))),
    (
        "bytes_warning",
        Unsigned,
        Flag("bytes_warning", Some(&Py_BytesWarningFlag)),
    ),
    ("check_hash_pycs_mode", Str, Fixed(check_hash_pycs_mode)),
    (
        "code_debug_ranges",
        Bool,
        Fixed(|c| bool_(!c.x_options.iter().any(|(n, _)| n == "no_debug_ranges"))),
    ),
    ("coerce_c_locale", Bool, Fixed(|_| false_())),
    ("coerce_c_locale_warn", Bool, Fixed(|_| false_())),
    ("configure_c_stdio", Bool, Fixed(|_| true_())),
    ("configure_locale", Bool, Fixed(|_| true_())),
    (
        "context_aware_warnings",
        Int,
        Flag("context_aware_warnings", None),
    ),
    ("cpu_count", Int, CpuCount),
    ("dev_mode", Bool, Fixed(|c| bool_(c.dev_mode))),
    ("dump_refs", Bool, Fixed(|_| false_())),
    ("dump_refs_file", OptionalStr, Fixed(|_| none())),
    ("exec_prefix", OptionalStr, Attribute("exec_prefix")),
    ("executable", OptionalStr, Attribute("executable")),
    ("faulthandler", Bool, Fixed(|c| bool_(c.faulthandler))),
    ("filesystem_encoding", Str, Fixed(|_| string("utf-8"))),
    (
        "filesystem_errors",
        Str,
        Fixed(|_| string("surrogateescape")),
    ),
    (
        "hash_seed",
        Unsigned,
        Fixed(|c| number(c.hash_seed.unwrap_or(0))),
    ),
    (
        "home",
        OptionalStr,
        Fixed(|c| optional(c.stdlib.as_ref().and_then(|p| p.to_str()))),
    ),
    ("import_time", Unsigned, Fixed(|c| number(c.import_time))),
    ("inspect", Bool, Flag("inspect", Some(&Py_InspectFlag))),
    ("install_signal_handlers", Bool, Fixed(|_| true_())),
    (
        "int_max_str_digits",
        Unsigned,
        Flag("int_max_str_digits", None),
    ),
    (
        "interactive",
        Bool,
        Flag("interactive", Some(&Py_InteractiveFlag)),
    ),
    ("isolated", Bool, Fixed(|c| bool_(c.isolated))),
    ("malloc_stats", Bool, Fixed(|_| false_())),
    ("module_search_paths", StrList, Attribute("path")),
    (
        "optimization_level",
        Unsigned,
        Flag("optimize", Some(&Py_OptimizeFlag)),
    ),
    ("orig_argv", StrList, Attribute("orig_argv")),
    ("parse_argv", Bool, Fixed(|_| true_())),
    ("parser_debug", Bool, Flag("debug", Some(&Py_DebugFlag))),
    ("pathconfig_warnings", Bool, Fixed(|_| true_())),
    ("perf_profiling", Unsigned, Fixed(|_| number(0))),
    ("platlibdir", Str, Attribute("platlibdir")),
    ("prefix", OptionalStr, Attribute("prefix")),
    (
        "program_name",
        Str,
        Fixed(|c| optional(c.orig_argv.first().map(String::as_str))),
    ),
    ("pycache_prefix", OptionalStr, Attribute("pycache_prefix")),
    ("quiet", Bool, Flag("quiet", Some(&Py_QuietFlag))),
    ("remote_debug", Int, Fixed(|_| number(0))),
    (
        "run_command",
        OptionalStr,
        Fixed(|c| match &c.program {
            Program::Command(s) => string(s),
            _ => none(),
        }),
    ),
    (
        "run_filename",
        OptionalStr,
        Fixed(|c| match &c.program {
            Program::Script(p) => string(p.to_string_lossy()),
            _ => none(),
        }),
    ),
    (
        "run_module",
        OptionalStr,
        Fixed(|c| match &c.program {
            Program::Module(s) => string(s),
            _ => none(),
        }),
    ),
    ("safe_path", Bool, Fixed(|c| bool_(c.safe_path))),
    ("show_ref_count", Bool, Fixed(|_| false_())),
    ("site_import", Bool, Fixed(|c| bool_(!c.no_site))),
    ("skip_source_first_line", Bool, Fixed(|_| false_())),
    ("stdio_encoding", Str, Fixed(|_| of_stream("encoding"))),
    ("stdio_errors", Str, Fixed(|_| of_stream("errors"))),
    ("stdlib_dir", OptionalStr, Attribute("_stdlib_dir")),
    (
        "thread_inherit_context",
        Int,
        Flag("thread_inherit_context", None),
    ),
    ("tracemalloc", Unsigned, Fixed(|c| number(c.tracemalloc))),
    (
        "use_environment",
        Bool,
        NotFlag("ignore_environment", Some(&Py_IgnoreEnvironmentFlag)),
    ),
    ("use_frozen_modules", Bool, Fixed(|_| true_())),
    (
        "use_hash_seed",
        Bool,
        Fixed(|c| bool_(c.hash_seed.is_some())),
    ),
    (
        "user_site_directory",
        Bool,
        Fixed(|c| bool_(!c.no_user_site)),
    ),
    ("utf8_mode", Bool, Fixed(|c| bool_(c.utf8_mode))),
    ("verbose", Unsigned, Flag("verbose", Some(&Py_VerboseFlag))),
    (
        "warn_default_encoding",
        Bool,
        Fixed(|c| bool_(c.warn_default_encoding)),
    ),
    ("warnoptions", StrList, Attribute("warnoptions")),
    ("write_bytecode", Bool, WriteBytecode),
    ("xoptions", StrDict, Attribute("_xoptions")),
];

fn check_hash_pycs_mode(c: &Config) -> Ref {
    string(match c.check_hash_pycs {
        CheckHashPycs::Default => "default",
        CheckHashPycs::Always => "always",
        CheckHashPycs::Never => "never",
    })
}

/// What the standard output was opened with.
fn of_stream(name: &str) -> Ref {
    let stream = attribute("__stdout__");
    object::getattr_str(&stream, name).unwrap_or_else(|_| {
        crate::err::clear();
        string("utf-8")
    })
}

fn option(name: &str) -> Result<&'static (&'static str, Kind, Place)> {
    match OPTIONS.binary_search_by_key(&name, |row| row.0) {
        Ok(i) => Ok(&OPTIONS[i]),
        Err(_) => raise!(ValueError, "unknown config option name: {name}"),
    }
}

/// The names of all options.
pub fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|row| row.0)
}

/// An option's value.
pub fn get(name: &str) -> Result {
    let &(_, kind, ref place) = option(name)?;
    let shaped = |value: Ref| match kind {
        Bool => Ok(bool_(object::is_true(&value)?)),
        _ => Ok(value),
    };
    match place {
        Attribute(name) => Ok(attribute(name)),
        Flag(field, _) => shaped(flag(field)),
        NotFlag(field, _) => Ok(bool_(!object::is_true(&flag(field))?)),
        WriteBytecode => Ok(bool_(!object::is_true(&attribute("dont_write_bytecode"))?)),
        CpuCount => Ok(number(cpu_count().unwrap_or(-1))),
        Fixed(value) => Ok(value(runtime::config())),
    }
}

/// An option's value as a number.
pub fn get_int(name: &str) -> Result<c_int> {
    let value = get(name)?;
    match value.downcast::<PyLongObject>() {
        Some(_) => crate::args::to_i32(&value),
        None => raise!(TypeError, "config option {name} is not an int"),
    }
}

/// Changes an option, if it may be changed.
pub fn set(name: &str, value: &Obj) -> Result<()> {
    let &(_, kind, ref place) = option(name)?;
    if let Fixed(_) = place {
        return raise!(ValueError, "cannot set read-only option {name}");
    }
    if matches!(name, "context_aware_warnings" | "thread_inherit_context") {
        return raise!(ValueError, "cannot set read-only option {name}");
    }
    let n = check(kind, value)?;
    match *place {
        Attribute(name) => runtime::set_sys_attribute(name, value),
        Flag("int_max_str_digits", _) => limits::set_int_max_str_digits(NONE(), [Some(value)]),
        Flag(field, variable) => set_flag(field, variable, n),
        NotFlag(field, variable) => set_flag(field, variable, i32::from(n == 0)),
        WriteBytecode => {
            let dont = i32::from(n == 0);
            runtime::set_sys_attribute("dont_write_bytecode", &bool_(dont != 0))?;
            set_flag("dont_write_bytecode", Some(&Py_DontWriteBytecodeFlag), dont)
        }
        CpuCount => {
            CPU_COUNT.0.set((n > 0).then_some(i64::from(n)));
            Ok(())
        }
        Fixed(_) => Ok(()),
    }
}

/// Checks that a value is of the option's kind, and answers its number if it is one.
fn check(kind: Kind, value: &Obj) -> Result<c_int> {
    let wrong = |wanted: &str| raise!(TypeError, "expected {wanted}, got {}", value.tp_name());
    match kind {
        Int | Unsigned | Bool => {
            if !value.is::<PyLongObject>() {
                return wrong("int or bool");
            }
            let n = crate::args::to_i32(value)?;
            match kind {
                Unsigned | Bool if n < 0 => raise!(ValueError, "value must be positive or zero"),
                Bool => Ok(i32::from(n != 0)),
                _ => Ok(n),
            }
        }
        Str if !value.is::<PyUnicodeObject>() => wrong("str"),
        OptionalStr if !value.is_none() && !value.is::<PyUnicodeObject>() => wrong("str or None"),
        Str | OptionalStr => Ok(0),
        StrList => {
            let Some(list) = value.downcast::<PyListObject>() else {
                return wrong("list[str]");
            };
            for (i, item) in list.items().iter().enumerate() {
                if !item.is::<PyUnicodeObject>() {
                    return raise!(
                        TypeError,
                        "expected str, list item {i} has type {}",
                        item.tp_name()
                    );
                }
            }
            Ok(0)
        }
        StrDict => {
            let Some(dict) = value.downcast::<PyDictObject>() else {
                return wrong("dict[str, str | bool]");
            };
            for (key, value) in dict.entries() {
                if !key.is::<PyUnicodeObject>() {
                    return raise!(
                        TypeError,
                        "expected str, got dict key type {}",
                        key.tp_name()
                    );
                }
                if !value.is::<PyUnicodeObject>()
                    && !core::ptr::eq(value.ty(), &raw const PyBool_Type)
                {
                    return raise!(
                        TypeError,
                        "expected str or bool, got dict value type {}",
                        value.tp_name()
                    );
                }
            }
            Ok(0)
        }
    }
}

fn flag(field: &str) -> Ref {
    let flags = attribute("flags");
    match (flags.downcast::<PyTupleObject>(), info::flag_index(field)) {
        (Some(flags), Some(i)) => structseq::field(flags, i),
        _ => none(),
    }
}

/// Replaces `sys.flags` by one that differs in a field, and sets C's variable.
pub fn set_flag(field: &str, variable: Option<&Variable>, n: c_int) -> Result<()> {
    let present = attribute("flags");
    let (Some(flags), Some(index)) = (present.downcast::<PyTupleObject>(), info::flag_index(field))
    else {
        return Ok(());
    };
    let tp = present.ty();
    let mut values: Vec<Ref> = (0..structseq::n_fields(tp))
        .map(|i| structseq::field(flags, i))
        .collect();
    values[index] = number(n);
    runtime::set_sys_attribute("flags", &*structseq::new(tp, values)?)?;
    if let Some(variable) = variable {
        variable.set(n);
    }
    Ok(())
}

struct CpuCountSetting(Cell<Option<i64>>);

// SAFETY: used under the lock.
unsafe impl Sync for CpuCountSetting {}

/// What `PyConfig_Set` has said.
static CPU_COUNT: CpuCountSetting = CpuCountSetting(Cell::new(None));

/// The number of processors that `os.cpu_count` is to answer, where `-X cpu_count` or C's setting gives one.
pub fn cpu_count() -> Option<i64> {
    CPU_COUNT.0.get().or_else(|| {
        let options = &runtime::config().x_options;
        let (_, value) = options.iter().find(|(name, _)| name == "cpu_count")?;
        value.as_deref()?.parse::<i64>().ok().filter(|n| *n > 0)
    })
}
