//! `bytes`: an immutable row of bytes, kept in the object itself and followed by a zero that its length does not count.
//!
//! Invariant: the empty object and the 256 of one byte are unique, static and immortal. The methods are those of
//! `bytearray` too and live in [`methods`], written once over [`ByteLike`].

use core::cell::Cell;
use core::ffi::c_int;

use layout::{
    Py_TPFLAGS_BASETYPE, Py_TPFLAGS_BYTES_SUBCLASS, Py_TPFLAGS_DEFAULT, Py_buffer, PyBytes_Type,
    PyBytesObject, PyDictObject, PyObject, PyTupleObject, PyTypeObject, PyUnicodeObject,
    PyVarObject,
};

pub mod build;
pub mod case;
pub mod format;
pub mod hex;
pub mod iter;
pub mod methods;
pub mod needle;
pub mod pad;
pub mod search;
pub mod split;

use self::methods::ByteLike;
use crate::args::Signature;
use crate::err::{Result, exc, raise};
use crate::method::{Methods, noargs};
use crate::object::*;
use crate::types::type_::builder::{CompareOp, TypeBuilder};
use crate::types::{slice, str_};

pub fn define(b: &mut TypeBuilder) {
    b.sizes(size_of::<PyVarObject>() + size_of::<isize>() + 1, 1)
        .flags(
            Py_TPFLAGS_DEFAULT
                | Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_BYTES_SUBCLASS
                | layout::_Py_TPFLAGS_MATCH_SELF,
        )
        .tp_new(bytes_new)
        .tp_dealloc(bytes_dealloc)
        .tp_repr(|b: &PyBytesObject| build::repr(b.as_slice(), "", ""))
        .tp_str(bytes_str)
        .tp_hash(|b: &PyBytesObject| Ok(b.hash()))
        .tp_richcompare(bytes_richcompare)
        .tp_iter(iter::bytes_iter)
        .nb_remainder(format::remainder::<PyBytesObject>)
        .sq_length(|b: &PyBytesObject| Ok(b.as_slice().len()))
        .sq_concat(bytes_concat)
        .sq_repeat(bytes_repeat)
        .sq_item(bytes_item)
        .sq_contains(search::contains::<PyBytesObject>)
        .mp_length(|b: &PyBytesObject| Ok(b.as_slice().len()))
        .mp_subscript(bytes_subscript)
        .bf_getbuffer(bytes_getbuffer, None)
        .methods(METHODS);
}

// ---- Constructors ----

#[repr(C)]
struct Static {
    header: PyVarObject,
    hash: Cell<isize>,
    data: [u8; 8],
}

// SAFETY: reached under the GIL only.
unsafe impl Sync for Static {}

const fn make_static(len: isize, byte: u8) -> Static {
    Static {
        header: PyVarObject {
            ob_base: PyObject::statically_immortal((&raw const PyBytes_Type).cast_mut()),
            ob_size: Cell::new(len),
        },
        hash: Cell::new(-1),
        data: [byte, 0, 0, 0, 0, 0, 0, 0],
    }
}

static EMPTY: Static = make_static(0, 0);

static SINGLES: [Static; 256] = {
    let mut all = [const { make_static(1, 0) }; 256];
    let mut b = 0;
    while b < 256 {
        all[b] = make_static(1, b as u8);
        b += 1;
    }
    all
};

pub fn empty() -> Ref<PyBytesObject> {
    // SAFETY: a static object.
    unsafe { Ref::from_borrowed((&raw const EMPTY).cast::<PyBytesObject>().cast_mut()) }
}

pub fn single(b: u8) -> Ref<PyBytesObject> {
    // SAFETY: a static object.
    unsafe {
        Ref::from_borrowed(
            (&raw const SINGLES[b as usize])
                .cast::<PyBytesObject>()
                .cast_mut(),
        )
    }
}

