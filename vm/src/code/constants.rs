//! When two constants are the same: equal, of one type, and not told apart by a sign of zero. `1`, `1.0` and `True` are
//! three constants; so are `0.0` and `-0.0`.

use layout::*;

use crate::err::Result;
use crate::object::*;
use crate::protocol::object::{rich_compare_bool, to_vec};
use crate::types::tuple::TupleExt;
use crate::types::type_::builder::CompareOp;

pub fn same_constant(a: &Obj, b: &Obj) -> Result<bool> {
    if a.is_same(b) {
        return Ok(true);
    }
    if !core::ptr::eq(a.ty(), b.ty()) {
        return Ok(false);
    }
    if let (Some(x), Some(y)) = (
        a.downcast_exact::<PyFloatObject>(),
        b.downcast_exact::<PyFloatObject>(),
    ) {
        return Ok(x.ob_fval.get().to_bits() == y.ob_fval.get().to_bits());
    }
    if let (Some(x), Some(y)) = (
        a.downcast_exact::<PyComplexObject>(),
        b.downcast_exact::<PyComplexObject>(),
    ) {
        let bits = |c: Py_complex| (c.real.to_bits(), c.imag.to_bits());
        return Ok(bits(x.cval.get()) == bits(y.cval.get()));
    }
    if let (Some(x), Some(y)) = (
        a.downcast_exact::<PyTupleObject>(),
        b.downcast_exact::<PyTupleObject>(),
    ) {
        return all_same(x.items(), y.items());
    }
    if let (Some(x), Some(y)) = (
        a.downcast_exact::<PySliceObject>(),
        b.downcast_exact::<PySliceObject>(),
    ) {
        let parts = |s: &PySliceObject| {
            // SAFETY: a slice's fields are objects.
            unsafe { [&s.start, &s.stop, &s.step].map(|field| Ref::from_borrowed(field.get())) }
        };
        return all_same(&parts(x), &parts(y));
    }
    if core::ptr::eq(a.ty(), &PyFrozenSet_Type) {
        return same_sets(a, b);
    }
    if a.is::<PyLongObject>()
        || a.is::<PyUnicodeObject>()
        || a.is::<PyBytesObject>()
        || a.is::<PyCodeObject>()
    {
        return rich_compare_bool(a, b, CompareOp::Eq);
    }
    Ok(false)
}

fn all_same(a: &[Ref], b: &[Ref]) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b) {
        if !same_constant(x, y)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Constant sets are small: each element is looked for among the other's.
fn same_sets(a: &Obj, b: &Obj) -> Result<bool> {
    let (a, b) = (to_vec(a)?, to_vec(b)?);
    if a.len() != b.len() {
        return Ok(false);
    }
    for x in &a {
        let mut found = false;
        for y in &b {
            found = found || same_constant(x, y)?;
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}
