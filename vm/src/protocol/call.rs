//! Calling: PEP 590's vectorcall where the callee has it, `tp_call` with a tuple otherwise.

use core::ptr;

use layout::*;

use crate::err::{self, Result, exc, raise};
use crate::method::Args;
use crate::object::*;
use crate::state;
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, attributes};

/// The callee's vectorcall function, if it has one.
#[inline(always)]
pub fn vectorcall_function(callable: &Obj) -> Option<vectorcallfunc> {
    let tp = callable.ty();
    if !has_flag(tp, Py_TPFLAGS_HAVE_VECTORCALL) {
        return None;
    }
    let offset = tp.tp_vectorcall_offset.get();
    // SAFETY: the type says that a nullable function pointer lies there.
    unsafe {
        *callable
            .as_ptr()
            .cast::<u8>()
            .offset(offset)
            .cast::<Option<vectorcallfunc>>()
    }
}

/// Calls with the arguments that another call was given.
pub fn call_args(callable: &Obj, args: &Args<'_>) -> Result {
    let all: Vec<&Obj> = [args.positional, args.keyword_values].concat();
    let names = args.names.map_or(ptr::null_mut(), |n| n.as_ptr());
    // SAFETY: the slice holds the positional arguments and the values of the names.
    unsafe { vectorcall(callable, all.as_ptr().cast(), args.positional.len(), names) }
}

