//! `weakref.ProxyType` and `CallableProxyType`: stand-ins that pass every operation on to their referent.
//!
//! Each operation takes a reference first, so the referent cannot die under it; a dead one raises `ReferenceError`.

use core::ptr;

use layout::*;

use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, number, object as proto};
use crate::raise;
use crate::types::str_;
use crate::types::type_::{self, CompareOp, TypeBuilder};

use super::{define_common, referent};

static METHODS: &[PyMethodDef] = &[
    noargs!("__bytes__", proxy_bytes, "($self, /)"),
    noargs!("__reversed__", proxy_reversed, "($self, /)"),
];

/// Whether this is one of the two proxy types.
pub fn is_proxy_type(tp: &PyTypeObject) -> bool {
    ptr::eq(tp, &_PyWeakref_ProxyType) || ptr::eq(tp, &_PyWeakref_CallableProxyType)
}

/// Whether the object is a proxy.
pub fn is_proxy(o: &Obj) -> bool {
    is_proxy_type(o.ty())
}

/// What an operand stands for: a proxy's referent, else itself.
fn unwrap(o: &Obj) -> Result {
    if !is_proxy(o) {
        return Ok(o.new_ref());
    }
    // SAFETY: proxies have this layout.
    target(unsafe { o.cast() })
}

fn target(p: &PyWeakReference) -> Result {
    match referent(p) {
        Some(o) => Ok(o),
        None => raise!(ReferenceError, "weakly-referenced object no longer exists"),
    }
}

macro_rules! forward {
    ($b:ident: $($kind:ident $($slot:ident = $f:path),*;)*) => {{
        $($(forward!(@$kind $b $slot $f);)*)*
    }};
    (@unary $b:ident $slot:ident $f:path) => {
        $b.$slot(|p: &PyWeakReference| -> Result { $f(&*target(p)?) });
    };
    (@binary $b:ident $slot:ident $f:path) => {
        $b.$slot(|x: &Obj, y: &Obj| -> Result { $f(&*unwrap(x)?, &*unwrap(y)?) });
    };
    (@ternary $b:ident $slot:ident $f:path) => {
        $b.$slot(|x: &Obj, y: &Obj, z: &Obj| -> Result { $f(&*unwrap(x)?, &*unwrap(y)?, &*unwrap(z)?) });
    };
}

fn define_both(b: &mut TypeBuilder) -> &mut TypeBuilder {
    define_common(b);
    b.unhashable()
        .tp_repr(proxy_repr)
        .tp_getattro(|p: &PyWeakReference, name: &Obj| proto::getattr(&*target(p)?, name))
        .tp_setattro(|p: &PyWeakReference, name: &Obj, value: Option<&Obj>| {
            proto::setattr(&*target(p)?, name, value)
        })
        .tp_richcompare(|p: &PyWeakReference, other: &Obj, op: CompareOp| {
            proto::rich_compare(&*target(p)?, &*unwrap(other)?, op)
        })
        .tp_iternext(proxy_next)
        .nb_bool(|p: &PyWeakReference| proto::is_true(&*target(p)?))
        .sq_contains(|p: &PyWeakReference, item: &Obj| proto::contains(&*target(p)?, item))
        .mp_length(|p: &PyWeakReference| proto::length(&*target(p)?))
        .mp_ass_subscript(|p: &PyWeakReference, key: &Obj, value: Option<&Obj>| {
            let o = target(p)?;
            match value {
                Some(value) => proto::setitem(&o, key, value),
                None => proto::delitem(&o, key),
            }
        });
    forward! { b:
        unary tp_str = proto::str, tp_iter = proto::iter,
            nb_negative = number::negative, nb_positive = number::positive, nb_absolute = number::absolute,
            nb_invert = number::invert, nb_int = number::as_long, nb_float = number::float, nb_index = number::index;
        binary mp_subscript = proto::getitem,
            nb_add = number::add, nb_subtract = number::subtract, nb_multiply = number::multiply,
            nb_remainder = number::remainder, nb_divmod = number::divmod, nb_lshift = number::lshift,
            nb_rshift = number::rshift, nb_and = number::and, nb_xor = number::xor, nb_or = number::or,
            nb_floor_divide = number::floor_divide, nb_true_divide = number::true_divide,
            nb_matrix_multiply = number::matrix_multiply,
            nb_inplace_add = number::inplace_add, nb_inplace_subtract = number::inplace_subtract,
            nb_inplace_multiply = number::inplace_multiply, nb_inplace_remainder = number::inplace_remainder,
            nb_inplace_lshift = number::inplace_lshift, nb_inplace_rshift = number::inplace_rshift,
            nb_inplace_and = number::inplace_and, nb_inplace_xor = number::inplace_xor,
            nb_inplace_or = number::inplace_or, nb_inplace_floor_divide = number::inplace_floor_divide,
            nb_inplace_true_divide = number::inplace_true_divide,
            nb_inplace_matrix_multiply = number::inplace_matrix_multiply;
        ternary nb_power = number::power, nb_inplace_power = number::inplace_power;
    }
    b
}

/// Fills in `weakref.ProxyType`.
pub fn define_proxy(b: &mut TypeBuilder) {
    define_both(b).methods(METHODS);
}

/// Fills in `weakref.CallableProxyType`.
pub fn define_callable_proxy(b: &mut TypeBuilder) {
    define_both(b).tp_call(
        |p: &PyWeakReference, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
            call::call_tuple_dict(&*target(p)?, args, kwargs)
        },
    );
}

fn proxy_repr(p: &PyWeakReference) -> Result {
    let text = match referent(p) {
        Some(o) => format!(
            "<weakproxy at {:p}; to '{}' at {:p}>",
            p.as_ptr(),
            type_::fully_qualified_name(o.ty()),
            o.as_ptr()
        ),
        None => format!("<weakproxy at {:p}; dead>", p.as_ptr()),
    };
    Ok(str_::new(&text).into_obj())
}

fn proxy_next(p: &PyWeakReference) -> Result<Option<Ref>> {
    let o = target(p)?;
    if o.ty().tp_iternext.get().is_none() {
        return raise!(
            TypeError,
            "Weakref proxy referenced a non-iterator '{}' object",
            o.tp_name()
        );
    }
    proto::next(&o)
}

fn proxy_bytes(p: &PyWeakReference) -> Result {
    call::call_method(&*target(p)?, "__bytes__", &[])
}

fn proxy_reversed(p: &PyWeakReference) -> Result {
    call::call_method(&*target(p)?, "__reversed__", &[])
}
