//! How an object is pickled: dispatch on its type, and the types that hold no others.

use core::ptr;

use super::errors::{noted, pickling, type_of};
use super::opcodes::*;
use super::pickler::Pickler;
use super::{CODECS_ENCODE, DISPATCH_TABLE, buffer, save_containers, save_global, save_reduce};
use crate::prelude::*;
use vm::protocol::buffer::{get as get_buffer, is_contiguous};
use vm::types::bytearray::ByteArrayExt as _;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::dict::DictExt as _;
use vm::types::int::IntExt as _;
use vm::types::str_::{StrData, StrExt as _};
use vm::types::{float, type_};

/// Pickles an object; `may_persist` says that it may have a persistent id.
pub fn save(p: &Pickler, o: &Obj, may_persist: bool) -> Result<()> {
    let _depth = call::NativeCall::enter(" while pickling an object")?;
    p.boundary()?;
    if may_persist && p.persistent_id.borrow().is_some() && save_persistent(p, o)? {
        return Ok(());
    }
    let tp = o.ty();
    let is = |other: &PyTypeObject| ptr::eq(tp, other);
    if o.is_none() {
        p.put(&[PUSH_NONE]);
        return Ok(());
    }
    if is(&PyBool_Type) {
        return save_bool(p, o.is_same(TRUE()));
    }
    // SAFETY: objects of exactly these types have their layouts.
    unsafe {
        if is(&PyLong_Type) {
            return save_int(p, o.cast());
        }
        if is(&PyFloat_Type) {
            return save_float(p, float::value(o.cast()));
        }
        if let Some(number) = p.memoized(o) {
            return p.recall(number);
        }
        if is(&PyUnicode_Type) {
            return save_str(p, o.cast());
        }
        if is(&PyBytes_Type) {
            return save_bytes(p, o.cast());
        }
        if is(&PyDict_Type) {
            return save_containers::save_dict(p, o.cast());
        }
        if is(&PyTuple_Type) {
            return save_containers::save_tuple(p, o.cast());
        }
        if is(&PyList_Type) {
            return save_containers::save_list(p, o.cast());
        }
        if is(&PySet_Type) {
            return save_containers::save_set(p, o.cast());
        }
        if is(&PyFrozenSet_Type) {
            return save_containers::save_frozenset(p, o.cast());
        }
        if is(&PyByteArray_Type) {
            return save_bytearray(p, o.cast());
        }
        if is(&PyPickleBuffer_Type) {
            return save_buffer(p, o.cast());
        }
    }
    let mut reduced = None;
    if let Some(reduce) = p.reducer_override.get() {
        reduced = Some(call::call1(&reduce, o)?).filter(|r| !r.is_same(NOT_IMPLEMENTED()));
    }
    if reduced.is_none() {
        if is(&PyType_Type) {
            return save_global::save_class(p, o);
        }
        if is(&PyFunction_Type) {
            return save_global::save_global(p, o, None);
        }
        reduced = reduce(p, o)?;
    }
    match reduced {
        None => save_global::save_global(p, o, None),
        Some(name) if name.is::<PyUnicodeObject>() => save_global::save_global(p, o, Some(&name)),
        Some(reduced) => {
            let saved = match reduced.downcast::<PyTupleObject>() {
                Some(reduced) => save_reduce::save_reduce(p, reduced, Some(o)),
                None => pickling(format_args!(
                    "__reduce__ must return a string or tuple, not {}",
                    type_of(&reduced)
                )),
            };
            noted(saved, || format!("when serializing {} object", type_of(o)))
        }
    }
}

/// What the function for the object's class, or the object itself, reduces it to; nothing of classes.
fn reduce(p: &Pickler, o: &Obj) -> Result<Option<Ref>> {
    let class = o.ty().as_obj();
    let by_class = match p.dispatch_table.get() {
        None => DISPATCH_TABLE.dict()?.get(class)?,
        Some(table) => err::suppress(proto::getitem(&table, class), &exc::KeyError)?,
    };
    if let Some(reduce) = by_class {
        return call::call1(&reduce, o).map(Some);
    }
    if type_::is_subtype(o.ty(), &PyType_Type) {
        return Ok(None);
    }
    if let Some(reduce) = proto::getattr_opt(o, intern!("__reduce_ex__"))? {
        let protocol = int::small(i64::from(p.proto.get()));
        return call::call1(&reduce, protocol).map(Some);
    }
    match proto::getattr_opt(o, intern!("__reduce__"))? {
        Some(reduce) => call::call0(&reduce).map(Some),
        None => pickling(format_args!("Can't pickle {} object", type_of(o))),
    }
}

