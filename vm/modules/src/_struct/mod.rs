//! `_struct`: values to and from packed bytes.
//!
//! [`format`] says what a format string means, [`codes`] converts single values; here are the functions, the class
//! `Struct`, and the checks of buffers.

mod codes;
mod format;

use core::cell::{Cell, UnsafeCell};
use core::mem::offset_of;
use std::rc::Rc;

use crate::prelude::*;
use format::Format;
use vm::err::Raised;
use vm::protocol::buffer::{self, Buffer};
use vm::types::bytes;
use vm::types::dict::{self, DictExt as _};
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;
use vm::types::type_;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_struct",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!("_clearcache", clear_cache, "($module, /)"),
    o!(
        "calcsize",
        |_: &Obj, f: &Obj| Ok(cached(f)?.get()?.size),
        "($module, format, /)"
    ),
    fastcall!("iter_unpack", iter_unpack, "($module, format, buffer, /)"),
    fastcall!("pack", pack, ""),
    fastcall!("pack_into", pack_into, ""),
    fastcall!("unpack", unpack, "($module, format, buffer, /)"),
    keywords!(
        "unpack_from",
        unpack_from,
        "($module, format, /, buffer, offset=0)"
    ),
];

static ERROR: Global<*mut PyObject> = Global::new(core::ptr::null_mut());
/// Dicts of the formats used last: those that are str, and those that are bytes, which must not be compared.
static CACHES: [Global<*mut PyObject>; 2] = [const { Global::new(core::ptr::null_mut()) }; 2];
const CACHE_SIZE: usize = 100;

fn exec(m: &Obj) -> Result<()> {
    // One class serves the module and any later copy of it: the functions are the same.
    if ERROR.borrow_obj().is_none() {
        let error = type_::new_exception("struct", "error", &[&exc::Exception])?;
        ERROR.set_ref(Some(error));
        for cache in &CACHES {
            cache.set_ref(Some(dict::new().into_obj()));
        }
    }
    if let Some(error) = ERROR.borrow_obj() {
        module::add(m, "error", error)?;
    }
    declare((&UNPACK_ITER, c"_struct.unpack_iterator", define_iter))?;
    add_types(m, &[(&STRUCT, c"_struct.Struct", define)])
}

/// Raises `struct.error`.
#[cold]
fn raise_error(message: core::fmt::Arguments<'_>) -> Raised {
    let tp = ERROR
        .borrow_obj()
        .and_then(|o| o.downcast::<PyTypeObject>())
        .unwrap_or(&exc::ValueError);
    err::new(tp, message)
}

/// An `Err` that raises `struct.error`.
macro_rules! error {
    ($($arg:tt)*) => {
        Err($crate::_struct::raise_error(format_args!($($arg)*)))
    };
}
use error;

// ---- Formats ----

/// The text of a format argument.
fn format_text(o: &Obj) -> Result<Vec<u8>> {
    if let Some(b) = o.downcast::<PyBytesObject>() {
        return Ok(bytes::BytesExt::as_slice(b).to_vec());
    }
    let Some(s) = o.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "Struct() argument 1 must be a str or bytes object, not {}",
            o.tp_name()
        );
    };
    if !s.is_ascii() {
        // The codec words the error.
        call::call_method(o, "encode", &[str_::new("ascii").as_obj()])?;
    }
    Ok(s.as_str()?.as_bytes().to_vec())
}

/// The `Struct` of a format, from the cache.
fn cached(f: &Obj) -> Result<Ref<Struct>> {
    let cache = CACHES[usize::from(f.is::<PyBytesObject>())].get_ref();
    let cache = cache.as_ref().and_then(|o| o.downcast::<PyDictObject>());
    let Some(cache) = cache else {
        return new_struct(f);
    };
    if let Some(known) = cache.get(f)?
        && let Ok(known) = known.downcast_ref()
    {
        return Ok(known);
    }
    let made = new_struct(f)?;
    if cache.len() >= CACHE_SIZE {
        cache.clear();
    }
    cache.set(f, made.as_obj())?;
    Ok(made)
}

fn clear_cache(_: &Obj) -> Result<()> {
    for cache in &CACHES {
        if let Some(cache) = cache.get_ref()
            && let Some(cache) = cache.downcast::<PyDictObject>()
        {
            cache.clear();
        }
    }
    Ok(())
}

// ---- Struct ----

/// A parsed format.
#[repr(C)]
pub struct Struct {
    ob_base: PyObject,
    /// Bytes and values of the format, where extensions that know CPython's own object look for them.
    size: Cell<isize>,
    count: Cell<isize>,
    format: UnsafeCell<Option<Rc<Format>>>,
    weakrefs: Cell<*mut PyObject>,
}

static_type!(Struct, STRUCT);

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Struct>()
        .flags(Py_TPFLAGS_BASETYPE)
        .owns_memory()
        .weaklistoffset(offset_of!(Struct, weakrefs))
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                Ok(blank(tp)?.into_obj())
            },
        )
        .tp_init(init)
        .dealloc_drop::<Struct>()
        .tp_repr(repr)
        .methods(STRUCT_METHODS)
        .getset(STRUCT_GETSET);
}

