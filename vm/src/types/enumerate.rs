//! `enumerate` and `reversed`.

use core::cell::Cell;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, number, object};
use crate::types::dict::DictExt as _;
use crate::types::genericalias;
use crate::types::int::{self, IntExt as _};
use crate::types::str_;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, TypeBuilder};

/// `enumerate(iterable, start)`.
#[repr(C)]
pub struct Enumerate {
    ob_base: PyObject,
    /// The next index, while it is small enough.
    index: Cell<isize>,
    it: Slot,
    /// The next index once it is large; `index` is `isize::MAX` then.
    long_index: Slot,
}

impl Layout for Enumerate {
    fn type_object() -> &'static PyTypeObject {
        &PyEnum_Type
    }
}

/// Fills in `enumerate`.
pub fn define_enumerate(b: &mut TypeBuilder) {
    b.basicsize::<Enumerate>()
        .text_signature(method_doc!("enumerate", "(iterable, start=0)"))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .tp_new(enumerate_new)
        .tp_vectorcall(enumerate_vectorcall)
        .dealloc_drop::<Enumerate>()
        .tp_traverse(|e: &Enumerate, v: &mut Visitor| {
            v.slot(&e.it)?;
            v.slot(&e.long_index)
        })
        .iter_self()
        .tp_iternext(enumerate_next)
        .methods(ENUMERATE_METHODS);
}

/// A parameter of `enumerate`, by its name.
fn parameter(name: &Obj) -> Option<usize> {
    let name = str_::of(name)?;
    ["iterable", "start"]
        .iter()
        .position(|p| str_::eq_str(name, p))
}

fn bind<'a>(
    positional: &[&'a Obj],
    keywords: impl Iterator<Item = (Ref, &'a Obj)>,
    given: usize,
) -> Result<[Option<&'a Obj>; 2]> {
    if given > 2 {
        return raise!(
            TypeError,
            "enumerate() takes at most 2 arguments ({given} given)"
        );
    }
    let mut bound = [positional.first().copied(), positional.get(1).copied()];
    for (name, value) in keywords {
        match parameter(&name) {
            Some(i) if bound[i].is_none() => bound[i] = Some(value),
            _ => {
                return raise!(
                    TypeError,
                    "'{}' is an invalid keyword argument for enumerate()",
                    str_lossy(&name)
                );
            }
        }
    }
    Ok(bound)
}

fn enumerate_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    let given = args.positional.len() + args.keyword_values.len();
    let bound = bind(
        args.positional,
        args.keywords().map(|(k, v)| (k.new_ref(), v)),
        given,
    )?;
    make(tp, bound)
}

fn enumerate_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let positional = args.objects();
    let mut keywords = Vec::new();
    let mut pos = 0;
    while let Some((name, value, _)) = kwargs.and_then(|k| k.next(&mut pos)) {
        keywords.push((name, value));
    }
    let given = positional.len() + keywords.len();
    let bound = bind(
        positional,
        keywords.iter().map(|(k, v)| (k.clone(), v.as_obj())),
        given,
    )?;
    make(tp, bound)
}

fn make(tp: &PyTypeObject, [iterable, start]: [Option<&Obj>; 2]) -> Result {
    let Some(iterable) = iterable else {
        return raise!(
            TypeError,
            "enumerate() missing required argument 'iterable'"
        );
    };
    let (index, long_index) = match start {
        None => (0, None),
        Some(o) => {
            let n = int::to_exact(number::index_int(o)?);
            match n.to_i64() {
                Some(i) if i < i64::MAX => (i as isize, None),
                _ => (isize::MAX, Some(n.into_obj())),
            }
        }
    };
    let it = object::iter(iterable)?;
    let e = Enumerate {
        ob_base: header(),
        index: Cell::new(index),
        it: Slot::new(Some(it)),
        long_index: Slot::new(long_index),
    };
    Ok(create(tp, e)?.into_obj())
}

fn next_index(e: &Enumerate) -> Ref {
    let i = e.index.get();
    if i < isize::MAX {
        e.index.set(i + 1);
        return int::from_isize(i).into_obj();
    }
    let n = e
        .long_index
        .get()
        .unwrap_or_else(|| int::from_isize(isize::MAX).into_obj());
    // SAFETY: the large index is an int.
    let after = int::add(unsafe { n.cast() }, &int::from_i64(1));
    e.long_index.set(Some(after.into_obj()));
    n
}

fn enumerate_next(e: &Enumerate) -> Result<Option<Ref>> {
    let Some(it) = e.it.get() else {
        return Ok(None);
    };
    let Some(item) = object::next(&it)? else {
        return Ok(None);
    };
    Ok(Some(tuple::from_array([next_index(e), item]).into_obj()))
}

