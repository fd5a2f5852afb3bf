//! The import system's native part: `__import__`, frozen and builtin modules, what `_imp` offers.
//!
//! Finding and loading is `importlib`'s own Python code, frozen into the binary; this file brings it to life and serves
//! the fast path: a module that is already in `sys.modules`.

use layout::*;

use crate::err::{self, Raised, Result, exc, raise};
use crate::intern;
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime;
use crate::types::dict::{self, DictExt as _};
use crate::types::str_::StrExt as _;
use crate::types::{int, module, str_, tuple};

static BOOTSTRAP: Global<*mut PyObject> = Global::new(core::ptr::null_mut());
static EXTERNAL: Global<*mut PyObject> = Global::new(core::ptr::null_mut());

/// What loads an extension module: the C API's crate installs it.
pub type CreateDynamic = fn(spec: &Obj) -> Result;
/// What runs an extension module's `exec` slots.
pub type ExecDynamic = fn(module: &Obj) -> Result<()>;

static DYNAMIC: Global<Option<(CreateDynamic, ExecDynamic)>> = Global::new(None);

/// Installs the loader of extension modules.
pub fn install_dynamic(create: CreateDynamic, exec: ExecDynamic) {
    DYNAMIC.set(Some((create, exec)));
}

/// Whether the loader was used.
static HAS_EXTENSIONS: Global<bool> = Global::new(false);

/// Whether an extension module was loaded.
pub fn has_extensions() -> bool {
    HAS_EXTENSIONS.get()
}

/// Loads an extension module.
pub fn create_dynamic(spec: &Obj) -> Result {
    let Some((create, _)) = dynamic() else {
        return raise!(ImportError, "this build loads no extension modules");
    };
    HAS_EXTENSIONS.set(true);
    create(spec)
}

/// The loader of extension modules, if there is one.
pub fn dynamic() -> Option<(CreateDynamic, ExecDynamic)> {
    DYNAMIC.get()
}

/// `importlib._bootstrap`.
pub fn bootstrap() -> Result {
    // SAFETY: set at start-up, never released.
    match unsafe { Ref::from_borrowed_opt(BOOTSTRAP.get()) } {
        Some(m) => Ok(m),
        None => raise!(ImportError, "the import system is not there yet"),
    }
}

/// `importlib._bootstrap_external`, if it is installed.
pub fn bootstrap_external() -> Option<Ref> {
    // SAFETY: set at start-up, never released.
    unsafe { Ref::from_borrowed_opt(EXTERNAL.get()) }
}

/// Brings the import system to life.
pub fn start() -> Result<()> {
    let m = run_frozen("_frozen_importlib")?;
    BOOTSTRAP.set(m.clone().into_raw());
    let imp = create_builtin("_imp")?;
    call::call_method(&m, "_install", &[runtime::sys(), &imp])?;
    call::call_method(&m, "_install_external_importers", &[])?;
    let external = import("_frozen_importlib_external")?;
    EXTERNAL.set(external.into_raw());
    install_zipimport()
}

/// Puts the importer of zip files in front of the others.
fn install_zipimport() -> Result<()> {
    let Some(hooks) = runtime::sys_attribute("path_hooks") else {
        return raise!(RuntimeError, "unable to get sys.path_hooks");
    };
    let zipimport = import("zipimport")?;
    let importer = object::getattr_str(&zipimport, "zipimporter")?;
    let front = int::from_i64(0);
    call::call_method(&hooks, "insert", &[front.as_obj(), &importer]).map(drop)
}

/// Runs a frozen module without the import system, which is what it may be part of.
fn run_frozen(name: &str) -> Result {
    let Some(frozen) = stdlib::find(name) else {
        return raise!(ImportError, "No such frozen object named {name}");
    };
    let m = module::new(name);
    runtime::modules().set_str(name, &m)?;
    let code = crate::marshal::load_code(frozen.code())?;
    let globals = module::dict_of(&m);
    globals.set(intern!("__builtins__"), runtime::builtins())?;
    globals.set(intern!("__origname__"), str_::new(frozen.name()).as_obj())?;
    crate::interp::eval_code(&code, &globals, None)?;
    Ok(m)
}

// ---- Builtin modules ----

/// The native modules of this crate.
static OWN: &[&ModuleDef] = &[
    &crate::imp::DEF,
    &crate::marshal::module::DEF,
    &crate::warn::DEF,
];

/// A native module by its name.
pub fn find_builtin(name: &str) -> Option<&'static ModuleDef> {
    OWN.iter()
        .chain(runtime::native_modules())
        .find(|m| m.name == name)
        .copied()
}

/// The names of all native modules, sorted.
pub fn builtin_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = OWN
        .iter()
        .chain(runtime::native_modules())
        .map(|m| m.name)
        .collect();
    names.extend(["builtins", "sys"]);
    names.sort_unstable();
    names
}