fn blank(tp: &PyTypeObject) -> Result<Ref<Struct>> {
    create(
        tp,
        Struct {
            ob_base: header(),
            size: Cell::new(-1),
            count: Cell::new(-1),
            format: UnsafeCell::new(None),
            weakrefs: Cell::new(core::ptr::null_mut()),
        },
    )
}

fn new_struct(f: &Obj) -> Result<Ref<Struct>> {
    let made = blank(&STRUCT)?;
    made.set(Format::parse(&format_text(f)?)?);
    Ok(made)
}

impl Struct {
    fn set(&self, f: Format) {
        self.size.set(f.size as isize);
        self.count.set(f.values as isize);
        // SAFETY: the lock is held, and no reference into the field is given out.
        let old = unsafe { (*self.format.get()).replace(Rc::new(f)) };
        drop(old);
    }
    fn peek(&self) -> Option<Rc<Format>> {
        // SAFETY: as above.
        unsafe { (*self.format.get()).clone() }
    }
    fn get(&self) -> Result<Rc<Format>> {
        match self.peek() {
            Some(f) => Ok(f),
            None => raise!(RuntimeError, "Struct object is not initialized"),
        }
    }
}

static SIGNATURE: Signature = Signature::new("Struct", "(format)");

fn init(s: &Struct, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let [f] = SIGNATURE.bind(args, kwargs)?;
    s.set(Format::parse(&format_text(required(f))?)?);
    Ok(())
}

fn repr(s: &Struct) -> Result<String> {
    let f = s.get()?;
    let shown = repr_lossy(str_::new(&f.text).as_obj());
    Ok(format!("{}({shown})", type_::name_of(s.as_obj().ty())))
}

static STRUCT_METHODS: &[PyMethodDef] = &[
    o!(
        "iter_unpack",
        |s: &Struct, b: &Obj| iterate(s, b),
        "($self, buffer, /)"
    ),
    fastcall!(
        "pack",
        |s: &Struct, values: &[&Obj]| pack_values(&*s.get()?, values),
        ""
    ),
    fastcall!(
        "pack_into",
        |s: &Struct, args: &[&Obj]| pack_values_into(&*s.get()?, args),
        ""
    ),
    o!(
        "unpack",
        |s: &Struct, b: &Obj| unpack_all(&*s.get()?, b),
        "($self, buffer, /)"
    ),
    keywords!(
        "unpack_from",
        struct_unpack_from,
        "($self, /, buffer, offset=0)"
    ),
    noargs!("__sizeof__", sizeof, "($self, /)"),
];

static STRUCT_GETSET: &[PyGetSetDef] = &[
    getset!("format", |s: &Struct| Ok(str_::new(&s.get()?.text))),
    getset!("size", |s: &Struct| Ok(s
        .peek()
        .map_or(-1, |f| f.size as isize))),
];

fn sizeof(s: &Struct) -> Result<usize> {
    Ok(s.as_obj().ty().tp_basicsize.get() as usize + s.get()?.memory())
}

fn struct_unpack_from(s: &Struct, [b, offset]: [Option<&Obj>; 2]) -> Result<Ref<PyTupleObject>> {
    unpack_at(&*s.get()?, required(b), offset)
}

// ---- Packing ----

fn pack(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    match arguments {
        [f, values @ ..] => pack_values(&*cached(f)?.get()?, values),
        [] => raise!(TypeError, "missing format argument"),
    }
}

fn pack_into(_: &Obj, arguments: &[&Obj]) -> Result<()> {
    match arguments {
        [f, rest @ ..] => pack_values_into(&*cached(f)?.get()?, rest),
        [] => raise!(TypeError, "missing format argument"),
    }
}

fn pack_values(f: &Format, values: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    if values.len() != f.values {
        return error!(
            "pack expected {} items for packing (got {})",
            f.values,
            values.len()
        );
    }
    bytes::try_new(&f.pack(values)?)
}

fn pack_values_into(f: &Format, arguments: &[&Obj]) -> Result<()> {
    let [target, offset, values @ ..] = arguments else {
        let what = if arguments.is_empty() {
            "buffer"
        } else {
            "offset"
        };
        return error!("pack_into expected {what} argument");
    };
    if values.len() != f.values {
        return error!(
            "pack_into expected {} items for packing (got {})",
            f.values,
            values.len()
        );
    }
    let mut view = match buffer::get(target, PyBUF_WRITABLE) {
        Ok(view) => view,
        Err(_) => {
            err::clear();
            return raise!(
                TypeError,
                "argument must be read-write bytes-like object, not {}",
                target.tp_name()
            );
        }
    };
    let mut offset = number::index_isize(offset, Some(&exc::IndexError))?;
    let (size, length) = (f.size as isize, view.bytes().len() as isize);
    if offset < 0 {
        if offset + size > 0 {
            return error!("no space to pack {size} bytes at offset {offset}");
        }
        if offset + length < 0 {
            return error!("offset {offset} out of range for {length}-byte buffer");
        }
        offset += length;
    }
    if length - offset < size {
        return error!(
            "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {offset} (actual \
             buffer size is {length})",
            offset as usize + f.size
        );
    }
    let packed = f.pack(values)?;
    view.bytes_mut()[offset as usize..][..packed.len()].copy_from_slice(&packed);
    Ok(())
}

