//! Assignment to items and slices of lists, and their deletion.

use core::ptr;

use layout::*;

use super::*;
use crate::protocol::object;
use crate::types::slice::SliceIndices;

/// `sq_ass_item`
pub(super) fn assign_item(l: &PyListObject, i: isize, value: Option<&Obj>) -> Result<()> {
    let Some(i) = usize::try_from(i).ok().filter(|&i| i < l.len()) else {
        return raise!(IndexError, "list assignment index out of range");
    };
    match value {
        Some(value) => l.set(i, value.new_ref()),
        None => drop(splice(l, i, i + 1, Vec::new())?),
    }
    Ok(())
}

/// `mp_ass_subscript`
pub(super) fn assign_subscript(l: &PyListObject, key: &Obj, value: Option<&Obj>) -> Result<()> {
    if number::is_index(key) {
        let i = number::index_isize(key, Some(&exc::IndexError))?;
        return assign_item(l, if i < 0 { i + l.len() as isize } else { i }, value);
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(
            TypeError,
            "list indices must be integers or slices, not {}",
            key.tp_name()
        );
    };
    let bounds = slices::unpack_raw(s)?;
    match value {
        None => delete_indices(l, slices::adjust(bounds, l.len())),
        Some(value) => {
            if exchange(l, &slices::adjust(bounds, l.len()), value) {
                return Ok(());
            }
            let values = values_of(value)?;
            assign_indices(l, slices::adjust(bounds, l.len()), values)
        }
    }
}

/// How many items are exchanged without memory to keep the old ones in.
const FEW: usize = 16;

/// Replaces a few items by as many others. False, with nothing done, where it is not as simple as that.
fn exchange(l: &PyListObject, indices: &SliceIndices, value: &Obj) -> bool {
    let values = if let Some(other) = value.downcast_exact::<PyListObject>() {
        if ptr::eq(other, l) {
            return false;
        }
        other.items()
    } else if let Some(t) = value.downcast_exact::<PyTupleObject>() {
        t.items()
    } else {
        return false;
    };
    if indices.step != 1 || values.len() != indices.len || values.len() > FEW {
        return false;
    }
    let mut old = [const { None::<Ref> }; FEW];
    for ((i, value), old) in indices.iter().zip(values).zip(&mut old) {
        // SAFETY: the indices are within the list, which does not change until the old items are dropped.
        let item = unsafe { ptr::replace(l.ob_item.get().add(i), value.clone().into_raw()) };
        // SAFETY: the list owned it.
        *old = Some(unsafe { Ref::from_owned(item) });
    }
    drop(old);
    true
}

/// The items to assign, taken out before the list changes: they may be its own.
fn values_of(value: &Obj) -> Result<Vec<Ref>> {
    if let Some(l) = value.downcast_exact::<PyListObject>() {
        return Ok(l.items().to_vec());
    }
    if let Some(t) = value.downcast_exact::<PyTupleObject>() {
        return Ok(t.items().to_vec());
    }
    match object::iter(value) {
        Ok(it) => object::to_vec(&it),
        Err(raised) => {
            if !err::clear_if(&exc::TypeError) {
                return Err(raised);
            }
            raise!(TypeError, "must assign iterable to extended slice")
        }
    }
}

fn assign_indices(l: &PyListObject, indices: SliceIndices, values: Vec<Ref>) -> Result<()> {
    if indices.step == 1 {
        let start = indices.start as usize;
        drop(splice(l, start, start + indices.len, values)?);
        return Ok(());
    }
    if values.len() != indices.len {
        return raise!(
            ValueError,
            "attempt to assign sequence of size {} to extended slice of size {}",
            values.len(),
            indices.len
        );
    }
    let mut old = Vec::with_capacity(values.len());
    for (i, value) in indices.iter().zip(values) {
        // SAFETY: the indices are within the list, which does not change until the old items are dropped.
        unsafe {
            old.push(Ref::<Obj>::from_owned(ptr::replace(
                l.ob_item.get().add(i),
                value.into_raw(),
            )))
        };
    }
    drop(old);
    Ok(())
}

fn delete_indices(l: &PyListObject, indices: SliceIndices) -> Result<()> {
    let SliceIndices {
        start, step, len, ..
    } = indices.ascending();
    if step == 1 || len == 0 {
        drop(splice(l, start as usize, start as usize + len, Vec::new())?);
        return Ok(());
    }
    let (start, step) = (start as usize, step as usize);
    let mut removed = Vec::with_capacity(len);
    let total = l.len();
    // SAFETY: all indices are within the items; kept ones move down, removed ones move out, and no Python code runs.
    unsafe {
        let items = l.ob_item.get();
        let mut to = start;
        for from in start..total {
            let item = *items.add(from);
            if (from - start).is_multiple_of(step) && (from - start) / step < len {
                removed.push(Ref::<Obj>::from_owned(item));
            } else {
                *items.add(to) = item;
                to += 1;
            }
        }
        l.ob_base.ob_size.set(to as isize);
    }
    shrink(l, l.len());
    drop(removed);
    Ok(())
}

/// Replaces the items from `start` to `stop` and answers with the old ones, which the caller drops when the list is
/// whole again.
pub(super) fn splice(
    l: &PyListObject,
    start: usize,
    stop: usize,
    values: Vec<Ref>,
) -> Result<Vec<Ref>> {
    let len = l.len();
    let start = start.min(len);
    let stop = stop.clamp(start, len);
    let (removed, added) = (stop - start, values.len());
    if added > removed {
        reserve(l, len + added - removed)?;
    }
    let mut old = Vec::with_capacity(removed);
    if len == 0 && added == 0 {
        return Ok(old);
    }
    // SAFETY: the buffer has room for all; references move and none is duplicated or lost.
    unsafe {
        let hole = l.ob_item.get().add(start);
        ptr::copy_nonoverlapping(hole.cast::<Ref>(), old.as_mut_ptr(), removed);
        old.set_len(removed);
        ptr::copy(hole.add(removed), hole.add(added), len - stop);
        for (i, value) in values.into_iter().enumerate() {
            hole.add(i).write(value.into_raw());
        }
    }
    l.ob_base.ob_size.set((len - removed + added) as isize);
    if added < removed {
        shrink(l, l.len());
    }
    Ok(old)
}

/// `l[start:stop] = iterable`, or its deletion without one (`PyList_SetSlice`).
pub fn assign_slice(
    l: &PyListObject,
    start: usize,
    stop: usize,
    values: Option<&Obj>,
) -> Result<()> {
    let values = values.map_or(Ok(Vec::new()), values_of)?;
    drop(splice(l, start, stop, values)?);
    Ok(())
}

/// `del l[start:stop]`
pub fn delete_slice(l: &PyListObject, start: usize, stop: usize) -> Result<()> {
    assign_slice(l, start, stop, None)
}
