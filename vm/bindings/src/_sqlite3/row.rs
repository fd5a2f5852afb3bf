//! `Row`: a row whose columns can be asked for by name too.

use super::cursor::{CURSOR, Cursor};
use crate::codec::type_in_message;
use modules::prelude::*;
use vm::types::list;
use vm::types::str_::StrExt as _;

/// `sqlite3.Row`.
#[repr(C)]
pub struct Row {
    ob_base: PyObject,
    /// The values, a tuple.
    data: Slot,
    /// The cursor's description, a tuple of tuples, or None.
    description: Slot,
}

static_type!(Row, ROW);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Row>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<Row>()
        .tp_traverse(|r: &Row, v: &mut Visitor| {
            v.slot(&r.data)?;
            v.slot(&r.description)
        })
        .tp_new(new)
        .tp_iter(|r: &Row| proto::iter(held(&r.data)))
        .tp_hash(|r: &Row| {
            let (a, b) = (
                proto::hash(held(&r.description))?,
                proto::hash(held(&r.data))?,
            );
            Ok(match a ^ b {
                -1 => -2,
                hash => hash,
            })
        })
        .tp_richcompare(compare)
        .mp_length(|r: &Row| Ok(held_tuple(&r.data).len()))
        .mp_subscript(subscript)
        .sq_length(|r: &Row| Ok(held_tuple(&r.data).len()))
        .sq_item(|r: &Row, i: isize| proto::sequence_item(held(&r.data), i))
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[noargs!("keys", keys, "($self, /)")];

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [cursor, data] = exactly("Row", &ROW, tp, args, kwargs)?;
    for (i, o, wanted) in [(1, cursor, &CURSOR), (2, data, &PyTuple_Type)] {
        if !is_instance_of(o, wanted) {
            return raise!(
                TypeError,
                "Row() argument {i} must be {}, not {}",
                type_name(wanted),
                type_in_message(o)
            );
        }
    }
    // SAFETY: just checked.
    let cursor = unsafe { cursor.cast::<Cursor>() };
    let row = Row {
        ob_base: header(),
        data: holding(data),
        description: Slot::new(cursor.description()),
    };
    Ok(create(tp, row)?.into_obj())
}

impl Row {
    /// The names of the columns.
    fn names(&self) -> Vec<Ref> {
        let description = held(&self.description).downcast::<PyTupleObject>();
        let columns = description.map_or(&[][..], |d| d.objects());
        let name = |column: &&Obj| {
            let column = column.downcast::<PyTupleObject>()?;
            column.objects().first().map(|name| name.new_ref())
        };
        columns.iter().filter_map(name).collect()
    }
}

fn keys(r: &Row) -> Result {
    Ok(list::from_vec(r.names()).into_obj())
}

fn subscript(r: &Row, key: &Obj) -> Result {
    let data = held_tuple(&r.data);
    if key.is::<PyLongObject>() {
        let i = args::to_isize(key)?;
        let i = if i < 0 { i + data.len() as isize } else { i };
        return match usize::try_from(i).ok().and_then(|i| data.objects().get(i)) {
            Some(item) => Ok(item.new_ref()),
            None => raise!(IndexError, "tuple index out of range"),
        };
    }
    if let Some(wanted) = str_::of(key) {
        let wanted = wanted.as_str()?;
        for (name, item) in r.names().iter().zip(data.objects()) {
            let name = str_::of(name).map(|name| name.as_str()).transpose()?;
            if name.is_some_and(|name| name.eq_ignore_ascii_case(wanted)) {
                return Ok(item.new_ref());
            }
        }
        return raise!(IndexError, "No item with that key");
    }
    if key.is::<PySliceObject>() {
        return proto::getitem(data.as_obj(), key);
    }
    raise!(IndexError, "Index must be int or string")
}

fn compare(r: &Row, other: &Obj, op: CompareOp) -> Result {
    let Some(other) = other
        .downcast::<Row>()
        .filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne))
    else {
        return Ok(not_implemented());
    };
    let same = proto::rich_compare_bool(
        held(&r.description),
        held(&other.description),
        CompareOp::Eq,
    )? && proto::rich_compare_bool(held(&r.data), held(&other.data), CompareOp::Eq)?;
    Ok(bool_(same == (op == CompareOp::Eq)))
}
