//! `charmap`: encodings given by a table (a string), a mapping, or the compact map that `codecs.charmap_build` makes.

use layout::{Layout, PyBytesObject, PyLongObject, PyObject, PyTypeObject, PyUnicodeObject};
use text::codecs::charmap::{self, EncodingMap as Map, FromByte, ToByte};
use text::codecs::single;

use super::errors::{Decoding, Encoding};
use crate::err::{self, Result, exc, raise};
use crate::method::{Methods, noargs};
use crate::object::*;
use crate::protocol::object::getitem;
use crate::types::bytes::{self, BytesExt};
use crate::types::dict::{self, DictExt};
use crate::types::int::{self, IntExt};
use crate::types::str_::{self, StrExt};
use crate::types::type_::builder::TypeBuilder;

pub static ENCODING_MAP: PyTypeObject = PyTypeObject::statically_declared();

/// A decoding table turned around.
#[repr(C)]
pub struct EncodingMap {
    ob_base: PyObject,
    map: Map,
}

impl Layout for EncodingMap {
    fn type_object() -> &'static PyTypeObject {
        &ENCODING_MAP
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<EncodingMap>()
        .destructible()
        .new_disallowed()
        .dealloc_drop::<EncodingMap>()
        .methods(METHODS);
}

static METHODS: Methods = &[noargs!(
    "size",
    |m: &EncodingMap| Ok(size_of_val(m)),
    "($self, /)"
)];

/// `codecs.charmap_build(table)`: a compact map, or a dict for a table that is unlike an encoding's.
pub fn build(table: &PyUnicodeObject) -> Result {
    let data = table.data();
    let usual =
        data.len() == 256 && data.at(0) == 0 && data.codes().skip(1).all(|c| c != 0 && c <= 0xffff);
    if usual {
        let map = EncodingMap {
            ob_base: header(),
            map: Map::new(data),
        };
        return Ok(create(&ENCODING_MAP, map)?.into_obj());
    }
    let dict = dict::new();
    for (byte, c) in data.codes().take(256).enumerate() {
        dict.set(
            int::from_i64(c.into()).as_obj(),
            int::from_usize(byte).as_obj(),
        )?;
    }
    Ok(dict.into_obj())
}

/// Text and the number of bytes taken.
pub fn decode(input: &[u8], errors: Option<&str>, mapping: Option<&Obj>) -> Result<(Ref, usize)> {
    let mut handler = Decoding::new(input, errors);
    let text = match mapping {
        None => single::decode_latin1(input),
        Some(mapping) => match mapping.downcast_exact::<PyUnicodeObject>() {
            Some(table) => charmap::decode(input, table.data(), &mut handler)?.0,
            None => charmap::decode_with(input, &mut handler, |byte| from_byte(mapping, byte))?.0,
        },
    };
    Ok((str_::from_buf(&text)?.into_obj(), input.len()))
}

/// The mapping's item; a missing one is undefined.
fn item(mapping: &Obj, key: u32) -> Result<Option<Ref>> {
    match getitem(mapping, int::from_i64(key.into()).as_obj()) {
        Ok(found) => Ok(Some(found).filter(|o| !o.is_none())),
        Err(_) if err::clear_if(&exc::LookupError) => Ok(None),
        Err(raised) => Err(raised),
    }
}

fn from_byte(mapping: &Obj, byte: u8) -> Result<FromByte> {
    let Some(found) = item(mapping, byte.into())? else {
        return Ok(FromByte::Undefined);
    };
    if let Some(n) = found.downcast::<PyLongObject>() {
        return match n.to_i64() {
            Some(0xfffe) => Ok(FromByte::Undefined),
            Some(c @ 0..=0x10ffff) => Ok(FromByte::Code(c as u32)),
            _ => raise!(TypeError, "character mapping must be in range(0x110000)"),
        };
    }
    match str_::of(&found) {
        Some(s) if s.len() == 1 && s.char_at(0) == 0xfffe => Ok(FromByte::Undefined),
        Some(s) => Ok(FromByte::Text(s.data().to_buf())),
        None => raise!(
            TypeError,
            "character mapping must return integer, None or str"
        ),
    }
}

pub fn encode(text: &PyUnicodeObject, errors: Option<&str>, mapping: Option<&Obj>) -> Result {
    let mut handler = Encoding::new(text, errors);
    let encoded = match mapping {
        None => single::encode_latin1(text.data(), &mut handler)?,
        Some(mapping) => match mapping.downcast_exact::<EncodingMap>() {
            Some(map) => charmap::encode(text.data(), &map.map, &mut handler)?,
            None => charmap::encode_with(text.data(), &mut handler, |c| to_byte(mapping, c))?,
        },
    };
    Ok(bytes::try_new(&encoded)?.into_obj())
}

fn to_byte(mapping: &Obj, c: u32) -> Result<ToByte> {
    let Some(found) = item(mapping, c)? else {
        return Ok(ToByte::Undefined);
    };
    if let Some(n) = found.downcast::<PyLongObject>() {
        return match n.to_i64().and_then(|n| u8::try_from(n).ok()) {
            Some(byte) => Ok(ToByte::Byte(byte)),
            None => raise!(TypeError, "character mapping must be in range(256)"),
        };
    }
    match found.downcast::<PyBytesObject>() {
        Some(bytes) => Ok(ToByte::Bytes(bytes.as_slice().to_vec())),
        None => raise!(
            TypeError,
            "character mapping must return integer, bytes or None, not {:.400}",
            found.tp_name()
        ),
    }
}
