//! `_imp`: what `importlib` asks of the interpreter.

use core::cell::Cell;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::import;
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::object;
use crate::runtime;
use crate::types::dict::DictExt as _;
use crate::types::str_::StrExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::{bytes, list, module, str_, tuple};
use crate::{fastcall, keywords, noargs, o};

/// The module.
pub static DEF: ModuleDef = ModuleDef {
    name: "_imp",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!("extension_suffixes", extension_suffixes, "($module, /)"),
    noargs!("lock_held", lock_held, "($module, /)"),
    noargs!("acquire_lock", acquire_lock, "($module, /)"),
    noargs!("release_lock", release_lock, "($module, /)"),
    keywords!(
        "find_frozen",
        find_frozen,
        "($module, name, /, *, withdata=False)"
    ),
    fastcall!(
        "get_frozen_object",
        get_frozen_object,
        "($module, name, data=None, /)"
    ),
    o!("is_frozen_package", is_frozen_package, "($module, name, /)"),
    o!("create_builtin", create_builtin, "($module, spec, /)"),
    o!("init_frozen", init_frozen, "($module, name, /)"),
    o!("is_builtin", is_builtin, "($module, name, /)"),
    o!("is_frozen", is_frozen, "($module, name, /)"),
    noargs!("_frozen_module_names", frozen_names, "($module, /)"),
    o!(
        "_override_frozen_modules_for_tests",
        override_frozen,
        "($module, override, /)"
    ),
    o!(
        "_override_multi_interp_extensions_check",
        override_check,
        "($module, override, /)"
    ),
    fastcall!(
        "create_dynamic",
        create_dynamic,
        "($module, spec, file=None, /)"
    ),
    o!("exec_dynamic", exec_dynamic, "($module, mod, /)"),
    o!("exec_builtin", exec_builtin, "($module, mod, /)"),
    fastcall!(
        "_fix_co_filename",
        fix_co_filename,
        "($module, code, path, /)"
    ),
    keywords!("source_hash", source_hash, "($module, /, key, source)"),
];

fn exec(m: &Obj) -> Result<()> {
    let mode = match runtime::config().check_hash_pycs {
        runtime::CheckHashPycs::Default => "default",
        runtime::CheckHashPycs::Always => "always",
        runtime::CheckHashPycs::Never => "never",
    };
    module::add(m, "check_hash_based_pycs", str_::new(mode).as_obj())?;
    let token = crate::types::int::from_i64(PYC_MAGIC_TOKEN);
    module::add(m, "pyc_magic_number_token", token.as_obj())
}

/// CPython 3.14's magic number 3627 followed by CR LF, as a little-endian 32-bit number.
const PYC_MAGIC_TOKEN: i64 = 3627 | (0x0d << 16) | (0x0a << 24);

/// The suffixes of extension modules: the platform's, the stable ABI's, the bare one.
pub const EXTENSION_SUFFIXES: &[&str] = &[".cpython-314-x86_64-linux-gnu.so", ".abi3.so", ".so"];

fn extension_suffixes(_: &Obj) -> Result {
    if import::dynamic().is_none() {
        return Ok(list::from_vec(Vec::new()).into_obj());
    }
    Ok(list::from_vec(
        EXTENSION_SUFFIXES
            .iter()
            .map(|s| str_::new(s).into_obj())
            .collect(),
    )
    .into_obj())
}

// ---- The old global lock, which only `lock_held` still shows ----

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

static HELD: Global<u32> = Global::new(0);

fn lock_held(_: &Obj) -> Result<bool> {
    Ok(HELD.get() > 0)
}

fn acquire_lock(_: &Obj) -> Result<()> {
    DEPTH.set(DEPTH.get() + 1);
    HELD.set(HELD.get() + 1);
    Ok(())
}

fn release_lock(_: &Obj) -> Result<()> {
    if DEPTH.get() == 0 {
        return raise!(RuntimeError, "not holding the import lock");
    }
    DEPTH.set(DEPTH.get() - 1);
    HELD.set(HELD.get() - 1);
    Ok(())
}

