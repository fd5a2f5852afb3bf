//! The methods of `bytearray` that change it, and those that pickle it.

use layout::{PyByteArrayObject, PyUnicodeObject};

use super::ByteArrayExt;
use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::method::{Methods, fastcall, noargs, o};
use crate::object::*;
use crate::protocol::buffer::has_buffer;
use crate::types::bytes::methods::{ByteLike, byte_methods};
use crate::types::bytes::needle::{byte, bytes_like};
use crate::types::bytes::{self, build};
use crate::types::str_::args::iter_or;
use crate::types::{str_, tuple};

pub static METHODS: Methods = byte_methods![PyByteArrayObject;
    noargs!("__alloc__", |b: &PyByteArrayObject| Ok(b.ob_alloc.get()), "($self, /)"),
    noargs!("__reduce__", |b: &PyByteArrayObject| reduce(b, 2), "($self, /)"),
    fastcall!("__reduce_ex__", reduce_ex, "($self, proto=0, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    o!("append", append, "($self, item, /)"),
    noargs!("clear", |b: &PyByteArrayObject| b.resize(0), "($self, /)"),
    noargs!("copy", |b: &PyByteArrayObject| b.unchanged(), "($self, /)"),
    o!("extend", extend, "($self, iterable_of_ints, /)"),
    fastcall!("insert", insert, "($self, index, item, /)"),
    fastcall!("pop", pop, "($self, index=-1, /)"),
    o!("remove", remove, "($self, value, /)"),
    o!("resize", resize, "($self, size, /)"),
    noargs!("reverse", reverse, "($self, /)"),
];

fn append(b: &PyByteArrayObject, item: &Obj) -> Result<()> {
    let item = byte(item)?;
    b.push(item)
}

fn extend(b: &PyByteArrayObject, iterable: &Obj) -> Result<()> {
    if has_buffer(iterable) {
        if iterable.is_same(b.as_obj()) {
            // The block may move.
            let copy = b.as_slice().to_vec();
            return b.extend_from(&copy);
        }
        // Asking for the bytes may run code that resizes: they go where the end was.
        let end = b.len();
        let bytes = bytes_like(iterable)?;
        let at = end.min(b.len());
        return b.replace_range(at..at, &bytes);
    }
    let items = iter_or(iterable, || {
        raise!(
            TypeError,
            "can't extend bytearray with {:.100}",
            iterable.tp_name()
        )
    })?;
    match build::collect(&items, "bytearray") {
        Ok(bytes) => b.extend_from(&bytes),
        Err(_) if iterable.is::<PyUnicodeObject>() && err::clear_if(&exc::TypeError) => {
            raise!(TypeError, "expected iterable of integers; got: 'str'")
        }
        Err(raised) => Err(raised),
    }
}

fn insert(b: &PyByteArrayObject, argv: &[&Obj]) -> Result<()> {
    args::expect("insert", argv, 2..=2)?;
    let at = args::to_isize(argv[0])?;
    let item = byte(argv[1])?;
    let len = b.len() as isize;
    let at = if at < 0 {
        (at + len).max(0)
    } else {
        at.min(len)
    } as usize;
    b.replace_range(at..at, &[item])
}

fn pop(b: &PyByteArrayObject, argv: &[&Obj]) -> Result<u8> {
    args::expect("pop", argv, 0..=1)?;
    let at = args::to_isize_or(argv.first().copied(), -1)?;
    let len = b.len() as isize;
    if len == 0 {
        return raise!(IndexError, "pop from empty bytearray");
    }
    let at = if at < 0 { at + len } else { at };
    if !(0..len).contains(&at) {
        return raise!(IndexError, "pop index out of range");
    }
    let at = at as usize;
    let item = b.as_slice()[at];
    b.replace_range(at..at + 1, &[])?;
    Ok(item)
}

fn remove(b: &PyByteArrayObject, value: &Obj) -> Result<()> {
    let value = byte(value)?;
    match memchr::memchr(value, b.as_slice()) {
        Some(at) => b.replace_range(at..at + 1, &[]),
        None => raise!(ValueError, "value not found in bytearray"),
    }
}

fn resize(b: &PyByteArrayObject, size: &Obj) -> Result<()> {
    let size = args::to_isize(size)?;
    let Ok(size) = usize::try_from(size) else {
        return raise!(ValueError, "Can only resize to positive sizes, got {size}");
    };
    let old = b.len();
    b.resize(size)?;
    if size > old {
        b.write(|bytes| bytes[old..].fill(0));
    }
    Ok(())
}

fn reverse(b: &PyByteArrayObject) -> Result<()> {
    b.write(|bytes| bytes.reverse());
    Ok(())
}

/// Under older protocols bytes travel as Latin-1 text.
fn reduce(b: &PyByteArrayObject, protocol: i32) -> Result {
    let state = crate::types::object_::state_of(b.as_obj(), false)?;
    let args = if protocol < 3 {
        let text = str_::from_latin1(b.as_slice());
        tuple::pair(text.as_obj(), intern!("latin-1"))
    } else {
        tuple::new(&[bytes::try_new(b.as_slice())?.as_obj()])
    };
    Ok(tuple::new(&[b.as_obj().ty().as_obj(), args.as_obj(), &state]).into_obj())
}

fn reduce_ex(b: &PyByteArrayObject, argv: &[&Obj]) -> Result {
    args::expect("__reduce_ex__", argv, 0..=1)?;
    let protocol = argv.first().map_or(Ok(0), |o| str_::args::c_int(o))?;
    reduce(b, protocol)
}

fn sizeof(b: &PyByteArrayObject) -> Result<isize> {
    Ok(b.as_obj().ty().tp_basicsize.get() + b.ob_alloc.get())
}
