//! The operators as functions.

use super::compare_digest::compare_digest;
use crate::prelude::*;

/// The module's functions.
pub static METHODS: &[PyMethodDef] = &[
    o!(
        "truth",
        |_: &Obj, a: &Obj| proto::is_true(a),
        "($module, a, /)"
    ),
    binary!("contains", proto::contains),
    binary!("indexOf", index_of),
    binary!("countOf", count_of),
    binary!("is_", |a: &Obj, b: &Obj| Ok(a.is_same(b))),
    binary!("is_not", |a: &Obj, b: &Obj| Ok(!a.is_same(b))),
    o!(
        "is_none",
        |_: &Obj, a: &Obj| Ok(a.is_none()),
        "($module, a, /)"
    ),
    o!(
        "is_not_none",
        |_: &Obj, a: &Obj| Ok(!a.is_none()),
        "($module, a, /)"
    ),
    binary!("add", number::add),
    binary!("sub", number::subtract),
    binary!("mul", number::multiply),
    binary!("matmul", number::matrix_multiply),
    binary!("floordiv", number::floor_divide),
    binary!("truediv", number::true_divide),
    binary!("mod", number::remainder),
    o!(
        "neg",
        |_: &Obj, a: &Obj| number::negative(a),
        "($module, a, /)"
    ),
    o!(
        "pos",
        |_: &Obj, a: &Obj| number::positive(a),
        "($module, a, /)"
    ),
    o!(
        "abs",
        |_: &Obj, a: &Obj| number::absolute(a),
        "($module, a, /)"
    ),
    o!(
        "inv",
        |_: &Obj, a: &Obj| number::invert(a),
        "($module, a, /)"
    ),
    o!(
        "invert",
        |_: &Obj, a: &Obj| number::invert(a),
        "($module, a, /)"
    ),
    binary!("lshift", number::lshift),
    binary!("rshift", number::rshift),
    o!(
        "not_",
        |_: &Obj, a: &Obj| Ok(!proto::is_true(a)?),
        "($module, a, /)"
    ),
    binary!("and_", number::and),
    binary!("xor", number::xor),
    binary!("or_", number::or),
    binary!("iadd", number::inplace_add),
    binary!("isub", number::inplace_subtract),
    binary!("imul", number::inplace_multiply),
    binary!("imatmul", number::inplace_matrix_multiply),
    binary!("ifloordiv", number::inplace_floor_divide),
    binary!("itruediv", number::inplace_true_divide),
    binary!("imod", number::inplace_remainder),
    binary!("ilshift", number::inplace_lshift),
    binary!("irshift", number::inplace_rshift),
    binary!("iand", number::inplace_and),
    binary!("ixor", number::inplace_xor),
    binary!("ior", number::inplace_or),
    binary!("concat", |a: &Obj, b: &Obj| concat(a, b, false)),
    binary!("iconcat", |a: &Obj, b: &Obj| concat(a, b, true)),
    binary!("getitem", proto::getitem),
    fastcall!("setitem", set_item, "($module, a, b, c, /)"),
    binary!("delitem", proto::delitem),
    binary!("pow", |a: &Obj, b: &Obj| number::power(a, b, NONE())),
    binary!("ipow", |a: &Obj, b: &Obj| number::inplace_power(
        a,
        b,
        NONE()
    )),
    o!(
        "index",
        |_: &Obj, a: &Obj| number::index(a),
        "($module, a, /)"
    ),
    binary!("lt", |a: &Obj, b: &Obj| proto::rich_compare(
        a,
        b,
        CompareOp::Lt
    )),
    binary!("le", |a: &Obj, b: &Obj| proto::rich_compare(
        a,
        b,
        CompareOp::Le
    )),
    binary!("eq", |a: &Obj, b: &Obj| proto::rich_compare(
        a,
        b,
        CompareOp::Eq
    )),
    binary!("ne", |a: &Obj, b: &Obj| proto::rich_compare(
        a,
        b,
        CompareOp::Ne
    )),
    binary!("gt", |a: &Obj, b: &Obj| proto::rich_compare(
        a,
        b,
        CompareOp::Gt
    )),
    binary!("ge", |a: &Obj, b: &Obj| proto::rich_compare(
        a,
        b,
        CompareOp::Ge
    )),
    binary!("_compare_digest", compare_digest),
    fastcall!("length_hint", length_hint, "($module, obj, default=0, /)"),
    varargs_kw!("call", call_object, "($module, obj, /, *args, **kwargs)"),
];