// ---- Frozen modules ----

fn name_text<'a>(function: &str, o: &'a Obj) -> Result<&'a str> {
    match o.downcast::<PyUnicodeObject>() {
        Some(s) => s.as_str(),
        None => raise!(
            TypeError,
            "{function}() argument must be str, not {}",
            o.tp_name()
        ),
    }
}

/// A frozen module, unless another library was asked for; the import system's own are always frozen.
fn frozen(name: &str) -> Option<stdlib::Module> {
    let found = stdlib::find(name)?;
    let bootstraps = [
        "_frozen_importlib",
        "_frozen_importlib_external",
        "zipimport",
    ];
    if runtime::config().stdlib.is_some() && !bootstraps.contains(&name) {
        return None;
    }
    Some(found)
}

fn find_frozen(_: &Obj, [name, withdata]: [Option<&Obj>; 2]) -> Result {
    let name = name_text("find_frozen", name.expect("required"))?;
    let Some(found) = frozen(name) else {
        return Ok(none());
    };
    let data = match withdata {
        Some(w) if object::is_true(w)? => {
            let code = bytes::new(found.code());
            crate::types::memoryview::from_object(code.as_obj())?.into_obj()
        }
        _ => none(),
    };
    let origin = str_::new(found.name());
    Ok(tuple::from_slice(&[&data, &bool_(found.is_package()), origin.as_obj()]).into_obj())
}

fn no_such(name: &str) -> err::Raised {
    let raised = err::new(
        &exc::ImportError,
        format_args!("No such frozen object named {name}"),
    );
    if let Some(e) = err::current()
        && let Some(e) = e.downcast::<PyImportErrorObject>()
    {
        e.name.set_ref(Some(str_::new(name).into_obj()));
    }
    raised
}

fn get_frozen_object(_: &Obj, args_: &[&Obj]) -> Result {
    args::expect("get_frozen_object", args_, 1..=2)?;
    let name = name_text("get_frozen_object", args_[0])?;
    if let Some(data) = args_.get(1).filter(|d| !d.is_none()) {
        let buffer = object::get_buffer(data, PyBUF_SIMPLE)?;
        return crate::marshal::load_code(buffer.bytes()).map(Ref::into_obj);
    }
    match frozen(name) {
        Some(found) => crate::marshal::load_code(found.code()).map(Ref::into_obj),
        None => Err(no_such(name)),
    }
}

fn is_frozen_package(_: &Obj, name: &Obj) -> Result<bool> {
    let name = name_text("is_frozen_package", name)?;
    match frozen(name) {
        Some(found) => Ok(found.is_package()),
        None => Err(no_such(name)),
    }
}

fn init_frozen(_: &Obj, name: &Obj) -> Result {
    let text = name_text("init_frozen", name)?;
    let Some(found) = frozen(text) else {
        return Ok(none());
    };
    let m = match import::loaded(name)? {
        Some(m) if module::is_module(&m) => m,
        _ => {
            let m = module::new_named(name);
            runtime::modules().set(name, &m)?;
            m
        }
    };
    let code = crate::marshal::load_code(found.code())?;
    let globals = module::dict_of(&m);
    globals.set(crate::intern!("__builtins__"), runtime::builtins())?;
    if found.is_package() {
        globals.set(
            crate::intern!("__path__"),
            list::from_vec(Vec::new()).as_obj(),
        )?;
    }
    globals.set(
        crate::intern!("__origname__"),
        str_::new(found.name()).as_obj(),
    )?;
    crate::interp::eval_code(&code, &globals, None)?;
    Ok(m)
}

fn is_frozen(_: &Obj, name: &Obj) -> Result<bool> {
    Ok(frozen(name_text("is_frozen", name)?).is_some())
}

