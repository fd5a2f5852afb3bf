//! `ZstdDict`: a dictionary, with its digested forms, which are made when they are first used.

use core::cell::{Cell, RefCell};
use core::ptr;
use std::collections::BTreeMap;

use zstd_sys::*;

use super::ERROR;
use crate::codec::{bytes_of, c_int};
use modules::prelude::*;
use vm::types::bytes;

/// `compression.zstd.ZstdDict`.
#[repr(C)]
pub struct Dictionary {
    ob_base: PyObject,
    dict_id: u32,
    content: Vec<u8>,
    /// For compression at each level that was asked for.
    digested: RefCell<BTreeMap<i32, Digested>>,
    for_decompression: Cell<*mut ZSTD_DDict>,
}

/// A form digested for compression, owned.
struct Digested(*mut ZSTD_CDict);

impl Drop for Digested {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again.
        unsafe { ZSTD_freeCDict(self.0) };
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        // SAFETY: owned or null, and not used again.
        unsafe { ZSTD_freeDDict(self.for_decompression.get()) };
    }
}

static_type!(Dictionary, DICTIONARY);

static MEMBERS: &[PyMemberDef] = &[member!(
    "dict_id",
    Dictionary,
    dict_id,
    Py_T_UINT,
    Py_READONLY
)];

static GETSET: &[PyGetSetDef] = &[
    getset!("dict_content", |d: &Dictionary| bytes::try_new(&d.content)),
    getset!("as_digested_dict", |d: &Dictionary| Ok(used_as(
        d,
        Use::Digested
    ))),
    getset!("as_undigested_dict", |d: &Dictionary| Ok(used_as(
        d,
        Use::Undigested
    ))),
    getset!("as_prefix", |d: &Dictionary| Ok(used_as(d, Use::Prefix))),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Dictionary>()
        .destructible()
        .dealloc_drop::<Dictionary>()
        .tp_new(new)
        .tp_repr(|d: &Dictionary| {
            Ok(format!(
                "<ZstdDict dict_id={} dict_size={}>",
                d.dict_id,
                d.content.len()
            ))
        })
        .sq_length(|d: &Dictionary| Ok(d.content.len()))
        .text_signature(method_doc!(
            "ZstdDict",
            "(dict_content, /, *, is_raw=False)"
        ))
        .members(MEMBERS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("ZstdDict", "(dict_content, /, *, is_raw=False)");
    let [content, is_raw] = SIGNATURE.bind(args, kwargs)?;
    let content = bytes_of(required(content))?.bytes().to_vec();
    let is_raw = is_raw.map_or(Ok(false), args::to_bool)?;
    if content.len() < 8 {
        return raise!(
            ValueError,
            "Zstandard dictionary content too short (must have at least eight bytes)"
        );
    }
    let dict_id = match is_raw {
        true => 0,
        // SAFETY: valid bytes.
        false => unsafe { ZSTD_getDictID_fromDict(content.as_ptr().cast(), content.len()) },
    };
    if dict_id == 0 && !is_raw {
        return raise!(ValueError, "invalid Zstandard dictionary");
    }
    let dictionary = Dictionary {
        ob_base: header(),
        dict_id,
        content,
        digested: RefCell::default(),
        for_decompression: Cell::new(ptr::null_mut()),
    };
    Ok(create(tp, dictionary)?.into_obj())
}

/// The ways to use a dictionary.
#[derive(Clone, Copy)]
pub enum Use {
    Digested,
    Undigested,
    Prefix,
}

fn used_as(d: &Dictionary, how: Use) -> Ref {
    tuple::pair(d.as_obj(), int::small(how as i64)).into_obj()
}

/// The dictionary of a `zstd_dict` argument, which is one or a pair that says how to use it.
pub fn of_argument(o: &Obj, default: Use) -> Result<(&Dictionary, Use)> {
    if let Some(d) = o.downcast_exact::<Dictionary>() {
        return Ok((d, default));
    }
    if let Some(pair) = o.downcast_exact::<PyTupleObject>()
        && let [d, how] = pair.objects()
        && let Some(d) = d.downcast_exact::<Dictionary>()
        && how.is::<PyLongObject>()
    {
        match c_int(how)? {
            0 => return Ok((d, Use::Digested)),
            1 => return Ok((d, Use::Undigested)),
            2 => return Ok((d, Use::Prefix)),
            _ => {}
        }
    }
    raise!(TypeError, "zstd_dict argument should be a ZstdDict object.")
}

impl Dictionary {
    /// The content, which does not move while the dictionary lives.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The form for compression at this level; it lives as long as the dictionary.
    pub fn digested(&self, level: i32) -> Result<*mut ZSTD_CDict> {
        if let Some(d) = self.digested.borrow().get(&level) {
            return Ok(d.0);
        }
        // SAFETY: valid bytes, which the library copies.
        let made =
            unsafe { ZSTD_createCDict(self.content.as_ptr().cast(), self.content.len(), level) };
        if made.is_null() {
            return Err(ERROR.raise(format_args!(
                "Failed to create a ZSTD_CDict instance from Zstandard dictionary content."
            )));
        }
        self.digested.borrow_mut().insert(level, Digested(made));
        Ok(made)
    }

    /// The form for decompression; it lives as long as the dictionary.
    pub fn for_decompression(&self) -> Result<*mut ZSTD_DDict> {
        if self.for_decompression.get().is_null() {
            // SAFETY: valid bytes, which the library copies.
            let made =
                unsafe { ZSTD_createDDict(self.content.as_ptr().cast(), self.content.len()) };
            if made.is_null() {
                return Err(ERROR.raise(format_args!(
                    "Failed to create a ZSTD_DDict instance from Zstandard dictionary content."
                )));
            }
            self.for_decompression.set(made);
        }
        Ok(self.for_decompression.get())
    }
}
