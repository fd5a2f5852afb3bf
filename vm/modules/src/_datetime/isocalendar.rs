//! What `isocalendar()` answers: a tuple with names.

use crate::prelude::*;

use super::calendar::Ymd;

/// The type.
pub static ISO_DATE: PyTypeObject = PyTypeObject::statically_declared();

static METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];

static GETSET: &[PyGetSetDef] = &[
    getset!("year", |t: &PyTupleObject| Ok(item(t, 0))),
    getset!("week", |t: &PyTupleObject| Ok(item(t, 1))),
    getset!("weekday", |t: &PyTupleObject| Ok(item(t, 2))),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.base(&PyTuple_Type)
        .sizes(
            core::mem::offset_of!(PyTupleObject, ob_item),
            size_of::<Ref>(),
        )
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_TUPLE_SUBCLASS)
        .tp_new(construct)
        .tp_repr(repr)
        .methods(METHODS)
        .getset(GETSET);
}

fn item(t: &PyTupleObject, i: usize) -> Ref {
    t.items().get(i).map_or_else(none, |o| o.as_obj().new_ref())
}

fn make(items: [Ref; 3]) -> Result {
    let t = alloc_var::<PyTupleObject>(&ISO_DATE, 3)?;
    t.ob_hash.set(-1);
    for (i, value) in items.into_iter().enumerate() {
        // SAFETY: the tuple has three items.
        unsafe { &*t.ob_item.as_ptr().add(i) }.set_ref(Some(value));
    }
    Ok(t.into_obj())
}

/// The ISO year, week and weekday of a day.
pub fn new(day: Ymd) -> Result {
    let (year, week, weekday) = day.iso();
    make([year, week, weekday].map(|n| int::from_i64(i64::from(n)).into_obj()))
}

fn construct(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("IsoCalendarDate", "(year, week, weekday)");
    let parts: [_; 3] = SIGNATURE.bind(args, kwargs)?;
    make(parts.map(|o| required(o).new_ref()))
}

fn repr(t: &PyTupleObject) -> Result<String> {
    let part = |i| proto::repr(&item(t, i)).map(|r| str_::to_string_lossy(&r));
    Ok(format!(
        "{}(year={}, week={}, weekday={})",
        type_name(t.as_obj().ty()),
        part(0)?,
        part(1)?,
        part(2)?
    ))
}

fn reduce(t: &PyTupleObject) -> Result {
    let plain = tuple::from_vec(vec![item(t, 0), item(t, 1), item(t, 2)]);
    let args = tuple::from_vec(vec![plain.into_obj()]);
    Ok(tuple::from_vec(vec![PyTuple_Type.as_obj().new_ref(), args.into_obj()]).into_obj())
}
