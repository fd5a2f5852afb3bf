//! Smaller headers: `weakrefobject.h`, `complexobject.h`, `iterobject.h`, `code.h`, `frameobject.h`, `traceback.h`,
//! `funcobject.h`, `genobject.h`, `pystrtod.h`, `pyhash.h`.

use core::ffi::{c_char, c_double, c_int, c_void};
use core::ptr;

use layout::*;
use vm::err::{self, exc};
use vm::object::*;
use vm::protocol::call;
use vm::types::dict::DictExt as _;
use vm::types::{complex, iterobjects, str_, traceback, weakref};

use crate::shape::*;

/// Refers to the exported data, so that it stays in the executable.
pub fn keep_data() {
    macro_rules! types { ($($symbol:ident $(: $layout:ident)?;)*) => { $(core::hint::black_box(&raw const layout::$symbol);)* }; }
    macro_rules! exceptions { ($($tp:ident, $pointer:ident, $name:literal, $base:ident, $layout:ident;)*) => { $(core::hint::black_box(&raw const layout::$pointer);)* }; }
    layout::for_each_type!(types);
    layout::for_each_exception!(exceptions);
    for p in [
        (&raw const layout::PyExc_EnvironmentError).cast::<u8>(),
        (&raw const layout::PyExc_IOError).cast(),
        (&raw const layout::Py_Version).cast(),
        (&raw const layout::_Py_NoneStruct).cast(),
        (&raw const layout::_Py_TrueStruct).cast(),
        (&raw const layout::_Py_FalseStruct).cast(),
        (&raw const layout::_Py_EllipsisObject).cast(),
        (&raw const layout::_Py_NotImplementedStruct).cast(),
        (&raw const layout::_PyByteArray_empty_string).cast(),
        (&raw const layout::_Py_ctype_table).cast(),
    ] {
        core::hint::black_box(p);
    }
}

