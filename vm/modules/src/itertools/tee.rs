//! `tee`: several iterators over one source.
//!
//! The items read so far lie in a chain of [`TeeData`], each of which holds a fixed number of them and the next link.
//! Every iterator points into the chain; links that all have left behind die.

use core::cell::Cell;
use core::mem::offset_of;

use crate::prelude::*;
use vm::types::list::ListExt as _;

/// Items in a link.
const LINK: usize = 57;

/// One of the iterators.
#[repr(C)]
pub struct Tee {
    ob_base: PyObject,
    /// The link that the next item is in.
    data: Slot,
    index: Cell<usize>,
    weakrefs: Cell<*mut PyObject>,
}

/// A link of the chain.
#[repr(C)]
pub struct TeeData {
    ob_base: PyObject,
    it: Slot,
    read: Cell<u32>,
    /// The source is being asked for an item.
    running: Cell<bool>,
    next: Slot,
    values: [Slot; LINK],
}

static_type!(Tee, TEE);
static_type!(TeeData, DATA);

static METHODS: &[PyMethodDef] = &[noargs!(
    "__copy__",
    |t: &Tee| Ok(copy(t)?.into_obj()),
    "($self, /)"
)];

/// Fills in `_tee`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Tee>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .weaklistoffset(offset_of!(Tee, weakrefs))
        .dealloc_drop::<Tee>()
        .tp_traverse(|t: &Tee, v: &mut Visitor| v.slot(&t.data))
        .tp_clear(|t: &Tee| t.data.set(None))
        .iter_self()
        .tp_iternext(next)
        .tp_new(new)
        .methods(METHODS)
        .text_signature(method_doc!("_tee", "(iterable, /)"));
}

/// Fills in `_tee_dataobject`.
pub fn define_data(b: &mut TypeBuilder) {
    b.basicsize::<TeeData>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<TeeData>()
        .tp_traverse(|d: &TeeData, v: &mut Visitor| {
            v.slot(&d.it)?;
            d.values.iter().try_for_each(|value| v.slot(value))?;
            v.slot(&d.next)
        })
        .tp_clear(|d: &TeeData| {
            d.it.set(None);
            d.values.iter().for_each(|value| value.set(None));
            d.next.set(None);
        })
        .generic_attributes()
        .tp_new(data_new);
}

/// `tee(iterable, n=2)`.
pub fn tee(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("tee", args, 1..=2)?;
    let n = args::to_isize_or(args.get(1).copied(), 2)?;
    if n < 0 {
        return raise!(ValueError, "n must be >= 0");
    }
    if n == 0 {
        return Ok(tuple::empty().into_obj());
    }
    let first = from_iterable(args[0])?;
    let mut iterators = vec![first];
    for _ in 1..n {
        iterators.push(copy(&iterators[0])?);
    }
    Ok(tuple::from_vec(iterators.into_iter().map(Ref::into_obj).collect()).into_obj())
}

fn from_iterable(iterable: &Obj) -> Result<Ref<Tee>> {
    let it = proto::iter(iterable)?;
    if let Some(t) = it.downcast::<Tee>() {
        return copy(t);
    }
    at(make_data(&it)?.as_obj(), 0)
}

fn at(data: &Obj, index: usize) -> Result<Ref<Tee>> {
    let weakrefs = Cell::new(core::ptr::null_mut());
    create(
        &TEE,
        Tee {
            ob_base: header(),
            data: holding(data),
            index: Cell::new(index),
            weakrefs,
        },
    )
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [iterable] = exactly("_tee", &TEE, tp, args, kwargs)?;
    Ok(from_iterable(iterable)?.into_obj())
}

fn copy(t: &Tee) -> Result<Ref<Tee>> {
    at(held(&t.data), t.index.get())
}

fn next(t: &Tee) -> Result<Option<Ref>> {
    // SAFETY: the field holds a link until the collector clears it.
    let Some(mut data) = t.data.get().map(|d| unsafe { d.into_cast::<TeeData>() }) else {
        return Ok(None);
    };
    if t.index.get() >= LINK {
        data = next_link(&data)?;
        t.data.set(Some(data.clone().into_obj()));
        t.index.set(0);
    }
    let i = t.index.get();
    let item = item(&data, i)?;
    if item.is_some() {
        t.index.set(i + 1);
    }
    Ok(item)
}

// ---- The chain ----

fn make_data(it: &Obj) -> Result<Ref<TeeData>> {
    let data = TeeData {
        ob_base: header(),
        it: holding(it),
        read: Cell::new(0),
        running: Cell::new(false),
        next: Slot::empty(),
        values: [const { Slot::empty() }; LINK],
    };
    create(&DATA, data)
}

fn next_link(d: &TeeData) -> Result<Ref<TeeData>> {
    if d.next.borrow().is_none() {
        let link = make_data(held(&d.it))?;
        d.next.set(Some(link.into_obj()));
    }
    let link = d.next.get().expect("just made");
    // SAFETY: only links are stored.
    Ok(unsafe { link.into_cast() })
}

/// Item `i`, which is read from the source if it is the next one.
fn item(d: &TeeData, i: usize) -> Result<Option<Ref>> {
    if i < d.read.get() as usize {
        return Ok(d.values[i].get());
    }
    if d.running.replace(true) {
        return raise!(RuntimeError, "cannot re-enter the tee iterator");
    }
    let item = d.it.get().map_or(Ok(None), |it| proto::next(&it));
    d.running.set(false);
    let item = item?;
    if let Some(item) = &item {
        d.values[i].set(Some(item.clone()));
        d.read.set(d.read.get() + 1);
    }
    Ok(item)
}

/// `_tee_dataobject(it, values, next)`: a link with items.
fn data_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [it, values, next] = exactly("teedataobject", &DATA, tp, args, kwargs)?;
    let Some(values) = values.downcast::<PyListObject>() else {
        return raise!(
            TypeError,
            "teedataobject() argument 2 must be list, not {}",
            values.tp_name()
        );
    };
    let values = values.items().to_vec();
    if values.len() > LINK || (values.len() < LINK && !next.is_none()) {
        return raise!(ValueError, "Invalid arguments");
    }
    if !next.is_none() && !next.is_exact::<TeeData>() {
        return raise!(ValueError, "Invalid arguments");
    }
    let d = make_data(it)?;
    d.read.set(values.len() as u32);
    for (slot, value) in d.values.iter().zip(values) {
        slot.set(Some(value));
    }
    d.next.set(Some(next.new_ref()).filter(|n| !n.is_none()));
    Ok(d.into_obj())
}