fn save_persistent(p: &Pickler, o: &Obj) -> Result<bool> {
    let Some(persistent_id) = p.persistent_id.get() else {
        return Ok(false);
    };
    let id = call::call1(&persistent_id, o)?;
    if id.is_none() {
        return Ok(false);
    }
    if p.is_binary() {
        save(p, &id, false)?;
        p.put(&[BINPERSID]);
        return Ok(true);
    }
    let text = proto::str(&id)?;
    match str_::of(&text)
        .filter(|t| t.is_ascii())
        .and_then(|t| t.try_str())
    {
        Some(text) => {
            p.put2(PERSID, text.as_bytes());
            p.put(b"\n");
            Ok(true)
        }
        None => pickling(format_args!(
            "persistent IDs in protocol 0 must be ASCII strings"
        )),
    }
}

fn save_bool(p: &Pickler, value: bool) -> Result<()> {
    p.put(match (p.proto.get() >= 2, value) {
        (true, true) => &[NEWTRUE],
        (true, false) => &[NEWFALSE],
        (false, true) => b"I01\n",
        (false, false) => b"I00\n",
    });
    Ok(())
}

fn save_int(p: &Pickler, n: &PyLongObject) -> Result<()> {
    let small = n.to_i64().and_then(|n| i32::try_from(n).ok());
    if let Some(small) = small {
        if !p.is_binary() {
            p.put2(INT, format!("{small}\n").as_bytes());
        } else if let Ok(byte) = u8::try_from(small) {
            p.put(&[BININT1, byte]);
        } else if let Ok(short) = u16::try_from(small) {
            p.put2(BININT2, &short.to_le_bytes());
        } else {
            p.put2(BININT, &small.to_le_bytes());
        }
        return Ok(());
    }
    if p.proto.get() < 2 {
        let text = proto::repr(n.as_obj())?;
        p.put2(LONG, str_lossy(&text).as_bytes());
        p.put(b"L\n");
        return Ok(());
    }
    let bytes = complement(n);
    match u8::try_from(bytes.len()) {
        Ok(len) => p.put(&[LONG1, len]),
        Err(_) if bytes.len() > i32::MAX as usize => {
            return raise!(OverflowError, "int too large to pickle");
        }
        Err(_) => p.put2(LONG4, &(bytes.len() as u32).to_le_bytes()),
    }
    p.put_large(&[], &bytes, None)
}

/// The shortest two's complement, little end first.
fn complement(n: &PyLongObject) -> Vec<u8> {
    const DIGIT: u32 = 30;
    let (negative, digits) = n.digits();
    let mut bytes = Vec::with_capacity(digits.len() * 4 + 1);
    let (mut pending, mut bits) = (0u64, 0);
    for &digit in digits {
        pending |= u64::from(digit) << bits;
        bits += DIGIT;
        while bits >= 8 {
            bytes.push(pending as u8);
            pending >>= 8;
            bits -= 8;
        }
    }
    bytes.push(pending as u8);
    bytes.push(0);
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            let (value, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (value, over);
        }
    }
    let filler = if negative { 0xff } else { 0 };
    while let [.., before, last] = bytes[..] {
        if last != filler || (before & 0x80 != 0) != negative {
            break;
        }
        bytes.pop();
    }
    bytes
}

fn save_float(p: &Pickler, x: f64) -> Result<()> {
    if p.is_binary() {
        p.put2(BINFLOAT, &x.to_be_bytes());
        return Ok(());
    }
    p.put2(FLOAT, str_lossy(float::repr(x).as_obj()).as_bytes());
    p.put(b"\n");
    Ok(())
}

/// The header of something with a length: of the shortest of three forms that has room for it.
fn header(
    p: &Pickler,
    len: usize,
    [short, long, longest]: [Option<u8>; 3],
    what: &str,
) -> Result<Vec<u8>> {
    if let (Some(opcode), Ok(len)) = (short, u8::try_from(len)) {
        return Ok(vec![opcode, len]);
    }
    let mut header = Vec::with_capacity(9);
    if let (Some(opcode), Ok(len)) = (long, u32::try_from(len)) {
        header.push(opcode);
        header.extend_from_slice(&len.to_le_bytes());
        return Ok(header);
    }
    if let (Some(opcode), true) = (longest, p.proto.get() >= 4) {
        header.push(opcode);
        header.extend_from_slice(&(len as u64).to_le_bytes());
        return Ok(header);
    }
    raise!(
        OverflowError,
        "serializing a {what} larger than 4 GiB requires pickle protocol 4 or higher"
    )
}

