//! `zip`, `map` and `filter`.
//!
//! Invariant: with `strict`, iterables of different lengths are found out at the end of the shortest, and the message
//! says which of them was shorter or longer.

use core::cell::Cell;

use layout::*;

use crate::args;
use crate::err::{Result, raise};
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::dict::DictExt as _;
use crate::types::str_;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::TypeBuilder;

/// `zip(*iterables, strict=False)`.
#[repr(C)]
pub struct Zip {
    ob_base: PyObject,
    /// A tuple of iterators.
    iterators: Slot,
    strict: Cell<bool>,
}

/// `map(function, *iterables, strict=False)`.
#[repr(C)]
pub struct Map {
    ob_base: PyObject,
    /// A tuple of iterators.
    iterators: Slot,
    function: Slot,
    strict: Cell<bool>,
}

/// `filter(function, iterable)`.
#[repr(C)]
pub struct Filter {
    ob_base: PyObject,
    function: Slot,
    it: Slot,
}

impl Layout for Zip {
    fn type_object() -> &'static PyTypeObject {
        &PyZip_Type
    }
}

impl Layout for Map {
    fn type_object() -> &'static PyTypeObject {
        &PyMap_Type
    }
}

impl Layout for Filter {
    fn type_object() -> &'static PyTypeObject {
        &PyFilter_Type
    }
}

/// Fills in `zip`.
pub fn define_zip(b: &mut TypeBuilder) {
    b.basicsize::<Zip>()
        .text_signature(method_doc!("zip", "(*iterables, strict=False)"))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .tp_new(zip_new)
        .dealloc_drop::<Zip>()
        .tp_traverse(|z: &Zip, v: &mut Visitor| v.slot(&z.iterators))
        .iter_self()
        .tp_iternext(zip_next)
        .methods(ZIP_METHODS);
}

/// Fills in `map`.
pub fn define_map(b: &mut TypeBuilder) {
    b.basicsize::<Map>()
        .text_signature(method_doc!(
            "map",
            "(function, iterable, /, *iterables, strict=False)"
        ))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .tp_new(map_new)
        .tp_vectorcall(map_vectorcall)
        .dealloc_drop::<Map>()
        .tp_traverse(|m: &Map, v: &mut Visitor| {
            v.slot(&m.iterators)?;
            v.slot(&m.function)
        })
        .iter_self()
        .tp_iternext(map_next)
        .methods(MAP_METHODS);
}

/// Fills in `filter`.
pub fn define_filter(b: &mut TypeBuilder) {
    b.basicsize::<Filter>()
        .text_signature(method_doc!("filter", "(function, iterable, /)"))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .tp_new(filter_new)
        .tp_vectorcall(filter_vectorcall)
        .dealloc_drop::<Filter>()
        .tp_traverse(|f: &Filter, v: &mut Visitor| {
            v.slot(&f.function)?;
            v.slot(&f.it)
        })
        .iter_self()
        .tp_iternext(filter_next)
        .methods(FILTER_METHODS);
}

// ---- Shared ----

/// Finds `strict` among the keyword arguments, the only one there may be.
fn strict_keyword(function: &str, kwargs: Option<&PyDictObject>) -> Result<bool> {
    let (mut strict, mut pos) = (false, 0);
    while let Some((name, value, _)) = kwargs.and_then(|k| k.next(&mut pos)) {
        if !str_::of(&name).is_some_and(|name| str_::eq_str(name, "strict")) {
            return raise!(
                TypeError,
                "{function}() got an unexpected keyword argument '{}'",
                str_lossy(&name)
            );
        }
        strict = object::is_true(&value)?;
    }
    Ok(strict)
}

fn iterators_of(iterables: &[Ref]) -> Result<Ref<PyTupleObject>> {
    let iterators = iterables
        .iter()
        .map(|o| object::iter(o))
        .collect::<Result<Vec<Ref>>>()?;
    Ok(tuple::from_vec(iterators))
}

