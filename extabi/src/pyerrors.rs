//! `pyerrors.h`: raising, catching and reporting.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::err::{self, exc};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::dict::DictExt as _;
use vm::types::exceptions::{base, group, traceback_of};
use vm::types::list::ListExt as _;
use vm::types::{dict, int, str_, tuple, type_};

use crate::shape::*;

/// The exception type behind a C argument; a non-type is a misuse that becomes `SystemError`.
unsafe fn ty<'a>(p: P) -> &'a PyTypeObject {
    // SAFETY: the caller passes an object.
    match unsafe { b(p) }.downcast::<PyTypeObject>() {
        Some(t) => t,
        None => &exc::SystemError,
    }
}

/// Whether an exception (instance or class) matches a class or a tuple of classes.
fn given_matches(given: &Obj, wanted: &Obj) -> bool {
    let class = if given.is::<PyBaseExceptionObject>() {
        given.ty().as_obj()
    } else {
        given
    };
    let class = class.downcast::<PyTypeObject>();
    let class = class.filter(|c| type_::is_subtype(c, &exc::BaseException));
    vm::interp::exception::matches_any(wanted, |wanted| {
        let wanted_class = wanted.downcast::<PyTypeObject>();
        match (class, wanted_class) {
            (Some(c), Some(w)) if type_::is_subtype(w, &exc::BaseException) => {
                type_::is_subtype(c, w)
            }
            _ => given.is_same(wanted),
        }
    })
}

/// The exception for the old triple of type, value and traceback, in any of the forms C passes.
fn normalized(tp: &Obj, value: Option<&Obj>) -> vm::err::Result {
    if let Some(v) = value
        && let Some(t) = tp.downcast::<PyTypeObject>()
        && is_instance_of(v, t)
    {
        return Ok(v.new_ref());
    }
    if tp.is::<PyBaseExceptionObject>() {
        return Ok(tp.new_ref());
    }
    match value.filter(|v| !v.is_none()) {
        None => call::call0(tp),
        Some(v) => match v.downcast::<PyTupleObject>() {
            Some(t) => call::call_tuple_dict(tp, t, None),
            None => call::call1(tp, v),
        },
    }
}

/// Sets a new exception of a value. Another one that prevents this tells in a note what was to be made.
fn set_new(tp: &PyTypeObject, value: &Obj) {
    match normalized(tp.as_obj(), Some(value)) {
        Ok(e) if e.is::<PyBaseExceptionObject>() => {
            let _ = err::set_exception(e);
        }
        Ok(_) => {
            let _ = err::set_object(tp, value);
        }
        Err(_) => {
            let Some(hindrance) = err::take() else { return };
            let shown = object::repr(value).map(|r| str_::to_string_lossy(&r));
            err::clear();
            let shown = shown.unwrap_or_else(|_| "<unknown>".to_owned());
            let note = format!(
                "Normalization failed: type={} args={shown}",
                type_::name_of(tp)
            );
            let added = call::call_method(&hindrance, "add_note", &[str_::new(&note).as_obj()]);
            if added.is_err() {
                err::clear();
            }
            err::restore(Some(hindrance));
        }
    }
}

fn warn(category: Option<&Obj>, text: &str, level: isize) -> c_int {
    let category = category
        .and_then(|c| c.downcast::<PyTypeObject>())
        .unwrap_or(&exc::RuntimeWarning);
    status(vm::warn::warn(category, level, text))
}

