//! `moduleobject.h`, `modsupport.h`, `pycapsule.h`.

use core::ffi::{CStr, c_char, c_int, c_long, c_void};
use core::ptr;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::object;
use vm::types::capsule::{self, Capsule};
use vm::types::dict::DictExt as _;
use vm::types::module::{self, Module};
use vm::types::{cfunction, int, str_, type_};

use crate::shape::*;

fn as_module(o: &Obj) -> Result<&Module> {
    match o.downcast::<Module>() {
        Some(m) => Ok(m),
        None => raise!(SystemError, "bad argument to internal function"),
    }
}

/// Adds a C table's functions to a module.
///
/// # Safety
/// `row` is null or a table that is never freed and ends with a row without a name.
pub unsafe fn add_functions(m: &Obj, mut row: *mut PyMethodDef) -> Result<()> {
    if row.is_null() {
        return Ok(());
    }
    let name = object::getattr_opt(m, vm::intern!("__name__"))?.unwrap_or_else(none);
    // SAFETY: the table ends with a row without a name.
    unsafe {
        while !(*row).ml_name.is_null() {
            if (*row).ml_flags & (METH_CLASS | METH_STATIC) != 0 {
                return raise!(
                    ValueError,
                    "module functions cannot set METH_CLASS or METH_STATIC"
                );
            }
            let f = cfunction::new(row, Some(m), Some(&name));
            object::setattr(
                m,
                str_::intern_str(&CStr::from_ptr((*row).ml_name).to_string_lossy()),
                Some(&f),
            )?;
            row = row.add(1);
        }
    }
    Ok(())
}

/// Gives a module its definition, state, functions and doc.
///
/// # Safety
/// `def` is a definition that is never freed.
pub unsafe fn fill(m: &Obj, def: *mut PyModuleDef) -> Result<()> {
    let inner = as_module(m)?;
    // SAFETY: definitions are static.
    unsafe {
        inner.def.set(def);
        if (*def).m_size > 0 && inner.state.get().is_null() {
            inner.state.set(libc::calloc(1, (*def).m_size as usize));
        }
        add_functions(m, (*def).m_methods)?;
        if !(*def).m_doc.is_null() {
            object::setattr(
                m,
                vm::intern!("__doc__"),
                Some(str_::new(&text((*def).m_doc)).as_obj()),
            )?;
        }
    }
    Ok(())
}

/// A module of a single-phase definition.
unsafe fn create(def: *mut PyModuleDef) -> Result {
    // SAFETY: definitions are static.
    unsafe {
        if !(*def).m_slots.is_null() {
            return raise!(
                SystemError,
                "module {}: PyModule_Create is incompatible with m_slots",
                text((*def).m_name)
            );
        }
        // A module of a package is named by what is being imported, not by its definition.
        let own = text((*def).m_name).into_owned();
        let name = crate::loader::name_in_package(&own);
        let m = module::new(&name);
        fill(&m, def)?;
        Ok(m)
    }
}

unsafe fn valid(c: P, name: *const c_char, what: &str) -> Result<&'static Capsule> {
    // SAFETY: the caller passes an object.
    let found = unsafe { opt(c) }.and_then(|o| o.downcast::<Capsule>());
    let Some(found) = found.filter(|c| !c.pointer.get().is_null()) else {
        return raise!(ValueError, "{what} called with invalid PyCapsule object");
    };
    // SAFETY: names are NUL-terminated or null; the answer lives as long as the caller's reference.
    unsafe {
        if !same_name(found.name.get(), name) {
            return raise!(ValueError, "{what} called with incorrect name");
        }
        Ok(&*ptr::from_ref(found))
    }
}

unsafe fn same_name(a: *const c_char, b: *const c_char) -> bool {
    // SAFETY: the caller's.
    a == b || (!a.is_null() && !b.is_null() && unsafe { CStr::from_ptr(a) == CStr::from_ptr(b) })
}

