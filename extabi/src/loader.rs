//! Loading extension modules: the shared object, its init function, its slots.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use std::collections::HashMap;
use std::ffi::CString;

use layout::*;
use vm::err::{self, Raised, Result, exc, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::dict::DictExt as _;
use vm::types::module::Module;
use vm::types::str_;

use crate::moduleobject;
use crate::shape::P;

/// What is being imported, for definitions that name themselves without their package.
static IMPORTING: Global<*mut PyObject> = Global::new(ptr::null_mut());
type ByDef = HashMap<usize, Ref>;

/// Modules by the address of their definition: what `PyState_FindModule` finds. Extensions ask often.
static BY_DEF: Global<*mut ByDef> = Global::new(ptr::null_mut());

fn by_def() -> &'static mut ByDef {
    if BY_DEF.get().is_null() {
        BY_DEF.set(Box::into_raw(Box::default()));
    }
    // SAFETY: just made sure; never released, and used under the lock by functions that call nothing else meanwhile.
    unsafe { &mut *BY_DEF.get() }
}

/// The module of a definition, borrowed.
pub fn found_by_def(def: *mut PyModuleDef) -> P {
    by_def()
        .get(&(def as usize))
        .map_or(ptr::null_mut(), |m| m.as_ptr())
}

/// Remembers the module of a definition.
pub fn register_by_def(def: *mut PyModuleDef, m: &Obj) {
    let before = by_def().insert(def as usize, m.new_ref());
    drop(before);
}

/// Forgets the module of a definition.
pub fn forget_def(def: *mut PyModuleDef) {
    let before = by_def().remove(&(def as usize));
    drop(before);
}

/// The full name of a module that calls itself `own` while it is being imported.
pub fn name_in_package(own: &str) -> String {
    // SAFETY: set for the duration of an import.
    if let Some(full) = unsafe { IMPORTING.get().as_ref() } {
        let full = str_::to_string_lossy(full);
        if full.rsplit('.').next() == own.rsplit('.').next() {
            return full;
        }
    }
    own.to_owned()
}

fn import_error(message: &str, name: &Obj, path: &Obj) -> Raised {
    let message = str_::new(message);
    match call::call_kw(
        exc::ImportError.as_obj(),
        &[message.as_obj()],
        &[("name", name), ("path", path)],
    ) {
        Ok(e) => err::set_exception(e),
        Err(raised) => raised,
    }
}

/// The init function's name: `PyInit_` and the last part, punycoded if it is not ASCII.
fn init_symbol(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.is_ascii() {
        return format!("PyInit_{last}");
    }
    let encoded = str_::new(last);
    let punycode = vm::codecs::encode_to_bytes(&encoded, Some("punycode"), None).map(|b| {
        use vm::types::bytes::BytesExt as _;
        b.downcast::<PyBytesObject>()
            .map(|b| String::from_utf8_lossy(b.as_slice()).replace('-', "_"))
            .unwrap_or_default()
    });
    format!(
        "PyInitU_{}",
        punycode.unwrap_or_else(|_| {
            err::clear();
            last.to_owned()
        })
    )
}

fn dl_error() -> String {
    // SAFETY: the message is NUL-terminated and belongs to the thread.
    unsafe {
        let p = libc::dlerror();
        if p.is_null() {
            "unknown dlopen() error".to_owned()
        } else {
            CStr::from_ptr(p).to_string_lossy().into_owned()
        }
    }
}

/// Puts the text itself where `object` has a descriptor that looks it up: extensions read the dicts of classes.
fn show_doc_of_object() -> Result<()> {
    let tp: &PyTypeObject = &PyBaseObject_Type;
    let doc = vm::intern!("__doc__");
    let Some(d) = vm::types::type_::own_dict(tp) else {
        return Ok(());
    };
    if d.get(doc)?.is_some_and(|o| !o.is::<PyUnicodeObject>()) {
        d.set(doc, &*object::getattr(tp.as_obj(), doc)?)?;
        vm::types::type_::modified(tp);
    }
    Ok(())
}

