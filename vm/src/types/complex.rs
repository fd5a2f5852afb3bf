//! `complex`: two doubles. Arithmetic with a real operand leaves the other part alone, and infinities survive products
//! and quotients, as C's Annex G has it.

use core::mem::offset_of;
use core::ptr;

use layout::*;

use crate::args::Signature;
use crate::err::{Result, exc, raise};
use crate::intern;
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, number};
use crate::types::int::{self, IntExt as _};
use crate::types::str_::{self, StrExt as _};
use crate::types::tuple::TupleExt as _;
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{float, tuple};

/// Fills in `complex`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyComplexObject>()
        .text_signature(method_doc!("complex", "(real=0, imag=0)"))
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(complex_new)
        .tp_repr(|z: &PyComplexObject| Ok(repr(z.cval.get())))
        .tp_hash(hash)
        .tp_richcompare(complex_richcompare)
        .nb_add(|a: &Obj, b: &Obj| arithmetic(a, b, sum))
        .nb_subtract(|a: &Obj, b: &Obj| arithmetic(a, b, difference))
        .nb_multiply(|a: &Obj, b: &Obj| arithmetic(a, b, product))
        .nb_true_divide(|a: &Obj, b: &Obj| arithmetic(a, b, quotient))
        .nb_power(complex_power)
        .nb_negative(|z: &PyComplexObject| Ok(new(-z.cval.get().real, -z.cval.get().imag)))
        .nb_positive(exact)
        .nb_absolute(absolute)
        .nb_bool(|z: &PyComplexObject| Ok(z.cval.get().real != 0.0 || z.cval.get().imag != 0.0))
        .methods(METHODS)
        .members(MEMBERS);
}

// ---- Making ----

/// A new complex.
pub fn new(real: f64, imag: f64) -> Ref<PyComplexObject> {
    let z = alloc::<PyComplexObject>(&PyComplex_Type)
        .unwrap_or_else(|_| crate::fatal("out of memory while a complex was made"));
    z.cval.set(Py_complex { real, imag });
    z
}

fn from_c(z: Py_complex) -> Ref<PyComplexObject> {
    new(z.real, z.imag)
}

fn of_type(tp: &PyTypeObject, value: Py_complex) -> Result {
    if ptr::eq(tp, &PyComplex_Type) {
        return Ok(from_c(value).into_obj());
    }
    let z = type_alloc(tp, 0)?;
    // SAFETY: a subclass of complex has complex's layout.
    unsafe { z.cast::<PyComplexObject>() }.cval.set(value);
    Ok(z)
}

fn exact(z: &PyComplexObject) -> Result<Ref<PyComplexObject>> {
    Ok(if z.as_obj().is_exact::<PyComplexObject>() {
        z.to_ref()
    } else {
        from_c(z.cval.get())
    })
}

/// The real and the imaginary part.
#[inline]
pub fn parts(z: &PyComplexObject) -> (f64, f64) {
    (z.cval.get().real, z.cval.get().imag)
}

/// What `__complex__` gives, if the object has it.
fn by_method(o: &Obj) -> Result<Option<Py_complex>> {
    if let Some(z) = o.downcast_exact::<PyComplexObject>() {
        return Ok(Some(z.cval.get()));
    }
    let Some(method) = crate::protocol::object::lookup_special(o, intern!("__complex__"))? else {
        return Ok(None);
    };
    let answer = call::call0(&method)?;
    let Some(z) = answer.downcast::<PyComplexObject>() else {
        return raise!(
            TypeError,
            "__complex__ returned non-complex (type {})",
            answer.tp_name()
        );
    };
    if !answer.is_exact::<PyComplexObject>() {
        let text = format!(
            "__complex__ returned non-complex (type {}).  The ability to return an instance of a strict subclass of \
             complex is deprecated, and may be removed in a future version of Python.",
            answer.tp_name()
        );
        crate::warn::warn(&exc::DeprecationWarning, 1, &text)?;
    }
    Ok(Some(z.cval.get()))
}

