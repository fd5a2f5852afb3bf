//! The `sys` module.

pub mod config;
mod frames;
mod hooks;
mod info;
mod limits;
mod tools;

use layout::*;

use crate::err::Result;
use crate::object::*;
use crate::types::dict::{self, DictExt as _};
use crate::types::{cfunction, int, list, module, namespace, str_, structseq, tuple};
use crate::{fastcall, keywords, noargs, o, varargs_kw};
use crate::{paths, runtime};

pub use hooks::{audit_event, unraisable_args};
pub use info::{HEX_VERSION, VERSION_TEXT};
pub use tools::dlopen_flags;

static METHODS: &[PyMethodDef] = &[
    keywords!("addaudithook", hooks::addaudithook, "($module, /, hook)"),
    fastcall!("audit", hooks::audit, "($module, event, /, *args)"),
    varargs_kw!(
        "breakpointhook",
        hooks::breakpointhook,
        "($module, /, *args, **kwargs)"
    ),
    o!("displayhook", hooks::displayhook, "($module, object, /)"),
    fastcall!(
        "excepthook",
        hooks::excepthook,
        "($module, exctype, value, traceback, /)"
    ),
    noargs!("exc_info", hooks::exc_info, "($module, /)"),
    noargs!("exception", hooks::exception, "($module, /)"),
    fastcall!("exit", hooks::exit, "($module, status=None, /)"),
    o!(
        "unraisablehook",
        hooks::unraisablehook,
        "($module, unraisable, /)"
    ),
    o!("settrace", frames::settrace, "($module, function, /)"),
    noargs!("gettrace", frames::gettrace, "($module, /)"),
    o!("setprofile", frames::setprofile, "($module, function, /)"),
    noargs!("getprofile", frames::getprofile, "($module, /)"),
    o!("_settraceallthreads", frames::settrace_all, ""),
    o!("_setprofileallthreads", frames::setprofile_all, ""),
    fastcall!("_getframe", frames::getframe, "($module, depth=0, /)"),
    keywords!(
        "_getframemodulename",
        frames::getframemodulename,
        "($module, /, depth=0)"
    ),
    noargs!("_current_frames", frames::current_frames, "($module, /)"),
    noargs!(
        "_current_exceptions",
        frames::current_exceptions,
        "($module, /)"
    ),
    fastcall!(
        "call_tracing",
        frames::call_tracing,
        "($module, func, args, /)"
    ),
    noargs!("getdefaultencoding", |_: &Obj| Ok("utf-8"), "($module, /)"),
    noargs!(
        "getfilesystemencoding",
        |_: &Obj| Ok("utf-8"),
        "($module, /)"
    ),
    noargs!(
        "getfilesystemencodeerrors",
        |_: &Obj| Ok("surrogateescape"),
        "($module, /)"
    ),
    o!("getrefcount", limits::getrefcount, "($module, object, /)"),
    noargs!(
        "getrecursionlimit",
        limits::getrecursionlimit,
        "($module, /)"
    ),
    o!(
        "setrecursionlimit",
        limits::setrecursionlimit,
        "($module, limit, /)"
    ),
    keywords!(
        "getsizeof",
        limits::getsizeof,
        "($module, /, object, default=<unrepresentable>)"
    ),
    noargs!(
        "getswitchinterval",
        limits::getswitchinterval,
        "($module, /)"
    ),
    o!(
        "setswitchinterval",
        limits::setswitchinterval,
        "($module, interval, /)"
    ),
    noargs!(
        "get_int_max_str_digits",
        limits::get_int_max_str_digits,
        "($module, /)"
    ),
    keywords!(
        "set_int_max_str_digits",
        limits::set_int_max_str_digits,
        "($module, /, maxdigits)"
    ),
    noargs!(
        "getallocatedblocks",
        limits::getallocatedblocks,
        "($module, /)"
    ),
    keywords!(
        "getunicodeinternedsize",
        limits::getunicodeinternedsize,
        "($module, /, *, _only_immortal=False)"
    ),
    o!("intern", limits::intern_function, "($module, string, /)"),
    o!("_is_interned", limits::is_interned, "($module, string, /)"),
    o!("_is_immortal", limits::is_immortal, "($module, op, /)"),
    noargs!(
        "is_finalizing",
        |_: &Obj| Ok(crate::threads::is_finalizing()),
        "($module, /)"
    ),
    noargs!("_is_gil_enabled", |_: &Obj| Ok(true), "($module, /)"),
    noargs!(
        "_clear_type_cache",
        limits::clear_type_cache,
        "($module, /)"
    ),
    noargs!(
        "_clear_internal_caches",
        limits::clear_type_cache,
        "($module, /)"
    ),
    noargs!(
        "is_stack_trampoline_active",
        |_: &Obj| Ok(false),
        "($module, /)"
    ),
    o!(
        "activate_stack_trampoline",
        tools::activate_stack_trampoline,
        "($module, backend, /)"
    ),
    noargs!(
        "deactivate_stack_trampoline",
        |_: &Obj| Ok(()),
        "($module, /)"
    ),
    noargs!(
        "is_remote_debug_enabled",
        |_: &Obj| Ok(false),
        "($module, /)"
    ),
    keywords!(
        "remote_exec",
        tools::remote_exec,
        "($module, /, pid, script)"
    ),
    noargs!(
        "getdlopenflags",
        |_: &Obj| Ok(tools::dlopen_flags()),
        "($module, /)"
    ),
    o!(
        "setdlopenflags",
        tools::setdlopenflags,
        "($module, flags, /)"
    ),
    o!(
        "_clear_type_descriptors",
        tools::clear_type_descriptors,
        "($module, type, /)"
    ),
    keywords!(
        "_dump_tracelets",
        tools::dump_tracelets,
        "($module, /, outpath)"
    ),
    noargs!(
        "get_coroutine_origin_tracking_depth",
        frames::get_origin_depth,
        "($module, /)"
    ),
    keywords!(
        "set_coroutine_origin_tracking_depth",
        frames::set_origin_depth,
        "($module, /, depth)"
    ),
    noargs!(
        "get_asyncgen_hooks",
        frames::get_asyncgen_hooks,
        "($module, /)"
    ),
    keywords!(
        "set_asyncgen_hooks",
        frames::set_asyncgen_hooks,
        "($module, /, firstiter=None, finalizer=None)"
    ),
    noargs!(
        "_debugmallocstats",
        limits::debugmallocstats,
        "($module, /)"
    ),
    fastcall!("_get_cpu_count_config", |_: &Obj, _: &[&Obj]| Ok(-1i64), ""),
    noargs!("_baserepl", frames::baserepl, ""),
];

