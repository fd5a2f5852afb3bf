//! `float`: a machine double in an object.
//!
//! Invariant: results are those of IEEE doubles with Python's rules on top: division by zero raises, remainders have the
//! divisor's sign, and comparisons with ints are exact. Text is crate `num`'s business.

use core::cmp::Ordering;
use core::ptr;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::number;
use crate::types::int::{self, IntExt as _};
use crate::types::str_::{self, StrExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{complex, tuple};

/// Fills in `float`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyFloatObject>()
        .text_signature(method_doc!("float", "(x=0, /)"))
        .flags(Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF)
        .tp_new(float_new)
        .tp_vectorcall(float_vectorcall)
        .tp_repr(|x: &PyFloatObject| Ok(repr(value(x))))
        .tp_hash(|x: &PyFloatObject| Ok(hash_of(value(x), x.as_obj())))
        .tp_richcompare(float_richcompare)
        .nb_add(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(a + b)))
        .nb_subtract(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(a - b)))
        .nb_multiply(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(a * b)))
        .nb_true_divide(|a: &Obj, b: &Obj| both(a, b, true_divide))
        .nb_remainder(|a: &Obj, b: &Obj| both(a, b, remainder))
        .nb_floor_divide(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(divmod(a, b)?.0)))
        .nb_divmod(float_divmod)
        .nb_power(float_power)
        .nb_negative(|x: &PyFloatObject| Ok(-value(x)))
        .nb_positive(exact)
        .nb_absolute(|x: &PyFloatObject| Ok(value(x).abs()))
        .nb_bool(|x: &PyFloatObject| Ok(value(x) != 0.0))
        .nb_int(|x: &PyFloatObject| int::from_f64(value(x).trunc()))
        .nb_float(exact)
        .methods(METHODS)
        .getset(GETSET);
}

// ---- Making and reading ----

/// The float's value.
#[inline(always)]
pub fn value(x: &PyFloatObject) -> f64 {
    x.ob_fval.get()
}

/// A new float.
#[inline]
pub fn new(x: f64) -> Ref<PyFloatObject> {
    let o =
        gc::allocate_object(size_of::<PyFloatObject>(), 0, gc::Kind::Plain).cast::<PyFloatObject>();
    if o.is_null() {
        out_of_memory();
    }
    // SAFETY: a new cell of the right size, which nobody else knows of.
    unsafe {
        (*o).ob_fval.set(x);
        (*o).ob_base
            .ob_type
            .set((&raw const PyFloat_Type).cast_mut());
        Ref::from_owned(o)
    }
}

#[cold]
fn out_of_memory() -> ! {
    crate::fatal("out of memory while a float was made")
}

fn exact(x: &PyFloatObject) -> Result<Ref<PyFloatObject>> {
    Ok(if x.as_obj().is_exact::<PyFloatObject>() {
        x.to_ref()
    } else {
        new(value(x))
    })
}

fn float_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    use crate::types::tuple::TupleExt as _;
    args::new_without_keywords(&PyFloat_Type, tp, kwargs)?;
    let args = args.objects();
    make(tp, args)
}

fn float_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "float() takes no keyword arguments");
    }
    make(tp, args.positional)
}

fn make(tp: &PyTypeObject, args: &[&Obj]) -> Result {
    args::expect("float", args, 0..=1)?;
    let x = match args {
        [o] if o.is_exact::<PyUnicodeObject>() => new(parse_object(o)?).into_obj(),
        [o] => number::as_float(o)?,
        _ => new(0.0).into_obj(),
    };
    if ptr::eq(tp, &PyFloat_Type) {
        return Ok(x);
    }
    // SAFETY: a subclass of float has float's layout, and `x` is a float.
    unsafe {
        let new = type_alloc(tp, 0)?;
        new.cast::<PyFloatObject>().ob_fval.set(value(x.cast()));
        Ok(new)
    }
}

/// The float that a str or a bytes-like object spells.
pub fn parse_object(o: &Obj) -> Result<f64> {
    let parsed = if let Some(s) = o.downcast::<PyUnicodeObject>() {
        num::float::parse_literal(&int::to_ascii_digits(s))
    } else if let Some(bytes) = number::bytes_like(o)? {
        num::float::parse_literal(&bytes)
    } else {
        return raise!(
            TypeError,
            "float() argument must be a string or a real number, not '{}'",
            o.tp_name()
        );
    };
    match parsed {
        Some(x) => Ok(x),
        None => {
            let repr = crate::protocol::object::repr(o)?;
            raise!(
                ValueError,
                "could not convert string to float: {}",
                str_::to_string_lossy(&repr)
            )
        }
    }
}

