//! `batched`: tuples of `n` items, the last of which may be shorter unless `strict`.

use super::iterator;
use crate::prelude::*;

/// `batched(iterable, n, *, strict=False)`.
#[repr(C)]
pub struct Batched {
    ob_base: PyObject,
    it: Slot,
    size: usize,
    strict: bool,
}

static_type!(Batched, BATCHED);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Batched, [it], next)
        .tp_new(new)
        .text_signature(method_doc!("batched", "(iterable, n, *, strict=False)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("batched", "(iterable, n, *, strict=False)");
    let [iterable, n, strict] = SIGNATURE.bind(args, kwargs)?;
    let n = args::to_isize(required(n))?;
    let strict = strict.map_or(Ok(false), args::to_bool)?;
    if n < 1 {
        return raise!(ValueError, "n must be at least one");
    }
    let it = proto::iter(required(iterable))?;
    let b = Batched {
        ob_base: header(),
        it: it.into(),
        size: n as usize,
        strict,
    };
    Ok(create(tp, b)?.into_obj())
}

fn next(b: &Batched) -> Result<Option<Ref>> {
    let Some(it) = b.it.get() else {
        return Ok(None);
    };
    let mut items = Vec::with_capacity(b.size.min(1 << 10));
    while items.len() < b.size {
        match proto::next(&it) {
            Ok(Some(item)) => items.push(item),
            Ok(None) => break,
            Err(raised) => {
                b.it.set(None);
                return Err(raised);
            }
        }
    }
    if items.len() < b.size {
        b.it.set(None);
        if items.is_empty() {
            return Ok(None);
        }
        if b.strict {
            return raise!(ValueError, "batched(): incomplete batch");
        }
    }
    Ok(Some(tuple::from_vec(items).into_obj()))
}