api! {
    fn PyWeakref_NewRef(o: P, callback: P) -> P { new(weakref::new_ref(b(o), opt(callback))) }
    fn PyWeakref_NewProxy(o: P, callback: P) -> P { new(weakref::new_proxy(b(o), opt(callback))) }
    fn PyWeakref_GetObject(r: P) -> P { match weakref::get(b(r)) { Some(o) => o.as_ptr(), None => NONE().as_ptr() } }
    fn PyWeakref_GetRef(r: P, out: *mut P) -> c_int {
        if weakref::as_weakref(b(r)).is_none() {
            *out = ptr::null_mut();
            let _ = err::new(&exc::TypeError, format_args!("expected a weakref"));
            return -1;
        }
        match weakref::get(b(r)) { Some(o) => { *out = o.into_raw(); 1 } None => { *out = ptr::null_mut(); 0 } }
    }
    fn PyWeakref_IsDead(r: P) -> c_int { c_int::from(weakref::get(b(r)).is_none()) }
    fn PyComplex_FromDoubles(re: c_double, im: c_double) -> P { complex::new(re, im).into_raw() }
    fn PyComplex_FromCComplex(z: Py_complex) -> P { complex::new(z.real, z.imag).into_raw() }
    fn PyComplex_AsCComplex(o: P) -> Py_complex { complex::value_of(b(o)).unwrap_or(Py_complex { real: -1.0, imag: 0.0 }) }
    fn PyComplex_RealAsDouble(o: P) -> c_double { complex::value_of(b(o)).map_or(-1.0, |z| z.real) }
    fn PyComplex_ImagAsDouble(o: P) -> c_double { complex::value_of(b(o)).map_or(-1.0, |z| z.imag) }
    fn PySeqIter_New(o: P) -> P { new(iterobjects::sequence_iter(b(o))) }
    fn PyCallIter_New(f: P, sentinel: P) -> P { new(iterobjects::callable_iter(b(f), b(sentinel))) }
    fn PyTraceBack_Here(f: P) -> c_int { status(traceback::here_object(b(f))) }
    fn PyTraceBack_Print(_tb: P, _file: P) -> c_int { 0 }
    fn _PyTraceback_Add(function: *const c_char, file: *const c_char, line: c_int) { traceback::add(&text(function), &text(file), line); }
    fn PyCode_NewEmpty(file: *const c_char, function: *const c_char, line: c_int) -> P { new(vm::code::new::empty(&text(function), &text(file), line).map(Ref::into_obj)) }
    fn PyUnstable_Code_NewWithPosOnlyArgs(
        argcount: c_int, posonly: c_int, kwonly: c_int, nlocals: c_int, stacksize: c_int, flags: c_int, code: P, consts: P,
        names: P, varnames: P, freevars: P, cellvars: P, filename: P, name: P, qualname: P, firstlineno: c_int,
        linetable: P, exceptiontable: P,
    ) -> P {
        let n = |n: c_int| vm::types::int::from_i64(i64::from(n)).into_obj();
        let (a, p, k, l, st, f, first) = (n(argcount), n(posonly), n(kwonly), n(nlocals), n(stacksize), n(flags), n(firstlineno));
        new(call::call(PyCode_Type.as_obj(), &[
            &a, &p, &k, &l, &st, &f, b(code), b(consts), b(names), b(varnames), b(filename), b(name), b(qualname), &first,
            b(linetable), b(exceptiontable), b(freevars), b(cellvars),
        ]))
    }
    fn PyFrame_New(_ts: *mut PyThreadState, code: P, globals: P, _locals: P) -> P {
        let code: &PyCodeObject = b(code).cast();
        new(vm::types::function::new(code, b(globals).cast(), None)
            .and_then(|f| vm::types::frameobject::for_code(code, &f, 0))
            .map(Ref::into_obj))
     }
    fn PyFrame_GetCode(f: P) -> P { b(f).downcast::<vm::types::frameobject::FrameObject>().map_or(ptr::null_mut(), |f| vm::types::frameobject::code_of(f).into_raw()) }
    fn PyFrame_GetLineNumber(f: P) -> c_int { number(b(f), "f_lineno") }
    fn PyFrame_GetLasti(f: P) -> c_int { number(b(f), "f_lasti") }
    fn PyFrame_GetBack(f: P) -> P { attribute(b(f), "f_back") }
    fn PyFrame_GetGlobals(f: P) -> P { attribute(b(f), "f_globals") }
    fn PyFrame_GetLocals(f: P) -> P { attribute(b(f), "f_locals") }
    fn PyFrame_GetBuiltins(f: P) -> P { attribute(b(f), "f_builtins") }
    fn PyFunction_GetCode(f: P) -> P { b(f).cast::<PyFunctionObject>().func_code.get() }
    fn PyFunction_GetGlobals(f: P) -> P { b(f).cast::<PyFunctionObject>().func_globals.get() }
    fn PyCell_New(v: P) -> P { new(vm::types::cell::new(Ref::from_borrowed_opt(v)).map(Ref::into_obj)) }
    fn PyCell_Get(c: P) -> P { vm::types::cell::get(b(c)).map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyCell_Set(c: P, v: P) -> c_int { vm::types::cell::set(b(c), Ref::from_borrowed_opt(v)); 0 }
    fn Py_GenericAlias(origin: P, args: P) -> P { new(vm::types::genericalias::new(b(origin), b(args))) }
    fn PyOS_string_to_double(p: *const c_char, end: *mut *mut c_char, _overflow: P) -> c_double {
        let whole = text(p);
        let body = whole.trim_end();
        match num::float::parse(body.as_bytes()) {
            Some(x) => { if !end.is_null() { *end = p.add(body.len()).cast_mut(); } x }
            None => { let _ = err::new(&exc::ValueError, format_args!("could not convert string to float: '{whole}'")); -1.0 }
        }
    }
    fn Py_HashPointer(p: *const c_void) -> isize { num::hash::hash_pointer(p as usize) as isize }
    fn _Py_HashPointer(p: *const c_void) -> isize { num::hash::hash_pointer(p as usize) as isize }
    fn Py_HashBuffer(p: *const c_void, n: isize) -> isize { vm::hash::bytes(core::slice::from_raw_parts(p.cast(), n.max(0) as usize)) }
    fn _Py_HashBytes(p: *const c_void, n: isize) -> isize { vm::hash::bytes(core::slice::from_raw_parts(p.cast(), n.max(0) as usize)) }
    fn _Py_HashDouble(o: P, x: c_double) -> isize { vm::types::float::hash_of(x, b(o)) }
    fn PyOS_FSPath(o: P) -> P { new(vm::import::import("os").and_then(|os| call::call_method(&os, "fspath", &[b(o)]))) }
    fn PyOS_InterruptOccurred() -> c_int { c_int::from(vm::signals::is_pending()) }
    fn PyFile_WriteObject(o: P, file: P, flags: c_int) -> c_int {
        let shown = if flags & Py_PRINT_RAW != 0 { vm::protocol::object::str(b(o)) } else { vm::protocol::object::repr(b(o)) };
        status(shown.and_then(|t| call::call_method(b(file), "write", &[&t])).map(drop))
    }
    fn PyFile_WriteString(s: *const c_char, file: P) -> c_int { status(call::call_method(b(file), "write", &[str_::new(&text(s)).as_obj()]).map(drop)) }
    fn PyFile_GetLine(f: P, n: c_int) -> P { new(call::call_method(b(f), "readline", &[vm::types::int::from_i64(if n > 0 { i64::from(n) } else { -1 }).as_obj()])) }
    fn PyObject_AsFileDescriptor(o: P) -> c_int {
        use vm::types::int::IntExt as _;
        let fd = if b(o).is::<PyLongObject>() { Ok(b(o).new_ref()) } else { call::call_method(b(o), "fileno", &[]) };
        match fd.map(|f| f.downcast::<PyLongObject>().and_then(|n| n.to_i64())) {
            Ok(Some(n)) if n >= 0 => n as c_int,
            Ok(Some(n)) => { let _ = err::new(&exc::ValueError, format_args!("file descriptor cannot be a negative integer ({n})")); -1 }
            Ok(None) => { let _ = err::new(&exc::TypeError, format_args!("argument must be an int, or have a fileno() method")); -1 }
            Err(_) => -1,
        }
    }
}

fn attribute(o: &Obj, name: &str) -> P {
    new(vm::protocol::object::getattr_str(o, name))
}

fn number(o: &Obj, name: &str) -> c_int {
    vm::protocol::object::getattr_str(o, name)
        .and_then(|n| vm::args::to_i32(&n))
        .unwrap_or(-1)
}
