//! `import.h`: modules made of code, and frozen ones.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;
use std::ffi::CString;
use std::sync::OnceLock;

use layout::*;
use vm::err::{self, Result, raise};
use vm::import;
use vm::object::*;
use vm::protocol::{call, object};
use vm::runtime;
use vm::types::dict::DictExt as _;
use vm::types::{list, module, str_};

use crate::shape::*;

/// The module of a name, new or as it is already.
fn module_for(name: &Obj) -> Result {
    if let Some(m) = import::loaded(name)?.filter(|m| module::is_module(m)) {
        return Ok(m);
    }
    let m = module::new_named(name);
    runtime::modules().set(name, &m)?;
    Ok(m)
}

/// Runs code as the body of a module, which is the one found under the name afterwards.
fn run(name: &Obj, m: &Obj, code: &Obj) -> Result {
    let Some(code) = code.downcast::<PyCodeObject>() else {
        return raise!(TypeError, "expected a code object, got {}", code.tp_name());
    };
    let d = module::dict_of(m);
    if let Err(raised) = vm::interp::eval_code(code, &d, Some(d.as_obj())) {
        // A module whose body failed is not left behind.
        err::preserved(|| {
            runtime::modules()
                .del(name)
                .map(drop)
                .unwrap_or_else(|_| err::clear())
        });
        return Err(raised);
    }
    match import::loaded(name)? {
        Some(m) => Ok(m),
        None => raise!(
            ImportError,
            "Loaded module {} not found in sys.modules",
            repr_lossy(name)
        ),
    }
}

fn exec(name: &Obj, code: &Obj, path: Option<&Obj>, cached: Option<&Obj>) -> Result {
    let m = module_for(name)?;
    let d = module::dict_of(&m);
    if d.get_str("__builtins__").is_none() {
        d.set_str("__builtins__", runtime::builtins_dict().as_obj())?;
    }
    if let Some(external) = import::bootstrap_external() {
        let file = match (path, code.downcast::<PyCodeObject>()) {
            (Some(path), _) => path.new_ref(),
            (None, Some(_)) => object::getattr_str(code, "co_filename")?,
            (None, None) => none(),
        };
        let cached = cached.unwrap_or(NONE());
        call::call_method(
            &external,
            "_fix_up_module",
            &[d.as_obj(), name, &file, cached],
        )?;
    }
    run(name, &m, code)
}

/// Imports a frozen module; false if there is none of that name.
fn frozen(name: &Obj) -> Result<bool> {
    if !name.is::<PyUnicodeObject>() {
        return Ok(false);
    }
    let imp = import::import("_imp")?;
    if !object::is_true(&*call::call_method(&imp, "is_frozen", &[name])?)? {
        return Ok(false);
    }
    let code = call::call_method(&imp, "get_frozen_object", &[name])?;
    let m = module_for(name)?;
    if object::is_true(&*call::call_method(&imp, "is_frozen_package", &[name])?)? {
        module::dict_of(&m).set_str("__path__", list::new(Vec::new()).as_obj())?;
    }
    run(name, &m, &code)?;
    Ok(true)
}

fn file_name(p: *const c_char) -> Result<Option<Ref>> {
    if p.is_null() {
        return Ok(None);
    }
    // SAFETY: C text, as the header has it.
    vm::codecs::fs_decode(unsafe { CStr::from_ptr(p) }.to_bytes()).map(Some)
}

/// The source file of a compiled one, if it is still there; else the compiled one itself.
fn source_of(cached: &Obj) -> Ref {
    let found = import::bootstrap_external()
        .map(|external| call::call_method(&external, "_get_sourcefile", &[cached]));
    match found {
        Some(Ok(source)) => source,
        _ => {
            err::clear();
            cached.new_ref()
        }
    }
}

fn cache_tag() -> Result<CString> {
    let Some(implementation) = runtime::sys_attribute("implementation") else {
        return raise!(RuntimeError, "lost sys.implementation");
    };
    let tag = object::getattr_str(&implementation, "cache_tag")?;
    Ok(CString::new(str_::to_string_lossy(&tag)).unwrap_or_default())
}

api! {
    fn PyImport_ExecCodeModule(name: *const c_char, code: P) -> P {
        PyImport_ExecCodeModuleWithPathnames(name, code, ptr::null(), ptr::null())
    }
    fn PyImport_ExecCodeModuleEx(name: *const c_char, code: P, path: *const c_char) -> P {
        PyImport_ExecCodeModuleWithPathnames(name, code, path, ptr::null())
    }
    fn PyImport_ExecCodeModuleWithPathnames(name: *const c_char, code: P, path: *const c_char, cached: *const c_char) -> P {
        named(name, |name| new(file_name(path).and_then(|path| {
            let cached = file_name(cached)?;
            // Of a compiled file alone, the source is what it was compiled from.
            let path = match (path, &cached) {
                (None, Some(cached)) => Some(source_of(cached)),
                (path, _) => path,
            };
            exec(b(name), b(code), path.as_deref(), cached.as_deref())
        })))
    }
    fn PyImport_ExecCodeModuleObject(name: P, code: P, path: P, cached: P) -> P { new(exec(b(name), b(code), opt(path), opt(cached))) }
    fn PyImport_ImportFrozenModuleObject(name: P) -> c_int { opt(name).map_or(0, |name| truth(frozen(name))) }
    fn PyImport_ImportFrozenModule(name: *const c_char) -> c_int { named(name, |name| truth(frozen(b(name)))) }
    fn PyImport_GetMagicTag() -> *const c_char {
        static TAG: OnceLock<CString> = OnceLock::new();
        if let Some(tag) = TAG.get() { return tag.as_ptr(); }
        match cache_tag() {
            Ok(tag) => TAG.get_or_init(|| tag).as_ptr(),
            Err(_) => ptr::null(),
        }
    }
    fn PySys_GetXOptions() -> P {
        if let Some(options) = runtime::sys_attribute("_xoptions").filter(|o| o.is::<PyDictObject>()) {
            return options.as_ptr();
        }
        let options = vm::types::dict::new();
        match runtime::set_sys_attribute("_xoptions", options.as_obj()) {
            Ok(()) => options.as_ptr(),
            Err(_) => ptr::null_mut(),
        }
    }
}