/// A row for a function of two objects.
macro_rules! binary {
    ($name:literal, $f:expr) => {
        fastcall!(
            $name,
            |_: &Obj, args: &[&Obj]| {
                args::expect($name, args, 2..=2)?;
                $f(args[0], args[1])
            },
            "($module, a, b, /)"
        )
    };
}
use binary;

fn set_item(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("setitem", args, 3..=3)?;
    proto::setitem(args[0], args[1], args[2])
}

/// A default may be negative, which no length is.
fn length_hint(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("length_hint", args, 1..=2)?;
    let default = args::to_isize_or(args.get(1).copied(), 0)?;
    Ok(match proto::length_hint(args[0], usize::MAX)? {
        usize::MAX => default,
        n => n as isize,
    })
}

fn call_object(_: &Obj, args: Args<'_>) -> Result {
    let [callable, positional @ ..] = args.positional else {
        return raise!(TypeError, "call expected at least 1 argument, got 0");
    };
    let names = args
        .names
        .map_or(core::ptr::null_mut(), |names| names.as_ptr());
    // SAFETY: the keywords' values follow the positional arguments, as this very call had them.
    unsafe {
        call::vectorcall(
            callable,
            positional.as_ptr().cast(),
            positional.len(),
            names,
        )
    }
}

// ---- Sequences ----

fn concat(a: &Obj, b: &Obj, in_place: bool) -> Result {
    // SAFETY: null, or the table of a live type.
    let slots = unsafe { a.ty().tp_as_sequence.get().as_ref() };
    let inplace = slots
        .and_then(|s| s.sq_inplace_concat.get())
        .filter(|_| in_place);
    if let Some(f) = inplace.or_else(|| slots.and_then(|s| s.sq_concat.get())) {
        // SAFETY: a slot of the object's own type.
        return unsafe { err::from_owned(f(a.as_ptr(), b.as_ptr())) };
    }
    // Classes of Python have `__add__` in the number's slot alone.
    if proto::is_sequence(a) && proto::is_sequence(b) {
        let op = if in_place {
            number::inplace_add
        } else {
            number::add
        };
        if let Some(sum) = err::suppress(op(a, b), &exc::TypeError)? {
            return Ok(sum);
        }
    }
    raise!(TypeError, "'{}' object can't be concatenated", a.tp_name())
}

fn iterate(o: &Obj) -> Result {
    match proto::iter(o) {
        Ok(it) => Ok(it),
        Err(raised) => {
            if err::clear_if(&exc::TypeError) {
                return raise!(
                    TypeError,
                    "argument of type '{}' is not iterable",
                    o.tp_name()
                );
            }
            Err(raised)
        }
    }
}

fn index_of(a: &Obj, b: &Obj) -> Result<usize> {
    let it = iterate(a)?;
    let mut i = 0;
    while let Some(item) = proto::next(&it)? {
        if proto::rich_compare_bool(&item, b, CompareOp::Eq)? {
            return Ok(i);
        }
        i += 1;
    }
    raise!(ValueError, "sequence.index(x): x not in sequence")
}

fn count_of(a: &Obj, b: &Obj) -> Result<usize> {
    let it = iterate(a)?;
    let mut n = 0;
    while let Some(item) = proto::next(&it)? {
        n += usize::from(proto::rich_compare_bool(&item, b, CompareOp::Eq)?);
    }
    Ok(n)
}