/// `repr(x)`
pub fn repr(x: f64) -> Ref<PyUnicodeObject> {
    str_::from_ascii(num::float::repr(x).as_bytes())
}

/// `hash(x)`; a NaN's is its object's.
pub fn hash_of(x: f64, o: &Obj) -> isize {
    num::hash::hash_f64(x).unwrap_or_else(|| num::hash::hash_pointer(o.as_ptr() as usize)) as isize
}

// ---- Arithmetic ----

/// The machine float of an operand that is a float or an int; `None` for others.
#[inline]
fn operand(o: &Obj) -> Result<Option<f64>> {
    if let Some(x) = o.downcast::<PyFloatObject>() {
        return Ok(Some(value(x)));
    }
    match o.downcast::<PyLongObject>() {
        Some(n) => Ok(Some(n.to_f64()?)),
        None => Ok(None),
    }
}

#[inline(always)]
fn operands(a: &Obj, b: &Obj) -> Result<Option<(f64, f64)>> {
    let Some(x) = operand(a)? else {
        return Ok(None);
    };
    Ok(operand(b)?.map(|y| (x, y)))
}

#[inline(always)]
fn both(a: &Obj, b: &Obj, f: impl FnOnce(f64, f64) -> Result<f64>) -> Result {
    match operands(a, b)? {
        Some((x, y)) => Ok(new(f(x, y)?).into_obj()),
        None => Ok(not_implemented()),
    }
}

#[cold]
fn division_by_zero<T>() -> Result<T> {
    raise!(ZeroDivisionError, "division by zero")
}

/// `a / b`
#[inline]
pub fn true_divide(a: f64, b: f64) -> Result<f64> {
    if b == 0.0 {
        division_by_zero()
    } else {
        Ok(a / b)
    }
}

/// `a % b`: with the sign of `b`, a zero too.
pub fn remainder(a: f64, b: f64) -> Result<f64> {
    if b == 0.0 {
        return division_by_zero();
    }
    Ok(floor_remainder(a, b))
}

fn floor_remainder(a: f64, b: f64) -> f64 {
    let r = a % b;
    if r == 0.0 {
        0f64.copysign(b)
    } else if (b < 0.0) != (r < 0.0) {
        r + b
    } else {
        r
    }
}

/// `divmod(a, b)`
pub fn divmod(a: f64, b: f64) -> Result<(f64, f64)> {
    if b == 0.0 {
        return division_by_zero();
    }
    let truncated = a % b;
    let r = floor_remainder(a, b);
    let mut q = (a - truncated) / b;
    if truncated != 0.0 && (b < 0.0) != (truncated < 0.0) {
        q -= 1.0;
    }
    // `q` is an integer but for rounding: take the nearest.
    let floored = if q == 0.0 {
        0f64.copysign(a / b)
    } else if q - q.floor() > 0.5 {
        q.floor() + 1.0
    } else {
        q.floor()
    };
    Ok((floored, r))
}

fn float_divmod(a: &Obj, b: &Obj) -> Result {
    match operands(a, b)? {
        Some((x, y)) => {
            let (q, r) = divmod(x, y)?;
            Ok(tuple::pair(new(q).as_obj(), new(r).as_obj()).into_obj())
        }
        None => Ok(not_implemented()),
    }
}

fn float_power(a: &Obj, b: &Obj, modulus: &Obj) -> Result {
    if !modulus.is_none() {
        return raise!(
            TypeError,
            "pow() 3rd argument not allowed unless all arguments are integers"
        );
    }
    match operands(a, b)? {
        Some((x, y)) => power(x, y),
        None => Ok(not_implemented()),
    }
}

