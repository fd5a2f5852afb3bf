//! `_compare_digest`: equality in a time that does not tell where the difference is.

use core::hint::black_box;

use crate::prelude::*;
use vm::types::str_::StrExt as _;

/// `_compare_digest(a, b)` of two ASCII strings or two buffers.
pub fn compare_digest(a: &Obj, b: &Obj) -> Result<bool> {
    if let (Some(a), Some(b)) = (str_::of(a), str_::of(b)) {
        if !a.is_ascii() || !b.is_ascii() {
            return raise!(
                TypeError,
                "comparing strings with non-ASCII characters is not supported"
            );
        }
        return Ok(equal(a.as_str()?.as_bytes(), b.as_str()?.as_bytes()));
    }
    if !has_buffer(a) && !has_buffer(b) {
        return raise!(
            TypeError,
            "unsupported operand types(s) or combination of types: '{}' and '{}'",
            a.tp_name(),
            b.tp_name()
        );
    }
    let a = proto::get_buffer(a, PyBUF_SIMPLE)?;
    let b = proto::get_buffer(b, PyBUF_SIMPLE)?;
    Ok(equal(a.bytes(), b.bytes()))
}

fn has_buffer(o: &Obj) -> bool {
    // SAFETY: null, or the table of a live type.
    unsafe { o.ty().tp_as_buffer.get().as_ref() }.is_some_and(|b| b.bf_getbuffer.get().is_some())
}

/// Looks at all of `b` whatever `a` is.
fn equal(a: &[u8], b: &[u8]) -> bool {
    let same_length = a.len() == b.len();
    let left = if same_length { a } else { b };
    let mut difference = u8::from(!same_length);
    for (x, y) in left.iter().zip(b) {
        difference = black_box(difference | (x ^ y));
    }
    difference == 0
}
