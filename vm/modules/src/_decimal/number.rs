//! `Decimal`: the object, and how it is made.
//!
//! Invariant: a coefficient of up to 128 bits lies in the object; of a larger one the limbs are in a bytes object.

use core::cell::Cell;

use super::context::Context;
use super::{compare, convert, current, format, number_methods, number_slots, signals};
use crate::prelude::*;
use ::decimal::{Coeff, Context as Settings, Dec, Kind, Notation, status};
use vm::types::bytes::{self, BytesExt as _};
use vm::types::float;

/// A decimal number.
#[repr(C)]
pub struct Decimal {
    ob_base: PyObject,
    /// -1 while it is not known.
    pub hash: Cell<isize>,
    exp: i64,
    low: [u64; 2],
    /// The limbs of a large coefficient.
    large: Slot,
    kind: Kind,
    negative: bool,
}

static_type!(Decimal, DECIMAL);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    let methods = [number_methods::METHODS, number_methods::MORE, METHODS].concat();
    number_slots::define(b.basicsize::<Decimal>())
        .flags(Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<Decimal>()
        .tp_traverse(|d: &Decimal, v: &mut Visitor| v.slot(&d.large))
        .tp_new(new)
        .tp_repr(|d: &Decimal| Ok(format!("Decimal('{}')", text(d)?)))
        .tp_str(text)
        .tp_hash(compare::hash)
        .tp_richcompare(compare::richcompare)
        .text_signature(method_doc!("Decimal", "(value=\"0\", context=None)"))
        .methods(Vec::leak(methods))
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    class_method(o!("from_float", from_float, "($type, f, /)")),
    class_method(o!("from_number", from_number, "($type, number, /)")),
    fastcall!("__format__", format::format, ""),
    noargs!(
        "__sizeof__",
        |d: &Decimal| Ok(
            d.as_obj().ty().tp_basicsize.get() as usize + d.value().coeff.limbs().len() * 8
        ),
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("real", |d: &Decimal| Ok(d.as_obj().new_ref())),
    getset!("imag", |_: &Decimal| new_number(&Dec::int(0))),
];

fn text(d: &Decimal) -> Result<String> {
    let capitals = current::context()?.capitals.get();
    Ok(d.value().to_text(Notation::Scientific, capitals))
}

impl Decimal {
    /// The number in it.
    #[inline]
    pub fn value(&self) -> Dec {
        let coeff = match self.large.borrow() {
            None => Coeff::Small(u128::from(self.low[0]) | u128::from(self.low[1]) << 64),
            Some(limbs) => large_coeff(limbs),
        };
        Dec {
            negative: self.negative,
            kind: self.kind,
            exp: self.exp,
            coeff,
        }
    }
}

#[cold]
fn large_coeff(limbs: &Obj) -> Coeff {
    // SAFETY: the field has a bytes object.
    let bytes = unsafe { limbs.cast::<PyBytesObject>() }.as_slice();
    let limb = |chunk: &[u8]| u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
    let limbs: Vec<u64> = bytes.chunks_exact(8).map(limb).collect();
    Coeff::from_limbs(&limbs)
}

/// An object for a number.
#[inline]
pub fn new_number(value: &Dec) -> Result {
    new_of_type(&DECIMAL, value)
}

/// An instance of `Decimal` or a subclass.
pub fn new_of_type(tp: &PyTypeObject, value: &Dec) -> Result {
    let (low, large) = match &value.coeff {
        Coeff::Small(n) => ([*n as u64, (*n >> 64) as u64], Slot::empty()),
        Coeff::Big(_) => {
            let bytes: Vec<u8> = value
                .coeff
                .limbs()
                .iter()
                .flat_map(|l| l.to_le_bytes())
                .collect();
            ([0; 2], bytes::try_new(&bytes)?.into_obj().into())
        }
    };
    let d = Decimal {
        ob_base: header(),
        hash: Cell::new(-1),
        exp: value.exp,
        low,
        large,
        kind: value.kind,
        negative: value.negative,
    };
    Ok(create(tp, d)?.into_obj())
}

/// The result of an operation: its conditions are noted first.
#[inline]
pub fn finished(c: &Context, value: &Dec, status: u32) -> Result {
    if status != 0 {
        signals::note(c, status)?;
    }
    new_number(value)
}

// ---- Construction ----

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("Decimal", "(value=\"0\", context=None)");
    let [value, context] = SIGNATURE.bind(args, kwargs)?;
    let c = current::given(context)?;
    let Some(value) = value else {
        return new_of_type(tp, &Dec::int(0));
    };
    if core::ptr::eq(tp, &DECIMAL) && value.is_exact::<Decimal>() {
        return Ok(value.new_ref());
    }
    let exact = convert::exact(value, &c)?;
    new_of_type(tp, &exact)
}

fn of_class(class: &Obj, value: Result) -> Result {
    let value = value?;
    if class.is_same(DECIMAL.as_obj()) {
        return Ok(value);
    }
    call::call1(class, &value)
}

fn from_float(class: &Obj, f: &Obj) -> Result {
    let value = if f.is::<PyLongObject>() {
        convert::from_int(f)
    } else if let Some(x) = f.downcast::<PyFloatObject>() {
        convert::from_f64(float::value(x))
    } else {
        return raise!(TypeError, "argument must be int or float");
    };
    of_class(class, new_number(&value))
}

fn from_number(class: &Obj, number: &Obj) -> Result {
    let value = if let Some(d) = number.downcast::<Decimal>() {
        d.value()
    } else if number.is::<PyLongObject>() {
        convert::from_int(number)
    } else if let Some(x) = number.downcast::<PyFloatObject>() {
        convert::from_f64(float::value(x))
    } else {
        return raise!(
            TypeError,
            "Cannot convert {} to Decimal",
            repr_lossy(number)
        );
    };
    of_class(class, new_number(&value))
}

/// `Context.create_decimal`: converts, then rounds.
pub fn create_decimal(c: &Context, args: &[&Obj]) -> Result {
    args::expect("create_decimal", args, 0..=1)?;
    let Some(value) = args.first() else {
        return new_number(&Dec::int(0));
    };
    let settings = c.settings.get();
    let value = match value.downcast::<PyUnicodeObject>() {
        Some(text) => convert::from_text(text, false),
        None => Some(convert::exact(value, c)?),
    };
    let room = |v: &Dec, s: &Settings| {
        !v.is_nan() || v.digits() <= s.prec - i64::from(s.clamp) || v.coeff.is_zero()
    };
    match value.filter(|v| room(v, &settings)) {
        Some(value) => {
            let mut st = 0;
            let rounded = value.finish(&settings, &mut st);
            finished(c, &rounded, st)
        }
        None => finished(c, &Dec::nan(), status::CONVERSION_SYNTAX),
    }
}

/// `Context.create_decimal_from_float`
pub fn create_decimal_from_float(c: &Context, f: &Obj) -> Result {
    let value = if f.is::<PyLongObject>() {
        convert::from_int(f)
    } else if let Some(x) = f.downcast::<PyFloatObject>() {
        convert::from_f64(float::value(x))
    } else {
        return raise!(TypeError, "argument must be int or float");
    };
    let mut st = 0;
    let rounded = value.finish(&c.settings.get(), &mut st);
    finished(c, &rounded, st)
}
