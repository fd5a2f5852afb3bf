//! `compress`: the items whose selectors are true.

use super::iterator;
use crate::prelude::*;

/// `compress(data, selectors)`.
#[repr(C)]
pub struct Compress {
    ob_base: PyObject,
    data: Slot,
    selectors: Slot,
}

static_type!(Compress, COMPRESS);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Compress, [data, selectors], next)
        .tp_new(new)
        .text_signature(method_doc!("compress", "(data, selectors)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("compress", "(data, selectors)");
    let [data, selectors] = SIGNATURE.bind(args, kwargs)?;
    let data = proto::iter(required(data))?;
    let selectors = proto::iter(required(selectors))?;
    let c = Compress {
        ob_base: header(),
        data: data.into(),
        selectors: selectors.into(),
    };
    Ok(create(tp, c)?.into_obj())
}

fn next(c: &Compress) -> Result<Option<Ref>> {
    loop {
        let Some(item) = proto::next(held(&c.data))? else {
            return Ok(None);
        };
        let Some(selector) = proto::next(held(&c.selectors))? else {
            return Ok(None);
        };
        if proto::is_true(&selector)? {
            return Ok(Some(item));
        }
    }
}