static ENUMERATE_METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", enumerate_reduce, "($self, /)"),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

fn enumerate_reduce(e: &Enumerate) -> Result<Ref<PyTupleObject>> {
    let it = e.it.get().unwrap_or_else(none);
    let index = match e.long_index.get() {
        Some(n) => n,
        None => int::from_isize(e.index.get()).into_obj(),
    };
    Ok(tuple::pair(
        e.as_obj().ty().as_obj(),
        tuple::from_array([it, index]).as_obj(),
    ))
}

// ---- reversed ----

/// `reversed(sequence)`, for sequences without `__reversed__`.
#[repr(C)]
pub struct Reversed {
    ob_base: PyObject,
    index: Cell<isize>,
    seq: Slot,
}

impl Layout for Reversed {
    fn type_object() -> &'static PyTypeObject {
        &PyReversed_Type
    }
}

/// Fills in `reversed`.
pub fn define_reversed(b: &mut TypeBuilder) {
    b.basicsize::<Reversed>()
        .text_signature(method_doc!("reversed", "(sequence, /)"))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .tp_new(reversed_new)
        .tp_vectorcall(reversed_vectorcall)
        .dealloc_drop::<Reversed>()
        .tp_traverse(|r: &Reversed, v: &mut Visitor| v.slot(&r.seq))
        .iter_self()
        .tp_iternext(reversed_next)
        .methods(REVERSED_METHODS);
}

fn reversed_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::new_without_keywords(&PyReversed_Type, tp, kwargs)?;
    let args = args.objects();
    args::expect("reversed", args, 1..=1)?;
    reversed(tp, args[0])
}

fn reversed_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "reversed() takes no keyword arguments");
    }
    args::expect("reversed", args.positional, 1..=1)?;
    reversed(tp, args.positional[0])
}

/// `reversed(o)`
pub fn reversed(tp: &PyTypeObject, o: &Obj) -> Result {
    // `__reversed__ = None` says that there is no reversing, whatever else the class has.
    let refused =
        type_::lookup(o.ty(), intern!("__reversed__")).is_some_and(|method| method.is_none());
    if !refused && let Some(method) = call::lookup_special(o, intern!("__reversed__"))? {
        return call::call0(&method);
    }
    if refused || !object::is_sequence(o) {
        return raise!(TypeError, "'{}' object is not reversible", o.tp_name());
    }
    let n = object::length(o)? as isize;
    let r = Reversed {
        ob_base: header(),
        index: Cell::new(n - 1),
        seq: Slot::new(Some(o.new_ref())),
    };
    Ok(create(tp, r)?.into_obj())
}

fn reversed_next(r: &Reversed) -> Result<Option<Ref>> {
    let Some(seq) = r.seq.get() else {
        return Ok(None);
    };
    let i = r.index.get();
    if i >= 0 {
        match object::sequence_item(&seq, i) {
            Ok(item) => {
                r.index.set(i - 1);
                return Ok(Some(item));
            }
            Err(raised) => {
                if !err::clear_if(&exc::IndexError) && !err::clear_if(&exc::StopIteration) {
                    return Err(raised);
                }
            }
        }
    }
    r.index.set(-1);
    r.seq.set(None);
    Ok(None)
}

static REVERSED_METHODS: &[PyMethodDef] = &[
    noargs!("__length_hint__", reversed_length_hint, "($self, /)"),
    noargs!("__reduce__", reversed_reduce, "($self, /)"),
    o!("__setstate__", reversed_set_state, "($self, object, /)"),
];

fn reversed_length_hint(r: &Reversed) -> Result<usize> {
    let Some(seq) = r.seq.get() else { return Ok(0) };
    let left = (r.index.get() + 1) as usize;
    Ok(if object::length(&seq)? < left {
        0
    } else {
        left
    })
}

fn reversed_reduce(r: &Reversed) -> Result<Ref<PyTupleObject>> {
    let tp = r.as_obj().ty().as_obj();
    Ok(match r.seq.get() {
        Some(seq) => {
            let index = int::from_isize(r.index.get());
            tuple::from_slice(&[tp, tuple::from_slice(&[&seq]).as_obj(), index.as_obj()])
        }
        None => tuple::pair(
            tp,
            tuple::from_slice(&[tuple::empty_ref().as_obj()]).as_obj(),
        ),
    })
}

fn reversed_set_state(r: &Reversed, state: &Obj) -> Result<()> {
    let i = args::to_isize(state)?;
    if let Some(seq) = r.seq.get() {
        let n = object::length(&seq)? as isize;
        r.index.set(i.clamp(-1, n - 1));
    }
    Ok(())
}