// ---- Unpacking ----

fn unpack(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyTupleObject>> {
    args::expect("unpack", arguments, 2..=2)?;
    unpack_all(&*cached(arguments[0])?.get()?, arguments[1])
}

fn unpack_all(f: &Format, source: &Obj) -> Result<Ref<PyTupleObject>> {
    let view = buffer::simple(source)?;
    if view.bytes().len() != f.size {
        return error!("unpack requires a buffer of {} bytes", f.size);
    }
    f.unpack(view.bytes())
}

fn unpack_from(_: &Obj, [f, b, offset]: [Option<&Obj>; 3]) -> Result<Ref<PyTupleObject>> {
    unpack_at(&*cached(required(f))?.get()?, required(b), offset)
}

fn unpack_at(f: &Format, source: &Obj, offset: Option<&Obj>) -> Result<Ref<PyTupleObject>> {
    let view = buffer::simple(source)?;
    let mut offset = match offset {
        None => 0,
        Some(o) => number::index_int(o)?.to_i64_or_overflow("ssize_t")? as isize,
    };
    let (size, length) = (f.size as isize, view.bytes().len() as isize);
    if offset < 0 {
        if offset + size > 0 {
            return error!("not enough data to unpack {size} bytes at offset {offset}");
        }
        if offset + length < 0 {
            return error!("offset {offset} out of range for {length}-byte buffer");
        }
        offset += length;
    }
    if length - offset < size {
        return error!(
            "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {offset} (actual \
             buffer size is {length})",
            offset as usize + f.size
        );
    }
    f.unpack(&view.bytes()[offset as usize..][..f.size])
}

// ---- iter_unpack ----

/// `iter_unpack(format, buffer)`.
#[repr(C)]
pub struct UnpackIter {
    ob_base: PyObject,
    of: Slot,
    view: UnsafeCell<Option<Buffer>>,
    offset: Cell<usize>,
}

static_type!(UnpackIter, UNPACK_ITER);

fn define_iter(b: &mut TypeBuilder) {
    b.basicsize::<UnpackIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .new_disallowed()
        .dealloc_drop::<UnpackIter>()
        .tp_traverse(|it: &UnpackIter, v: &mut Visitor| {
            v.slot(&it.of)?;
            it.view()
                .map_or(Ok(()), |view| v.visit_ptr(view.view().obj))
        })
        .iter_self()
        .tp_iternext(iter_next)
        .methods(ITER_METHODS);
}

static ITER_METHODS: &[PyMethodDef] = &[noargs!("__length_hint__", length_hint, "($self, /)")];

impl UnpackIter {
    fn view(&self) -> Option<&Buffer> {
        // SAFETY: the view is only dropped when the iterator has ended or dies, and not while it is looked at.
        unsafe { (*self.view.get()).as_ref() }
    }
    fn format(&self) -> Result<Rc<Format>> {
        // SAFETY: only a Struct is stored there.
        unsafe { held(&self.of).cast::<Struct>() }.get()
    }
}

fn iter_unpack(_: &Obj, arguments: &[&Obj]) -> Result {
    args::expect("iter_unpack", arguments, 2..=2)?;
    iterate(&*cached(arguments[0])?, arguments[1])
}

fn iterate(s: &Struct, source: &Obj) -> Result {
    let size = s.get()?.size;
    if size == 0 {
        return error!("cannot iteratively unpack with a struct of length 0");
    }
    let view = buffer::simple(source)?;
    if !view.bytes().len().is_multiple_of(size) {
        return error!("iterative unpacking requires a buffer of a multiple of {size} bytes");
    }
    let it = UnpackIter {
        ob_base: header(),
        of: holding(s.as_obj()),
        view: UnsafeCell::new(Some(view)),
        offset: Cell::new(0),
    };
    Ok(create(&UNPACK_ITER, it)?.into_obj())
}

fn iter_next(it: &UnpackIter) -> Result<Option<Ref>> {
    let Some(view) = it.view() else {
        return Ok(None);
    };
    let f = it.format()?;
    let at = it.offset.get();
    if let Some(record) = view.bytes().get(at..at + f.size) {
        it.offset.set(at + f.size);
        return Ok(Some(f.unpack(record)?.into_obj()));
    }
    // SAFETY: no reference into the field is left; taking it out first lets the release see an iterator that ended.
    let ended = unsafe { (*it.view.get()).take() };
    drop(ended);
    Ok(None)
}

fn length_hint(it: &UnpackIter) -> Result<usize> {
    let size = it.format()?.size.max(1);
    Ok(it
        .view()
        .map_or(0, |view| (view.bytes().len() - it.offset.get()) / size))
}
