//! The methods of `array`.

use super::edit::{extend, splice};
use super::storage::like;
use super::*;
use vm::protocol::buffer;
use vm::types::bytes::BytesExt as _;
use vm::types::list::ListExt as _;

pub(super) static METHODS: &[PyMethodDef] = &[
    o!("append", |a: &Array, v: &Obj| a.push(v), "($self, v, /)"),
    noargs!("buffer_info", buffer_info, "($self, /)"),
    noargs!("byteswap", byteswap, "($self, /)"),
    noargs!("clear", |a: &Array| a.resize(0), "($self, /)"),
    noargs!("__copy__", copy, "($self, /)"),
    o!("count", count, "($self, v, /)"),
    o!(
        "__deepcopy__",
        |a: &Array, _: &Obj| copy(a),
        "($self, unused, /)"
    ),
    o!("extend", extend, "($self, bb, /)"),
    fastcall!("fromfile", from_file, "($self, f, n, /)"),
    o!("fromlist", from_list, "($self, list, /)"),
    o!("frombytes", push_buffer, "($self, buffer, /)"),
    o!("fromunicode", from_unicode, "($self, ustr, /)"),
    fastcall!("index", index, "($self, v, start=0, stop=sys.maxsize, /)"),
    fastcall!("insert", insert, "($self, i, v, /)"),
    fastcall!("pop", pop, "($self, i=-1, /)"),
    o!("__reduce_ex__", pickle::reduce_ex, "($self, value, /)"),
    o!("remove", remove, "($self, v, /)"),
    noargs!("reverse", reverse, "($self, /)"),
    o!("tofile", to_file, "($self, f, /)"),
    noargs!("tolist", to_list, "($self, /)"),
    noargs!(
        "tobytes",
        |a: &Array| bytes::try_new(a.bytes()),
        "($self, /)"
    ),
    noargs!("tounicode", to_unicode, "($self, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

fn buffer_info(a: &Array) -> Result<Ref<PyTupleObject>> {
    let address = int::from_usize(a.ob_item.get() as usize);
    Ok(tuple::pair(
        address.as_obj(),
        int::from_usize(a.len()).as_obj(),
    ))
}

fn byteswap(a: &Array) -> Result<()> {
    a.bytes_mut()
        .chunks_mut(a.itemsize())
        .for_each(<[u8]>::reverse);
    Ok(())
}

fn copy(a: &Array) -> Result {
    let new = like(a, a.len())?;
    new.bytes_mut().copy_from_slice(a.bytes());
    Ok(new.into_obj())
}

/// The first index from `start` to `stop` at which an equal item is.
pub(super) fn find(a: &Array, o: &Obj, start: usize, stop: usize) -> Result<Option<usize>> {
    let mut i = start;
    while i < a.len().min(stop) {
        if proto::rich_compare_bool(&a.get(i), o, CompareOp::Eq)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn count(a: &Array, o: &Obj) -> Result<usize> {
    let (mut n, mut i) = (0, 0);
    while i < a.len() {
        n += usize::from(proto::rich_compare_bool(&a.get(i), o, CompareOp::Eq)?);
        i += 1;
    }
    Ok(n)
}

fn index(a: &Array, arguments: &[&Obj]) -> Result<usize> {
    args::expect("index", arguments, 1..=3)?;
    let (start, stop) = slices::search_bounds(&arguments[1..], a.len())?;
    match find(a, arguments[0], start, stop)? {
        Some(i) => Ok(i),
        None => raise!(ValueError, "array.index(x): x not in array"),
    }
}

fn remove(a: &Array, o: &Obj) -> Result<()> {
    match find(a, o, 0, usize::MAX)? {
        Some(i) => splice(a, i, 1, &[]),
        None => raise!(ValueError, "array.remove(x): x not in array"),
    }
}

fn insert(a: &Array, arguments: &[&Obj]) -> Result<()> {
    args::expect("insert", arguments, 2..=2)?;
    let i = args::to_isize(arguments[0])?;
    let raw = a.descr().convert(arguments[1])?;
    let n = a.len() as isize;
    let at = if i < 0 { i.saturating_add(n) } else { i }.clamp(0, n) as usize;
    splice(a, at, 0, &raw[..a.itemsize()])
}

fn pop(a: &Array, arguments: &[&Obj]) -> Result {
    args::expect("pop", arguments, 0..=1)?;
    let i = args::to_isize_or(arguments.first().copied(), -1)?;
    let n = a.len() as isize;
    if n == 0 {
        return raise!(IndexError, "pop from empty array");
    }
    let i = if i < 0 { i + n } else { i };
    if !(0..n).contains(&i) {
        return raise!(IndexError, "pop index out of range");
    }
    let item = a.get(i as usize);
    splice(a, i as usize, 1, &[])?;
    Ok(item)
}

fn reverse(a: &Array) -> Result<()> {
    // Turning all bytes round turns each item round, too.
    a.bytes_mut().reverse();
    byteswap(a)
}

fn sizeof(a: &Array) -> Result<usize> {
    Ok(a.as_obj().ty().tp_basicsize.get() as usize + a.allocated.get() as usize * a.itemsize())
}

// ---- Other containers ----

/// The items as a list.
pub(super) fn to_list(a: &Array) -> Result<Ref<PyListObject>> {
    Ok(list::from_vec((0..a.len()).map(|i| a.get(i)).collect()))
}

fn from_list(a: &Array, items: &Obj) -> Result<()> {
    let Some(l) = items.downcast::<PyListObject>() else {
        return raise!(TypeError, "arg must be list");
    };
    let (n, old) = (l.len(), a.len());
    if n == 0 {
        return Ok(());
    }
    a.resize(old + n)?;
    for i in 0..n {
        let outcome = match l.get(i) {
            Some(item) => a.set(old + i, &item),
            None => Ok(()),
        };
        if outcome.is_err() {
            // All or nothing.
            err::preserved(|| {
                a.resize(old)
                    .or_else(|_| Ok::<(), err::Raised>(err::clear()))
                    .ok()
            });
            return outcome;
        }
        if l.len() != n {
            return raise!(RuntimeError, "list changed size during iteration");
        }
    }
    Ok(())
}

/// `frombytes`
pub(super) fn push_buffer(a: &Array, source: &Obj) -> Result<()> {
    let new = {
        let view = buffer::simple(source)?;
        if view.view().itemsize != 1 {
            return raise!(TypeError, "a bytes-like object is required");
        }
        view.bytes().to_vec()
    };
    if !new.len().is_multiple_of(a.itemsize()) {
        return raise!(ValueError, "bytes length not a multiple of item size");
    }
    if new.is_empty() {
        Ok(())
    } else {
        a.push_bytes(&new)
    }
}

/// Appends characters.
pub(super) fn push_text(a: &Array, text: &PyUnicodeObject) -> Result<()> {
    let new: Vec<u8> = text.chars().flat_map(u32::to_ne_bytes).collect();
    if new.is_empty() {
        Ok(())
    } else {
        a.push_bytes(&new)
    }
}

fn from_unicode(a: &Array, text: &Obj) -> Result<()> {
    let Some(text) = text.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "fromunicode() argument must be str, not {}",
            text.tp_name()
        );
    };
    if !a.descr().is_text() {
        return raise!(
            ValueError,
            "fromunicode() may only be called on unicode type arrays ('u' or 'w')"
        );
    }
    push_text(a, text)
}

/// The characters as a str.
pub(super) fn to_unicode(a: &Array) -> Result<Ref<PyUnicodeObject>> {
    if !a.descr().is_text() {
        return raise!(
            ValueError,
            "tounicode() may only be called on unicode type arrays ('u' or 'w')"
        );
    }
    let (chars, _) = a.bytes().as_chunks::<4>();
    let chars: Vec<u32> = chars.iter().map(|c| u32::from_ne_bytes(*c)).collect();
    if let Some(c) = chars.iter().find(|&&c| c > 0x10_ffff) {
        return raise!(
            ValueError,
            "character U+{c:x} is not in range [U+0000; U+10ffff]"
        );
    }
    Ok(str_::from_chars(&chars))
}

// ---- Files ----

fn from_file(a: &Array, arguments: &[&Obj]) -> Result<()> {
    args::expect("fromfile", arguments, 2..=2)?;
    let n = args::to_isize(arguments[1])?;
    if n < 0 {
        return raise!(ValueError, "negative count");
    }
    let Some(wanted) = (n as usize)
        .checked_mul(a.itemsize())
        .filter(|&n| isize::try_from(n).is_ok())
    else {
        return Err(err::no_memory());
    };
    let read = call::call_method(arguments[0], "read", &[int::from_usize(wanted).as_obj()])?;
    let Some(b) = read.downcast::<PyBytesObject>() else {
        return raise!(TypeError, "read() didn't return bytes");
    };
    let short = b.as_slice().len() != wanted;
    push_buffer(a, b.as_obj())?;
    if short {
        return raise!(EOFError, "read() didn't return enough bytes");
    }
    Ok(())
}

fn to_file(a: &Array, f: &Obj) -> Result<()> {
    const BLOCK: usize = 64 * 1024;
    let mut at = 0;
    while at < a.bytes().len() {
        let block = &a.bytes()[at..];
        let block = bytes::new(&block[..block.len().min(BLOCK)]);
        call::call_method(f, "write", &[block.as_obj()])?;
        at += BLOCK;
    }
    Ok(())
}