api! {
    fn PyErr_SetNone(tp: P) { err::clear(); let _ = err::set_object(ty(tp), NONE()); }
    fn PyErr_SetObject(tp: P, value: P) {
        if tp.is_null() { err::clear(); return; }
        err::clear();
        if !b(tp).downcast::<PyTypeObject>().is_some_and(|t| has_flag(t, Py_TPFLAGS_BASE_EXC_SUBCLASS)) {
            let _ = err::new(
                &exc::SystemError,
                format_args!("_PyErr_SetObject: exception {} is not a BaseException subclass", repr_lossy(b(tp))),
            );
            return;
        }
        let value = opt(value).unwrap_or(NONE());
        let fits = match value.is::<PyBaseExceptionObject>() {
            true => object::is_subclass(value.ty().as_obj(), b(tp)),
            false => Ok(false),
        };
        match fits {
            Ok(true) => { let _ = err::set_exception(value.new_ref()); }
            Ok(false) => set_new(ty(tp), value),
            Err(_) => {}
        }
    }
    fn PyErr_SetString(tp: P, message: *const c_char) {
        err::clear();
        named(message, |message| PyErr_SetObject(tp, message.0));
    }
    fn PyErr_Occurred() -> P {
        if !vm::state::current_ptr().is_null()
            && let Some(e) = err::current() { return e.ty().as_ptr(); }
        ptr::null_mut()
    }
    fn PyErr_Clear() { err::clear(); }
    fn PyErr_Fetch(tp: *mut P, value: *mut P, tb: *mut P) {
        match err::take() {
            Some(e) => {
                *tp = e.ty().as_obj().new_ref().into_raw();
                *tb = traceback_of(&e).map_or(ptr::null_mut(), Ref::into_raw);
                *value = e.into_raw();
            }
            None => { *tp = ptr::null_mut(); *value = ptr::null_mut(); *tb = ptr::null_mut(); }
        }
    }
    fn PyErr_Restore(tp: P, value: P, tb: P) {
        let (tp, value, tb) = (Ref::<Obj>::from_owned_opt(tp), Ref::<Obj>::from_owned_opt(value), Ref::<Obj>::from_owned_opt(tb));
        let Some(tp) = tp else { err::clear(); return };
        if tb.as_ref().is_some_and(|tb| !tb.is_none() && !tb.is::<PyTracebackObject>()) {
            let _ = err::new(&exc::TypeError, format_args!("traceback must be a Traceback object"));
            return;
        }
        if let Ok(e) = normalized(&tp, value.as_deref()) {
            if e.is::<PyBaseExceptionObject>() {
                if let Some(tb) = tb.filter(|t| !t.is_none()) { base::base(&e).traceback.set_ref(Some(tb)); }
                let _ = err::reraise(e);
            } else {
                let _ = err::new(&exc::TypeError, format_args!("exceptions must derive from BaseException"));
            }
        }
    }
    fn PyErr_GetRaisedException() -> P { err::take().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyErr_SetRaisedException(e: P) { err::restore(Ref::from_owned_opt(e)); }
    fn PyErr_GetHandledException() -> P { err::handled().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyErr_NormalizeException(tp: *mut P, value: *mut P, tb: *mut P) {
        if (*tp).is_null() { return; }
        match normalized(b(*tp), opt(*value)) {
            Ok(e) => {
                let old = (Ref::<Obj>::from_owned_opt(*tp), Ref::<Obj>::from_owned_opt(*value));
                *tp = e.ty().as_obj().new_ref().into_raw();
                *value = e.into_raw();
                drop(old);
            }
            Err(_) => { PyErr_Fetch(tp, value, tb); }
        }
    }
    fn PyErr_ExceptionMatches(wanted: P) -> c_int { i32::from(err::current().is_some_and(|e| given_matches(&e, b(wanted)))) }
    fn PyErr_GivenExceptionMatches(given: P, wanted: P) -> c_int {
        match (opt(given), opt(wanted)) { (Some(g), Some(w)) => i32::from(given_matches(g, w)), _ => 0 }
    }
    fn PyErr_NoMemory() -> P { let _ = err::no_memory(); ptr::null_mut() }
    fn PyErr_BadArgument() -> c_int { let _ = err::new(&exc::TypeError, format_args!("bad argument type for built-in operation")); 0 }
    fn PyErr_BadInternalCall() { let _ = err::bad_internal_call(); }
    fn _PyErr_BadInternalCall(_file: *const c_char, _line: c_int) { let _ = err::bad_internal_call(); }
    fn PyErr_SetFromErrno(tp: P) -> P { PyErr_SetFromErrnoWithFilenameObject(tp, ptr::null_mut()) }
    fn PyErr_SetFromErrnoWithFilename(tp: P, name: *const c_char) -> P {
        if name.is_null() { return PyErr_SetFromErrnoWithFilenameObject(tp, ptr::null_mut()); }
        let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        let Ok(name) = vm::codecs::fs_decode(core::ffi::CStr::from_ptr(name).to_bytes()) else { return ptr::null_mut() };
        *libc::__errno_location() = code;
        PyErr_SetFromErrnoWithFilenameObject(tp, name.as_ptr())
    }
    fn PyErr_SetFromErrnoWithFilenameObject(tp: P, name: P) -> P { PyErr_SetFromErrnoWithFilenameObjects(tp, name, ptr::null_mut()) }
    fn PyErr_SetFromErrnoWithFilenameObjects(tp: P, name: P, other: P) -> P {
        let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        if code == libc::EINTR && vm::signals::check().is_err() { return ptr::null_mut(); }
        let (number, message) = (int::from_i64(i64::from(code)), str_::new(if code == 0 { "Error".to_owned() } else { err::strerror(code) }.as_str()));
        let args = match (opt(name), opt(other)) {
            // The fourth is a number of Windows's.
            (Some(n), Some(other)) => tuple::from_slice(&[number.as_obj(), message.as_obj(), n, int::zero(), other]),
            (Some(n), None) => tuple::from_slice(&[number.as_obj(), message.as_obj(), n]),
            _ => tuple::from_slice(&[number.as_obj(), message.as_obj()]),
        };
        if let Ok(e) = call::call_tuple_dict(b(tp), &args, None) {
            let _ = err::set_exception(e);
        }
        ptr::null_mut()
    }
    fn PyErr_NewException(name: *const c_char, bases: P, namespace: P) -> P {
        PyErr_NewExceptionWithDoc(name, ptr::null(), bases, namespace)
    }
    fn PyErr_NewExceptionWithDoc(name: *const c_char, doc: *const c_char, bases: P, namespace: P) -> P {
        let full = text(name).into_owned();
        let make = || -> vm::err::Result {
            let Some((module, short)) = full.rsplit_once('.') else {
                return vm::err::raise!(SystemError, "PyErr_NewException: name must be module.class");
            };
            let d = match opt(namespace).and_then(|n| n.downcast::<PyDictObject>()) {
                Some(n) => n.to_ref(),
                None => dict::new(),
            };
            if d.get_str("__module__").is_none() { d.set_str("__module__", str_::new(module).as_obj())?; }
            if !doc.is_null() { d.set_str("__doc__", str_::new(&text(doc)).as_obj())?; }
            let bases = match opt(bases) {
                None => tuple::from_slice(&[exc::Exception.as_obj()]),
                Some(o) => match o.downcast::<PyTupleObject>() { Some(t) => t.to_ref(), None => tuple::from_slice(&[o]) },
            };
            call::call(PyType_Type.as_obj(), &[str_::new(short).as_obj(), bases.as_obj(), d.as_obj()])
        };
        new(make())
    }
    fn _Tandem_Unraisable(message: P) {
        let shown = opt(message).map(str_::to_string_lossy);
        err::write_unraisable(None, shown.as_deref());
    }
    fn _Tandem_RaiseFromCause(tp: P, message: P) {
        let shown = str_::to_string_lossy(b(message));
        if err::occurred() { let _ = err::raise_from_current(ty(tp), format_args!("{shown}")); } else { let _ = err::new(ty(tp), format_args!("{shown}")); }
    }
    fn PyErr_WriteUnraisable(o: P) { err::write_unraisable(opt(o), None); }
    fn PyErr_Print() { PyErr_PrintEx(1) }
    fn PyErr_PrintEx(_set: c_int) {
        if err::current().is_some_and(|e| vm::runtime::is_system_exit(&e)) {
            std::process::exit(vm::err_display::print_uncaught());
        }
        vm::err_display::print_uncaught();
    }
    fn PyErr_Display(_tp: P, e: P, tb: P) {
        if !opt(e).is_some_and(|e| is_instance_of(e, &exc::BaseException)) { return; }
        if let Some(tb) = opt(tb).filter(|tb| tb.is::<PyTracebackObject>())
            && vm::types::exceptions::traceback_of(b(e)).is_none() { PyException_SetTraceback(e, tb.as_ptr()); }
        vm::err_display::write_exception(b(e));
    }
    fn PyErr_DisplayException(e: P) { vm::err_display::write_exception(b(e)); }
    fn PyErr_CheckSignals() -> c_int { status(vm::signals::check()) }
    fn PyErr_SetInterrupt() { PyErr_SetInterruptEx(libc::SIGINT); }
    fn PyErr_SetInterruptEx(signal: c_int) -> c_int {
        if !(1..65).contains(&signal) { return -1; }
        vm::signals::trip(signal);
        0
    }
    fn PyErr_WarnEx(category: P, message: *const c_char, level: isize) -> c_int { warn(opt(category), &text(message), level) }
    fn PyErr_WarnExplicit(category: P, message: *const c_char, file: *const c_char, line: c_int, module: *const c_char, registry: P) -> c_int {
        let part = |p: *const c_char| if p.is_null() { none() } else { str_::new(&text(p)).into_obj() };
        let (message, file, module) = (part(message), part(file), part(module));
        PyErr_WarnExplicitObject(category, message.as_ptr(), file.as_ptr(), line, if module.is_none() { ptr::null_mut() } else { module.as_ptr() }, registry)
    }
    fn PyErr_WarnExplicitObject(category: P, message: P, file: P, line: c_int, module: P, registry: P) -> c_int {
        let category = opt(category).unwrap_or(exc::RuntimeWarning.as_obj());
        let line = int::from_i64(i64::from(line));
        let part = |p: P| opt(p).unwrap_or(NONE());
        let args: &[&Obj] = &[b(message), category, b(file), line.as_obj(), part(module), part(registry)];
        status(vm::import::import("_warnings").and_then(|w| call::call_method(&w, "warn_explicit", args)).map(drop))
    }
    fn PyErr_SetImportError(message: P, name: P, path: P) -> P { PyErr_SetImportErrorSubclass(exc::ImportError.as_ptr(), message, name, path) }
    fn PyErr_SetImportErrorSubclass(tp: P, message: P, name: P, path: P) -> P {
        match vm::protocol::object::is_subclass(b(tp), exc::ImportError.as_obj()) {
            Err(_) => return ptr::null_mut(),
            Ok(false) => { let _ = err::new(&exc::TypeError, format_args!("expected a subclass of ImportError")); return ptr::null_mut(); }
            Ok(true) => {}
        }
        if message.is_null() { let _ = err::new(&exc::TypeError, format_args!("expected a message argument")); return ptr::null_mut(); }
        let mut keywords: Vec<(&str, &Obj)> = Vec::new();
        if let Some(n) = opt(name) { keywords.push(("name", n)); }
        if let Some(p) = opt(path) { keywords.push(("path", p)); }
        if let Ok(e) = call::call_kw(b(tp), &[opt(message).unwrap_or(NONE())], &keywords) {
            let _ = err::set_exception(e);
        }
        ptr::null_mut()
    }
    fn PyException_GetTraceback(e: P) -> P { traceback_of(b(e)).map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyUnstable_Exc_PrepReraiseStar(original: P, excs: P) -> P {
        let run = || -> err::Result {
            if !opt(original).is_some_and(|e| is_instance_of(e, &exc::BaseException)) {
                return err::raise!(TypeError, "orig must be an exception");
            }
            let Some(list) = opt(excs).and_then(|l| l.downcast::<PyListObject>()) else {
                return err::raise!(TypeError, "excs must be a list");
            };
            let is_exception = |e: &Ref| e.is_none() || is_instance_of(e, &exc::BaseException);
            if let Some(i) = list.items().iter().position(|e| !is_exception(e)) {
                return err::raise!(TypeError, "item {i} in excs is not an exception");
            }
            if traceback_of(b(original)).is_none() {
                return err::raise!(ValueError, "orig must be a raised exception");
            }
            group::prepare_reraise(b(original), list)
        };
        new(run())
    }
    fn PyException_SetTraceback(e: P, tb: P) -> c_int {
        status(object::setattr(b(e), str_::intern_str("__traceback__"), opt(tb)))
    }
    fn PyException_GetCause(e: P) -> P { base::base(b(e)).cause.get_ref().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyException_SetCause(e: P, cause: P) { base::set_cause(b(e), Ref::from_owned_opt(cause)); }
    fn PyException_GetContext(e: P) -> P { base::base(b(e)).context.get_ref().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyException_SetContext(e: P, context: P) { base::set_context(b(e), Ref::from_owned_opt(context)); }
    fn PyException_GetArgs(e: P) -> P { base::base(b(e)).args.get_ref().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyException_SetArgs(e: P, args: P) { base::base(b(e)).args.set_ref(Some(b(args).new_ref())); }
    fn PyExceptionClass_Name(class: P) -> *const c_char { ty(class).tp_name.get() }
}
