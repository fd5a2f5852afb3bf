//! Operators and assignments: everything that makes one array of two, or changes the length.

use super::storage::like;
use super::*;

fn wrong_kind<T>() -> Result<T> {
    raise!(TypeError, "bad argument type for built-in operation")
}

fn same_kind(a: &Array, b: &Array) -> bool {
    a.descr().typecode == b.descr().typecode
}

pub(super) fn concat(a: &Array, other: &Obj) -> Result {
    let Some(b) = other.downcast::<Array>() else {
        return raise!(
            TypeError,
            "can only append array (not \"{}\") to array",
            other.tp_name()
        );
    };
    if !same_kind(a, b) {
        return wrong_kind();
    }
    let both = like(a, a.len() + b.len())?;
    let (first, second) = both.bytes_mut().split_at_mut(a.bytes().len());
    first.copy_from_slice(a.bytes());
    second.copy_from_slice(b.bytes());
    Ok(both.into_obj())
}

pub(super) fn repeat(a: &Array, n: isize) -> Result {
    let Some(total) = a.len().checked_mul(n.max(0) as usize) else {
        return Err(err::no_memory());
    };
    let many = like(a, total)?;
    if total > 0 {
        many.bytes_mut()
            .chunks_mut(a.bytes().len())
            .for_each(|part| part.copy_from_slice(a.bytes()));
    }
    Ok(many.into_obj())
}

pub(super) fn repeat_in_place(a: &Array, n: isize) -> Result {
    let n = n.max(0) as usize;
    if a.len() > 0 && n != 1 {
        a.check_exports()?;
        let once = a.bytes().len();
        let Some(total) = a.len().checked_mul(n) else {
            return Err(err::no_memory());
        };
        a.resize(total)?;
        for i in 1..n {
            a.bytes_mut().copy_within(..once, i * once);
        }
    }
    Ok(a.as_obj().new_ref())
}

pub(super) fn extend_in_place(a: &Array, other: &Obj) -> Result {
    if !other.is::<Array>() {
        return raise!(
            TypeError,
            "can only extend with array (not \"{}\")",
            other.tp_name()
        );
    }
    extend(a, other)?;
    Ok(a.as_obj().new_ref())
}

/// Appends the items of an array of the same kind, or of any other iterable.
pub(super) fn extend(a: &Array, items: &Obj) -> Result<()> {
    let Some(b) = items.downcast::<Array>() else {
        return proto::for_each(items, |o| a.push(&o));
    };
    if !same_kind(a, b) {
        return raise!(TypeError, "can only extend with array of same kind");
    }
    let new = b.bytes().to_vec();
    if new.is_empty() {
        Ok(())
    } else {
        a.push_bytes(&new)
    }
}

pub(super) fn assign_item(a: &Array, i: isize, value: Option<&Obj>) -> Result<()> {
    let Some(i) = usize::try_from(i).ok().filter(|&i| i < a.len()) else {
        return raise!(IndexError, "array assignment index out of range");
    };
    match value {
        Some(value) => a.set(i, value),
        None => splice(a, i, 1, &[]),
    }
}

/// Replaces `removed` items from `start` on by whole items' bytes.
pub(super) fn splice(a: &Array, start: usize, removed: usize, new: &[u8]) -> Result<()> {
    let (size, old) = (a.itemsize(), a.len());
    let added = new.len() / size;
    if added != removed {
        a.check_exports()?;
    }
    let tail = (start + removed) * size..old * size;
    if added > removed {
        a.resize(old + added - removed)?;
    }
    if added != removed {
        a.bytes_mut().copy_within(tail, (start + added) * size);
    }
    a.bytes_mut()[start * size..][..new.len()].copy_from_slice(new);
    if added < removed {
        a.resize(old + added - removed)?;
    }
    Ok(())
}

pub(super) fn assign_subscript(a: &Array, key: &Obj, value: Option<&Obj>) -> Result<()> {
    if number::is_index(key) {
        let i = number::index_isize(key, Some(&exc::IndexError))?;
        return assign_item(a, if i < 0 { i + a.len() as isize } else { i }, value);
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "array indices must be integers");
    };
    let indices = slices::adjust(slices::unpack_raw(s)?, a.len());
    let new = match value {
        None => Vec::new(),
        Some(o) => match o.downcast::<Array>() {
            Some(b) if same_kind(a, b) => b.bytes().to_vec(),
            Some(_) => return wrong_kind(),
            None => {
                return raise!(
                    TypeError,
                    "can only assign array (not \"{}\") to array slice",
                    o.tp_name()
                );
            }
        },
    };
    let size = a.itemsize();
    if indices.step == 1 {
        return splice(a, indices.start as usize, indices.len, &new);
    }
    if value.is_none() {
        return delete_indices(a, indices);
    }
    if new.len() != indices.len * size {
        return raise!(
            ValueError,
            "attempt to assign array of size {} to extended slice of size {}",
            new.len() / size,
            indices.len
        );
    }
    for (i, item) in indices.iter().zip(new.chunks(size)) {
        a.bytes_mut()[i * size..][..size].copy_from_slice(item);
    }
    Ok(())
}

fn delete_indices(a: &Array, indices: slices::SliceIndices) -> Result<()> {
    if indices.len == 0 {
        return Ok(());
    }
    a.check_exports()?;
    let indices = indices.ascending();
    let (size, old, data) = (a.itemsize(), a.len(), a.bytes_mut());
    let mut gone = indices.iter().peekable();
    let first = indices.start as usize;
    let mut to = first;
    for from in first..old {
        if gone.next_if_eq(&from).is_none() {
            data.copy_within(from * size..(from + 1) * size, to * size);
            to += 1;
        }
    }
    a.resize(to)
}
