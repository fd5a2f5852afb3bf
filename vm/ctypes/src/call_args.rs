//! Parameter flags: which parameters of a function go in, which come out, their names and defaults.

use crate::array::ARRAY_META;
use crate::info;
use crate::pointer::POINTER_META;
use crate::prelude::*;
use vm::types::dict::DictExt as _;

const IN: u32 = 1;
const OUT: u32 = 2;
const LCID: u32 = 4;
const IN_OUT: u32 = IN | OUT;
const IN_LCID: u32 = IN | LCID;

/// The arguments of a call, and which of them are its results.
pub struct CallArgs {
    pub args: Ref<PyTupleObject>,
    /// The arguments that are returned as they are, and those that are asked what they became.
    results: Vec<(usize, Passing)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    InOut,
    Out,
}

/// One row of the flags.
struct Row<'a> {
    flags: u32,
    name: Option<&'a Obj>,
    default: Option<&'a Obj>,
}

fn row(item: &Obj) -> Result<Row<'_>> {
    let parts = item.downcast::<PyTupleObject>().map(|t| t.objects());
    let parsed = match parts {
        Some([flags]) => Some((*flags, None, None)),
        Some([flags, name]) => Some((*flags, Some(*name), None)),
        Some([flags, name, default]) => Some((*flags, Some(*name), Some(*default))),
        _ => None,
    };
    if let Some((flags, name, default)) = parsed
        && name.is_none_or(|n| n.is_none() || n.is::<PyUnicodeObject>())
    {
        match args::to_i32(flags) {
            Ok(flags) => {
                return Ok(Row {
                    flags: flags as u32,
                    name,
                    default,
                });
            }
            Err(_) => err::clear(),
        }
    }
    raise!(
        TypeError,
        "paramflags must be a sequence of (int [,string [,value]]) tuples"
    )
}

/// Checks the flags of a function's parameters against their types.
pub fn validate(flags: Option<&Obj>, argtypes: Option<&Obj>) -> Result<()> {
    let (Some(flags), Some(argtypes)) = (flags, argtypes) else {
        return Ok(());
    };
    let Some(flags) = flags.downcast::<PyTupleObject>() else {
        return raise!(TypeError, "paramflags must be a tuple or None");
    };
    let argtypes = tuple::from_iterable(argtypes)?;
    if flags.len() != argtypes.len() {
        return raise!(
            ValueError,
            "paramflags must have the same length as argtypes"
        );
    }
    for (i, (item, class)) in flags.objects().iter().zip(argtypes.objects()).enumerate() {
        let row = row(item)?;
        match row.flags & (IN | OUT | LCID) {
            0 | IN | IN_LCID | IN_OUT => {}
            OUT => check_out(class, i + 1)?,
            _ => {
                return raise!(
                    TypeError,
                    "paramflag value {} not supported",
                    row.flags as i32
                );
            }
        }
    }
    Ok(())
}

/// What comes out does so through a pointer.
fn check_out(class: &Obj, position: usize) -> Result<()> {
    let letter = info::of_class(class).and_then(info::Info::letter);
    if is_class_of(class, &POINTER_META)
        || is_class_of(class, &ARRAY_META)
        || letter.is_some_and(|c| b"PzZ".contains(&c))
    {
        return Ok(());
    }
    raise!(
        TypeError,
        "'out' parameter {position} must be a pointer type, not {}",
        class_name(class)
    )
}

/// The arguments that are left, by position or name.
struct Given<'a> {
    args: &'a [&'a Obj],
    kwargs: Option<&'a PyDictObject>,
    used: usize,
}

impl Given<'_> {
    fn next(&mut self, row: &Row<'_>) -> Result {
        if let Some(o) = self.args.get(self.used) {
            self.used += 1;
            return Ok(o.new_ref());
        }
        if let (Some(kwargs), Some(name)) = (self.kwargs, row.name)
            && let Some(o) = kwargs.get(name)?
        {
            self.used += 1;
            return Ok(o);
        }
        match (row.default, row.name) {
            (Some(default), _) => Ok(default.new_ref()),
            (None, Some(name)) => {
                raise!(TypeError, "required argument '{}' missing", str_lossy(name))
            }
            (None, None) => raise!(TypeError, "not enough arguments"),
        }
    }
}

/// A new object for an `out` parameter without a default.
fn make_out(class: &Obj) -> Result {
    let Some(info) = info::of_class(class) else {
        return raise!(RuntimeError, "NULL stginfo unexpected");
    };
    if info.letter().is_some() {
        return raise!(
            TypeError,
            "{} 'out' parameter must be passed as default value",
            class_name(class)
        );
    }
    py_call::call0(if is_class_of(class, &ARRAY_META) {
        class
    } else {
        info.proto()
    })
}

/// The arguments that a call passes, made of those that it got.
pub fn build(
    flags: Option<&PyTupleObject>,
    argtypes: Option<&Obj>,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<CallArgs> {
    let argtypes = match argtypes {
        Some(types) if flags.is_some() => tuple::from_iterable(types)?,
        _ => tuple::empty(),
    };
    let Some(flags) = flags.filter(|_| !argtypes.is_empty()) else {
        return Ok(CallArgs {
            args: args.to_ref(),
            results: Vec::new(),
        });
    };
    let mut given = Given {
        args: args.objects(),
        kwargs,
        used: 0,
    };
    let (mut built, mut results) = (Vec::with_capacity(argtypes.len()), Vec::new());
    for (i, (item, class)) in flags.objects().iter().zip(argtypes.objects()).enumerate() {
        let row = row(item)?;
        built.push(match row.flags & (IN | OUT | LCID) {
            IN_LCID => row
                .default
                .map_or_else(|| int::zero().new_ref(), Obj::new_ref),
            0 | IN => given.next(&row)?,
            IN_OUT => {
                results.push((i, Passing::InOut));
                given.next(&row)?
            }
            OUT => {
                results.push((i, Passing::Out));
                match row.default {
                    Some(default) => default.new_ref(),
                    None => make_out(class)?,
                }
            }
            _ => {
                return raise!(ValueError, "paramflag {} not yet implemented", row.flags);
            }
        });
    }
    let total = args.len() + kwargs.map_or(0, |k| k.len());
    if total != given.used {
        return raise!(
            TypeError,
            "call takes exactly {} arguments ({total} given)",
            given.used
        );
    }
    Ok(CallArgs {
        args: tuple::from_vec(built),
        results,
    })
}

impl CallArgs {
    /// What the call answers with: its result, or what came out.
    pub fn answer(&self, result: Ref) -> Result {
        let came_out = |&(i, passing): &(usize, Passing)| {
            let o = self.args.objects()[i];
            match passing {
                Passing::InOut => Ok(o.new_ref()),
                Passing::Out => py_call::method(o, intern!("__ctypes_from_outparam__"), &[]),
            }
        };
        match self.results.as_slice() {
            [] => Ok(result),
            [one] => came_out(one),
            many => {
                let all: Result<Vec<Ref>> = many.iter().map(came_out).collect();
                Ok(tuple::from_vec(all?).into_obj())
            }
        }
    }
}