/// `x ** y`: a float, or a complex for a negative base and a fractional exponent.
pub fn power(x: f64, y: f64) -> Result {
    let odd = || y.abs() % 2.0 == 1.0;
    let answer = if y == 0.0 || x == 1.0 {
        1.0
    } else if x.is_nan() || y.is_nan() {
        x + y
    } else if y.is_infinite() {
        match x.abs() {
            1.0 => 1.0,
            base if (y > 0.0) == (base > 1.0) => f64::INFINITY,
            _ => 0.0,
        }
    } else if x.is_infinite() {
        let magnitude = if y > 0.0 { f64::INFINITY } else { 0.0 };
        if odd() {
            magnitude.copysign(x)
        } else {
            magnitude
        }
    } else if x == 0.0 {
        if y < 0.0 {
            return raise!(ZeroDivisionError, "zero to a negative power");
        }
        if odd() { x } else { 0.0 }
    } else if x < 0.0 && y != y.floor() {
        return complex::power_object(
            Py_complex { real: x, imag: 0.0 },
            Py_complex { real: y, imag: 0.0 },
        );
    } else {
        let answer = x.abs().powf(y);
        if answer.is_infinite() {
            return Err(range_error());
        }
        if x < 0.0 && odd() { -answer } else { answer }
    };
    Ok(new(answer).into_obj())
}

/// `OverflowError(ERANGE, its text)`.
#[cold]
pub fn range_error() -> err::Raised {
    let code = int::from_i64(i64::from(libc::ERANGE));
    let text = str_::new("Numerical result out of range");
    err::set_object(
        &exc::OverflowError,
        tuple::pair(code.as_obj(), text.as_obj()).as_obj(),
    )
}

// ---- Comparison ----

/// Orders a float against an object that is a float or an int; the outer `None` declines, the inner one is a NaN.
fn order(x: f64, other: &Obj) -> Option<Option<Ordering>> {
    if let Some(y) = other.downcast::<PyFloatObject>() {
        return Some(x.partial_cmp(&value(y)));
    }
    let n = other.downcast::<PyLongObject>()?;
    if x.is_nan() {
        return Some(None);
    }
    Some(Some(int::compare_f64(n, x).reverse()))
}

fn float_richcompare(x: &PyFloatObject, other: &Obj, op: CompareOp) -> Result {
    Ok(match order(value(x), other) {
        Some(Some(ordering)) => bool_(op.test(ordering)),
        Some(None) => bool_(op == CompareOp::Ne),
        None => not_implemented(),
    })
}

/// Whether a float equals an object that is a float or an int; `None` for others.
pub fn equals(x: f64, other: &Obj) -> Option<bool> {
    Some(order(x, other)? == Some(Ordering::Equal))
}

// ---- Methods ----

