//! Conversions: `operator.index`, `int()`, `float()` and the machine numbers behind them.

use layout::*;

use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::types::float::{new as new_float, parse_object};
use crate::types::int::{self, IntExt as _};

use super::numbers;

/// Whether the object has `__index__`.
#[inline]
pub fn is_index(o: &Obj) -> bool {
    numbers(o.ty()).is_some_and(|n| n.nb_index.get().is_some())
}

/// Whether the object can be taken for a number: it converts to int, float or complex.
pub fn is_number(o: &Obj) -> bool {
    numbers(o.ty()).is_some_and(|n| {
        n.nb_index.get().is_some() || n.nb_int.get().is_some() || n.nb_float.get().is_some()
    }) || o.is::<PyComplexObject>()
}

fn call_unary(f: unaryfunc, o: &Obj) -> Result {
    // SAFETY: a unary slot takes its object and answers with a new reference or an error.
    unsafe { err::from_owned(f(o.as_ptr())) }
}

/// What `__index__` or `__int__` gave, if it is an int; a subclass's instance is deprecated.
#[cold]
fn check_int(method: &str, answer: Ref) -> Result<Ref<PyLongObject>> {
    match answer.downcast_ref::<PyLongObject>() {
        Ok(n) if n.as_obj().is_exact::<PyLongObject>() => Ok(n),
        Ok(n) => {
            let text = format!(
                "{method} returned non-int (type {}).  The ability to return an instance of a strict subclass of int \
                 is deprecated, and may be removed in a future version of Python.",
                n.as_obj().tp_name()
            );
            crate::warn::warn(&exc::DeprecationWarning, 1, &text)?;
            Ok(n)
        }
        Err(other) => raise!(
            TypeError,
            "{method} returned non-int (type {})",
            other.tp_name()
        ),
    }
}

/// The int that `o` is or stands for; it may be of a subclass.
#[inline]
pub fn index_int(o: &Obj) -> Result<Ref<PyLongObject>> {
    match o.downcast::<PyLongObject>() {
        Some(n) => Ok(n.to_ref()),
        None => index_slow(o),
    }
}

#[cold]
fn index_slow(o: &Obj) -> Result<Ref<PyLongObject>> {
    match numbers(o.ty()).and_then(|n| n.nb_index.get()) {
        Some(f) => {
            let answer = call_unary(f, o)?;
            if answer.is_exact::<PyLongObject>() {
                // SAFETY: just checked.
                return Ok(unsafe { answer.into_cast() });
            }
            check_int("__index__", answer)
        }
        None => raise!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            o.tp_name()
        ),
    }
}

/// `operator.index(o)`: an exact int.
pub fn index(o: &Obj) -> Result {
    Ok(int::to_exact(index_int(o)?).into_obj())
}

/// An index-sized integer from anything with `__index__`. Too large a one raises `overflow`, or is clamped if that is
/// `None`.
#[inline]
pub fn index_isize(o: &Obj, overflow: Option<&PyTypeObject>) -> Result<isize> {
    if let Some(n) = o.downcast_exact::<PyLongObject>()
        && n.is_compact()
    {
        return Ok(n.compact_value());
    }
    index_isize_slow(o, overflow)
}

#[cold]
fn index_isize_slow(o: &Obj, overflow: Option<&PyTypeObject>) -> Result<isize> {
    let n = index_int(o)?;
    match (n.to_i64(), overflow) {
        (Some(n), _) => Ok(n as isize),
        (None, None) if n.is_negative() => Ok(isize::MIN),
        (None, None) => Ok(isize::MAX),
        (None, Some(tp)) => Err(err::new(
            tp,
            format_args!("cannot fit '{}' into an index-sized integer", o.tp_name()),
        )),
    }
}

