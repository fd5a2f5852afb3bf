//! Calling a `partial`: its arguments, with the call's in the places of placeholders and after them.

use super::partial::{self, Partial};
use super::placeholder::is_placeholder;
use crate::prelude::*;
use vm::types::dict::DictExt as _;

/// How many arguments are put together without an allocation.
const SMALL: usize = 10;

/// The call.
pub fn call(p: &Partial, args: Args<'_>) -> Result {
    let _depth = call::NativeCall::enter(" while calling a Python object")?;
    let open = p.placeholders.get();
    let given = args.positional.len();
    if given < open {
        return raise!(
            TypeError,
            "missing positional arguments in 'partial' call; expected at least {open}, got {given}"
        );
    }
    // The call may change the partial's state.
    let (function, own) = (held(&p.function).new_ref(), held_tuple(&p.args).to_ref());
    let keywords = partial::keywords_of(p);
    if keywords.is_empty() {
        return call_with(
            &function,
            (own.objects(), open),
            args.positional,
            args.keyword_values,
            args.names,
        );
    }
    let keywords = if args.keyword_values.is_empty() {
        keywords
    } else {
        keywords.copy()?
    };
    for (name, value) in args.keywords() {
        keywords.set(name, value)?;
    }
    let (names, values): (Vec<Ref>, Vec<Ref>) = keywords.entries().into_iter().unzip();
    if !names.iter().all(|name| name.is::<PyUnicodeObject>()) {
        return raise!(TypeError, "keywords must be strings");
    }
    let values: Vec<&Obj> = values.iter().map(|v| &**v).collect();
    call_with(
        &function,
        (own.objects(), open),
        args.positional,
        &values,
        Some(&*tuple::from_vec(names)),
    )
}

/// Calls with `own` arguments, in the `open` placeholders of which `given` ones go, and the rest of those.
fn call_with(
    function: &Obj,
    (own, open): (&[&Obj], usize),
    given: &[&Obj],
    keyword_values: &[&Obj],
    names: Option<&PyTupleObject>,
) -> Result {
    let count = own.len() + given.len() - open;
    // One more in front, which the callee may use for a self.
    let total = 1 + count + keyword_values.len();
    let mut small = [NONE(); SMALL];
    let mut large;
    let all: &mut [&Obj] = if total <= SMALL {
        &mut small[..total]
    } else {
        large = vec![NONE(); total];
        &mut large
    };
    let (mut fill, rest) = (given[..open].iter(), &given[open..]);
    let (before, after) = all[1..].split_at_mut(own.len());
    for (slot, &value) in before.iter_mut().zip(own) {
        *slot = if open > 0 && is_placeholder(value) {
            fill.next().copied().unwrap_or(value)
        } else {
            value
        };
    }
    for (slot, value) in after.iter_mut().zip(rest.iter().chain(keyword_values)) {
        *slot = value;
    }
    let names = names.map_or(core::ptr::null_mut(), |names| names.as_ptr());
    // SAFETY: `count` arguments and the keywords' values follow the spare place, which belongs to this call.
    unsafe {
        let first = all.as_mut_ptr().add(1);
        call::vectorcall(
            function,
            first.cast(),
            count | PY_VECTORCALL_ARGUMENTS_OFFSET,
            names,
        )
    }
}