/// Makes a native module; it is not entered into `sys.modules`.
pub fn create_builtin(name: &str) -> Result {
    match name {
        "builtins" => return Ok(runtime::builtins().new_ref()),
        "sys" => return Ok(runtime::sys().new_ref()),
        _ => {}
    }
    match find_builtin(name) {
        Some(def) => module::from_def(def),
        None => raise!(ImportError, "no built-in module named {name}"),
    }
}

// ---- import ----

/// `sys.modules[name]`.
pub fn loaded(name: &Obj) -> Result<Option<Ref>> {
    let modules = match runtime::sys_attribute("modules") {
        Some(m) => m,
        None => return raise!(RuntimeError, "unable to get sys.modules"),
    };
    if let Some(d) = modules.downcast_exact::<PyDictObject>() {
        return d.get(name);
    }
    err::suppress(object::getitem(&modules, name), &exc::KeyError)
}

/// Imports a module and answers with it: the submodule itself for a dotted name.
pub fn import(name: &str) -> Result {
    let name = str_::new(name);
    import_absolute(name.as_obj())
}

/// As [`import`], the name an object.
pub fn import_absolute(name: &Obj) -> Result {
    let is_empty = |name: &PyUnicodeObject| name.len() == 0;
    if name.downcast::<PyUnicodeObject>().is_some_and(is_empty) {
        return raise!(ValueError, "Empty module name");
    }
    if let Some(m) = loaded(name)?
        && !m.is_none()
    {
        ensure_initialised(&m, name)?;
        return Ok(m);
    }
    find_and_load(name)
}

fn find_and_load(name: &Obj) -> Result {
    let boot = bootstrap()?;
    let found = call::call_method(
        &boot,
        "_find_and_load",
        &[name, &*crate::builtin(intern!("__import__"))?],
    );
    if found.is_err() {
        remove_import_frames();
    }
    found
}

/// Takes the import system's own frames out of the traceback of the error that is set.
pub fn remove_import_frames() {
    if runtime::is_started() && layout::Py_VerboseFlag.get() == 0 {
        crate::types::traceback::remove_import_frames();
    }
}

/// A module that another thread is still initialising is waited for.
fn ensure_initialised(m: &Obj, name: &Obj) -> Result<()> {
    let Some(spec) = object::getattr_opt(m, intern!("__spec__"))?.filter(|s| !s.is_none()) else {
        return Ok(());
    };
    let busy = match object::getattr_opt(&spec, intern!("_initializing"))? {
        Some(flag) => object::is_true(&flag)?,
        None => false,
    };
    if !busy {
        return Ok(());
    }
    call::call_method(&*bootstrap()?, "_lock_unlock_module", &[name]).map(drop)
}

/// `__import__(name, globals, locals, fromlist, level)`.
pub fn import_module_level(
    name: &Obj,
    globals: Option<&Obj>,
    fromlist: Option<&Obj>,
    level: i32,
) -> Result {
    if !name.is::<PyUnicodeObject>() {
        return raise!(TypeError, "module name must be a string");
    }
    if level < 0 {
        return raise!(ValueError, "level must be >= 0");
    }
    // SAFETY: just checked.
    let text = unsafe { name.cast::<PyUnicodeObject>() };
    let absolute = if level > 0 {
        resolve(text, globals, level)?
    } else {
        name.new_ref()
    };
    let m = import_absolute(&absolute)?;
    let has_from = match fromlist {
        Some(f) if !f.is_none() => object::is_true(f)?,
        _ => false,
    };
    if has_from {
        if object::getattr_opt(&m, intern!("__path__"))?.is_some() {
            let import_function = object::getattr_str(&*bootstrap()?, "_gcd_import")?;
            return call::call_method(
                &*bootstrap()?,
                "_handle_fromlist",
                &[&m, fromlist.expect("has items"), &import_function],
            );
        }
        return Ok(m);
    }
    // `import a.b` binds `a`.
    let full = text.as_str()?;
    if level != 0 && text.len() == 0 {
        return Ok(m);
    }
    let Some(dot) = full.find('.') else {
        return Ok(m);
    };
    if level == 0 {
        return import_absolute(str_::new(&full[..dot]).as_obj());
    }
    let absolute_text = str_::to_string_lossy(&absolute);
    let cut = full.len() - dot;
    let top = str_::new(&absolute_text[..absolute_text.len() - cut]);
    match loaded(top.as_obj())? {
        Some(found) => Ok(found),
        None => raise!(
            KeyError,
            "{} not in sys.modules as expected",
            repr_lossy(top.as_obj())
        ),
    }
}