/// `int(o)`: the exact int that an object converts to or a text spells.
pub fn as_long(o: &Obj) -> Result {
    if o.is_exact::<PyLongObject>() {
        return Ok(o.new_ref());
    }
    if let Some(f) = numbers(o.ty()).and_then(|n| n.nb_int.get()) {
        let answer = call_unary(f, o)?;
        if answer.is_exact::<PyLongObject>() {
            return Ok(answer);
        }
        return Ok(int::to_exact(check_int("__int__", answer)?).into_obj());
    }
    if is_index(o) {
        return index(o);
    }
    if let Some(text) = o.downcast::<PyUnicodeObject>() {
        return Ok(int::from_text(text, 10)?.into_obj());
    }
    match bytes_like(o)? {
        Some(bytes) => Ok(int::from_byte_text(&bytes, 10)?.into_obj()),
        None => {
            raise!(
                TypeError,
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                o.tp_name()
            )
        }
    }
}

/// A copy of the object's buffer, if it exports one.
pub(crate) fn bytes_like(o: &Obj) -> Result<Option<Vec<u8>>> {
    // SAFETY: null, or a table that lives as long as its type.
    let exports = unsafe { o.ty().tp_as_buffer.get().as_ref() }
        .is_some_and(|b| b.bf_getbuffer.get().is_some());
    if !exports {
        return Ok(None);
    }
    match crate::protocol::object::get_buffer(o, PyBUF_SIMPLE) {
        Ok(buffer) => Ok(Some(buffer.bytes().to_vec())),
        Err(_) => {
            err::clear();
            Ok(None)
        }
    }
}

/// What `__float__` gives; `None` without the slot.
fn float_by_slot(o: &Obj) -> Result<Option<f64>> {
    let Some(f) = numbers(o.ty()).and_then(|n| n.nb_float.get()) else {
        return Ok(None);
    };
    let answer = call_unary(f, o)?;
    if let Some(x) = answer.downcast_exact::<PyFloatObject>() {
        return Ok(Some(x.ob_fval.get()));
    }
    let Some(x) = answer.downcast::<PyFloatObject>() else {
        return raise!(
            TypeError,
            "{}.__float__ returned non-float (type {})",
            o.tp_name(),
            answer.tp_name()
        );
    };
    let text = format!(
        "{}.__float__ returned non-float (type {}).  The ability to return an instance of a strict subclass of float \
         is deprecated, and may be removed in a future version of Python.",
        o.tp_name(),
        answer.tp_name()
    );
    crate::warn::warn(&exc::DeprecationWarning, 1, &text)?;
    Ok(Some(x.ob_fval.get()))
}

/// The machine float of any real number: by `__float__`, then `__index__`; `None` if it has neither.
pub fn as_f64_opt(o: &Obj) -> Result<Option<f64>> {
    match o.downcast::<PyFloatObject>() {
        Some(x) => Ok(Some(x.ob_fval.get())),
        None => converted(o),
    }
}

/// By `__float__`, which a subclass of float may have, too, or by `__index__`.
fn converted(o: &Obj) -> Result<Option<f64>> {
    if let Some(x) = float_by_slot(o)? {
        return Ok(Some(x));
    }
    if is_index(o) {
        return Ok(Some(index_int(o)?.to_f64()?));
    }
    Ok(None)
}

/// The machine float of any real number.
#[inline]
pub fn as_f64(o: &Obj) -> Result<f64> {
    match o.downcast_exact::<PyFloatObject>() {
        Some(x) => Ok(x.ob_fval.get()),
        None => as_f64_slow(o),
    }
}

#[cold]
fn as_f64_slow(o: &Obj) -> Result<f64> {
    match as_f64_opt(o)? {
        Some(x) => Ok(x),
        None => raise!(TypeError, "must be real number, not {}", o.tp_name()),
    }
}

/// `float(o)`: an exact float.
pub fn as_float(o: &Obj) -> Result {
    if o.is_exact::<PyFloatObject>() {
        return Ok(o.new_ref());
    }
    match converted(o)? {
        Some(x) => Ok(new_float(x).into_obj()),
        None => Ok(new_float(parse_object(o)?).into_obj()),
    }
}

/// As [`as_float`].
pub fn float(o: &Obj) -> Result {
    as_float(o)
}

/// `bin`, `oct` and `hex`: text with its prefix, in base 2, 8 or 16 (and 10, without one).
pub fn to_base(o: &Obj, base: u32) -> Result<String> {
    let n = index_int(o)?;
    int::to_text_prefixed(&n, base)
}