/// An object whose bytes are zero and not yet shared: `fill` writes them.
pub fn try_build(len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Ref<PyBytesObject>> {
    const HEADER: usize = core::mem::offset_of!(PyBytesObject, ob_sval);
    if len > isize::MAX as usize - HEADER - 1 {
        return raise!(OverflowError, "byte string is too large");
    }
    if len == 0 {
        return Ok(empty());
    }
    let new = alloc_sized(&PyBytes_Type, HEADER + len + 1)?;
    // SAFETY: the object has this layout, room for `len` bytes and a zero, and no other owner.
    unsafe {
        let new = new.into_cast::<PyBytesObject>();
        new.ob_base.ob_size.set(len as isize);
        new.ob_shash.set(-1);
        let data = new.as_ptr().cast::<u8>().add(HEADER);
        fill(core::slice::from_raw_parts_mut(data, len));
        data.add(len).write(0);
        Ok(new)
    }
}

pub fn try_new(bytes: &[u8]) -> Result<Ref<PyBytesObject>> {
    match bytes {
        [] => Ok(empty()),
        &[b] => Ok(single(b)),
        _ => try_build(bytes.len(), |to| to.copy_from_slice(bytes)),
    }
}

pub fn new(bytes: &[u8]) -> Ref<PyBytesObject> {
    try_new(bytes).unwrap_or_else(|_| crate::fatal("out of memory while bytes were made"))
}

static NEW: Signature = Signature::new(
    "bytes",
    "(source=<unrepresentable>, encoding='utf-8', errors='strict')",
);

fn bytes_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [source, encoding, errors] = NEW.bind(args, kwargs)?;
    let bytes = bytes_from(source, encoding, errors)?;
    if core::ptr::eq(tp, &PyBytes_Type) {
        return Ok(bytes);
    }
    let Some(bytes) = bytes.downcast::<PyBytesObject>() else {
        return raise!(TypeError, "expected bytes, got {}", bytes.tp_name());
    };
    new_of_type(tp, bytes.as_slice())
}

/// An instance of a subclass.
pub fn new_of_type(tp: &PyTypeObject, bytes: &[u8]) -> Result {
    let new = type_alloc(tp, bytes.len() as isize)?;
    // SAFETY: a subclass of bytes, allocated for as many items and a zero.
    unsafe {
        let b = new.cast::<PyBytesObject>();
        b.ob_shash.set(-1);
        let data = b.ob_sval.as_ptr().cast::<u8>().cast_mut();
        data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        data.add(bytes.len()).write(0);
    }
    Ok(new)
}

fn bytes_from(source: Option<&Obj>, encoding: Option<&Obj>, errors: Option<&Obj>) -> Result {
    let name = |which, o: Option<&'_ Obj>| {
        o.map(|o| str_::text_argument("bytes", which, o).map(str::to_owned))
            .transpose()
    };
    let (encoding, errors) = (name("encoding", encoding)?, name("errors", errors)?);
    let unwanted = match (&encoding, &errors) {
        (Some(_), _) => Some("encoding"),
        (None, Some(_)) => Some("errors"),
        (None, None) => None,
    };
    let text = source.and_then(|o| o.downcast::<PyUnicodeObject>());
    if let (Some(text), Some(encoding)) = (text, &encoding) {
        return crate::codecs::encode_to_bytes(text, Some(encoding), errors.as_deref());
    }
    if let Some(which) = unwanted {
        if text.is_some() {
            return raise!(TypeError, "string argument without an encoding");
        }
        return raise!(TypeError, "{which} without a string argument");
    }
    let Some(source) = source else {
        return Ok(empty().into_obj());
    };
    if let Some(special) =
        crate::protocol::object::lookup_special(source, crate::intern!("__bytes__"))?
    {
        let result = crate::protocol::call::call0(&special)?;
        if !result.is::<PyBytesObject>() {
            return raise!(
                TypeError,
                "__bytes__ returned non-bytes (type {:.200})",
                result.tp_name()
            );
        }
        return Ok(result);
    }
    if source.is::<PyUnicodeObject>() {
        return raise!(TypeError, "string argument without an encoding");
    }
    if let Some(size) = build::size_argument(source)? {
        return Ok(try_build(size, |_| {})?.into_obj());
    }
    from_object(source)
}

/// `bytes(o)` for an object that is neither a number nor a string (`PyBytes_FromObject`).
pub fn from_object(o: &Obj) -> Result {
    if o.is_exact::<PyBytesObject>() {
        return Ok(o.new_ref());
    }
    if crate::protocol::buffer::has_buffer(o) {
        let buffer = crate::protocol::buffer::get(o, layout::PyBUF_FULL_RO)?;
        return Ok(try_new(&buffer.to_vec())?.into_obj());
    }
    if o.is::<layout::PyUnicodeObject>() {
        return raise!(
            TypeError,
            "cannot convert '{}' object to bytes",
            o.tp_name()
        );
    }
    Ok(try_new(&build::collect(o, "bytes")?)?.into_obj())
}

// ---- Reading ----

pub trait BytesExt {
    fn as_slice(&self) -> &[u8];
    fn hash(&self) -> isize;
}

impl BytesExt for PyBytesObject {
    #[inline(always)]
    fn as_slice(&self) -> &[u8] {
        // SAFETY: a bytes object has `ob_size` bytes here, which never change once it is shared.
        unsafe {
            core::slice::from_raw_parts(
                self.ob_sval.as_ptr().cast(),
                self.ob_base.ob_size.get() as usize,
            )
        }
    }

    fn hash(&self) -> isize {
        match self.ob_shash.get() {
            -1 => {
                let h = crate::hash::bytes(self.as_slice());
                self.ob_shash.set(h);
                h
            }
            h => h,
        }
    }
}