/// `_imp.create_dynamic(spec)`.
pub fn create(spec: &Obj) -> Result {
    show_doc_of_object()?;
    let name = object::getattr_str(spec, "name")?;
    let path = object::getattr_str(spec, "origin")?;
    let path_text = str_::to_string_lossy(&path);
    let Ok(c_path) = CString::new(path_text.clone()) else {
        return raise!(ValueError, "embedded null character");
    };
    if crate::elf::is_truncated(&path_text) {
        return Err(import_error(
            &format!("{path_text}: file too short"),
            &name,
            &path,
        ));
    }
    // SAFETY: the path is C text. Constructors of the library run here.
    let handle = unsafe { libc::dlopen(c_path.as_ptr(), vm::sys::dlopen_flags()) };
    if handle.is_null() {
        return Err(import_error(&dl_error(), &name, &path));
    }
    let name_text = str_::to_string_lossy(&name);
    let symbol = init_symbol(&name_text);
    let c_symbol = CString::new(symbol.clone()).unwrap_or_default();
    // SAFETY: an open handle and C text.
    let init = unsafe { libc::dlsym(handle, c_symbol.as_ptr()) };
    if init.is_null() {
        let message = format!("dynamic module does not define module export function ({symbol})");
        return Err(import_error(&message, &name, &path));
    }
    let before = IMPORTING.replace(name.as_ptr());
    // SAFETY: the export function of an extension module has this signature.
    let made = unsafe { core::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> P>(init)() };
    IMPORTING.set(before);
    if made.is_null() {
        if !err::occurred() {
            return raise!(
                SystemError,
                "initialization of {name_text} failed without raising an exception"
            );
        }
        return Err(Raised::assume());
    }
    if err::occurred() {
        return Err(err::raise_from_current(
            &exc::SystemError,
            format_args!("initialization of {name_text} raised unreported exception"),
        ));
    }
    // SAFETY: a module, or a definition.
    unsafe {
        if ptr::eq((*made).ob_type.get(), &PyModuleDef_Type) {
            return from_def_and_spec(made.cast(), spec);
        }
        let m = Ref::<Obj>::from_owned(made);
        let Some(inner) = m.downcast::<Module>() else {
            return raise!(
                SystemError,
                "initialization of {name_text} did not return an extension module"
            );
        };
        if !inner.def.get().is_null() {
            register_by_def(inner.def.get(), &m);
        }
        object::setattr(&m, str_::intern_str("__file__"), Some(&path))?;
        Ok(m)
    }
}

/// The module of a multi-phase definition, not executed yet.
///
/// # Safety
/// `def` is a definition that lives as long as the process.
pub unsafe fn from_def_and_spec(def: *mut PyModuleDef, spec: &Obj) -> Result {
    let name = object::getattr_str(spec, "name")?;
    // SAFETY: the table of slots ends with number 0.
    unsafe {
        let mut create: Option<unsafe extern "C" fn(P, *mut PyModuleDef) -> P> = None;
        let mut slot = (*def).m_slots;
        while !slot.is_null() && (*slot).slot != 0 {
            match (*slot).slot {
                Py_mod_create => {
                    create = Some(core::mem::transmute::<
                        *mut c_void,
                        unsafe extern "C" fn(P, *mut PyModuleDef) -> P,
                    >((*slot).value))
                }
                Py_mod_exec | Py_mod_multiple_interpreters | Py_mod_gil => {}
                unknown => {
                    return raise!(
                        SystemError,
                        "module {} uses unknown slot ID {unknown}",
                        str_lossy(&name)
                    );
                }
            }
            slot = slot.add(1);
        }
        let m = match create {
            Some(f) => err::from_owned(f(spec.as_ptr(), def))?,
            None => vm::types::module::new_named(&name),
        };
        if let Some(inner) = m.downcast::<Module>() {
            inner.def.set(def);
            moduleobject::add_functions(&m, (*def).m_methods)?;
            if !(*def).m_doc.is_null() {
                object::setattr(
                    &m,
                    vm::intern!("__doc__"),
                    Some(str_::new(&crate::shape::text((*def).m_doc)).as_obj()),
                )?;
            }
        } else if (*def).m_size > 0
            || (*def).m_traverse.is_some()
            || (*def).m_clear.is_some()
            || (*def).m_free.is_some()
        {
            return raise!(
                SystemError,
                "module {} is not a module object, but requests module state",
                str_lossy(&name)
            );
        }
        Ok(m)
    }
}

/// Runs a definition's exec slots.
///
/// # Safety
/// As [`from_def_and_spec`].
pub unsafe fn exec_slots(m: &Obj, def: *mut PyModuleDef) -> Result<()> {
    // SAFETY: the caller's.
    unsafe {
        if let Some(inner) = m.downcast::<Module>()
            && (*def).m_size > 0
            && inner.state.get().is_null()
        {
            inner.state.set(libc::calloc(1, (*def).m_size as usize));
        }
        let mut slot = (*def).m_slots;
        while !slot.is_null() && (*slot).slot != 0 {
            if (*slot).slot == Py_mod_exec {
                let f = core::mem::transmute::<*mut c_void, unsafe extern "C" fn(P) -> c_int>(
                    (*slot).value,
                );
                if f(m.as_ptr()) != 0 {
                    if !err::occurred() {
                        return raise!(
                            SystemError,
                            "execution of module {} failed without setting an exception",
                            repr_lossy(m)
                        );
                    }
                    return Err(Raised::assume());
                }
                if err::occurred() {
                    return Err(err::raise_from_current(
                        &exc::SystemError,
                        format_args!(
                            "execution of module {} raised unreported exception",
                            repr_lossy(m)
                        ),
                    ));
                }
            }
            slot = slot.add(1);
        }
    }
    Ok(())
}

/// `_imp.exec_dynamic(module)`.
pub fn exec(m: &Obj) -> Result<()> {
    let Some(inner) = m.downcast::<Module>() else {
        return Ok(());
    };
    let def = inner.def.get();
    // SAFETY: an extension's definition lives as long as the process.
    unsafe {
        if def.is_null() || (*def).m_slots.is_null() || !inner.state.get().is_null() {
            return Ok(());
        }
        exec_slots(m, def)
    }
}