api! {
    fn PyModule_New(name: *const c_char) -> P { module::new(&text(name)).into_raw() }
    fn PyModule_NewObject(name: P) -> P { module::new_named(b(name)).into_raw() }
    fn PyModule_Create2(def: *mut PyModuleDef, _version: c_int) -> P { new(create(def)) }
    fn PyModule_FromDefAndSpec2(def: *mut PyModuleDef, spec: P, _version: c_int) -> P { new(crate::loader::from_def_and_spec(def, b(spec))) }
    fn PyModule_ExecDef(m: P, def: *mut PyModuleDef) -> c_int { status(crate::loader::exec_slots(b(m), def)) }
    fn PyModuleDef_Init(def: *mut PyModuleDef) -> P {
        let o = def.cast::<PyObject>();
        (*o).ob_type.set((&raw const PyModuleDef_Type).cast_mut());
        if (*o).ob_refcnt.get() == 0 { (*o).ob_refcnt.set(1); }
        o
    }
    fn PyModule_GetDict(m: P) -> P { match as_module(b(m)) { Ok(_) => module::dict_of(b(m)).as_ptr(), Err(_) => ptr::null_mut() } }
    fn PyModule_GetNameObject(m: P) -> P {
        match module::name_of(b(m)) {
            Ok(Some(n)) => n.into_raw(),
            Ok(None) => { let _ = err::new(&exc::SystemError, format_args!("nameless module")); ptr::null_mut() }
            Err(_) => ptr::null_mut(),
        }
    }
    fn PyModule_GetName(m: P) -> *const c_char {
        let name = PyModule_GetNameObject(m);
        if name.is_null() { return ptr::null(); }
        decref(name); // The module's dict keeps it.
        crate::unicodeobject::PyUnicode_AsUTF8(name)
    }
    fn PyModule_GetFilenameObject(m: P) -> P {
        match module::dict_of(b(m)).get_str("__file__") {
            Some(f) => f.into_raw(),
            None => { let _ = err::new(&exc::SystemError, format_args!("module filename missing")); ptr::null_mut() }
        }
    }
    fn PyModule_GetFilename(m: P) -> *const c_char {
        // The module keeps the text.
        let Some(f) = Ref::<Obj>::from_owned_opt(PyModule_GetFilenameObject(m)) else { return ptr::null() };
        crate::unicodeobject::PyUnicode_AsUTF8(f.as_ptr())
    }
    fn _PyState_AddModule(_ts: *mut c_void, m: P, def: *mut PyModuleDef) -> c_int { PyState_AddModule(m, def) }
    fn PyModule_GetState(m: P) -> *mut c_void { as_module(b(m)).map_or(ptr::null_mut(), |m| m.state.get()) }
    fn PyModule_GetDef(m: P) -> *mut PyModuleDef { as_module(b(m)).map_or(ptr::null_mut(), |m| m.def.get()) }
    fn PyModule_AddFunctions(m: P, rows: *mut PyMethodDef) -> c_int { status(add_functions(b(m), rows)) }
    fn PyModule_SetDocString(m: P, doc: *const c_char) -> c_int { status(object::setattr(b(m), vm::intern!("__doc__"), Some(str_::new(&text(doc)).as_obj()))) }
    fn PyModule_AddObjectRef(m: P, name: *const c_char, v: P) -> c_int {
        let Some(v) = opt(v) else {
            if !err::occurred() { let _ = err::new(&exc::SystemError, format_args!("PyModule_AddObjectRef() must be called with an exception raised if value is NULL")); }
            return -1;
        };
        status(as_module(b(m)).and_then(|_| module::add(b(m), &text(name), v)))
    }
    fn PyModule_Add(m: P, name: *const c_char, v: P) -> c_int { let done = PyModule_AddObjectRef(m, name, v); if !v.is_null() { decref(v); } done }
    fn PyModule_AddObject(m: P, name: *const c_char, v: P) -> c_int { let done = PyModule_AddObjectRef(m, name, v); if done == 0 { decref(v); } done }
    fn PyModule_AddIntConstant(m: P, name: *const c_char, v: c_long) -> c_int { status(module::add(b(m), &text(name), int::from_i64(v).as_obj())) }
    fn PyModule_AddStringConstant(m: P, name: *const c_char, v: *const c_char) -> c_int { status(module::add(b(m), &text(name), str_::new(&text(v)).as_obj())) }
    fn PyModule_AddType(m: P, tp: *mut PyTypeObject) -> c_int { status(type_::ready(&*tp).and_then(|()| module::add_type(b(m), &*tp))) }
    fn PyState_FindModule(def: *mut PyModuleDef) -> P { crate::loader::found_by_def(def) }
    fn PyState_AddModule(m: P, def: *mut PyModuleDef) -> c_int { crate::loader::register_by_def(def, b(m)); 0 }
    fn PyState_RemoveModule(def: *mut PyModuleDef) -> c_int { crate::loader::forget_def(def); 0 }

    fn PyCapsule_New(p: *mut c_void, name: *const c_char, destructor: Option<capsule::Destructor>) -> P { new(capsule::new(p, name, destructor).map(Ref::into_obj)) }
    fn PyCapsule_GetPointer(c: P, name: *const c_char) -> *mut c_void { valid(c, name, "PyCapsule_GetPointer").map_or(ptr::null_mut(), |c| c.pointer.get()) }
    fn PyCapsule_GetName(c: P) -> *const c_char { b(c).downcast::<Capsule>().map_or(ptr::null(), |c| c.name.get()) }
    fn PyCapsule_GetContext(c: P) -> *mut c_void { b(c).downcast::<Capsule>().map_or(ptr::null_mut(), |c| c.context.get()) }
    fn PyCapsule_GetDestructor(c: P) -> Option<capsule::Destructor> { b(c).downcast::<Capsule>().and_then(|c| c.destructor.get()) }
    fn PyCapsule_SetPointer(c: P, p: *mut c_void) -> c_int { match b(c).downcast::<Capsule>() { Some(c) => { c.pointer.set(p); 0 } None => -1 } }
    fn PyCapsule_SetName(c: P, name: *const c_char) -> c_int { match b(c).downcast::<Capsule>() { Some(c) => { c.name.set(name); 0 } None => -1 } }
    fn PyCapsule_SetContext(c: P, p: *mut c_void) -> c_int { match b(c).downcast::<Capsule>() { Some(c) => { c.context.set(p); 0 } None => -1 } }
    fn PyCapsule_SetDestructor(c: P, f: Option<capsule::Destructor>) -> c_int { match b(c).downcast::<Capsule>() { Some(c) => { c.destructor.set(f); 0 } None => -1 } }
    fn PyCapsule_IsValid(c: P, name: *const c_char) -> c_int {
        c_int::from(opt(c).and_then(|o| o.downcast::<Capsule>()).is_some_and(|c| !c.pointer.get().is_null() && same_name(c.name.get(), name)))
    }
    fn PyCapsule_Import(name: *const c_char, _no_block: c_int) -> *mut c_void {
        let find = || -> Result {
            let mut parts = CStr::from_ptr(name).to_bytes().split(|c| *c == b'.');
            let first = parts.next().unwrap_or_default();
            let decoded = vm::codecs::decode_utf8(first, None);
            let Ok(mut at) = decoded.and_then(|first| vm::import::import_through_builtins(&first)) else {
                err::clear();
                return raise!(ImportError, "PyCapsule_Import could not import module \"{}\"", String::from_utf8_lossy(first));
            };
            for part in parts {
                at = object::getattr(&at, &*vm::codecs::decode_utf8(part, None)?)?;
            }
            Ok(at)
        };
        match find() {
            Ok(c) if PyCapsule_IsValid(c.as_ptr(), name) == 1 => PyCapsule_GetPointer(c.as_ptr(), name),
            Ok(_) => { let _ = err::new(&exc::AttributeError, format_args!("PyCapsule_Import \"{}\" is not valid", text(name))); ptr::null_mut() }
            Err(_) => ptr::null_mut(),
        }
    }
}
