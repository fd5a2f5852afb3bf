//! Formatted strings and template strings.

use gc::Manager;
use layout::*;

use super::Flow;
use super::regs::Regs;
use crate::object::*;
use crate::protocol::object;
use crate::types::{str_, template};

#[inline(always)]
pub fn format_simple<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if r.obj(1).is_exact::<PyUnicodeObject>() {
        return Flow::Next;
    }
    let result = object::format(r.obj(1), None);
    r.finish(1, result)
}

#[inline(always)]
pub fn format_with_spec<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = object::format(r.obj(2), Some(r.obj(1)));
    r.finish(2, result)
}

/// The argument: 1 for `!s`, 2 for `!r`, 3 for `!a`.
#[inline(always)]
pub fn convert_value<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let convert = match oparg {
        1 => object::str,
        2 => object::repr,
        _ => object::ascii,
    };
    let result = convert(r.obj(1));
    r.finish(1, result)
}

#[inline(always)]
pub fn build_template<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = template::template(r.obj(2).new_ref(), r.obj(1).new_ref());
    r.finish(2, result)
}

/// The argument: bit 0 says that a format spec is on top; from bit 2, the conversion as for [`convert_value`].
#[inline(always)]
pub fn build_interpolation<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let with_spec = (oparg & 1) as usize;
    let spec = if with_spec != 0 {
        r.obj(1).new_ref()
    } else {
        str_::empty().into_obj()
    };
    let conversion = match oparg >> 2 {
        0 => none(),
        letter => str_::latin1_char(b"?sra"[letter as usize & 3]).new_ref(),
    };
    let (value, expression) = (
        r.obj(2 + with_spec).new_ref(),
        r.obj(1 + with_spec).new_ref(),
    );
    let result = template::interpolation(value, expression, conversion, spec);
    r.finish(2 + with_spec, result)
}