/// The value of any number: by `__complex__`, then as a real number (`PyComplex_AsCComplex`).
pub fn value_of(o: &Obj) -> Result<Py_complex> {
    if let Some(z) = o.downcast::<PyComplexObject>() {
        return Ok(z.cval.get());
    }
    match by_method(o)? {
        Some(z) => Ok(z),
        None => Ok(Py_complex {
            real: number::as_f64(o)?,
            imag: 0.0,
        }),
    }
}

static SIGNATURE: Signature = Signature::new("complex", "(real=0, imag=0)");

fn complex_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    use crate::types::dict::DictExt as _;
    match args.items() {
        [o] if kwargs.is_none_or(|k| k.len() == 0) => from_one(tp, o),
        _ => {
            let [real, imag] = SIGNATURE.bind(args, kwargs)?;
            of_type(tp, from_two(real, imag)?)
        }
    }
}

fn from_one(tp: &PyTypeObject, o: &Obj) -> Result {
    if o.is_exact::<PyComplexObject>() && ptr::eq(tp, &PyComplex_Type) {
        return Ok(o.new_ref());
    }
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        return match num::float::parse_complex(&int::to_ascii_digits(s)) {
            Some((real, imag)) => of_type(tp, Py_complex { real, imag }),
            None => raise!(ValueError, "complex() arg is a malformed string"),
        };
    }
    if let Some(z) = by_method(o)? {
        return of_type(tp, z);
    }
    if let Some(z) = o.downcast::<PyComplexObject>() {
        return of_type(tp, z.cval.get());
    }
    match number::as_f64_opt(o)? {
        Some(real) => of_type(tp, Py_complex { real, imag: 0.0 }),
        None => raise!(
            TypeError,
            "complex() argument must be a string or a number, not {}",
            o.tp_name()
        ),
    }
}

fn is_real(o: &Obj) -> bool {
    number::is_index(o) || number::numbers(o.ty()).is_some_and(|n| n.nb_float.get().is_some())
}

/// `real + imag*1j`, where both may still be complex, though deprecated.
fn from_two(real: Option<&Obj>, imag: Option<&Obj>) -> Result<Py_complex> {
    let by_real_method = real.map_or(Ok(None), by_method)?;
    if let Some(o) = real
        && by_real_method.is_none()
        && !is_real(o)
        && !o.is::<PyComplexObject>()
    {
        return raise!(
            TypeError,
            "complex() argument 'real' must be a real number, not {}",
            o.tp_name()
        );
    }
    if let Some(o) = imag
        && !is_real(o)
        && !o.is::<PyComplexObject>()
    {
        return raise!(
            TypeError,
            "complex() argument 'imag' must be a real number, not {}",
            o.tp_name()
        );
    }
    // What a complex real part adds to the imaginary one; a real one leaves even a zero's sign alone.
    let (mut re, mut carried) = (0.0, None);
    if let Some(o) = real {
        let complex =
            by_real_method.or_else(|| o.downcast::<PyComplexObject>().map(|z| z.cval.get()));
        match complex {
            Some(z) => {
                if !is_real(o) {
                    warn_complex_part("real", o)?;
                }
                (re, carried) = (z.real, Some(z.imag));
            }
            None => re = number::as_f64(o)?,
        }
    }
    let im = match imag {
        None => {
            return Ok(Py_complex {
                real: re,
                imag: carried.unwrap_or(0.0),
            });
        }
        Some(o) => match o.downcast::<PyComplexObject>() {
            Some(z) => {
                warn_complex_part("imag", o)?;
                re -= z.cval.get().imag;
                z.cval.get().real
            }
            None => number::as_f64(o)?,
        },
    };
    Ok(Py_complex {
        real: re,
        imag: carried.map_or(im, |c| im + c),
    })
}

fn warn_complex_part(which: &str, o: &Obj) -> Result<()> {
    let text = format!(
        "complex() argument '{which}' must be a real number, not {}",
        o.tp_name()
    );
    crate::warn::warn(&exc::DeprecationWarning, 1, &text)
}

/// `repr(z)`
pub fn repr(z: Py_complex) -> Ref<PyUnicodeObject> {
    str_::from_ascii(num::float::repr_complex(z.real, z.imag).as_bytes())
}

