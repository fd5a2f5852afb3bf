//! The methods and attributes of `int`.

use layout::*;

use super::*;
use crate::args;
use crate::err::raise;
use crate::intern;
use crate::method::*;
use crate::protocol::{call, number};
use crate::types::bytes::BytesExt as _;
use crate::types::str_::StrExt as _;
use crate::types::{bytes, str_, tuple};

static METHODS: &[PyMethodDef] = &[
    noargs!("conjugate", exact, "($self, /)"),
    noargs!(
        "bit_length",
        |n: &PyLongObject| Ok(bit_length(n)),
        "($self, /)"
    ),
    noargs!(
        "bit_count",
        |n: &PyLongObject| Ok(num::digits::bit_count(n.magnitude())),
        "($self, /)"
    ),
    keywords!(
        "to_bytes",
        to_bytes,
        "($self, /, length=1, byteorder='big', *, signed=False)"
    ),
    class_method(keywords!(
        "from_bytes",
        from_bytes,
        "($type, /, bytes, byteorder='big', *, signed=False)"
    )),
    noargs!("as_integer_ratio", as_integer_ratio, "($self, /)"),
    noargs!("__trunc__", exact, "($self, /)"),
    noargs!("__floor__", exact, "($self, /)"),
    noargs!("__ceil__", exact, "($self, /)"),
    fastcall!("__round__", round, "($self, ndigits=None, /)"),
    noargs!("__getnewargs__", getnewargs, "($self, /)"),
    o!("__format__", int_format, "($self, format_spec, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    noargs!("is_integer", |_: &PyLongObject| Ok(true), "($self, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("real", exact),
    getset!("imag", |_: &PyLongObject| Ok(zero().new_ref())),
    getset!("numerator", exact),
    getset!("denominator", |_: &PyLongObject| Ok(one().new_ref())),
];

/// Adds the methods to the type.
pub(super) fn define(b: &mut TypeBuilder) {
    b.methods(METHODS).getset(GETSET);
}

fn exact(n: &PyLongObject) -> Result<Ref<PyLongObject>> {
    Ok(as_exact(n))
}

/// `hash(n)`
#[inline]
pub fn int_hash(n: &PyLongObject) -> isize {
    if n.is_compact() {
        return match n.compact_value() {
            -1 => -2,
            small => small,
        };
    }
    n.value().hash() as isize
}

/// `n.bit_length()`
pub fn bit_length(n: &PyLongObject) -> u64 {
    num::digits::bit_length(n.magnitude())
}

/// Whether a byte order's name says "little".
fn is_little_endian(function: &str, order: Option<&Obj>) -> Result<bool> {
    let Some(order) = order else { return Ok(false) };
    let Some(s) = order.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "{function}() argument 'byteorder' must be str, not {}",
            order.tp_name()
        );
    };
    if str_::eq_str(s, "little") {
        Ok(true)
    } else if str_::eq_str(s, "big") {
        Ok(false)
    } else {
        raise!(ValueError, "byteorder must be either 'little' or 'big'")
    }
}

fn to_bytes(
    n: &PyLongObject,
    [length, order, signed]: [Option<&Obj>; 3],
) -> Result<Ref<PyBytesObject>> {
    let length = args::to_isize_or(length, 1)?;
    let little = is_little_endian("to_bytes", order)?;
    let signed = signed.map_or(Ok(false), args::to_bool)?;
    if length < 0 {
        return raise!(ValueError, "length argument must be non-negative");
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(length as usize).is_err() {
        return Err(err::no_memory());
    }
    out.resize(length as usize, 0);
    match num::digits::to_bytes(n.digits(), &mut out, little, signed) {
        Ok(()) => Ok(bytes::new(&out)),
        Err(e) => raise!(OverflowError, "{}", e.message()),
    }
}

fn from_bytes(cls: &Obj, [source, order, signed]: [Option<&Obj>; 3]) -> Result {
    let little = is_little_endian("from_bytes", order)?;
    let signed = signed.map_or(Ok(false), args::to_bool)?;
    let source = to_bytes_object(source.unwrap_or(NONE()))?;
    let n = from_byte_string(source.as_slice(), little, signed);
    if cls.is_same(PyLong_Type.as_obj()) {
        return Ok(n.into_obj());
    }
    call::call1(cls, n.as_obj())
}

/// `bytes(o)` for what holds bytes: by `__bytes__`, the buffer protocol or iteration, but not from a count.
fn to_bytes_object(o: &Obj) -> Result<Ref<PyBytesObject>> {
    let answer = match (
        o.is_exact::<PyBytesObject>(),
        call::special(o, intern!("__bytes__"), &[])?,
    ) {
        (false, Some(answer)) => answer,
        _ => bytes::from_object(o)?,
    };
    match answer.downcast_ref() {
        Ok(b) => Ok(b),
        Err(other) => raise!(
            TypeError,
            "__bytes__ returned non-bytes (type {})",
            other.tp_name()
        ),
    }
}

/// The int that bytes in two's complement (or without sign) stand for.
pub fn from_byte_string(bytes: &[u8], little_endian: bool, signed: bool) -> Ref<PyLongObject> {
    let (negative, digits) = num::digits::from_bytes(bytes, little_endian, signed);
    from_digits(negative, &digits)
}

fn as_integer_ratio(n: &PyLongObject) -> Result<Ref<PyTupleObject>> {
    Ok(tuple::pair(as_exact(n).as_obj(), one()))
}

fn round(n: &PyLongObject, arguments: &[&Obj]) -> Result<Ref<PyLongObject>> {
    args::expect("__round__", arguments, 0..=1)?;
    match arguments {
        [ndigits] if !ndigits.is_none() => round_to(n, &*number::index_int(ndigits)?),
        _ => Ok(as_exact(n)),
    }
}

/// `round(n, ndigits)`: to a multiple of a power of ten if `ndigits` is negative, half to even.
pub fn round_to(n: &PyLongObject, ndigits: &PyLongObject) -> Result<Ref<PyLongObject>> {
    if !ndigits.is_negative() {
        return Ok(as_exact(n));
    }
    match ndigits.to_i64() {
        Some(places) => Ok(from_int(&num::int::round_to_ten(
            n.value(),
            places.unsigned_abs(),
        ))),
        None => Ok(from_i64(0)),
    }
}

fn getnewargs(n: &PyLongObject) -> Result<Ref<PyTupleObject>> {
    Ok(tuple::from_slice(&[from_digits(
        n.is_negative(),
        n.magnitude(),
    )
    .as_obj()]))
}

fn sizeof(n: &PyLongObject) -> Result<usize> {
    let base = n.as_obj().ty().tp_basicsize.get() as usize;
    Ok(base + n.magnitude().len().max(1) * size_of::<digit>())
}

fn int_format(n: &PyLongObject, spec: &Obj) -> Result {
    let Some(spec) = spec.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "__format__() argument must be str, not {}",
            spec.tp_name()
        );
    };
    if spec.is_empty() {
        if n.as_obj().is_exact::<PyLongObject>() {
            return Ok(int_repr(n)?.into_obj());
        }
        return crate::protocol::object::str(n.as_obj());
    }
    crate::format::format_int(n, spec)
}