impl ByteLike for PyBytesObject {
    const NAME: &'static str = "bytes";

    #[inline]
    fn view(&self) -> &[u8] {
        self.as_slice()
    }

    fn make(bytes: &[u8]) -> Result {
        Ok(try_new(bytes)?.into_obj())
    }

    fn make_with(len: usize, fill: impl FnOnce(&mut [u8])) -> Result {
        Ok(try_build(len, fill)?.into_obj())
    }

    fn unchanged(&self) -> Result {
        if self.as_obj().is_exact::<PyBytesObject>() {
            Ok(self.as_obj().new_ref())
        } else {
            Self::make(self.as_slice())
        }
    }
}

// ---- Slots ----

/// # Safety
/// `o` is a bytes object that nobody refers to any more.
unsafe extern "C" fn bytes_dealloc(o: *mut PyObject) {
    // SAFETY: the last thing done with the object.
    unsafe { free_builtin(o) }
}

fn bytes_str(b: &PyBytesObject) -> Result {
    build::warn_bytes("str() on a bytes instance")?;
    build::repr(b.as_slice(), "", "")
}

fn bytes_richcompare(a: &PyBytesObject, b: &Obj, op: CompareOp) -> Result {
    let Some(b) = b.downcast::<PyBytesObject>() else {
        build::warn_comparison(b, op)?;
        return Ok(not_implemented());
    };
    Ok(bool_(op.test(a.as_slice().cmp(b.as_slice()))))
}

fn bytes_concat(a: &PyBytesObject, b: &Obj) -> Result {
    if let Some(b) = b.downcast_exact::<PyBytesObject>() {
        if a.as_slice().is_empty() && a.as_obj().is_exact::<PyBytesObject>() {
            return Ok(b.as_obj().new_ref());
        }
        if b.as_slice().is_empty() && a.as_obj().is_exact::<PyBytesObject>() {
            return Ok(a.as_obj().new_ref());
        }
        return build::concat::<PyBytesObject>(a.as_slice(), b.as_slice());
    }
    let Ok(view) = crate::protocol::buffer::simple(b) else {
        crate::err::clear();
        return raise!(
            TypeError,
            "can't concat {:.100} to {:.100}",
            b.tp_name(),
            a.as_obj().tp_name()
        );
    };
    build::concat::<PyBytesObject>(a.as_slice(), view.bytes())
}

fn bytes_repeat(b: &PyBytesObject, n: isize) -> Result {
    if n == 1 && b.as_obj().is_exact::<PyBytesObject>() {
        return Ok(b.as_obj().new_ref());
    }
    build::repeat::<PyBytesObject>(b.as_slice(), n, "repeated bytes are too long")
}

fn bytes_item(b: &PyBytesObject, i: isize) -> Result {
    match usize::try_from(i).ok().and_then(|i| b.as_slice().get(i)) {
        Some(&byte) => Ok(crate::types::int::from_i64(byte.into()).into_obj()),
        None => raise!(IndexError, "index out of range"),
    }
}

fn bytes_subscript(b: &PyBytesObject, key: &Obj) -> Result {
    let bytes = b.as_slice();
    if crate::protocol::number::is_index(key) {
        let i = crate::protocol::number::index_isize(key, Some(&exc::IndexError))?;
        let i = if i < 0 { i + bytes.len() as isize } else { i };
        return bytes_item(b, i);
    }
    let Some(s) = key.downcast::<layout::PySliceObject>() else {
        return raise!(
            TypeError,
            "byte indices must be integers or slices, not {:.200}",
            key.tp_name()
        );
    };
    let s = slice::unpack(s, bytes.len())?;
    if s.step == 1 && s.len == bytes.len() && b.as_obj().is_exact::<PyBytesObject>() {
        return Ok(b.as_obj().new_ref());
    }
    build::sliced::<PyBytesObject>(bytes, &s)
}

/// # Safety
/// `o` is a bytes object, `view` is to be filled in.
unsafe extern "C" fn bytes_getbuffer(
    o: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = (*o.cast::<PyBytesObject>()).as_slice();
        crate::protocol::buffer::fill_info(
            view,
            Some(&*o),
            bytes.as_ptr().cast_mut(),
            bytes.len(),
            true,
            flags,
        )
    }
}

// ---- Methods ----

pub static METHODS: Methods = methods::byte_methods![PyBytesObject;
    noargs!("__getnewargs__", getnewargs, "($self, /)"),
    noargs!("__bytes__", |b: &PyBytesObject| b.unchanged(), "($self, /)"),
];

fn getnewargs(b: &PyBytesObject) -> Result {
    Ok(crate::types::tuple::new(&[try_new(b.as_slice())?.as_obj()]).into_obj())
}