fn put_bytes(p: &Pickler, data: &[u8], payload: Option<&Obj>) -> Result<()> {
    let forms = [Some(SHORT_BINBYTES), Some(BINBYTES), Some(BINBYTES8)];
    p.put_large(
        &header(p, data.len(), forms, "bytes object")?,
        data,
        payload,
    )
}

fn put_bytearray(p: &Pickler, data: &[u8], payload: Option<&Obj>) -> Result<()> {
    p.put_large(
        &header(p, data.len(), [None, None, Some(BYTEARRAY8)], "bytearray")?,
        data,
        payload,
    )
}

fn save_bytes(p: &Pickler, b: &PyBytesObject) -> Result<()> {
    if p.proto.get() >= 3 {
        put_bytes(p, b.as_slice(), Some(b.as_obj()))?;
        return p.memoize(b.as_obj());
    }
    // What has no opcode of its own: made of text, or of nothing.
    let reduced = if b.as_slice().is_empty() {
        tuple::from_slice(&[PyBytes_Type.as_obj(), tuple::empty().as_obj()])
    } else {
        let text = str_::from_latin1(b.as_slice());
        let arguments = tuple::from_slice(&[text.as_obj(), intern!("latin1")]);
        tuple::from_slice(&[CODECS_ENCODE.get()?, arguments.as_obj()])
    };
    save_reduce::save_reduce(p, &reduced, Some(b.as_obj()))
}

fn save_bytearray(p: &Pickler, b: &PyByteArrayObject) -> Result<()> {
    if p.proto.get() >= 5 {
        put_bytearray(p, b.as_slice(), Some(b.as_obj()))?;
        return p.memoize(b.as_obj());
    }
    let arguments = if b.as_slice().is_empty() {
        tuple::empty()
    } else {
        tuple::from_array([bytes::try_new(b.as_slice())?.into_obj()])
    };
    let reduced = tuple::from_slice(&[PyByteArray_Type.as_obj(), arguments.as_obj()]);
    save_reduce::save_reduce(p, &reduced, Some(b.as_obj()))
}

fn save_buffer(p: &Pickler, b: &buffer::PickleBuffer) -> Result<()> {
    if p.proto.get() < 5 {
        return pickling(format_args!(
            "PickleBuffer can only be pickled with protocol >= 5"
        ));
    }
    // A view of its own: the callback may release the buffer's.
    let view = get_buffer(b.as_obj(), PyBUF_FULL_RO)?;
    if !view.view().suboffsets.is_null() || !is_contiguous(view.view(), b'A') {
        return pickling(format_args!(
            "PickleBuffer can not be pickled when pointing to a non-contiguous buffer"
        ));
    }
    let readonly = view.view().readonly != 0;
    if let Some(callback) = p.buffer_callback.get() {
        let answer = call::call1(&callback, b.as_obj())?;
        if !proto::is_true(&answer)? {
            p.put(if readonly {
                &[NEXT_BUFFER, READONLY_BUFFER]
            } else {
                &[NEXT_BUFFER]
            });
            return Ok(());
        }
    }
    match readonly {
        true => put_bytes(p, view.bytes(), None)?,
        false => put_bytearray(p, view.bytes(), None)?,
    }
    p.memoize(b.as_obj())
}

fn save_str(p: &Pickler, s: &PyUnicodeObject) -> Result<()> {
    if !p.is_binary() {
        let mut text = vec![UNICODE];
        for c in s.chars() {
            escape(&mut text, c);
        }
        text.push(b'\n');
        p.put(&text);
        return p.memoize(s.as_obj());
    }
    let short = (p.proto.get() >= 4).then_some(SHORT_BINUNICODE);
    let forms = [short, Some(BINUNICODE), Some(BINUNICODE8)];
    match s.data() {
        StrData::Latin1(ascii) if s.is_ascii() => {
            p.put_large(&header(p, ascii.len(), forms, "string")?, ascii, None)?;
        }
        _ => {
            let text = str_::utf8::to_wtf8(s);
            p.put_large(&header(p, text.len(), forms, "string")?, &text, None)?;
        }
    }
    p.memoize(s.as_obj())
}

/// A character as the codec `raw-unicode-escape` has it, and escaped also where lines would break or end.
fn escape(out: &mut Vec<u8>, c: u32) {
    match c {
        0x1_0000.. => out.extend_from_slice(format!("\\U{c:08x}").as_bytes()),
        0x100.. | 0x5c | 0 | 0xa | 0xd | 0x1a => {
            out.extend_from_slice(format!("\\u{c:04x}").as_bytes());
        }
        _ => out.push(c as u8),
    }
}
