//! Smaller headers: `weakrefobject.h`, `iterobject.h`, `code.h`, `frameobject.h`, `traceback.h`,
//! `funcobject.h`, `genobject.h`, `pystrtod.h`, `pyhash.h`.

use core::ffi::{c_char, c_double, c_int, c_void};
use core::ptr;

use layout::*;
use vm::code::extra;
use vm::err::{self, exc};
use vm::object::*;
use vm::protocol::call;
use vm::types::{iterobjects, str_, traceback, weakref};
use vm::watchers;

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

/// `PyHash_FuncDef`.
#[repr(C)]
pub struct HashFunction {
    hash: unsafe extern "C" fn(*const c_void, isize) -> isize,
    name: *const c_char,
    hash_bits: c_int,
    seed_bits: c_int,
}

// SAFETY: a constant.
unsafe impl Sync for HashFunction {}

static HASH_FUNCTION: HashFunction = HashFunction {
    hash: Py_HashBuffer,
    name: c"siphash13".as_ptr(),
    hash_bits: 64,
    seed_bits: 128,
};

api! {
    fn PyGen_GetCode(g: P) -> P { attribute(b(g), "gi_code") }
    fn PyCode_GetCode(c: P) -> P { attribute(b(c), "co_code") }
    fn PyCode_GetVarnames(c: P) -> P { attribute(b(c), "co_varnames") }
    fn PyCode_GetCellvars(c: P) -> P { attribute(b(c), "co_cellvars") }
    fn PyCode_GetFreevars(c: P) -> P { attribute(b(c), "co_freevars") }
    fn PyFunction_GetAnnotations(f: O) -> P {
        let Ok(f) = function(f) else { return ptr::null_mut() };
        let empty = |place: &core::cell::Cell<P>| place.get().is_null() || b(place.get()).is_none();
        if f.func_annotations.get().is_null() && empty(&f.func_annotate) { return NONE().as_ptr(); }
        borrowed(vm::protocol::object::getattr_str(f.as_obj(), "__annotations__").ok())
    }
    fn PyFunction_GetDefaults(f: O) -> P { function(f).map_or(ptr::null_mut(), |f| f.func_defaults.get()) }
    fn PyFunction_GetKwDefaults(f: O) -> P { function(f).map_or(ptr::null_mut(), |f| f.func_kwdefaults.get()) }
    fn PyFunction_GetClosure(f: O) -> P { function(f).map_or(ptr::null_mut(), |f| f.func_closure.get()) }
    fn PyFunction_GetModule(f: O) -> P { function(f).map_or(ptr::null_mut(), |f| f.func_module.get()) }
    fn PyFunction_SetDefaults(f: O, v: P) -> c_int { status(set_part::<PyTupleObject>(f, v, "__defaults__", "non-tuple default args")) }
    fn PyFunction_SetKwDefaults(f: O, v: P) -> c_int { status(set_part::<PyDictObject>(f, v, "__kwdefaults__", "non-dict keyword only default args")) }
    fn PyFunction_SetAnnotations(f: O, v: P) -> c_int { status(set_part::<PyDictObject>(f, v, "__annotations__", "non-dict annotations")) }
    fn PyFunction_New(code: P, globals: P) -> P { PyFunction_NewWithQualName(code, globals, ptr::null_mut()) }
    fn PyFunction_NewWithQualName(code: P, globals: P, qualname: P) -> P {
        new(vm::types::function::new(b(code).cast(), b(globals).cast(), opt(qualname)).map(Ref::into_obj))
    }
    fn _PyNamespace_New(fields: P) -> P { new(vm::types::dict::DictExt::copy(b(fields).cast::<PyDictObject>()).and_then(vm::types::namespace::from_dict)) }
    fn PyODict_New() -> P { new(vm::types::odict::new()) }
    fn PyODict_SetItem(d: P, k: P, v: P) -> c_int { status(vm::protocol::object::setitem(b(d), b(k), b(v))) }
    fn PyODict_DelItem(d: P, k: P) -> c_int { status(vm::protocol::object::delitem(b(d), b(k))) }
    fn PyOS_double_to_string(x: c_double, code: c_char, precision: c_int, flags: c_int, kind: *mut c_int) -> *mut c_char {
        use num::float::{Code, Flags};
        let (code, upper) = match code as u8 {
            b'r' => (Code::Repr, false),
            b'e' | b'E' => (Code::Exponent, code as u8 == b'E'),
            b'f' | b'F' => (Code::Fixed, code as u8 == b'F'),
            b'g' | b'G' => (Code::General, code as u8 == b'G'),
            _ => { let _ = err::bad_internal_call(); return ptr::null_mut(); }
        };
        if !kind.is_null() { *kind = if x.is_nan() { 2 } else if x.is_infinite() { 1 } else { 0 }; }
        let flags = Flags { sign: flags & 1 != 0, add_dot_0: flags & 2 != 0, alternate: flags & 4 != 0, no_negative_zero: flags & 8 != 0, upper };
        let shown = num::float::format(x, code, precision.max(0) as usize, flags);
        let out = libc::malloc(shown.len() + 1).cast::<u8>();
        ptr::copy_nonoverlapping(shown.as_ptr(), out, shown.len());
        *out.add(shown.len()) = 0;
        out.cast()
    }
    fn PyObject_Print(o: P, file: *mut libc::FILE, flags: c_int) -> c_int {
        let shown = match opt(o) {
            None => Ok(str_::new("<nil>").into_obj()),
            // It is dead: nothing of it may be asked.
            Some(o) if o.ob_refcnt.get() == 0 => Ok(str_::new(&format!("<refcnt 0 at {:p}>", ptr::from_ref(o))).into_obj()),
            Some(o) if flags & Py_PRINT_RAW != 0 => vm::protocol::object::str(o),
            Some(o) => vm::protocol::object::repr(o),
        };
        let Ok(shown) = shown else { return -1 };
        let shown = str_::to_string_lossy(&shown);
        libc::clearerr(file);
        libc::fwrite(shown.as_ptr().cast(), 1, shown.len(), file);
        match libc::ferror(file) {
            0 => 0,
            _ => {
                crate::pyerrors::PyErr_SetFromErrno(exc::OSError.as_ptr());
                libc::clearerr(file);
                -1
            }
        }
    }
    fn PyCode_Addr2Line(code: P, offset: c_int) -> c_int {
        if offset < 0 { return b(code).cast::<PyCodeObject>().co_firstlineno.get(); }
        vm::code::locations::line_of(b(code).cast(), offset).unwrap_or(-1)
    }
    fn PyErr_GetExcInfo(tp: *mut P, value: *mut P, tb: *mut P) {
        let e = err::handled();
        *tp = e.as_ref().map_or_else(none, |e| e.ty().as_obj().new_ref()).into_raw();
        *tb = e.as_ref().and_then(|e| vm::types::exceptions::traceback_of(e)).unwrap_or_else(none).into_raw();
        *value = e.unwrap_or_else(none).into_raw();
    }
    fn PyErr_SetExcInfo(tp: P, value: P, tb: P) {
        drop((Ref::<Obj>::from_owned_opt(tp), Ref::<Obj>::from_owned_opt(tb)));
        let value = Ref::<Obj>::from_owned_opt(value);
        PyErr_SetHandledException(value.as_ref().map_or(ptr::null_mut(), |v| v.as_ptr()));
    }
    fn PyErr_SetHandledException(e: P) {
        let info = &*vm::state::current().base.exc_info.get();
        info.exc_value.set_ref(opt(e).filter(|e| !e.is_none()).map(Obj::new_ref));
    }
    fn _PyErr_ChainExceptions1(e: P) {
        let Some(older) = Ref::<Obj>::from_owned_opt(e) else { return };
        match err::take() {
            Some(newer) => { vm::types::exceptions::set_context(&newer, Some(older)); err::restore(Some(newer)); }
            None => { err::restore(Some(older)); }
        }
    }
    fn _PyErr_SetKeyError(key: P) { let _ = err::key_error(b(key)); }
    fn Py_GetArgcArgv(count: *mut c_int, arguments: *mut *mut *mut c_char) {
        // The process's own, wide as C's callers expect, made once.
        static ARGUMENTS: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
        let kept = ARGUMENTS.get_or_init(|| {
            let wide = |a: String| Vec::leak(a.chars().map(u32::from).chain([0]).collect()).as_ptr() as usize;
            std::env::args().map(wide).chain([0]).collect()
        });
        *count = kept.len() as c_int - 1;
        *arguments = kept.as_ptr().cast_mut().cast();
    }
    fn PyImport_ImportModuleAttr(module: O, name: O) -> P { new(vm::import::import_through_builtins(b(module)).and_then(|m| vm::protocol::object::getattr(&m, b(name)))) }
    fn PyImport_ImportModuleAttrString(module: *const c_char, name: *const c_char) -> P {
        named(module, |module| named(name, |name| PyImport_ImportModuleAttr(module, name)))
    }
    fn PyInstanceMethod_Function(m: P) -> P { attribute(b(m), "__func__") }
    fn PyThread_GetInfo() -> P { match vm::runtime::sys_attribute("thread_info") { Some(info) => info.into_raw(), None => { let _ = err::bad_internal_call(); ptr::null_mut() } } }
    fn Py_Exit(code: c_int) { libc::exit(code); }
    fn Py_GetPlatform() -> *const c_char { c"linux".as_ptr() }
    fn Py_GetCompiler() -> *const c_char { c"[Rust]".as_ptr() }
    fn PyWeakref_NewRef(o: P, callback: P) -> P { new(weakref::new_ref(b(o), opt(callback))) }
    fn PyWeakref_NewProxy(o: P, callback: P) -> P { new(weakref::new_proxy(b(o), opt(callback))) }
    fn PyWeakref_GetObject(r: P) -> P {
        if opt(r).is_none_or(|r| weakref::as_weakref(r).is_none()) { let _ = err::bad_internal_call(); return ptr::null_mut(); }
        match weakref::get(b(r)) { Some(o) => o.as_ptr(), None => NONE().as_ptr() }
    }
    fn PyWeakref_GetRef(r: P, out: *mut P) -> c_int {
        *out = ptr::null_mut();
        if r.is_null() { let _ = err::bad_internal_call(); return -1; }
        if weakref::as_weakref(b(r)).is_none() {
            *out = ptr::null_mut();
            let _ = err::new(&exc::TypeError, format_args!("expected a weakref"));
            return -1;
        }
        match weakref::get(b(r)) { Some(o) => { *out = o.into_raw(); 1 } None => { *out = ptr::null_mut(); 0 } }
    }
    fn PyWeakref_IsDead(r: O) -> c_int {
        if weakref::as_weakref(b(r)).is_none() {
            let _ = err::new(&exc::TypeError, format_args!("expected a weakref, got {}", type_name(b(r).ty())));
            return -1;
        }
        c_int::from(weakref::get(b(r)).is_none())
    }
    fn PySeqIter_New(o: P) -> P { new(iterobjects::sequence_iter(b(o))) }
    fn PyCallIter_New(f: P, sentinel: P) -> P { new(iterobjects::callable_iter(b(f), b(sentinel))) }
    fn PyTraceBack_Here(f: P) -> c_int { status(traceback::here_object(b(f))) }
    fn PyTraceBack_Print(tb: O, file: O) -> c_int {
        let run = || -> err::Result<()> {
            if !b(tb).is::<PyTracebackObject>() { return Err(err::bad_internal_call()); }
            call::call_method(b(file), "write", &[str_::intern_str("Traceback (most recent call last):\n")])?;
            call::call_method(&*vm::import::import("traceback")?, "print_tb", &[b(tb), NONE(), b(file)]).map(drop)
        };
        status(run())
    }
    fn _PyTraceback_Add(function: *const c_char, file: *const c_char, line: c_int) { traceback::add(&text(function), &text(file), line); }
    fn PyCode_NewEmpty(file: *const c_char, function: *const c_char, line: c_int) -> P { new(vm::code::new::empty(&text(file), &text(function), line).map(Ref::into_obj)) }
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
    fn PyFrame_GetBack(f: P) -> P {
        // Not by attribute: stack-switching extensions pass half an object, to have an outer frame's object made.
        match vm::types::frameobject::attributes::back_of(&*f.cast()) { Ok(Some(back)) => back.into_raw(), _ => ptr::null_mut() }
    }
    fn PyFrame_GetGenerator(f: P) -> P {
        match attribute(b(f), "f_generator") {
            o if o == NONE().as_ptr() => ptr::null_mut(),
            o => o,
        }
    }
    fn PyFrame_GetVar(f: P, name: P) -> P {
        let run = || -> err::Result {
            if !b(name).is::<PyUnicodeObject>() {
                return err::raise!(TypeError, "name must be str, not {}", b(name).tp_name());
            }
            let locals = vm::protocol::object::getattr_str(b(f), "f_locals")?;
            let found = vm::protocol::object::getitem(&locals, b(name));
            if found.is_err() && err::clear_if(&exc::KeyError) {
                return err::raise!(NameError, "variable {} does not exist", vm::types::int::shortened_repr(b(name))?);
            }
            found
        };
        new(run())
    }
    fn PyFrame_GetVarString(f: P, name: *const c_char) -> P {
        let name = str_::new(&text(name));
        PyFrame_GetVar(f, name.as_ptr())
    }
    fn PyFrame_GetGlobals(f: P) -> P { attribute(b(f), "f_globals") }
    fn PyFrame_GetLocals(f: P) -> P { attribute(b(f), "f_locals") }
    fn PyFrame_GetBuiltins(f: P) -> P { attribute(b(f), "f_builtins") }
    fn PyFunction_SetVectorcall(f: *mut PyFunctionObject, vectorcall: vectorcallfunc) {
        (*f).vectorcall.set(Some(vectorcall));
        vm::types::function::modified(&*f);
    }
    fn PyFunction_AddWatcher(callback: PyFunction_WatchCallback) -> c_int { watchers::FUNCTIONS.add(callback).map_or(-1, |id| id as c_int) }
    fn PyFunction_ClearWatcher(id: c_int) -> c_int { status(watchers::FUNCTIONS.clear(id)) }
    fn PyCode_AddWatcher(callback: PyCode_WatchCallback) -> c_int { watchers::CODES.add(callback).map_or(-1, |id| id as c_int) }
    fn PyCode_ClearWatcher(id: c_int) -> c_int { status(watchers::CODES.clear(id)) }
    fn PyUnstable_Eval_RequestCodeExtraIndex(free: extra::Free) -> isize { extra::request_index(free).map_or(-1, |i| i as isize) }
    fn PyUnstable_Code_GetExtra(code: P, index: isize, value: *mut *mut c_void) -> c_int {
        *value = ptr::null_mut();
        let found = b(code).downcast::<PyCodeObject>().map(|code| extra::get(code, index));
        if let Some(found) = found {
            // An index of nobody has nothing, and that is no error.
            *value = found.unwrap_or(ptr::null_mut());
            return 0;
        }
        let _ = err::bad_internal_call();
        -1
    }
    fn PyUnstable_Code_SetExtra(code: P, index: isize, value: *mut c_void) -> c_int {
        let code = b(code).downcast::<PyCodeObject>();
        if code.and_then(|code| extra::set(code, index, value)).is_some() {
            return 0;
        }
        let _ = err::bad_internal_call();
        -1
    }
    fn PyFunction_SetClosure(f: O, closure: P) -> c_int {
        let Ok(f) = function(f) else { return -1 };
        let closure = opt(closure).filter(|c| !c.is_none());
        if closure.is_some_and(|c| !c.is::<PyTupleObject>()) {
            let name = closure.map_or("", |c| c.tp_name());
            let _ = err::new(&exc::SystemError, format_args!("expected tuple for closure, got '{name:.100}'"));
            return -1;
        }
        vm::types::function::modified(f);
        f.func_closure.set_ref(closure.map(|c| c.new_ref()));
        0
    }
    fn PyFunction_GetCode(f: O) -> P { function(f).map_or(ptr::null_mut(), |f| f.func_code.get()) }
    fn PyFunction_GetGlobals(f: O) -> P { function(f).map_or(ptr::null_mut(), |f| f.func_globals.get()) }
    fn PyCell_New(v: P) -> P { new(vm::types::cell::new(Ref::from_borrowed_opt(v)).map(Ref::into_obj)) }
    fn PyCell_Get(c: P) -> P { vm::types::cell::get(b(c)).map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyCell_Set(c: P, v: P) -> c_int { vm::types::cell::set(b(c), Ref::from_borrowed_opt(v)); 0 }
    fn Py_GenericAlias(origin: P, args: P) -> P { new(vm::types::genericalias::new(b(origin), b(args))) }
    fn PyOS_string_to_double(p: *const c_char, end: *mut *mut c_char, overflow: P) -> c_double {
        let whole = text(p);
        let length = float_prefix(whole.as_bytes());
        let parsed = num::float::parse(&whole.as_bytes()[..length]).filter(|_| length == whole.len() || !end.is_null());
        if !end.is_null() { *end = p.add(if parsed.is_some() { length } else { 0 }).cast_mut(); }
        match parsed {
            Some(x) if x.is_infinite() && whole.as_bytes()[length - 1].is_ascii_digit() && !overflow.is_null() => {
                let _ = err::new(b(overflow).cast::<PyTypeObject>(), format_args!("value too large to convert to float: '{whole:.200}'"));
                -1.0
            }
            Some(x) => x,
            None => { let _ = err::new(&exc::ValueError, format_args!("could not convert string to float: '{whole:.200}'")); -1.0 }
        }
    }
    fn PyObject_GenericHash(o: P) -> isize { num::hash::hash_pointer(o as usize) as isize }
    fn PyHash_GetFuncDef() -> *const HashFunction { &raw const HASH_FUNCTION }
    fn Py_HashPointer(p: *const c_void) -> isize { num::hash::hash_pointer(p as usize) as isize }
    fn _Py_HashPointer(p: *const c_void) -> isize { num::hash::hash_pointer(p as usize) as isize }
    fn Py_HashBuffer(p: *const c_void, n: isize) -> isize { vm::hash::bytes(core::slice::from_raw_parts(p.cast(), n.max(0) as usize)) }
    fn _Py_HashBytes(p: *const c_void, n: isize) -> isize { vm::hash::bytes(core::slice::from_raw_parts(p.cast(), n.max(0) as usize)) }
    fn _Py_HashDouble(o: P, x: c_double) -> isize { vm::types::float::hash_of(x, b(o)) }
    fn PyOS_FSPath(o: P) -> P { new(vm::import::import("os").and_then(|os| call::call_method(&os, "fspath", &[b(o)]))) }
    fn PyOS_InterruptOccurred() -> c_int { c_int::from(vm::signals::is_pending()) }
}

/// How many bytes at the start are a decimal number, an infinity or a NaN.
fn float_prefix(s: &[u8]) -> usize {
    let sign = usize::from(matches!(s.first(), Some(b'+' | b'-')));
    let rest = &s[sign..];
    for name in ["infinity", "inf", "nan"] {
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            return sign + name.len();
        }
    }
    let digits = |from: usize| {
        rest[from..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count()
    };
    let mut mantissa = digits(0);
    let mut length = mantissa;
    if rest.get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        mantissa += fraction;
        length += 1 + fraction;
    }
    if mantissa == 0 {
        return 0;
    }
    if matches!(rest.get(length), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + signed);
        if exponent > 0 {
            length += 1 + signed + exponent;
        }
    }
    sign + length
}

/// Sets what may be missing of a function.
unsafe fn set_part<T: Layout>(f: O, v: P, name: &str, refusal: &str) -> err::Result<()> {
    // SAFETY: the caller passes objects or null.
    let (f, v) = unsafe { (function(f)?, opt(v)) };
    let Some(v) = v.filter(|v| v.is_none() || v.is::<T>()) else {
        return err::raise!(SystemError, "{refusal}");
    };
    vm::protocol::object::setattr(f.as_obj(), str_::intern_str(name), Some(v))
}

/// The argument as a function; else an error is set.
unsafe fn function<'a>(f: O) -> err::Result<&'a PyFunctionObject> {
    // SAFETY: the caller passes an object.
    match unsafe { b(f) }.downcast::<PyFunctionObject>() {
        Some(f) => Ok(f),
        None => Err(err::bad_internal_call()),
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