/// The next item of each iterator; `None` when the shortest has ended.
fn next_of_each(
    function: &str,
    iterators: &PyTupleObject,
    strict: bool,
) -> Result<Option<Vec<Ref>>> {
    let mut items = Vec::with_capacity(iterators.len());
    for (i, it) in iterators.items().iter().enumerate() {
        match object::next(it)? {
            Some(item) => items.push(item),
            None if strict => return check_lengths(function, iterators, i).map(|()| None),
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

/// Raises unless all iterators have ended together, of which number `ended` was the first found to.
fn check_lengths(function: &str, iterators: &PyTupleObject, ended: usize) -> Result<()> {
    let others = |n: usize| {
        if n == 1 {
            " 1".to_owned()
        } else {
            format!("s 1-{n}")
        }
    };
    if ended > 0 {
        return raise!(
            ValueError,
            "{function}() argument {} is shorter than argument{}",
            ended + 1,
            others(ended)
        );
    }
    for (i, it) in iterators.items().iter().enumerate().skip(1) {
        if object::next(it)?.is_some() {
            return raise!(
                ValueError,
                "{function}() argument {} is longer than argument{}",
                i + 1,
                others(i)
            );
        }
    }
    Ok(())
}

fn iterators(s: &Slot) -> Option<Ref<PyTupleObject>> {
    s.get().and_then(|o| o.downcast_ref().ok())
}

/// `__reduce__`'s answer, with the state that makes it strict again.
fn reduced(o: &Obj, arguments: &[Ref], strict: bool) -> Result<Ref<PyTupleObject>> {
    let tp = o.ty().as_obj();
    let arguments = tuple::from_refs(arguments);
    Ok(if strict {
        tuple::from_slice(&[tp, arguments.as_obj(), TRUE()])
    } else {
        tuple::pair(tp, arguments.as_obj())
    })
}

// ---- zip ----

fn zip_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let strict = strict_keyword("zip", kwargs)?;
    let iterators = iterators_of(args.items())?;
    let z = Zip {
        ob_base: header(),
        iterators: Slot::new(Some(iterators.into_obj())),
        strict: Cell::new(strict),
    };
    Ok(create(tp, z)?.into_obj())
}

fn zip_next(z: &Zip) -> Result<Option<Ref>> {
    let Some(iterators) = iterators(&z.iterators) else {
        return Ok(None);
    };
    if iterators.is_empty() {
        return Ok(None);
    }
    if !z.strict.get()
        && let [a, b] = iterators.items()
    {
        let Some(x) = object::next(a)? else {
            return Ok(None);
        };
        let Some(y) = object::next(b)? else {
            return Ok(None);
        };
        return Ok(Some(tuple::from_array([x, y]).into_obj()));
    }
    let items = next_of_each("zip", &iterators, z.strict.get())?;
    Ok(items.map(|items| tuple::from_vec(items).into_obj()))
}

static ZIP_METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", zip_reduce, "($self, /)"),
    o!(
        "__setstate__",
        |z: &Zip, state: &Obj| {
            z.strict.set(args::to_bool(state)?);
            Ok(())
        },
        "($self, object, /)"
    ),
];

fn zip_reduce(z: &Zip) -> Result<Ref<PyTupleObject>> {
    let iterators = iterators(&z.iterators).unwrap_or_else(tuple::empty);
    reduced(z.as_obj(), iterators.items(), z.strict.get())
}

// ---- map ----

fn map_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let strict = strict_keyword("map", kwargs)?;
    let [function, iterables @ ..] = args.items() else {
        return raise!(TypeError, "map() must have at least two arguments.");
    };
    make_map(tp, function, iterables, strict)
}

fn make_map(tp: &PyTypeObject, function: &Obj, iterables: &[Ref], strict: bool) -> Result {
    if iterables.is_empty() {
        return raise!(TypeError, "map() must have at least two arguments.");
    }
    let iterators = iterators_of(iterables)?;
    let m = Map {
        ob_base: header(),
        iterators: Slot::new(Some(iterators.into_obj())),
        function: Slot::new(Some(function.new_ref())),
        strict: Cell::new(strict),
    };
    Ok(create(tp, m)?.into_obj())
}

fn map_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    let mut strict = false;
    for (name, value) in args.keywords() {
        if !str_::of(name).is_some_and(|name| str_::eq_str(name, "strict")) {
            return raise!(
                TypeError,
                "map() got an unexpected keyword argument '{}'",
                str_lossy(name)
            );
        }
        strict = object::is_true(value)?;
    }
    let [function, iterables @ ..] = args.positional else {
        return raise!(TypeError, "map() must have at least two arguments.");
    };
    let iterables: Vec<Ref> = iterables.iter().map(|o| o.new_ref()).collect();
    make_map(tp, function, &iterables, strict)
}

fn map_next(m: &Map) -> Result<Option<Ref>> {
    let (Some(iterators), Some(function)) = (iterators(&m.iterators), m.function.get()) else {
        return Ok(None);
    };
    if let [it] = iterators.items() {
        return match object::next(it)? {
            Some(item) => Ok(Some(call::call1(&function, &item)?)),
            None => Ok(None),
        };
    }
    let Some(items) = next_of_each("map", &iterators, m.strict.get())? else {
        return Ok(None);
    };
    let items: Vec<&Obj> = items.iter().map(|o| &**o).collect();
    Ok(Some(call::call(&function, &items)?))
}

static MAP_METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", map_reduce, "($self, /)"),
    o!(
        "__setstate__",
        |m: &Map, state: &Obj| {
            m.strict.set(args::to_bool(state)?);
            Ok(())
        },
        "($self, object, /)"
    ),
];

fn map_reduce(m: &Map) -> Result<Ref<PyTupleObject>> {
    let mut arguments = vec![m.function.get().unwrap_or_else(none)];
    if let Some(iterators) = iterators(&m.iterators) {
        arguments.extend_from_slice(iterators.items());
    }
    reduced(m.as_obj(), &arguments, m.strict.get())
}

// ---- filter ----

fn filter_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::new_without_keywords(&PyFilter_Type, tp, kwargs)?;
    let args = args.objects();
    make_filter(tp, args)
}

fn filter_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "filter() takes no keyword arguments");
    }
    make_filter(tp, args.positional)
}

fn make_filter(tp: &PyTypeObject, args: &[&Obj]) -> Result {
    args::expect("filter", args, 2..=2)?;
    let it = object::iter(args[1])?;
    let f = Filter {
        ob_base: header(),
        function: Slot::new(Some(args[0].new_ref())),
        it: Slot::new(Some(it)),
    };
    Ok(create(tp, f)?.into_obj())
}

fn filter_next(f: &Filter) -> Result<Option<Ref>> {
    let (Some(function), Some(it)) = (f.function.get(), f.it.get()) else {
        return Ok(None);
    };
    let by_truth = function.is_none() || function.is_same(PyBool_Type.as_obj());
    while let Some(item) = object::next(&it)? {
        let wanted = if by_truth {
            object::is_true(&item)?
        } else {
            object::is_true(&*call::call1(&function, &item)?)?
        };
        if wanted {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

static FILTER_METHODS: &[PyMethodDef] = &[noargs!("__reduce__", filter_reduce, "($self, /)")];

fn filter_reduce(f: &Filter) -> Result<Ref<PyTupleObject>> {
    let part = |s: &Slot| s.get().unwrap_or_else(none);
    reduced(f.as_obj(), &[part(&f.function), part(&f.it)], false)
}
