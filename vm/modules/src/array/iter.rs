//! `iter(array)`.

use super::*;

/// An iterator over an array; it ends for good.
#[repr(C)]
pub struct ArrayIter {
    ob_base: PyObject,
    index: Cell<usize>,
    array: Slot,
}

static_type!(ArrayIter, ARRAY_ITER);

pub(super) fn define(b: &mut TypeBuilder) {
    b.basicsize::<ArrayIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<ArrayIter>()
        .tp_traverse(|it: &ArrayIter, v: &mut Visitor| v.slot(&it.array))
        .iter_self()
        .tp_iternext(next)
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", reduce, "($self, /)"),
    o!("__setstate__", set_state, "($self, state, /)"),
];

/// `tp_iter` of arrays.
pub(super) fn start(a: &Array) -> Result {
    let it = ArrayIter {
        ob_base: header(),
        index: Cell::new(0),
        array: holding(a.as_obj()),
    };
    Ok(create(&ARRAY_ITER, it)?.into_obj())
}

fn next(it: &ArrayIter) -> Result<Option<Ref>> {
    if let Some(a) = it.array.borrow().and_then(|o| o.downcast::<Array>())
        && it.index.get() < a.len()
    {
        it.index.set(it.index.get() + 1);
        return Ok(Some(a.get(it.index.get() - 1)));
    }
    it.array.set(None);
    Ok(None)
}

fn reduce(it: &ArrayIter) -> Result<Ref<PyTupleObject>> {
    let function = vm::builtin(intern!("iter"))?;
    Ok(match it.array.get() {
        Some(a) => {
            let index = int::from_usize(it.index.get());
            tuple::from_slice(&[&function, tuple::from_slice(&[&a]).as_obj(), index.as_obj()])
        }
        None => tuple::pair(
            &function,
            tuple::from_slice(&[tuple::empty_ref().as_obj()]).as_obj(),
        ),
    })
}

fn set_state(it: &ArrayIter, state: &Obj) -> Result<()> {
    let i = args::to_isize(state)?.max(0) as usize;
    if let Some(a) = it.array.borrow().and_then(|o| o.downcast::<Array>()) {
        it.index.set(i.min(a.len()));
    }
    Ok(())
}