// ---- Arithmetic ----

/// An operand: with an imaginary part, or real.
#[derive(Clone, Copy)]
enum Operand {
    Complex(Py_complex),
    Real(f64),
}

use Operand::{Complex, Real};

impl Operand {
    fn of(o: &Obj) -> Result<Option<Operand>> {
        if let Some(z) = o.downcast::<PyComplexObject>() {
            return Ok(Some(Complex(z.cval.get())));
        }
        if let Some(x) = o.downcast::<PyFloatObject>() {
            return Ok(Some(Real(x.ob_fval.get())));
        }
        match o.downcast::<PyLongObject>() {
            Some(n) => Ok(Some(Real(n.to_f64()?))),
            None => Ok(None),
        }
    }
    fn complex(self) -> Py_complex {
        match self {
            Complex(z) => z,
            Real(real) => Py_complex { real, imag: 0.0 },
        }
    }
}

fn arithmetic(a: &Obj, b: &Obj, f: impl FnOnce(Operand, Operand) -> Option<Py_complex>) -> Result {
    let (Some(a), Some(b)) = (Operand::of(a)?, Operand::of(b)?) else {
        return Ok(not_implemented());
    };
    match f(a, b) {
        Some(z) => Ok(from_c(z).into_obj()),
        None => raise!(ZeroDivisionError, "division by zero"),
    }
}

fn c(real: f64, imag: f64) -> Option<Py_complex> {
    Some(Py_complex { real, imag })
}

fn sum(a: Operand, b: Operand) -> Option<Py_complex> {
    match (a, b) {
        (Complex(a), Complex(b)) => c(a.real + b.real, a.imag + b.imag),
        (Complex(z), Real(x)) | (Real(x), Complex(z)) => c(z.real + x, z.imag),
        (Real(a), Real(b)) => c(a + b, 0.0),
    }
}

fn difference(a: Operand, b: Operand) -> Option<Py_complex> {
    match (a, b) {
        (Complex(a), Complex(b)) => c(a.real - b.real, a.imag - b.imag),
        (Complex(a), Real(b)) => c(a.real - b, a.imag),
        (Real(a), Complex(b)) => c(a - b.real, -b.imag),
        (Real(a), Real(b)) => c(a - b, 0.0),
    }
}

fn product(a: Operand, b: Operand) -> Option<Py_complex> {
    match (a, b) {
        (Complex(a), Complex(b)) => Some(multiply(a, b)),
        (Complex(z), Real(x)) | (Real(x), Complex(z)) => c(z.real * x, z.imag * x),
        (Real(a), Real(b)) => c(a * b, 0.0),
    }
}

/// An infinite part becomes one, a finite one zero; signs stay.
fn boxed(z: Py_complex) -> Py_complex {
    let part = |x: f64| if x.is_infinite() { 1f64 } else { 0.0 }.copysign(x);
    Py_complex {
        real: part(z.real),
        imag: part(z.imag),
    }
}

fn without_nan(z: Py_complex) -> Py_complex {
    let part = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
    Py_complex {
        real: part(z.real),
        imag: part(z.imag),
    }
}

fn is_infinite(z: Py_complex) -> bool {
    z.real.is_infinite() || z.imag.is_infinite()
}

fn is_finite(z: Py_complex) -> bool {
    z.real.is_finite() && z.imag.is_finite()
}

/// `a * b`; a product that came out NaN is infinite if a factor is, or if only its partial products were.
pub fn multiply(mut a: Py_complex, mut b: Py_complex) -> Py_complex {
    let parts = [
        a.real * b.real,
        a.imag * b.imag,
        a.real * b.imag,
        a.imag * b.real,
    ];
    let plain = Py_complex {
        real: parts[0] - parts[1],
        imag: parts[2] + parts[3],
    };
    if !(plain.real.is_nan() && plain.imag.is_nan()) {
        return plain;
    }
    let mut infinite = false;
    if is_infinite(a) {
        (a, b, infinite) = (boxed(a), without_nan(b), true);
    }
    if is_infinite(b) {
        (a, b, infinite) = (without_nan(a), boxed(b), true);
    }
    if !infinite && parts.iter().any(|x| x.is_infinite()) {
        (a, b, infinite) = (without_nan(a), without_nan(b), true);
    }
    if !infinite {
        return plain;
    }
    Py_complex {
        real: f64::INFINITY * (a.real * b.real - a.imag * b.imag),
        imag: f64::INFINITY * (a.real * b.imag + a.imag * b.real),
    }
}

