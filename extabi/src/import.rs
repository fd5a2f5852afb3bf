//! `import.h`, `sysmodule.h`, `codecs.h`.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::PyTupleObject;
use vm::err;
use vm::import as import_;
use vm::object::*;
use vm::protocol::call;
use vm::runtime;
use vm::types::dict::DictExt as _;
use vm::types::tuple::TupleExt as _;
use vm::types::{module, str_};

use crate::pyerrors::PyErr_BadArgument;
use crate::shape::*;

fn add(name: &Obj) -> vm::err::Result {
    if let Some(m) = import_::loaded(name)?.filter(|m| module::is_module(m)) {
        return Ok(m);
    }
    let m = module::new_named(name);
    runtime::modules().set(name, &m)?;
    Ok(m)
}

api! {
    fn PyImport_ImportModule(name: *const c_char) -> P { named(name, |name| PyImport_Import(name)) }
    fn PyImport_ImportModuleNoBlock(name: *const c_char) -> P {
        let notice = "PyImport_ImportModuleNoBlock() is deprecated and scheduled for removal in Python 3.15. Use PyImport_ImportModule() instead.";
        if vm::warn::warn(&err::exc::DeprecationWarning, 1, notice).is_err() { return ptr::null_mut(); }
        PyImport_ImportModule(name)
    }
    fn PyImport_Import(name: O) -> P { new(import_::import_through_builtins(b(name))) }
    fn PyImport_ImportModuleLevelObject(name: P, globals: P, _locals: P, from: P, level: c_int) -> P {
        if name.is_null() { let _ = err::new(&err::exc::ValueError, format_args!("Empty module name")); return ptr::null_mut(); }
        new(import_::import_module_level(b(name), opt(globals), opt(from), level))
    }
    fn PyImport_ImportModuleLevel(name: *const c_char, globals: P, locals: P, from: P, level: c_int) -> P {
        named(name, |name| PyImport_ImportModuleLevelObject(name.0, globals, locals, from, level))
    }
    fn PyImport_GetModuleDict() -> P { runtime::modules().as_ptr() }
    fn PyImport_GetModule(name: P) -> P { import_::loaded(b(name)).map_or(ptr::null_mut(), |m| m.map_or(ptr::null_mut(), Ref::into_raw)) }
    fn PyImport_AddModuleRef(name: *const c_char) -> P { named(name, |name| new(add(b(name)))) }
    fn PyImport_AddModule(name: *const c_char) -> P { named(name, |name| PyImport_AddModuleObject(name)) }
    fn PyImport_AddModuleObject(name: O) -> P { add(b(name)).map_or(ptr::null_mut(), |m| m.as_ptr()) }
    fn PyImport_ReloadModule(m: P) -> P { new(import_::import("importlib").and_then(|i| call::call_method(&i, "reload", &[b(m)]))) }
    fn PyImport_GetMagicNumber() -> core::ffi::c_long { 3627 | (0x0d << 16) | (0x0a << 24) }
    fn PyImport_GetImporter(path: P) -> P { new(import_::import("pkgutil").and_then(|m| call::call_method(&m, "get_importer", &[b(path)]))) }
    fn PySys_GetObject(name: *const c_char) -> P {
        err::preserved(|| {
            let found = named(name, |name| module::dict_of(runtime::sys()).get(b(name)).map_or(ptr::null_mut(), borrowed));
            if found.is_null() && err::occurred() { quietly(-1, "PySys_GetObject()"); }
            found
        })
    }
    fn PySys_SetObject(name: *const c_char, v: P) -> c_int {
        named(name, |name| {
            let d = module::dict_of(runtime::sys());
            status(match opt(v) { Some(v) => d.set(b(name), v), None => d.del(b(name)).map(drop) })
        })
    }
    fn PySys_GetAttrString(name: *const c_char) -> P {
        match runtime::sys_attribute(&text(name)) {
            Some(v) => v.into_raw(),
            None => { let _ = err::new(&err::exc::RuntimeError, format_args!("lost sys.{}", text(name))); ptr::null_mut() }
        }
    }
    fn PySys_AuditTuple(event: *const c_char, args: P) -> c_int {
        let Some(args) = opt(args) else { return status(vm::sys::audit_event(&text(event), &[])) };
        match args.downcast::<PyTupleObject>() {
            Some(args) => status(vm::sys::audit_event(&text(event), args.objects())),
            None => {
                let _ = err::new(&err::exc::TypeError, format_args!("args must be tuple, got {}", args.tp_name()));
                -1
            }
        }
    }
    fn PyCodec_Encode(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        if o.is_null() || encoding.is_null() { PyErr_BadArgument(); return ptr::null_mut(); }
        let codecs = import_::import("codecs");
        let (e, r) = (str_::new(&text(encoding)), if errors.is_null() { str_::new("strict") } else { str_::new(&text(errors)) });
        new(codecs.and_then(|c| call::call_method(&c, "encode", &[b(o), e.as_obj(), r.as_obj()])))
    }
    fn PyCodec_Decode(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        if o.is_null() || encoding.is_null() { PyErr_BadArgument(); return ptr::null_mut(); }
        let codecs = import_::import("codecs");
        let (e, r) = (str_::new(&text(encoding)), if errors.is_null() { str_::new("strict") } else { str_::new(&text(errors)) });
        new(codecs.and_then(|c| call::call_method(&c, "decode", &[b(o), e.as_obj(), r.as_obj()])))
    }
    fn _Tandem_WriteStream(is_error: c_int, p: *const c_char, n: isize) {
        let message = String::from_utf8_lossy(core::slice::from_raw_parts(p.cast(), n.max(0) as usize)).into_owned();
        if is_error != 0 { vm::err_display::write_stderr(&message); return; }
        err::preserved(|| {
            if let Some(out) = runtime::sys_attribute("stdout").filter(|s| !s.is_none())
                && call::call_method(&out, "write", &[str_::new(&message).as_obj()]).is_err() { err::clear(); }
        });
    }
}