/// The absolute name of a relative import.
fn resolve(name: &PyUnicodeObject, globals: Option<&Obj>, level: i32) -> Result {
    let Some(globals) = globals else {
        return raise!(KeyError, "'__name__' not in globals");
    };
    let Some(globals) = globals.downcast::<PyDictObject>() else {
        return raise!(TypeError, "globals must be a dict");
    };
    let package = globals
        .get(intern!("__package__"))?
        .filter(|p| !p.is_none());
    let spec = globals.get(intern!("__spec__"))?.filter(|s| !s.is_none());
    let package = match (package, spec) {
        (Some(p), spec) => {
            if !p.is::<PyUnicodeObject>() {
                return raise!(TypeError, "package must be a string");
            }
            if let Some(s) = spec {
                let parent = object::getattr_str(&s, "parent")?;
                if !object::rich_compare_bool(&p, &parent, crate::types::type_::CompareOp::Eq)? {
                    crate::warn::warn(
                        &exc::DeprecationWarning,
                        1,
                        "__package__ != __spec__.parent",
                    )?;
                }
            }
            p
        }
        (None, Some(s)) => {
            let parent = object::getattr_str(&s, "parent")?;
            if !parent.is::<PyUnicodeObject>() {
                return raise!(TypeError, "__spec__.parent must be a string");
            }
            parent
        }
        (None, None) => {
            crate::warn::warn(
                &exc::ImportWarning,
                1,
                "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
            )?;
            let Some(own) = globals.get(intern!("__name__"))? else {
                return raise!(KeyError, "'__name__' not in globals");
            };
            if !own.is::<PyUnicodeObject>() {
                return raise!(TypeError, "__name__ must be a string");
            }
            if globals.get(intern!("__path__"))?.is_some() {
                own
            } else {
                let text = str_::to_string_lossy(&own);
                str_::new(text.rsplit_once('.').map_or("", |(head, _)| head)).into_obj()
            }
        }
    };
    let package = str_::to_string_lossy(&package);
    if package.is_empty() {
        return raise!(
            ImportError,
            "attempted relative import with no known parent package"
        );
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rsplit_once('.') {
            Some((head, _)) => base = head,
            None => {
                return raise!(
                    ImportError,
                    "attempted relative import beyond top-level package"
                );
            }
        }
    }
    let tail = name.as_str()?;
    Ok(if tail.is_empty() {
        str_::new(base)
    } else {
        str_::new(&format!("{base}.{tail}"))
    }
    .into_obj())
}

/// `importlib.import_module` through whatever `__import__` the program has: what C code's `PyImport_Import` does.
pub fn import_through_builtins(name: &Obj) -> Result {
    let f = crate::builtin(intern!("__import__"))?;
    let globals = dict::new();
    let from = tuple::from_slice(&[str_::new("__doc__").as_obj()]);
    let zero = int::from_i64(0);
    call::call(
        &f,
        &[
            name,
            globals.as_obj(),
            globals.as_obj(),
            from.as_obj(),
            zero.as_obj(),
        ],
    )?;
    match loaded(name)? {
        Some(m) => Ok(m),
        None => raise!(KeyError, "{}", repr_lossy(name)),
    }
}

/// The `AttributeError` for a module without that attribute: it says so if the module is still being initialised, or hides
/// a module of the standard library.
#[cold]
pub fn missing_attribute(d: &PyDictObject, name: &str, attribute: &str) -> Raised {
    let spec = match d.get(intern!("__spec__")) {
        Ok(s) => s.filter(|s| !s.is_none()),
        Err(raised) => return raised,
    };
    let Some(spec) = spec else {
        return err::new(
            &exc::AttributeError,
            format_args!("module '{name}' has no attribute '{attribute}'"),
        );
    };
    let origin = spec_origin(&spec);
    let initialising = is_initialising(&spec);
    if let Some(origin) = origin.filter(|o| hides_stdlib(name, o)) {
        return err::new(
            &exc::AttributeError,
            format_args!(
                "module '{name}' has no attribute '{attribute}' (consider renaming '{origin}' since it has the same name as \
                 the standard library module named '{name}' and prevents importing that standard library module)"
            ),
        );
    }
    if initialising {
        return err::new(
            &exc::AttributeError,
            format_args!(
                "partially initialized module '{name}' has no attribute '{attribute}' (most likely due to a circular import)"
            ),
        );
    }
    err::new(
        &exc::AttributeError,
        format_args!("module '{name}' has no attribute '{attribute}'"),
    )
}

fn quiet(result: Result<Option<Ref>>) -> Option<Ref> {
    result.unwrap_or_else(|_| {
        err::clear();
        None
    })
}

/// The file a module was loaded from, by its spec.
pub fn spec_origin(spec: &Obj) -> Option<String> {
    let has_location = quiet(object::getattr_opt(spec, intern!("has_location")))?;
    if !has_location.is_same(TRUE()) {
        return None;
    }
    quiet(object::getattr_opt(spec, intern!("origin")))
        .filter(|o| o.is::<PyUnicodeObject>())
        .map(|o| str_::to_string_lossy(&o))
}

/// Whether a module is still being initialised, by its spec.
pub fn is_initialising(spec: &Obj) -> bool {
    quiet(object::getattr_opt(spec, intern!("_initializing"))).is_some_and(|f| f.is_same(TRUE()))
}

/// Whether a file in the script's folder hides a module of the standard library.
fn hides_stdlib(name: &str, origin: &str) -> bool {
    stdlib::find(name).is_some() && crate::main_program::is_in_script_folder(origin)
}