fn quotient(a: Operand, b: Operand) -> Option<Py_complex> {
    match (a, b) {
        (_, Real(0.0)) => None,
        (Complex(a), Complex(b)) => divide(a, b),
        (Complex(a), Real(b)) => c(a.real / b, a.imag / b),
        (Real(a), Complex(b)) => divide_real(a, b),
        (Real(a), Real(b)) => c(a / b, 0.0),
    }
}

/// `a / b`, scaled by the divisor's larger part so that nothing overflows halfway; `None` if the divisor is zero.
pub fn divide(a: Py_complex, b: Py_complex) -> Option<Py_complex> {
    let plain = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        c(
            (a.real + a.imag * ratio) / denominator,
            (a.imag - a.real * ratio) / denominator,
        )?
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        c(
            (a.real * ratio + a.imag) / denominator,
            (a.imag * ratio - a.real) / denominator,
        )?
    } else {
        c(f64::NAN, f64::NAN)?
    };
    if !(plain.real.is_nan() && plain.imag.is_nan()) {
        return Some(plain);
    }
    let (x, y, scale) = if is_infinite(a) && is_finite(b) {
        (boxed(a), b, f64::INFINITY)
    } else if is_infinite(b) && is_finite(a) {
        (a, boxed(b), 0.0)
    } else {
        return Some(plain);
    };
    c(
        scale * (x.real * y.real + x.imag * y.imag),
        scale * (x.imag * y.real - x.real * y.imag),
    )
}

fn divide_real(a: f64, b: Py_complex) -> Option<Py_complex> {
    let plain = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        c(a / denominator, (-a * ratio) / denominator)?
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        c((a * ratio) / denominator, -a / denominator)?
    } else {
        c(f64::NAN, f64::NAN)?
    };
    if plain.real.is_nan() && plain.imag.is_nan() && a.is_finite() && is_infinite(b) {
        let b = boxed(b);
        return c(0.0 * (a * b.real), 0.0 * (-a * b.imag));
    }
    Some(plain)
}

/// Why a power has no value.
enum PowerError {
    Domain,
    Range,
}

fn complex_power(a: &Obj, b: &Obj, modulus: &Obj) -> Result {
    let (Some(a), Some(b)) = (Operand::of(a)?, Operand::of(b)?) else {
        return Ok(not_implemented());
    };
    if !modulus.is_none() {
        return raise!(ValueError, "complex modulo");
    }
    power_object(a.complex(), b.complex())
}

/// `a ** b`
pub fn power_object(a: Py_complex, b: Py_complex) -> Result {
    match power(a, b) {
        Ok(z) => Ok(from_c(z).into_obj()),
        Err(PowerError::Domain) => raise!(ZeroDivisionError, "zero to a negative or complex power"),
        Err(PowerError::Range) => raise!(OverflowError, "complex exponentiation"),
    }
}

const ONE: Py_complex = Py_complex {
    real: 1.0,
    imag: 0.0,
};

fn power(a: Py_complex, b: Py_complex) -> core::result::Result<Py_complex, PowerError> {
    let z = if b.imag == 0.0 && b.real == b.real.floor() && b.real.abs() <= 100.0 {
        // A small whole exponent: exact steps beat the logarithm.
        let whole = power_whole(a, b.real.abs() as u32);
        if b.real > 0.0 {
            whole
        } else {
            divide(ONE, whole).ok_or(PowerError::Domain)?
        }
    } else if a.real == 0.0 && a.imag == 0.0 {
        if b.imag != 0.0 || b.real < 0.0 {
            return Err(PowerError::Domain);
        }
        Py_complex {
            real: 0.0,
            imag: 0.0,
        }
    } else {
        let size = a.real.hypot(a.imag);
        let mut length = size.powf(b.real);
        let angle = a.imag.atan2(a.real);
        let mut phase = angle * b.real;
        if b.imag != 0.0 {
            length *= (-angle * b.imag).exp();
            phase += b.imag * size.ln();
        }
        Py_complex {
            real: length * phase.cos(),
            imag: length * phase.sin(),
        }
    };
    if is_infinite(z) {
        Err(PowerError::Range)
    } else {
        Ok(z)
    }
}