fn frozen_names(_: &Obj) -> Result {
    Ok(list::from_vec(
        stdlib::modules()
            .map(|m| str_::new(m.name()).into_obj())
            .collect(),
    )
    .into_obj())
}

fn override_frozen(_: &Obj, _: &Obj) -> Result<()> {
    Ok(()) // Only CPython's own tests use it, to switch off what is decided at start-up here.
}

fn override_check(_: &Obj, value: &Obj) -> Result<i64> {
    args::to_i64(value).map(|_| 0)
}

// ---- Builtin and extension modules ----

fn spec_name(spec: &Obj) -> Result {
    object::getattr_str(spec, "name")
}

fn create_builtin(_: &Obj, spec: &Obj) -> Result {
    let name = spec_name(spec)?;
    let text = name_text("create_builtin", &name)?;
    match text {
        "sys" | "builtins" => import::create_builtin(text),
        _ => match import::find_builtin(text) {
            Some(_) => Ok(module::new_named(&name)),
            None => Ok(none()),
        },
    }
}

fn exec_builtin(_: &Obj, m: &Obj) -> Result<i64> {
    let Some(name) = module::name_of(m)? else {
        return Ok(0);
    };
    let text = str_::to_string_lossy(&name);
    if let Some(def) = import::find_builtin(&text) {
        module::fill(m, def)?;
    }
    Ok(0)
}

fn is_builtin(_: &Obj, name: &Obj) -> Result<i64> {
    Ok(match name_text("is_builtin", name)? {
        "sys" | "builtins" => -1,
        text => i64::from(import::find_builtin(text).is_some()),
    })
}

fn create_dynamic(_: &Obj, args_: &[&Obj]) -> Result {
    args::expect("create_dynamic", args_, 1..=2)?;
    import::create_dynamic(args_[0])
}

fn exec_dynamic(_: &Obj, m: &Obj) -> Result<i64> {
    if let Some((_, exec)) = import::dynamic() {
        exec(m)?;
    }
    Ok(0)
}

// ---- Code ----

fn fix_co_filename(_: &Obj, args_: &[&Obj]) -> Result<()> {
    args::expect("_fix_co_filename", args_, 2..=2)?;
    let Some(code) = args_[0].downcast::<PyCodeObject>() else {
        return raise!(
            TypeError,
            "_fix_co_filename() argument 1 must be code, not {}",
            args_[0].tp_name()
        );
    };
    let Some(path) = args_[1].downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "_fix_co_filename() argument 2 must be str, not {}",
            args_[1].tp_name()
        );
    };
    let Some(old) = code.co_filename.get_ref() else {
        return Ok(());
    };
    // SAFETY: a code object's file name is a str.
    if unsafe { old.cast::<PyUnicodeObject>() }.equals(path) {
        return Ok(());
    }
    rename(code, &old, path);
    Ok(())
}

/// Gives a code object, and those nested in it, another file name.
fn rename(code: &PyCodeObject, old: &Obj, new: &PyUnicodeObject) {
    if !code
        .co_filename
        .borrow_obj()
        .is_some_and(|f| f.is_same(old))
    {
        return;
    }
    code.co_filename.set_ref(Some(new.as_obj().new_ref()));
    if let Some(consts) = code.co_consts.get_ref() {
        // SAFETY: constants are a tuple.
        for c in unsafe { consts.cast::<PyTupleObject>() }.items() {
            if let Some(inner) = c.downcast::<PyCodeObject>() {
                rename(inner, old, new);
            }
        }
    }
}

fn source_hash(_: &Obj, [key, source]: [Option<&Obj>; 2]) -> Result {
    let key = args::to_i64(key.expect("required"))? as u64;
    let buffer = object::get_buffer(source.expect("required"), PyBUF_SIMPLE)?;
    let mut full = [0; 16];
    full[..8].copy_from_slice(&key.to_le_bytes());
    let hash = num::hash::Key::from_bytes(full).hash_bytes(buffer.bytes());
    Ok(bytes::new(&hash.to_le_bytes()).into_obj())
}
