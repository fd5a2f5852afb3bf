//! A mapping as a sequence of bytes.

use layout::*;

use vm::err::{Result, exc, raise};
use vm::object::*;
use vm::protocol::{buffer, number, object};
use vm::types::{bytes, int, slice};

use super::Mmap;

pub fn length(m: &Mmap) -> Result<usize> {
    m.check()?;
    Ok(m.size.get())
}

fn out_of_range<T>() -> Result<T> {
    raise!(IndexError, "mmap index out of range")
}

/// An item as iteration sees it: one byte, but as `bytes`.
pub fn item(m: &Mmap, i: isize) -> Result<Ref<PyBytesObject>> {
    let all = m.bytes()?;
    match usize::try_from(i).ok().and_then(|i| all.get(i)) {
        Some(byte) => Ok(bytes::single(*byte)),
        None => out_of_range(),
    }
}

/// The position that an index means; what it runs may close the mapping.
fn position(m: &Mmap, key: &Obj) -> Result<usize> {
    let mut i = number::index_isize(key, Some(&exc::IndexError))?;
    m.check()?;
    let len = m.size.get() as isize;
    if i < 0 {
        i += len;
    }
    if (0..len).contains(&i) {
        Ok(i as usize)
    } else {
        out_of_range()
    }
}

fn range(m: &Mmap, s: &PySliceObject) -> Result<slice::SliceIndices> {
    // What a slice's bounds run may close the mapping.
    let indices = slice::unpack(s, m.size.get())?;
    m.check()?;
    Ok(indices)
}

pub fn subscript(m: &Mmap, key: &Obj) -> Result {
    m.check()?;
    if object::has_index(key) {
        let i = position(m, key)?;
        return Ok(int::from_i64(i64::from(m.bytes()?[i])).into_obj());
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "mmap indices must be integers");
    };
    let r = range(m, s)?;
    let all = m.bytes()?;
    if r.len == 0 {
        return Ok(bytes::empty().into_obj());
    }
    if r.step == 1 {
        return Ok(bytes::try_new(&all[r.start as usize..][..r.len as usize])?.into_obj());
    }
    let picked: Vec<u8> = (0..r.len as isize)
        .map(|i| all[(r.start as isize + i * r.step as isize) as usize])
        .collect();
    Ok(bytes::try_new(&picked)?.into_obj())
}

fn byte(value: &Obj) -> Result<u8> {
    if !object::has_index(value) {
        return raise!(TypeError, "mmap item value must be an int");
    }
    match u8::try_from(number::index_isize(value, Some(&exc::TypeError))?) {
        Ok(byte) => Ok(byte),
        Err(_) => raise!(ValueError, "mmap item value must be in range(0, 256)"),
    }
}

pub fn assign(m: &Mmap, key: &Obj, value: Option<&Obj>) -> Result<()> {
    m.check()?;
    m.check_writable()?;
    if object::has_index(key) {
        let i = position(m, key)?;
        let Some(value) = value else {
            return raise!(TypeError, "mmap doesn't support item deletion");
        };
        let byte = byte(value)?;
        m.check()?;
        m.put(i, &[byte]);
        return Ok(());
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "mmap indices must be integer");
    };
    let r = range(m, s)?;
    let Some(value) = value else {
        return raise!(TypeError, "mmap object doesn't support slice deletion");
    };
    let view = buffer::simple(value)?;
    let data = view.bytes();
    if data.len() != r.len as usize {
        return raise!(IndexError, "mmap slice assignment is wrong size");
    }
    m.check()?;
    if r.step == 1 {
        m.put(r.start as usize, data);
    } else {
        for (i, byte) in data.iter().enumerate() {
            m.put(
                (r.start as isize + i as isize * r.step as isize) as usize,
                &[*byte],
            );
        }
    }
    Ok(())
}