/// Fills the module in.
pub fn init(m: &Obj) -> Result<()> {
    cfunction::add_functions(m, METHODS, str_::intern_str("sys"))?;
    let d = module::dict_of(m);
    for name in [
        "displayhook",
        "excepthook",
        "breakpointhook",
        "unraisablehook",
    ] {
        if let Some(f) = d.get_str(name) {
            d.set_str(&format!("__{name}__"), &f)?;
        }
    }
    info::init(&d)?;
    d.set_str("monitoring", &*crate::interp::monitoring::module::make()?)?;
    d.set_str("_jit", &*tools::jit()?)?;
    configured(&d)
}

/// What the command line and the environment decided.
fn configured(d: &PyDictObject) -> Result<()> {
    let c = runtime::config();
    let strings = |items: &[String]| runtime::str_list(items);
    d.set_str("argv", &strings(&c.argv))?;
    d.set_str("orig_argv", &strings(&c.orig_argv))?;
    d.set_str("warnoptions", &strings(&c.warn_options))?;
    d.set_str("executable", str_::new(&c.executable).as_obj())?;
    let x = dict::new();
    for (name, value) in &c.x_options {
        let value = value
            .as_ref()
            .map_or_else(true_, |v| str_::new(v).into_obj());
        x.set_str(name, &value)?;
    }
    d.set_str("_xoptions", x.as_obj())?;
    d.set_str("dont_write_bytecode", &bool_(c.dont_write_bytecode))?;
    let prefix = c
        .pycache_prefix
        .as_ref()
        .map_or_else(none, |p| str_::new(p).into_obj());
    d.set_str("pycache_prefix", &prefix)?;
    let mut path: Vec<String> = c.python_path.clone();
    let stdlib = c.stdlib.as_ref().map(|p| p.to_string_lossy().into_owned());
    path.extend(stdlib.clone());
    path.extend(paths::library_paths(c));
    d.set_str("path", &strings(&path))?;
    d.set_str(
        "_stdlib_dir",
        &stdlib.map_or_else(none, |p| str_::new(&p).into_obj()),
    )?;
    let (prefix, base_prefix) = (paths::prefix(c), paths::base_prefix(c));
    for (name, value) in [
        ("prefix", &prefix),
        ("exec_prefix", &prefix),
        ("base_prefix", &base_prefix),
        ("base_exec_prefix", &base_prefix),
        ("_base_executable", &paths::base_executable(c)),
    ] {
        d.set_str(name, str_::new(value).as_obj())?;
    }
    d.set_str("platlibdir", str_::new("lib").as_obj())?;
    d.set_str("meta_path", list::empty().as_obj())?;
    d.set_str("path_hooks", list::empty().as_obj())?;
    d.set_str("path_importer_cache", dict::new().as_obj())?;
    d.set_str("flags", &*info::flags(c)?)?;
    Ok(())
}

/// `sys.is_finalizing()` answers from the threads' state; nothing is kept here.
pub fn set_finalizing() {}

/// A structseq of small integers.
fn int_sequence(tp: &PyTypeObject, values: &[i64]) -> Result {
    Ok(structseq::new(
        tp,
        values
            .iter()
            .map(|n| int::from_i64(*n).into_obj())
            .collect(),
    )?
    .into_obj())
}

/// A `SimpleNamespace`.
fn simple_namespace(fields: &[(&str, Ref)]) -> Result {
    let d = dict::new();
    for (name, value) in fields {
        d.set_str(name, value)?;
    }
    namespace::from_dict(d)
}

fn strings_tuple(items: &[&str]) -> Ref {
    tuple::from_vec(
        items
            .iter()
            .map(|s| str_::intern_str(s).new_ref())
            .collect(),
    )
    .into_obj()
}
