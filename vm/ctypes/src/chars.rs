//! Arrays of characters, which are texts too: their `value` and `raw`, and slices.

use crate::cdata::CData;
use crate::codes::text;
use crate::info::Info;
use crate::prelude::*;
use vm::types::descr;
use vm::types::dict::DictExt as _;

/// The attributes of arrays of `char`.
pub static CHAR_GETSET: &[PyGetSetDef] = &[
    getset!("raw", get_raw, set_raw),
    getset!("value", get_chars, set_chars),
];

/// The attributes of arrays of `wchar_t`.
pub static WCHAR_GETSET: &[PyGetSetDef] = &[getset!("value", get_wide, set_wide)];

/// Adds attributes to a class that was just made.
pub fn add(tp: &PyTypeObject, rows: &'static [PyGetSetDef]) -> Result<()> {
    let dict = type_::own_dict(tp).expect("a ready type has a dict");
    for row in rows {
        // SAFETY: the rows are static.
        let d = unsafe { descr::new_getset(tp, ptr::from_ref(row).cast_mut()) };
        dict.set(&descr::name(&d), &d)?;
    }
    type_::modified(tp);
    Ok(())
}

fn get_raw(c: &CData) -> Result {
    Ok(bytes::try_new(c.bytes())?.into_obj())
}

fn set_raw(c: &CData, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(
            AttributeError,
            "attribute 'raw' of '{:.100}' objects cannot be deleted",
            c.as_obj().tp_name()
        );
    };
    let view = vm::protocol::buffer::simple(value)?;
    write(c, view.bytes())
}

/// Copies bytes to the start of the data.
fn write(c: &CData, data: &[u8]) -> Result<()> {
    if data.len() > c.size() {
        return raise!(ValueError, "byte string too long");
    }
    // SAFETY: there is room; the bytes may be the data's own.
    unsafe { ptr::copy(data.as_ptr(), c.data(), data.len()) };
    Ok(())
}

fn get_chars(c: &CData) -> Result {
    let all = c.bytes();
    let end = all.iter().position(|&b| b == 0).unwrap_or(all.len());
    Ok(bytes::try_new(&all[..end])?.into_obj())
}

fn set_chars(c: &CData, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "can't delete attribute");
    };
    let Some(b) = value.downcast::<PyBytesObject>() else {
        return raise!(
            TypeError,
            "bytes expected instead of {} instance",
            value.tp_name()
        );
    };
    let data = b.as_slice();
    write(c, data)?;
    if data.len() < c.size() {
        // SAFETY: within the data.
        unsafe { *c.data().add(data.len()) = 0 };
    }
    Ok(())
}

fn get_wide(c: &CData) -> Result {
    // SAFETY: the array's own items.
    let mut all = unsafe { text::read_wide(c.data(), c.size() / 4) };
    if let Some(end) = all.iter().position(|&c| c == 0) {
        all.truncate(end);
    }
    text::from_wide(&all)
}

fn set_wide(c: &CData, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "can't delete attribute");
    };
    let Some(s) = str_::of(value) else {
        return raise!(
            TypeError,
            "unicode string expected instead of {} instance",
            value.tp_name()
        );
    };
    let room = c.size() / 4;
    if s.len() > room {
        return raise!(ValueError, "string too long");
    }
    // SAFETY: there is room.
    unsafe { text::write_wide(c.data(), s, room) };
    Ok(())
}

/// A slice of characters as a text; `None` if the items are no characters.
///
/// # Safety
/// The items that the slice names can be read.
pub unsafe fn gather(
    items: &Info,
    at: *const u8,
    start: isize,
    step: isize,
    len: usize,
) -> Option<Result> {
    let indices = (0..len as isize).map(|i| start + i * step);
    if items.reads_as(b'c') {
        // SAFETY: the caller's.
        let data: Vec<u8> = indices.map(|i| unsafe { *at.offset(i) }).collect();
        return Some(bytes::try_new(&data).map(Ref::into_obj));
    }
    if items.reads_as(b'u') {
        let data: Vec<u32> = indices
            // SAFETY: the caller's.
            .map(|i| unsafe { at.cast::<u32>().offset(i).read_unaligned() })
            .collect();
        return Some(text::from_wide(&data));
    }
    None
}
