//! `reduce`: a function of two, folded over an iterable.

use crate::prelude::*;

/// `reduce(function, iterable, /, initial)`.
pub fn reduce(_: &Obj, [function, iterable, initial]: [Option<&Obj>; 3]) -> Result {
    let (function, iterable) = (required(function), required(iterable));
    let it = match proto::iter(iterable) {
        Ok(it) => it,
        Err(raised) => {
            if err::clear_if(&exc::TypeError) {
                return raise!(TypeError, "reduce() arg 2 must support iteration");
            }
            return Err(raised);
        }
    };
    let mut total = match initial {
        Some(initial) => initial.new_ref(),
        None => match proto::next(&it)? {
            Some(first) => first,
            None => {
                return raise!(
                    TypeError,
                    "reduce() of empty iterable with no initial value"
                );
            }
        },
    };
    while let Some(item) = proto::next(&it)? {
        total = call::call(function, &[&total, &item])?;
    }
    Ok(total)
}
