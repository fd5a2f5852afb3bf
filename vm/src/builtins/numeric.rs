//! Builtins on numbers.

use layout::*;

use crate::args;
use crate::err::{Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, number};
use crate::types::int;

pub fn abs(_: &Obj, x: &Obj) -> Result {
    number::absolute(x)
}

fn in_base(x: &Obj, base: u32) -> Result {
    let n = number::index(x)?;
    // SAFETY: index answers with an int.
    int::to_base(unsafe { n.cast::<PyLongObject>() }, base)
}

pub fn bin(_: &Obj, x: &Obj) -> Result {
    in_base(x, 2)
}

pub fn oct(_: &Obj, x: &Obj) -> Result {
    in_base(x, 8)
}

pub fn hex(_: &Obj, x: &Obj) -> Result {
    in_base(x, 16)
}

pub fn divmod(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("divmod", given, 2..=2)?;
    number::divmod(given[0], given[1])
}

pub fn pow(_: &Obj, [base, exponent, modulus]: [Option<&Obj>; 3]) -> Result {
    number::power(
        base.expect("required"),
        exponent.expect("required"),
        modulus.unwrap_or(NONE()),
    )
}

pub fn round(_: &Obj, [x, digits]: [Option<&Obj>; 2]) -> Result {
    let x = x.expect("required");
    let answer = match digits {
        Some(d) if !d.is_none() => call::special(x, intern!("__round__"), &[d])?,
        _ => call::special(x, intern!("__round__"), &[])?,
    };
    match answer {
        Some(rounded) => Ok(rounded),
        None => raise!(
            TypeError,
            "type {} doesn't define __round__ method",
            x.tp_name()
        ),
    }
}
