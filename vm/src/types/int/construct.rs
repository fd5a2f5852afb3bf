//! `int(...)`: the constructor, for exact ints and subclasses.

use layout::*;

use super::*;
use crate::args::{self, Signature};
use crate::err::raise;
use crate::method::Args;
use crate::protocol::number;

static SIGNATURE: Signature = Signature::new("int", "(x=0, /, base=10)");

/// `tp_new`
pub(super) fn int_new(
    tp: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let [x, base] = SIGNATURE.bind(args, kwargs)?;
    make(tp, x, base)
}

/// `tp_vectorcall`
pub(super) fn int_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if args.names.is_some() {
        let [x, base] = SIGNATURE.bind_args(&args)?;
        return make(tp, x, base);
    }
    args::expect("int", args.positional, 0..=2)?;
    make(
        tp,
        args.positional.first().copied(),
        args.positional.get(1).copied(),
    )
}

fn make(tp: &PyTypeObject, x: Option<&Obj>, base: Option<&Obj>) -> Result {
    let n = convert(x, base)?;
    if core::ptr::eq(tp, &PyLong_Type) {
        return Ok(n);
    }
    // SAFETY: `convert` answers with an int.
    new_of_type(tp, unsafe { n.cast() }).map(Ref::into_obj)
}

fn convert(x: Option<&Obj>, base: Option<&Obj>) -> Result {
    let Some(base) = base else {
        return x.map_or_else(|| Ok(zero().new_ref()), number::as_long);
    };
    let Some(x) = x else {
        return raise!(TypeError, "int() missing string argument");
    };
    let base = number::index_isize(base, None)?;
    let Ok(base @ (0 | 2..=36)) = u32::try_from(base) else {
        return raise!(ValueError, "int() base must be >= 2 and <= 36, or 0");
    };
    if let Some(s) = x.downcast::<PyUnicodeObject>() {
        return Ok(from_text(s, base)?.into_obj());
    }
    if (x.is::<PyBytesObject>() || x.is::<PyByteArrayObject>())
        && let Some(bytes) = number::bytes_like(x)?
    {
        return Ok(from_byte_text(&bytes, base)?.into_obj());
    }
    raise!(
        TypeError,
        "int() can't convert non-string with explicit base"
    )
}

/// A new instance of a subclass, or of `int` itself, with the value of `n`.
pub fn new_of_type(tp: &PyTypeObject, n: &PyLongObject) -> Result<Ref<PyLongObject>> {
    if core::ptr::eq(tp, &PyLong_Type) {
        return Ok(as_exact(n));
    }
    let digits = n.magnitude();
    // SAFETY: a subclass of int has int's layout.
    let new = unsafe { type_alloc(tp, digits.len().max(1) as isize)?.into_cast::<PyLongObject>() };
    new.lv_tag.set(make_tag(n.is_negative(), digits.len()));
    // SAFETY: `tp_alloc` made room for the digits, and nobody else knows of the object yet.
    unsafe {
        let body = core::ptr::addr_of!(new.ob_digit).cast::<u32>().cast_mut();
        core::ptr::copy_nonoverlapping(digits.as_ptr(), body, digits.len());
    }
    Ok(new)
}