static METHODS: &[PyMethodDef] = &[
    class_method(o!("from_number", from_number, "($type, number, /)")),
    noargs!("conjugate", exact, "($self, /)"),
    noargs!(
        "__trunc__",
        |x: &PyFloatObject| int::from_f64(value(x).trunc()),
        "($self, /)"
    ),
    noargs!(
        "__floor__",
        |x: &PyFloatObject| int::from_f64(value(x).floor()),
        "($self, /)"
    ),
    noargs!(
        "__ceil__",
        |x: &PyFloatObject| int::from_f64(value(x).ceil()),
        "($self, /)"
    ),
    fastcall!("__round__", round, "($self, ndigits=None, /)"),
    noargs!("as_integer_ratio", as_integer_ratio, "($self, /)"),
    class_method(o!("fromhex", from_hex, "($type, string, /)")),
    noargs!(
        "hex",
        |x: &PyFloatObject| Ok(num::float::hex(value(x))),
        "($self, /)"
    ),
    noargs!(
        "is_integer",
        |x: &PyFloatObject| Ok(is_integer(value(x))),
        "($self, /)"
    ),
    noargs!("__getnewargs__", getnewargs, "($self, /)"),
    class_method(o!("__getformat__", getformat, "($type, typestr, /)")),
    o!("__format__", float_format, "($self, format_spec, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("real", exact),
    getset!("imag", |_: &PyFloatObject| Ok(0.0)),
];

fn is_integer(x: f64) -> bool {
    x.is_finite() && x.floor() == x
}

/// An alternate constructor's answer: what the class makes of an exact float.
fn of_class(cls: &Obj, x: f64) -> Result {
    let x = new(x);
    if cls.is_same(PyFloat_Type.as_obj()) {
        return Ok(x.into_obj());
    }
    crate::protocol::call::call1(cls, x.as_obj())
}

fn from_number(cls: &Obj, o: &Obj) -> Result {
    if o.is_exact::<PyFloatObject>() && cls.is_same(PyFloat_Type.as_obj()) {
        return Ok(o.new_ref());
    }
    of_class(cls, number::as_f64(o)?)
}

fn from_hex(cls: &Obj, text: &Obj) -> Result {
    let Some(text) = text.downcast::<PyUnicodeObject>() else {
        return raise!(TypeError, "bad argument type for built-in operation");
    };
    match num::float::from_hex(text.as_str()?.as_bytes()) {
        Ok(x) => of_class(cls, x),
        Err(num::float::HexError::TooLarge) => raise!(
            OverflowError,
            "{}",
            num::float::HexError::TooLarge.message()
        ),
        Err(e) => raise!(ValueError, "{}", e.message()),
    }
}

fn as_integer_ratio(x: &PyFloatObject) -> Result<Ref<PyTupleObject>> {
    let x = value(x);
    if x.is_infinite() {
        return raise!(OverflowError, "cannot convert Infinity to integer ratio");
    }
    if x.is_nan() {
        return raise!(ValueError, "cannot convert NaN to integer ratio");
    }
    let (mantissa, exponent) = num::float::integer_ratio(x);
    let shift = u64::from(exponent.unsigned_abs());
    let scaled = |n: i64| int::from_int(&num::int::shl(num::int::Int::from_i64(n).as_ref(), shift));
    let (n, d) = if exponent >= 0 {
        (scaled(mantissa), int::from_i64(1))
    } else {
        (int::from_i64(mantissa), scaled(1))
    };
    Ok(tuple::pair(n.as_obj(), d.as_obj()))
}

fn round(x: &PyFloatObject, arguments: &[&Obj]) -> Result {
    args::expect("__round__", arguments, 0..=1)?;
    let x = value(x);
    let ndigits = match arguments {
        [n] if !n.is_none() => number::index_isize(n, None)?,
        _ => return Ok(int::from_f64(x.round_ties_even())?.into_obj()),
    };
    if !x.is_finite() {
        return Ok(new(x).into_obj());
    }
    let rounded = num::float::round(x, ndigits as i64);
    if rounded.is_infinite() {
        return raise!(OverflowError, "rounded value too large to represent");
    }
    Ok(new(rounded).into_obj())
}

fn getnewargs(x: &PyFloatObject) -> Result<Ref<PyTupleObject>> {
    Ok(tuple::from_slice(&[new(value(x)).as_obj()]))
}

fn getformat(_: &Obj, kind: &Obj) -> Result<&'static str> {
    let Some(kind) = kind.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "__getformat__() argument must be str, not {}",
            kind.tp_name()
        );
    };
    if str_::eq_str(kind, "double") || str_::eq_str(kind, "float") {
        return Ok("IEEE, little-endian");
    }
    raise!(
        ValueError,
        "__getformat__() argument 1 must be 'double' or 'float'"
    )
}

fn float_format(x: &PyFloatObject, spec: &Obj) -> Result {
    let Some(spec) = spec.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "__format__() argument must be str, not {}",
            spec.tp_name()
        );
    };
    if spec.is_empty() {
        if x.as_obj().is_exact::<PyFloatObject>() {
            return Ok(repr(value(x)).into_obj());
        }
        return crate::protocol::object::str(x.as_obj());
    }
    crate::format::format_float(value(x), x.as_obj().tp_name(), spec)
}

/// The fields of `sys.float_info`, in order.
pub fn info() -> [Ref; 11] {
    let float = |x: f64| new(x).into_obj();
    let int = |n: i64| int::from_i64(n).into_obj();
    [
        float(f64::MAX),
        int(i64::from(f64::MAX_EXP)),
        int(i64::from(f64::MAX_10_EXP)),
        float(f64::MIN_POSITIVE),
        int(i64::from(f64::MIN_EXP)),
        int(i64::from(f64::MIN_10_EXP)),
        int(i64::from(f64::DIGITS)),
        int(i64::from(f64::MANTISSA_DIGITS)),
        float(f64::EPSILON),
        int(i64::from(f64::RADIX)),
        int(1),
    ]
}