fn power_whole(a: Py_complex, mut n: u32) -> Py_complex {
    let (mut result, mut square) = (ONE, a);
    while n > 0 {
        if n & 1 != 0 {
            result = multiply(result, square);
        }
        n >>= 1;
        if n > 0 {
            square = multiply(square, square);
        }
    }
    result
}

fn absolute(z: &PyComplexObject) -> Result<f64> {
    let z = z.cval.get();
    let size = z.real.hypot(z.imag);
    if size.is_infinite() && is_finite(z) {
        return raise!(OverflowError, "absolute value too large");
    }
    Ok(size)
}

// ---- Comparison, hash, methods ----

fn complex_richcompare(z: &PyComplexObject, other: &Obj, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented());
    }
    let z = z.cval.get();
    let equal = if let Some(w) = other.downcast::<PyComplexObject>() {
        z.real == w.cval.get().real && z.imag == w.cval.get().imag
    } else {
        match float::equals(z.real, other) {
            Some(equal) => equal && z.imag == 0.0,
            None => return Ok(not_implemented()),
        }
    };
    Ok(bool_(equal == (op == CompareOp::Eq)))
}

fn hash(z: &PyComplexObject) -> Result<isize> {
    let part = |x| float::hash_of(x, z.as_obj()) as i64;
    let value = z.cval.get();
    Ok(num::hash::hash_complex(part(value.real), part(value.imag)) as isize)
}

static METHODS: &[PyMethodDef] = &[
    class_method(o!("from_number", from_number, "($type, number, /)")),
    noargs!(
        "conjugate",
        |z: &PyComplexObject| Ok(new(z.cval.get().real, -z.cval.get().imag)),
        "($self, /)"
    ),
    noargs!("__complex__", exact, "($self, /)"),
    noargs!("__getnewargs__", getnewargs, "($self, /)"),
    o!("__format__", complex_format, "($self, format_spec, /)"),
];

static MEMBERS: &[PyMemberDef] = &[part(c"real", 0), part(c"imag", size_of::<f64>())];

const fn part(name: &'static core::ffi::CStr, offset: usize) -> PyMemberDef {
    PyMemberDef {
        name: name.as_ptr(),
        r#type: Py_T_DOUBLE,
        offset: (offset_of!(PyComplexObject, cval) + offset) as isize,
        flags: Py_READONLY,
        doc: ptr::null(),
    }
}

fn from_number(cls: &Obj, o: &Obj) -> Result {
    let is_complex = cls.is_same(PyComplex_Type.as_obj());
    if o.is_exact::<PyComplexObject>() && is_complex {
        return Ok(o.new_ref());
    }
    let z = from_c(value_of(o)?);
    if is_complex {
        Ok(z.into_obj())
    } else {
        call::call1(cls, z.as_obj())
    }
}

fn getnewargs(z: &PyComplexObject) -> Result<Ref<PyTupleObject>> {
    let z = z.cval.get();
    Ok(tuple::pair(
        float::new(z.real).as_obj(),
        float::new(z.imag).as_obj(),
    ))
}

fn complex_format(z: &PyComplexObject, spec: &Obj) -> Result {
    let Some(spec) = spec.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "__format__() argument must be str, not {}",
            spec.tp_name()
        );
    };
    if spec.is_empty() {
        if z.as_obj().is_exact::<PyComplexObject>() {
            return Ok(repr(z.cval.get()).into_obj());
        }
        return crate::protocol::object::str(z.as_obj());
    }
    crate::format::format_complex(z.cval.get(), z.as_obj().tp_name(), spec)
}
