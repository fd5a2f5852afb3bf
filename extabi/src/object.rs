//! `object.h`: attributes, comparison, text, truth.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::err;
use vm::object::*;
use vm::protocol::object;
use vm::types::type_::{self, CompareOp, attributes};
use vm::types::{instance, int, str_};

use crate::shape::*;

api! {
    fn PyRefTracer_SetTracer(tracer: Option<PyRefTracer>, _data: *mut core::ffi::c_void) -> c_int {
        if tracer.is_none() { return 0; }
        let _ = err::new(&err::exc::NotImplementedError, format_args!("PyRefTracer_SetTracer: objects are made and freed without telling anybody"));
        -1
    }
    fn PyRefTracer_GetTracer(data: *mut *mut core::ffi::c_void) -> Option<PyRefTracer> { if !data.is_null() { *data = core::ptr::null_mut(); } None }
    fn PyObject_Repr(o: P) -> P { match opt(o) { Some(o) => new(object::repr(o)), None => str_::new("<NULL>").into_raw() } }
    fn PyObject_Str(o: P) -> P { match opt(o) { Some(o) => new(object::str(o)), None => str_::new("<NULL>").into_raw() } }
    fn PyObject_ASCII(o: P) -> P { match opt(o) { Some(o) => new(object::ascii(o)), None => str_::new("<NULL>").into_raw() } }
    fn PyObject_Format(o: O, spec: P) -> P { new(object::format(b(o), opt(spec))) }
    fn PyObject_Hash(o: O) -> isize { object::hash(b(o)).unwrap_or(-1) }
    fn PyObject_HashNotImplemented(o: P) -> isize { vm::slots::hash_not_implemented(o) }
    fn PyObject_IsTrue(o: O) -> c_int { truth(object::is_true(b(o))) }
    fn PyObject_Not(o: O) -> c_int { truth(object::is_true(b(o)).map(|t| !t)) }
    fn PyObject_RichCompare(a: O, c: O, op: c_int) -> P { new(object::rich_compare(b(a), b(c), CompareOp::from_c(op))) }
    fn PyObject_RichCompareBool(a: O, c: O, op: c_int) -> c_int { truth(object::rich_compare_bool(b(a), b(c), CompareOp::from_c(op))) }
    fn PyObject_GetAttr(o: O, n: O) -> P { new(object::getattr(b(o), b(n))) }
    fn PyObject_GetAttrString(o: P, n: *const c_char) -> P { interned(n, |n| PyObject_GetAttr(O(o), n)) }
    fn PyObject_GetOptionalAttr(o: O, n: O, out: *mut P) -> c_int { optional(object::getattr_opt(b(o), b(n)), out) }
    fn PyObject_GetOptionalAttrString(o: P, n: *const c_char, out: *mut P) -> c_int { *out = ptr::null_mut(); interned(n, |n| PyObject_GetOptionalAttr(O(o), n, out)) }
    fn PyObject_HasAttr(o: P, n: P) -> c_int {
        quietly(PyObject_HasAttrWithError(O(o), O(n)), "PyObject_HasAttr(); consider using PyObject_HasAttrWithError(), PyObject_GetOptionalAttr() or PyObject_GetAttr()")
    }
    fn PyObject_HasAttrString(o: P, n: *const c_char) -> c_int {
        quietly(PyObject_HasAttrStringWithError(o, n), "PyObject_HasAttrString(); consider using PyObject_HasAttrStringWithError(), PyObject_GetOptionalAttrString() or PyObject_GetAttrString()")
    }
    fn PyObject_HasAttrWithError(o: O, n: O) -> c_int { truth(object::getattr_opt(b(o), b(n)).map(|v| v.is_some())) }
    fn PyObject_HasAttrStringWithError(o: P, n: *const c_char) -> c_int { interned(n, |n| PyObject_HasAttrWithError(O(o), n)) }
    fn PyObject_SetAttr(o: O, n: O, v: P) -> c_int { status(object::setattr(b(o), b(n), opt(v))) }
    fn PyObject_SetAttrString(o: P, n: *const c_char, v: P) -> c_int { interned(n, |n| PyObject_SetAttr(O(o), n, v)) }
    fn PyObject_DelAttr(o: O, n: O) -> c_int { status(object::setattr(b(o), b(n), None)) }
    fn PyObject_DelAttrString(o: P, n: *const c_char) -> c_int { interned(n, |n| PyObject_DelAttr(O(o), n)) }
    fn PyObject_GenericGetAttr(o: P, n: P) -> P { attributes::generic_getattro(o, n) }
    fn PyObject_GenericSetAttr(o: P, n: P, v: P) -> c_int { attributes::generic_setattro(o, n, v) }
    fn PyObject_GenericGetDict(o: P, _context: *mut core::ffi::c_void) -> P { new(type_::subtype::get_dict(b(o))) }
    fn PyObject_GenericSetDict(o: P, v: P, _context: *mut core::ffi::c_void) -> c_int { status(type_::subtype::set_dict(b(o), opt(v))) }
    fn _PyObject_GetDictPtr(o: P) -> *mut P {
        // A managed dict lies in the prefix, and is made when somebody asks for its place.
        if has_flag(b(o).ty(), Py_TPFLAGS_MANAGED_DICT) {
            if instance::dict_of(b(o)).is_err() { err::clear(); return ptr::null_mut(); }
            return managed_dict(o);
        }
        attributes::dict_slot(b(o))
    }
    fn PyObject_VisitManagedDict(o: P, visit: visitproc, arg: *mut core::ffi::c_void) -> c_int {
        if !has_flag(b(o).ty(), Py_TPFLAGS_MANAGED_DICT) { return 0; }
        match instance::visit(b(o), &mut Visitor::new(visit, arg)) { Ok(()) => 0, Err(stop) => stop }
    }
    fn PyObject_ClearManagedDict(o: P) { if has_flag(b(o).ty(), Py_TPFLAGS_MANAGED_DICT) { instance::clear(b(o)); } }
    fn PyUnstable_Object_ClearWeakRefsNoCallbacks(o: P) { if vm::types::weakref::is_supported(b(o).ty()) { vm::types::weakref::clear_quietly(&[o]); } }
    fn PyObject_ClearWeakRefs(o: P) { vm::types::weakref::clear_weakrefs(b(o)); }
    fn PyObject_Dir(o: P) -> P { new(object::dir(b(o))) }
    fn PyObject_SelfIter(o: P) -> P { incref(o); o }
    fn _PyObject_NextNotImplemented(o: P) -> P { type_::next_not_implemented(o) }
    fn PyCallable_Check(o: P) -> c_int { i32::from(opt(o).is_some_and(object::is_callable)) }
    fn PyObject_IsInstance(o: O, c: O) -> c_int { truth(object::is_instance(b(o), b(c))) }
    fn PyObject_IsSubclass(o: O, c: O) -> c_int { truth(object::is_subclass(b(o), b(c))) }
    fn PyObject_Type(o: O) -> P { b(o).ty().as_obj().new_ref().into_raw() }
    fn Py_GetConstant(id: core::ffi::c_uint) -> P { let p = Py_GetConstantBorrowed(id); if !p.is_null() { incref(p); } p }
    fn Py_GetConstantBorrowed(id: core::ffi::c_uint) -> P {
        match id {
            Py_CONSTANT_NONE => NONE().as_ptr(),
            Py_CONSTANT_FALSE => FALSE().as_ptr(),
            Py_CONSTANT_TRUE => TRUE().as_ptr(),
            Py_CONSTANT_ELLIPSIS => ELLIPSIS().as_ptr(),
            Py_CONSTANT_NOT_IMPLEMENTED => NOT_IMPLEMENTED().as_ptr(),
            Py_CONSTANT_ZERO => int::zero().as_ptr(),
            Py_CONSTANT_ONE => int::one().as_ptr(),
            Py_CONSTANT_EMPTY_STR => str_::intern_str("").as_ptr(),
            Py_CONSTANT_EMPTY_BYTES => vm::types::bytes::empty().into_raw(),
            Py_CONSTANT_EMPTY_TUPLE => vm::types::tuple::empty().into_raw(),
            _ => { let _ = err::bad_internal_call(); ptr::null_mut() }
        }
    }
    fn Py_EnterRecursiveCall(place: *const c_char) -> c_int { status(vm::protocol::call::NativeCall::enter(&text(place)).map(drop)) }
    fn Py_LeaveRecursiveCall() {} // The depth is that of the native stack.
    fn _Py_CheckRecursiveCall(_ts: *mut PyThreadState, place: *const c_char) -> c_int { Py_EnterRecursiveCall(place) }
    fn Py_ReprEnter(o: P) -> c_int {
        match repr_enter(b(o)) { Some(guard) => { core::mem::forget(guard); 0 } None => 1 }
    }
    fn Py_ReprLeave(o: P) { repr_leave(b(o)); }
}

/// A found value: 1 and a new reference, 0 and null, -1 and null with an error set.
unsafe fn optional(found: err::Result<Option<Ref>>, out: *mut P) -> c_int {
    let (value, code) = match found {
        Ok(Some(v)) => (v.into_raw(), 1),
        Ok(None) => (ptr::null_mut(), 0),
        Err(_) => (ptr::null_mut(), -1),
    };
    // SAFETY: the caller passes a place for the answer.
    unsafe { *out = value };
    code
}
