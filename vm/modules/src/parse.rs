//! Checks of argument counts with the messages of C's `PyArg_ParseTuple`.

use core::ops::RangeInclusive;

use vm::err::{Result, raise};
use vm::object::*;

/// Checks how many arguments `name()` has been given.
pub fn count(name: &str, args: &[&Obj], range: RangeInclusive<usize>) -> Result<()> {
    if range.contains(&args.len()) {
        return Ok(());
    }
    let (min, max) = (*range.start(), *range.end());
    let (how, wanted) = match args.len() {
        _ if min == max => ("exactly", min),
        n if n < min => ("at least", min),
        _ => ("at most", max),
    };
    if max == 0 {
        return raise!(
            TypeError,
            "{name}() takes no arguments ({} given)",
            args.len()
        );
    }
    let plural = if wanted == 1 { "" } else { "s" };
    raise!(
        TypeError,
        "{name}() takes {how} {wanted} argument{plural} ({} given)",
        args.len()
    )
}
