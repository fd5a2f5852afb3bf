//! `function`: what `def` and `lambda` make.
//!
//! A function's version is a number that stands for its code, defaults and vectorcall function together: inline caches
//! remember it, and whatever changes one of these takes it away. Invariant: `func_closure` has a cell for each free
//! variable of the code.

mod attributes;
mod new;

use core::cell::Cell;
use core::mem::{self, offset_of};

use layout::*;

use super::type_::TypeBuilder;
use super::weakref;
use crate::err::{self, Result, raise};
use crate::interp;
use crate::method::arguments;
use crate::object::*;
use crate::types::tuple::TupleExt as _;
use crate::watchers;

/// Fills in `function`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyFunctionObject>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR)
        .vectorcall_offset(offset_of!(PyFunctionObject, vectorcall))
        .dictoffset(offset_of!(PyFunctionObject, func_dict))
        .weaklistoffset(offset_of!(PyFunctionObject, func_weakreflist))
        .generic_attributes()
        .tp_new(new::function_new)
        .tp_dealloc(function_dealloc)
        .tp_traverse(function_traverse)
        .tp_clear(function_clear)
        .tp_repr(|f: &PyFunctionObject| {
            let name = f
                .func_qualname
                .borrow_obj()
                .map_or_else(String::new, str_lossy);
            Ok(format!("<function {} at {:#x}>", name, f.as_ptr() as usize))
        })
        .tp_descr_get(
            |f: &PyFunctionObject, o: Option<&Obj>, _: Option<&Obj>| match o {
                Some(o) if !o.is_none() => super::method::new(f.as_obj(), o),
                _ => Ok(f.as_obj().new_ref()),
            },
        )
        .getset(attributes::GETSET)
        .members(attributes::MEMBERS);
}

pub use new::new;

/// Whether `o` is a Python function.
pub fn is_function(o: &Obj) -> bool {
    o.is_exact::<PyFunctionObject>()
}

/// Runs the function that is the body of a `class` statement, with `namespace` for its locals. It answers with the cell of
/// `__class__`, or None.
pub fn run_class_body(body: &Obj, namespace: &Obj) -> Result {
    let Some(f) = body.downcast_exact::<PyFunctionObject>() else {
        return raise!(TypeError, "__build_class__: func must be a function");
    };
    interp::eval::eval_function(f, Some(namespace))
}

// ---- Versions ----

struct NextVersion(Cell<u32>);

// SAFETY: used under the lock.
unsafe impl Sync for NextVersion {}

static NEXT_VERSION: NextVersion = NextVersion(Cell::new(1));

/// The function's version, given one if it has none; 0 if it cannot have one.
pub fn version(f: &PyFunctionObject) -> u32 {
    let present = f.func_version.get();
    if present != 0 || !is_plain(f) {
        return present;
    }
    let next = NEXT_VERSION.0.get();
    if next != 0 {
        NEXT_VERSION.0.set(next.wrapping_add(1));
        f.func_version.set(next);
    }
    next
}

/// Says that the function has changed.
pub fn modified(f: &PyFunctionObject) {
    f.func_version.set(0);
}

/// Says that the function is about to have another code, or other defaults.
pub fn modifying(f: &PyFunctionObject, event: PyFunction_WatchEvent, value: Option<&Obj>) {
    if watchers::FUNCTIONS.any() {
        watchers::function_event(event, f, value);
    }
    modified(f);
}

/// Whether calling the function means running its code: nobody has replaced its vectorcall function.
#[inline(always)]
pub fn is_plain(f: &PyFunctionObject) -> bool {
    f.vectorcall
        .get()
        .is_some_and(|v| v as usize == vectorcall as *const () as usize)
}

/// The vectorcall function of all functions (`_PyFunction_Vectorcall`).
///
/// # Safety
/// `o` is a function; the rest is the vectorcall protocol.
pub unsafe extern "C" fn vectorcall(
    o: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    let count = nargsf & !PY_VECTORCALL_ARGUMENTS_OFFSET;
    // SAFETY: the caller's.
    unsafe {
        let names = kwnames.cast::<PyTupleObject>().as_ref();
        let all = arguments(args, count + names.map_or(0, |names| names.items().len()));
        err::into_raw(interp::call_function((*o).cast(), all, names))
    }
}

// ---- The C functions behind rows of method tables ----

/// The C function of a row with `METH_O` or `METH_NOARGS`.
#[inline(always)]
pub fn as_o(row: &PyMethodDef) -> PyCFunction {
    // SAFETY: rows of these kinds have a function.
    unsafe { row.ml_meth.unwrap_unchecked() }
}

/// The C function of a row with `METH_FASTCALL`.
#[inline(always)]
pub fn as_fast(row: &PyMethodDef) -> PyCFunctionFast {
    // SAFETY: the flag says so.
    unsafe { mem::transmute(as_o(row)) }
}

/// The C function of a row with `METH_FASTCALL | METH_KEYWORDS`.
#[inline(always)]
pub fn as_fast_kw(row: &PyMethodDef) -> PyCFunctionFastWithKeywords {
    // SAFETY: the flags say so.
    unsafe { mem::transmute(as_o(row)) }
}

/// Whether `f` is the function of that name in `builtins`.
pub fn is_builtin(f: &PyCFunctionObject, name: &str) -> bool {
    // SAFETY: rows name themselves with NUL-terminated strings.
    let own = unsafe { core::ffi::CStr::from_ptr((*f.m_ml.get()).ml_name) };
    own.to_bytes() == name.as_bytes()
        && f.m_module
            .borrow_obj()
            .is_some_and(|m| str_lossy(m) == "builtins")
}

// ---- Life and death ----

fn fields(f: &PyFunctionObject) -> [&Cell<*mut PyObject>; 14] {
    [
        &f.func_code,
        &f.func_globals,
        &f.func_builtins,
        &f.func_module,
        &f.func_name,
        &f.func_qualname,
        &f.func_doc,
        &f.func_defaults,
        &f.func_kwdefaults,
        &f.func_closure,
        &f.func_dict,
        &f.func_annotations,
        &f.func_annotate,
        &f.func_typeparams,
    ]
}

fn function_traverse(f: &PyFunctionObject, v: &mut Visitor) -> Visit {
    fields(f)
        .into_iter()
        .try_for_each(|field| v.visit_ptr(field.get()))
}

/// Code and names stay: a function in a cycle may still be called while the cycle is taken apart.
fn function_clear(f: &PyFunctionObject) {
    modified(f);
    let kept = [&f.func_code, &f.func_name, &f.func_qualname].map(core::ptr::from_ref);
    for field in fields(f) {
        if !kept.contains(&core::ptr::from_ref(field)) {
            field.set_ref(None);
        }
    }
}

unsafe extern "C" fn function_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a function is gone.
    unsafe {
        let f: &PyFunctionObject = (*o).cast();
        gc::untrack(o);
        if watchers::FUNCTIONS.any() {
            watchers::function_event(PyFunction_EVENT_DESTROY, f, None);
        }
        if !f.func_weakreflist.get().is_null() {
            weakref::clear_weakrefs(&*o);
        }
        for field in fields(f) {
            drop(field.take_ref());
        }
        free_builtin(o);
    }
}

/// The function's code.
pub fn code_of(f: &PyFunctionObject) -> &PyCodeObject {
    interp::bind::code_of(f)
}
