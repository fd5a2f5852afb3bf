//! `bool`: the two singletons, which are ints.

use layout::*;

use crate::args;
use crate::err::{Result, exc, raise};
use crate::intern;
use crate::method::Args;
use crate::method_doc;
use crate::object::*;
use crate::types::int;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::TypeBuilder;

/// Fills in `bool`.
pub fn define(b: &mut TypeBuilder) {
    b.sizes(
        core::mem::offset_of!(PyLongObject, ob_digit),
        size_of::<digit>(),
    )
    .text_signature(method_doc!("bool", "(object=False, /)"))
    .base(&PyLong_Type)
    .flags(Py_TPFLAGS_LONG_SUBCLASS | _Py_TPFLAGS_MATCH_SELF)
    .tp_new(bool_new)
    .tp_vectorcall(bool_vectorcall)
    .tp_repr(|b: &Obj| {
        Ok(if is_true(b) {
            intern!("True").new_ref()
        } else {
            intern!("False").new_ref()
        })
    })
    .nb_invert(invert)
    .nb_and(|a: &Obj, b: &Obj| combine(a, b, |a, b| a & b, int::and))
    .nb_or(|a: &Obj, b: &Obj| combine(a, b, |a, b| a | b, int::or))
    .nb_xor(|a: &Obj, b: &Obj| combine(a, b, |a, b| a ^ b, int::xor));
}

/// Whether an object is `True` itself.
#[inline(always)]
pub fn is_true(o: &Obj) -> bool {
    o.is_same(TRUE())
}

/// The value, if the object is a bool.
#[inline]
pub fn of(o: &Obj) -> Option<bool> {
    if o.is_same(TRUE()) {
        Some(true)
    } else if o.is_same(FALSE()) {
        Some(false)
    } else {
        None
    }
}

fn bool_new(
    tp: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<bool> {
    if !core::ptr::eq(tp, &PyBool_Type) {
        return raise!(TypeError, "bool.__new__(X): X is not a subtype of bool");
    }
    args::no_keywords("bool", kwargs)?;
    let args = args.objects();
    make(args)
}

fn bool_vectorcall(_: &PyTypeObject, args: Args<'_>) -> Result<bool> {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "bool() takes no keyword arguments");
    }
    make(args.positional)
}

fn make(args: &[&Obj]) -> Result<bool> {
    args::expect("bool", args, 0..=1)?;
    args.first().map_or(Ok(false), |o| args::to_bool(o))
}

fn combine(
    a: &Obj,
    b: &Obj,
    bools: impl FnOnce(bool, bool) -> bool,
    ints: impl FnOnce(&PyLongObject, &PyLongObject) -> Ref<PyLongObject>,
) -> Result {
    if let (Some(a), Some(b)) = (of(a), of(b)) {
        return Ok(bool_(bools(a, b)));
    }
    match (a.downcast(), b.downcast()) {
        (Some(a), Some(b)) => Ok(ints(a, b).into_obj()),
        _ => Ok(not_implemented()),
    }
}

fn invert(b: &PyLongObject) -> Result<Ref<PyLongObject>> {
    crate::warn::warn(
        &exc::DeprecationWarning,
        1,
        "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise \
         inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' \
         operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
    )?;
    Ok(int::invert(b))
}