/// Calls with C's conventions: `nargsf` positional arguments at `args`, then the values of `kwnames`.
///
/// # Safety
/// `args` holds that many live objects; with `PY_VECTORCALL_ARGUMENTS_OFFSET`, `args[-1]` may be overwritten for the call.
#[inline]
pub unsafe fn vectorcall(
    callable: &Obj,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> Result {
    if let Some(f) = vectorcall_function(callable) {
        // SAFETY: the caller's.
        return unsafe { check(callable, f(callable.as_ptr(), args, nargsf, kwnames)) };
    }
    // SAFETY: the caller's.
    unsafe { vectorcall_slow(callable, &Args::from_vector(args, nargsf, kwnames)) }
}

#[cold]
#[inline(never)]
fn vectorcall_slow(callable: &Obj, args: &Args<'_>) -> Result {
    let Some(_) = callable.ty().tp_call.get() else {
        return Err(not_callable(callable));
    };
    let (tuple, kwargs) = to_tuple_and_dict(args)?;
    tp_call(callable, &tuple, kwargs.as_deref())
}

#[cold]
fn not_callable(callable: &Obj) -> err::Raised {
    if let Some(name) = namesake_in_module(callable) {
        return err::new(
            &exc::TypeError,
            format_args!(
                "'{}' object is not callable. Did you mean: '{name}.{name}(...)'?",
                callable.tp_name()
            ),
        );
    }
    err::new(
        &exc::TypeError,
        format_args!("'{}' object is not callable", callable.tp_name()),
    )
}

/// The name of a module that holds something callable of that name: `pprint(x)` for `pprint.pprint(x)`.
fn namesake_in_module(o: &Obj) -> Option<String> {
    if !ptr::eq(o.ty(), &PyModule_Type) {
        return None;
    }
    let found = || -> Result<Option<String>> {
        let Some(name) = super::object::getattr_opt(o, crate::intern!("__name__"))? else {
            return Ok(None);
        };
        if !name.is::<PyUnicodeObject>() {
            return Ok(None);
        }
        let inner = super::object::getattr_opt(o, &name)?;
        Ok(inner
            .filter(|inner| inner.ty().tp_call.get().is_some())
            .map(|_| str_lossy(&name)))
    };
    found().unwrap_or_else(|_| {
        err::clear();
        None
    })
}

fn tp_call(callable: &Obj, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let Some(f) = callable.ty().tp_call.get() else {
        return Err(not_callable(callable));
    };
    let _depth = NativeCall::enter(" while calling a Python object")?;
    let kw = kwargs.map_or(ptr::null_mut(), |k| k.as_ptr());
    // SAFETY: a slot of the callee's own type.
    check(callable, unsafe { f(callable.as_ptr(), args.as_ptr(), kw) })
}

/// Holds native code to the protocol: an answer or an error, not both, not neither.
#[inline(always)]
fn check(callable: &Obj, answer: *mut PyObject) -> Result {
    if answer.is_null() {
        if !err::occurred() {
            return Err(silent_null(callable));
        }
        return Err(err::Raised::assume());
    }
    // SAFETY: a call answers with an owned reference.
    let answer = unsafe { Ref::from_owned(answer) };
    if err::occurred() {
        return Err(answer_with_error(callable));
    }
    Ok(answer)
}

#[cold]
fn silent_null(callable: &Obj) -> err::Raised {
    err::new(
        &exc::SystemError,
        format_args!(
            "{} returned NULL without setting an exception",
            repr_lossy(callable)
        ),
    )
}

#[cold]
fn answer_with_error(callable: &Obj) -> err::Raised {
    err::raise_from_current(
        &exc::SystemError,
        format_args!(
            "{} returned a result with an exception set",
            repr_lossy(callable)
        ),
    )
}

/// One level of native recursion: raises `RecursionError` before the native stack is used up.
pub struct NativeCall(());

impl NativeCall {
    /// Enters native code that may call back into the interpreter.
    #[inline(always)]
    pub fn enter(doing: &str) -> Result<NativeCall> {
        if state::current().stack_is_short() {
            return Err(too_deep(doing));
        }
        Ok(NativeCall(()))
    }
}

#[cold]
fn too_deep(doing: &str) -> err::Raised {
    // Making the error takes some of the margin that the limit keeps free.
    let ts = state::current();
    let limit = ts.stack_limit.replace(0);
    let raised = err::new(
        &exc::RecursionError,
        format_args!("maximum recursion depth exceeded{doing}"),
    );
    ts.stack_limit.set(limit);
    raised
}

/// Calls with positional arguments.
#[inline]
pub fn call(callable: &Obj, args: &[&Obj]) -> Result {
    // SAFETY: a slice of references is an array of objects.
    unsafe { vectorcall(callable, args.as_ptr().cast(), args.len(), ptr::null_mut()) }
}

/// Calls without arguments.
#[inline]
pub fn call0(callable: &Obj) -> Result {
    call(callable, &[])
}

/// Calls with one argument.
#[inline]
pub fn call1(callable: &Obj, arg: &Obj) -> Result {
    call(callable, &[arg])
}

/// Calls with positional and keyword arguments.
pub fn call_kw(callable: &Obj, args: &[&Obj], keywords: &[(&str, &Obj)]) -> Result {
    if keywords.is_empty() {
        return call(callable, args);
    }
    let names: Vec<Ref> = keywords
        .iter()
        .map(|(n, _)| crate::types::str_::intern_str(n).new_ref())
        .collect();
    let names = tuple::from_vec(names);
    let mut all = args.to_vec();
    all.extend(keywords.iter().map(|(_, v)| *v));
    // SAFETY: a slice of references is an array of objects.
    unsafe { vectorcall(callable, all.as_ptr().cast(), args.len(), names.as_ptr()) }
}

/// Calls as `f(*args, **kwargs)` (`PyObject_Call`).
pub fn call_tuple_dict(
    callable: &Obj,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    match vectorcall_function(callable) {
        Some(f) => call_vector(f, callable, args, kwargs),
        None => tp_call(callable, args, kwargs),
    }
}

/// Calls a vectorcall function of `callable` with a tuple and a dict.
fn call_vector(
    f: vectorcallfunc,
    callable: &Obj,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let kwargs = kwargs.filter(|k| k.len() > 0);
    let Some(kwargs) = kwargs else {
        let items = args.items();
        // SAFETY: the tuple's items are objects.
        return check(callable, unsafe {
            f(
                callable.as_ptr(),
                items.as_ptr().cast(),
                items.len(),
                ptr::null_mut(),
            )
        });
    };
    let mut all: Vec<Ref> = args.items().to_vec();
    let mut names = Vec::with_capacity(kwargs.len());
    let mut pos = 0;
    while let Some((name, value, _)) = kwargs.next(&mut pos) {
        if !name.is::<PyUnicodeObject>() {
            return raise!(TypeError, "keywords must be strings");
        }
        names.push(name);
        all.push(value);
    }
    let names = tuple::from_vec(names);
    // SAFETY: a slice of references is an array of objects.
    check(callable, unsafe {
        f(
            callable.as_ptr(),
            all.as_ptr().cast(),
            args.items().len(),
            names.as_ptr(),
        )
    })
}

/// The arguments of a vectorcall as the tuple and dict that `tp_call` takes.
pub fn to_tuple_and_dict(
    args: &Args<'_>,
) -> Result<(Ref<PyTupleObject>, Option<Ref<PyDictObject>>)> {
    Ok((
        tuple::from_slice(args.positional),
        type_::call::keyword_dict(args)?,
    ))
}

/// `tp_call` of every type whose instances carry a vectorcall function (`PyVectorcall_Call`).
///
/// # Safety
/// `callable` is an instance of such a type, `args` a tuple, `kwargs` a dict or null.
pub unsafe extern "C" fn call_through_vectorcall(
    callable: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the caller's.
    unsafe {
        let (o, args, kwargs) = (
            &*callable,
            &*args.cast::<PyTupleObject>(),
            kwargs.cast::<PyDictObject>().as_ref(),
        );
        // A subclass with a `__call__` of its own lacks the flag, but its instances still carry the function.
        let offset = o.ty().tp_vectorcall_offset.get();
        if let Some(f) = *callable
            .cast::<u8>()
            .offset(offset)
            .cast::<Option<vectorcallfunc>>()
        {
            return err::into_raw(call_vector(f, o, args, kwargs));
        }
        // A type with the flag whose own tp_vectorcall is empty: its metaclass's call.
        if let Some(tp) = o.downcast::<PyTypeObject>() {
            return err::into_raw(type_::call::type_call(tp, args, kwargs));
        }
        let _ = not_callable(o);
        ptr::null_mut()
    }
}

/// Calls `o.name(*args)`.
pub fn call_method(o: &Obj, name: &str, args: &[&Obj]) -> Result {
    method(o, crate::types::str_::intern_str(name), args)
}

/// Calls `o.name(*args)`, the name an interned str.
pub fn method(o: &Obj, name: &Obj, args: &[&Obj]) -> Result {
    match attributes::get_method(o, name)? {
        attributes::Method::Value(f) => call(&f, args),
        attributes::Method::Unbound(f) => call_with_self(&f, o, args),
    }
}

/// Calls `f(this, *args)`.
#[inline]
pub fn call_with_self(f: &Obj, this: &Obj, args: &[&Obj]) -> Result {
    match args {
        [] => call(f, &[this]),
        [a] => call(f, &[this, a]),
        [a, b] => call(f, &[this, a, b]),
        _ => {
            let mut all = Vec::with_capacity(args.len() + 1);
            all.push(this);
            all.extend_from_slice(args);
            call(f, &all)
        }
    }
}

/// A special method of `o`, found on its class and bound; `None` if the class has none.
pub fn lookup_special(o: &Obj, name: &Obj) -> Result<Option<Ref>> {
    let tp = o.ty();
    let Some(descr) = type_::lookup(tp, name).map(Obj::new_ref) else {
        return Ok(None);
    };
    attributes::bind(&descr, Some(o), tp).map(Some)
}

/// Calls a special method of `o`, found on its class; `None` if the class has none.
pub fn special(o: &Obj, name: &Obj, args: &[&Obj]) -> Result<Option<Ref>> {
    let tp = o.ty();
    let Some(descr) = type_::lookup(tp, name).map(Obj::new_ref) else {
        return Ok(None);
    };
    if has_flag(descr.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR) {
        return call_with_self(&descr, o, args).map(Some);
    }
    let bound = attributes::bind(&descr, Some(o), tp)?;
    call(&bound, args).map(Some)
}

/// As [`special`], of methods that a class need not have: one that cannot be had for an `AttributeError` counts as missing.
pub fn special_if_any(o: &Obj, name: &Obj, args: &[&Obj]) -> Result<Option<Ref>> {
    let tp = o.ty();
    let Some(descr) = type_::lookup(tp, name).map(Obj::new_ref) else {
        return Ok(None);
    };
    if has_flag(descr.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR) {
        return call_with_self(&descr, o, args).map(Some);
    }
    match err::suppress(attributes::bind(&descr, Some(o), tp), &exc::AttributeError)? {
        Some(bound) => call(&bound, args).map(Some),
        None => Ok(None),
    }
}

/// As [`special`] with a tuple and a dict; `AttributeError` if the class has no such method.
pub fn special_tuple_dict(
    o: &Obj,
    name: &Obj,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let tp = o.ty();
    let Some(descr) = type_::lookup(tp, name).map(Obj::new_ref) else {
        return raise!(AttributeError, "{}", str_lossy(name));
    };
    if has_flag(descr.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR) {
        let mut all: Vec<&Obj> = Vec::with_capacity(args.items().len() + 1);
        all.push(o);
        all.extend(args.items().iter().map(|a| a.as_obj()));
        return call_tuple_dict(&descr, &tuple::from_slice(&all), kwargs);
    }
    let bound = attributes::bind(&descr, Some(o), tp)?;
    call_tuple_dict(&bound, args, kwargs)
}

/// An empty dict for keyword arguments.
pub fn no_keywords() -> Ref<PyDictObject> {
    dict::new()
}
