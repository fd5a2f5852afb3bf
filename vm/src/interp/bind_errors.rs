//! What is said when arguments do not fit the parameters.

use layout::*;

use crate::code::local_names;
use crate::err::{self, Raised, exc};
use crate::object::*;
use crate::stackref::StackRef;
use crate::suggestions;
use crate::types::str_::StrExt;
use crate::types::tuple::TupleExt;

pub fn qualname(f: &PyFunctionObject) -> String {
    f.func_qualname
        .borrow_obj()
        .map_or_else(String::new, str_lossy)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cold]
#[inline(never)]
pub fn too_many_positional(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    given: usize,
    slots: &[StackRef],
) -> Raised {
    let count = code.co_argcount.get() as usize;
    let total = count + code.co_kwonlyargcount.get() as usize;
    let keyword_only = slots[count..total]
        .iter()
        .filter(|slot| !slot.is_null())
        .count();
    let defaults = f
        .func_defaults
        .borrow_obj()
        .and_then(|d| d.downcast::<PyTupleObject>())
        .map_or(0, |d| d.items().len());
    let (accepted, plural_accepted) = if defaults > 0 {
        (
            format!("from {} to {}", count.saturating_sub(defaults), count),
            true,
        )
    } else {
        (count.to_string(), count != 1)
    };
    let keywords = if keyword_only > 0 {
        format!(
            " positional argument{} (and {} keyword-only argument{})",
            plural(given),
            keyword_only,
            plural(keyword_only)
        )
    } else {
        String::new()
    };
    err::new(
        &exc::TypeError,
        format_args!(
            "{}() takes {} positional argument{} but {}{} {} given",
            qualname(f),
            accepted,
            if plural_accepted { "s" } else { "" },
            given,
            keywords,
            if given == 1 && keyword_only == 0 {
                "was"
            } else {
                "were"
            }
        ),
    )
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`.
fn enumeration(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    }
}

fn missing(f: &PyFunctionObject, kind: &str, names: Vec<String>) -> Raised {
    err::new(
        &exc::TypeError,
        format_args!(
            "{}() missing {} required {} argument{}: {}",
            qualname(f),
            names.len(),
            kind,
            plural(names.len()),
            enumeration(&names)
        ),
    )
}

fn unbound(code: &PyCodeObject, slots: &[StackRef], range: core::ops::Range<usize>) -> Vec<String> {
    let names = local_names(code).items();
    range
        .filter(|&index| slots[index].is_null())
        .map(|index| repr_lossy(&names[index]))
        .collect()
}

#[cold]
#[inline(never)]
pub fn missing_positional(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    required: usize,
    slots: &[StackRef],
) -> Raised {
    missing(f, "positional", unbound(code, slots, 0..required))
}

#[cold]
#[inline(never)]
pub fn missing_keyword_only(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    slots: &[StackRef],
) -> Raised {
    let first = code.co_argcount.get() as usize;
    missing(f, "keyword-only", unbound(code, slots, first..slots.len()))
}

#[cold]
#[inline(never)]
pub fn unexpected_keyword(
    f: &PyFunctionObject,
    code: &PyCodeObject,
    name: &Obj,
    given: &PyTupleObject,
    total: usize,
) -> Raised {
    let positional_only = code.co_posonlyargcount.get() as usize;
    let parameters = local_names(code).items();
    let equal = |a: &Obj, b: &Obj| match (
        a.downcast::<PyUnicodeObject>(),
        b.downcast::<PyUnicodeObject>(),
    ) {
        (Some(a), Some(b)) => a.equals(b),
        _ => false,
    };
    let misused: Vec<String> = parameters[..positional_only]
        .iter()
        .filter(|p| given.items().iter().any(|g| equal(p, g)))
        .map(|p| str_lossy(p))
        .collect();
    if !misused.is_empty() {
        return err::new(
            &exc::TypeError,
            format_args!(
                "{}() got some positional-only arguments passed as keyword arguments: '{}'",
                qualname(f),
                misused.join(", ")
            ),
        );
    }
    let candidates: Vec<Ref> = parameters[positional_only..total].to_vec();
    match suggestions::best(&candidates, name) {
        Some(hint) => err::new(
            &exc::TypeError,
            format_args!(
                "{}() got an unexpected keyword argument '{}'. Did you mean '{}'?",
                qualname(f),
                str_lossy(name),
                str_lossy(&hint)
            ),
        ),
        None => err::new(
            &exc::TypeError,
            format_args!(
                "{}() got an unexpected keyword argument '{}'",
                qualname(f),
                str_lossy(name)
            ),
        ),
    }
}
