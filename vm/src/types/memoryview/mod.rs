//! `memoryview`: a window on another object's memory, with shape, strides and a format.
//!
//! Invariant: a view that isn't released holds one export of its managed buffer, and its `view` describes memory that the
//! exporter keeps in place. Its arrays (shape, strides, suboffsets) lie in the object itself, after its fixed part.
//! Everything that runs Python code between looking at the view and touching the memory checks for release again.

use core::ffi::c_int;
use core::ptr::null_mut;

use layout::{
    _Py_MEMORYVIEW_C, _Py_MEMORYVIEW_FORTRAN, _Py_MEMORYVIEW_PIL, _Py_MEMORYVIEW_RELEASED,
    _Py_MEMORYVIEW_RESTRICTED, _Py_MEMORYVIEW_SCALAR, Py_TPFLAGS_HAVE_GC, Py_TPFLAGS_SEQUENCE,
    Py_buffer, PyBUF_ANY_CONTIGUOUS, PyBUF_C_CONTIGUOUS, PyBUF_F_CONTIGUOUS, PyBUF_FORMAT,
    PyBUF_FULL_RO, PyBUF_INDIRECT, PyBUF_MAX_NDIM, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE,
    PyDictObject, PyMemoryView_Type, PyMemoryViewObject, PyObject, PyTupleObject, PyTypeObject,
};

pub mod cast;
pub mod compare;
pub mod convert;
pub mod index;
pub mod item;
pub mod iter;
pub mod managed;

use self::managed::ManagedBuffer;
use crate::args::Signature;
use crate::err::{Result, raise};
use crate::method::{Methods, class_method, fastcall, getset, keywords, noargs, o, varargs_kw};
use crate::method_doc;
use crate::object::*;
use crate::protocol::buffer::{self, dimensions, is_contiguous};
use crate::types::type_::builder::TypeBuilder;
use crate::types::{int, str_, tuple};

pub fn define(b: &mut TypeBuilder) {
    b.sizes(
        core::mem::offset_of!(PyMemoryViewObject, ob_array),
        size_of::<isize>(),
    )
    .text_signature(method_doc!("memoryview", "(object)"))
    .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE)
    .destructible()
    .tp_new(memory_new)
    .tp_dealloc(memory_dealloc)
    .tp_traverse(|m: &PyMemoryViewObject, v: &mut Visitor| v.visit_ptr(m.mbuf.get().cast()))
    .tp_clear(|m: &PyMemoryViewObject| drop(take_managed(m)))
    .tp_repr(memory_repr)
    .tp_hash(compare::hash)
    .tp_richcompare(compare::richcompare)
    .tp_iter(iter::iter)
    .sq_length(length)
    .sq_item(index::item)
    .mp_length(length)
    .mp_subscript(index::subscript)
    .mp_ass_subscript(index::assign)
    .bf_getbuffer(memory_getbuffer, Some(memory_releasebuffer))
    .weaklistoffset(core::mem::offset_of!(PyMemoryViewObject, weakreflist))
    .methods(METHODS)
    .getset(GETSET);
}

// ---- Constructors ----

fn allocate(ndim: usize) -> Result<Ref<PyMemoryViewObject>> {
    let m = alloc_var::<PyMemoryViewObject>(&PyMemoryView_Type, 3 * ndim)?;
    m.hash.set(-1);
    let arrays = m.ob_array.as_ptr().cast::<isize>().cast_mut();
    let mut view = managed::empty_view();
    view.ndim = ndim as c_int;
    view.shape = arrays;
    view.strides = arrays.wrapping_add(ndim);
    view.suboffsets = arrays.wrapping_add(2 * ndim);
    m.view.set(view);
    Ok(m)
}

/// A view of `src`'s memory with room for `ndim` dimensions, whose shape and strides the caller fills in.
fn incomplete(
    managed: &Ref<ManagedBuffer>,
    src: &Py_buffer,
    ndim: c_int,
) -> Result<Ref<PyMemoryViewObject>> {
    if src.ndim > PyBUF_MAX_NDIM {
        return raise!(
            ValueError,
            "memoryview: number of dimensions must not exceed {PyBUF_MAX_NDIM}"
        );
    }
    let m = allocate(ndim as usize)?;
    let mut view = m.view.get();
    view.obj = src.obj;
    view.buf = src.buf;
    view.len = src.len;
    view.itemsize = src.itemsize;
    view.readonly = src.readonly;
    view.format = if src.format.is_null() {
        c"B".as_ptr().cast_mut()
    } else {
        src.format
    };
    view.internal = src.internal;
    m.view.set(view);
    m.mbuf.set(managed.clone().into_raw().cast());
    managed.0.exports.set(managed.0.exports.get() + 1);
    Ok(m)
}

/// A view that shows just what `src` does.
fn add_view(managed: &Ref<ManagedBuffer>, src: &Py_buffer) -> Result<Ref<PyMemoryViewObject>> {
    let m = incomplete(managed, src, src.ndim)?;
    let mut view = m.view.get();
    // SAFETY: the source's arrays have `ndim` entries, as have the new view's.
    unsafe {
        let n = src.ndim as usize;
        match n {
            0 => {
                view.shape = null_mut();
                view.strides = null_mut();
            }
            1 => {
                *view.shape = if src.shape.is_null() {
                    src.len / src.itemsize
                } else {
                    *src.shape
                };
                *view.strides = if src.strides.is_null() {
                    src.itemsize
                } else {
                    *src.strides
                };
            }
            _ => {
                view.shape.copy_from_nonoverlapping(src.shape, n);
                if src.strides.is_null() {
                    strides_from_shape(&mut view);
                } else {
                    view.strides.copy_from_nonoverlapping(src.strides, n);
                }
            }
        }
        if src.suboffsets.is_null() {
            view.suboffsets = null_mut();
        } else {
            view.suboffsets.copy_from_nonoverlapping(src.suboffsets, n);
        }
    }
    m.view.set(view);
    set_flags(&m);
    Ok(m)
}

/// C order.
///
/// # Safety
/// The view's arrays have `ndim` entries, of which there is at least one.
unsafe fn strides_from_shape(view: &mut Py_buffer) {
    let mut stride = view.itemsize;
    for i in (0..view.ndim as usize).rev() {
        // SAFETY: within the arrays.
        unsafe {
            *view.strides.add(i) = stride;
            stride *= *view.shape.add(i);
        }
    }
}

fn set_flags(m: &PyMemoryViewObject) {
    let view = m.view.get();
    let mut flags = m.flags.get() & (_Py_MEMORYVIEW_RELEASED | _Py_MEMORYVIEW_RESTRICTED);
    if view.ndim == 0 {
        flags |= _Py_MEMORYVIEW_SCALAR | _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
    } else {
        // An empty view of one dimension is contiguous by its stride alone.
        let one = view.ndim == 1 && {
            let (shape, strides, _) = arrays(&view);
            shape[0] == 1 || strides[0] == view.itemsize
        };
        if one || view.ndim > 1 && is_contiguous(&view, b'C') {
            flags |= _Py_MEMORYVIEW_C;
        }
        if one || view.ndim > 1 && is_contiguous(&view, b'F') {
            flags |= _Py_MEMORYVIEW_FORTRAN;
        }
    }
    if !view.suboffsets.is_null() {
        flags |= _Py_MEMORYVIEW_PIL;
        flags &= !(_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN);
    }
    m.flags.set(flags);
}

/// Shape, strides, suboffsets. The first two are empty for a scalar.
fn arrays(view: &Py_buffer) -> (&[isize], &[isize], Option<&[isize]>) {
    // SAFETY: a complete view's arrays have `ndim` entries and live as long as the object it is borrowed from.
    unsafe {
        (
            dimensions(view.shape, view.ndim).unwrap_or(&[]),
            dimensions(view.strides, view.ndim).unwrap_or(&[]),
            dimensions(view.suboffsets, view.ndim),
        )
    }
}

/// `memoryview(o)`.
pub fn from_object(o: &Obj) -> Result<Ref<PyMemoryViewObject>> {
    from_object_flags(o, PyBUF_FULL_RO)
}

pub fn from_object_flags(o: &Obj, flags: c_int) -> Result<Ref<PyMemoryViewObject>> {
    if let Some(m) = o.downcast::<PyMemoryViewObject>() {
        check(m)?;
        check_unrestricted(m)?;
        return add_view(&managed_of(m), &m.view.get());
    }
    if !buffer::has_buffer(o) {
        return raise!(
            TypeError,
            "memoryview: a bytes-like object is required, not '{:.200}'",
            o.tp_name()
        );
    }
    let managed = managed::of_object(o, flags)?;
    let view = managed.0.master.get();
    add_view(&managed, &view)
}

/// A view of memory that its caller keeps in place, as `PyMemoryView_FromBuffer` makes.
pub fn from_buffer(view: Py_buffer) -> Result<Ref<PyMemoryViewObject>> {
    if view.buf.is_null() {
        return raise!(
            ValueError,
            "PyMemoryView_FromBuffer(): info->buf must not be NULL"
        );
    }
    let managed = managed::of_view(Py_buffer {
        obj: null_mut(),
        ..view
    })?;
    add_view(&managed, &managed.0.master.get())
}

/// A view of what a `bf_getbuffer` gives, which need not be the one of the object's own type.
pub fn from_procedure(
    o: &Obj,
    flags: c_int,
    get: layout::getbufferproc,
) -> Result<Ref<PyMemoryViewObject>> {
    let managed = managed::of_procedure(o, flags, get)?;
    let view = managed.0.master.get();
    add_view(&managed, &view)
}

/// A restricted view of memory whose owner is told of its release by other means.
pub fn restricted_view(view: Py_buffer) -> Result<Ref<PyMemoryViewObject>> {
    let m = from_buffer(view)?;
    m.flags.set(m.flags.get() | _Py_MEMORYVIEW_RESTRICTED);
    Ok(m)
}

/// A view for a C function that may not outlive the call: it can be released, but no other view can be made of it.
pub fn restricted(o: &Obj, flags: c_int) -> Result<Ref<PyMemoryViewObject>> {
    let m = from_object_flags(o, flags)?;
    m.flags.set(m.flags.get() | _Py_MEMORYVIEW_RESTRICTED);
    Ok(m)
}

fn memory_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIG: Signature = Signature::new("memoryview", "(object)");
    let [o] = SIG.bind(args, kwargs)?;
    Ok(from_object(o.unwrap_or(NONE()))?.into_obj())
}

// ---- Release ----

fn managed_of(m: &PyMemoryViewObject) -> Ref<ManagedBuffer> {
    // SAFETY: a view that isn't released has a managed buffer.
    unsafe { Ref::from_borrowed(m.mbuf.get().cast()) }
}

fn take_managed(m: &PyMemoryViewObject) -> Option<Ref<ManagedBuffer>> {
    // SAFETY: the view owned this reference.
    unsafe { Ref::from_owned_opt(m.mbuf.replace(null_mut()).cast()) }
}

pub fn is_released(m: &PyMemoryViewObject) -> bool {
    // SAFETY: null, or the managed buffer that the view owns.
    m.flags.get() & _Py_MEMORYVIEW_RELEASED != 0
        || unsafe { m.mbuf.get().cast::<ManagedBuffer>().as_ref() }
            .is_none_or(ManagedBuffer::is_released)
}

fn check(m: &PyMemoryViewObject) -> Result<()> {
    if is_released(m) {
        return raise!(
            ValueError,
            "operation forbidden on released memoryview object"
        );
    }
    Ok(())
}

fn check_unrestricted(m: &PyMemoryViewObject) -> Result<()> {
    if m.flags.get() & _Py_MEMORYVIEW_RESTRICTED != 0 {
        return raise!(
            ValueError,
            "cannot create new view on restricted memoryview"
        );
    }
    Ok(())
}

pub fn release(m: &PyMemoryViewObject) -> Result<()> {
    if m.flags.get() & _Py_MEMORYVIEW_RELEASED != 0 {
        return Ok(());
    }
    buffer::is_held(|| m.exports.get() > 0, |o| o.is_same(m.as_obj()));
    match m.exports.get() {
        0 => {
            m.flags.set(m.flags.get() | _Py_MEMORYVIEW_RELEASED);
            if !m.mbuf.get().is_null() {
                managed_of(m).drop_export();
            }
            Ok(())
        }
        n => raise!(
            BufferError,
            "memoryview has {n} exported buffer{}",
            if n == 1 { "" } else { "s" }
        ),
    }
}

/// # Safety
/// `o` is a memoryview that nobody refers to any more.
unsafe extern "C" fn memory_dealloc(o: *mut PyObject) {
    gc::untrack(o);
    // SAFETY: the caller's promise; freeing is the last thing done.
    unsafe {
        let m = &*o.cast::<PyMemoryViewObject>();
        m.exports.set(0);
        if release(m).is_err() {
            crate::err::clear();
        }
        drop(take_managed(m));
        if !m.weakreflist.get().is_null() {
            crate::types::weakref::clear_weakrefs(&*o);
        }
        free_builtin(o);
    }
}

// ---- Buffer protocol ----

/// # Safety
/// `o` is a memoryview; `out` is to be filled in.
unsafe extern "C" fn memory_getbuffer(
    o: *mut PyObject,
    out: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let m = unsafe { &*o.cast::<PyMemoryViewObject>() };
    match exported(m, flags) {
        Ok(view) => {
            // SAFETY: the caller's promise.
            unsafe {
                out.write(Py_buffer {
                    obj: m.as_obj().new_ref().into_raw(),
                    ..view
                })
            };
            m.exports.set(m.exports.get() + 1);
            0
        }
        Err(_) => {
            // SAFETY: as above.
            unsafe { (*out).obj = null_mut() };
            -1
        }
    }
}

fn exported(m: &PyMemoryViewObject, flags: c_int) -> Result<Py_buffer> {
    check(m)?;
    check_unrestricted(m)?;
    let (mut view, state) = (m.view.get(), m.flags.get());
    let wants = |bits: c_int| flags & bits == bits;
    let (c, f) = (
        state & _Py_MEMORYVIEW_C != 0,
        state & _Py_MEMORYVIEW_FORTRAN != 0,
    );
    if wants(PyBUF_WRITABLE) && view.readonly != 0 {
        return raise!(BufferError, "memoryview: underlying buffer is not writable");
    }
    if !wants(PyBUF_FORMAT) {
        view.format = null_mut();
    }
    if wants(PyBUF_C_CONTIGUOUS) && !c {
        return raise!(
            BufferError,
            "memoryview: underlying buffer is not C-contiguous"
        );
    }
    if wants(PyBUF_F_CONTIGUOUS) && !f {
        return raise!(
            BufferError,
            "memoryview: underlying buffer is not Fortran contiguous"
        );
    }
    if wants(PyBUF_ANY_CONTIGUOUS) && !c && !f {
        return raise!(
            BufferError,
            "memoryview: underlying buffer is not contiguous"
        );
    }
    if !wants(PyBUF_INDIRECT) && state & _Py_MEMORYVIEW_PIL != 0 {
        return raise!(
            BufferError,
            "memoryview: underlying buffer requires suboffsets"
        );
    }
    if !wants(PyBUF_STRIDES) {
        if !c {
            return raise!(
                BufferError,
                "memoryview: underlying buffer is not C-contiguous"
            );
        }
        view.strides = null_mut();
    }
    if !wants(PyBUF_ND) {
        if !view.format.is_null() {
            return raise!(
                BufferError,
                "memoryview: cannot cast to unsigned bytes if the format flag is present"
            );
        }
        view.ndim = 1;
        view.shape = null_mut();
    }
    Ok(view)
}

/// # Safety
/// `o` is a memoryview that has exported a view.
unsafe extern "C" fn memory_releasebuffer(o: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: the caller's promise.
    let m = unsafe { &*o.cast::<PyMemoryViewObject>() };
    m.exports.set(m.exports.get() - 1);
}

// ---- Slots ----

fn memory_repr(m: &PyMemoryViewObject) -> Result {
    let what = if m.flags.get() & _Py_MEMORYVIEW_RELEASED != 0 {
        "released memory"
    } else {
        "memory"
    };
    Ok(str_::new(&format!("<{what} at {:p}>", m.as_ptr())).into_obj())
}

fn length(m: &PyMemoryViewObject) -> Result<usize> {
    check(m)?;
    match arrays(&m.view.get()).0.first() {
        Some(&n) => Ok(n as usize),
        None => raise!(TypeError, "0-dim memory has no length"),
    }
}

// ---- Attributes and methods ----

fn dims(numbers: &[isize]) -> Ref {
    let numbers: Vec<Ref> = numbers
        .iter()
        .map(|&n| int::from_i64(n as i64).into_obj())
        .collect();
    tuple::from_vec(numbers).into_obj()
}

/// A getter that is forbidden after release.
macro_rules! getter {
    ($name:literal, $m:ident, $view:ident => $value:expr) => {
        getset!($name, |$m: &PyMemoryViewObject| {
            check($m)?;
            let $view = $m.view.get();
            Ok($value)
        })
    };
}

pub static GETSET: &[layout::PyGetSetDef] = &[
    getset!("obj", |m: &PyMemoryViewObject| {
        check(m)?;
        // SAFETY: null, or the exporter that the managed buffer keeps alive.
        Ok(unsafe { m.view.get().obj.as_ref() }.map_or_else(none, |o| o.new_ref()))
    }),
    getter!("nbytes", m, view => view.len as i64),
    getter!("readonly", m, view => view.readonly != 0),
    getter!("itemsize", m, view => view.itemsize as i64),
    getter!("format", m, view => item::format(&view).to_string_lossy().into_owned()),
    getter!("ndim", m, view => i64::from(view.ndim)),
    getter!("shape", m, view => dims(arrays(&view).0)),
    getter!("strides", m, view => dims(arrays(&view).1)),
    getter!("suboffsets", m, view => dims(arrays(&view).2.unwrap_or(&[]))),
    getter!("c_contiguous", m, _view => m.flags.get() & _Py_MEMORYVIEW_C != 0),
    getter!("f_contiguous", m, _view => m.flags.get() & _Py_MEMORYVIEW_FORTRAN != 0),
    getter!("contiguous", m, _view => m.flags.get() & (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN) != 0),
];

pub static METHODS: Methods = &[
    noargs!("release", release, "($self, /)"),
    keywords!("tobytes", convert::tobytes, "($self, /, order='C')"),
    keywords!(
        "hex",
        convert::hex,
        "($self, /, sep=<unrepresentable>, bytes_per_sep=1)"
    ),
    noargs!("tolist", convert::tolist, "($self, /)"),
    keywords!(
        "cast",
        cast::cast,
        "($self, /, format, shape=<unrepresentable>)"
    ),
    noargs!("toreadonly", toreadonly, "($self, /)"),
    class_method(keywords!(
        "_from_flags",
        from_flags,
        "($type, /, object, flags)"
    )),
    o!("count", compare::count, "($self, value, /)"),
    fastcall!(
        "index",
        compare::index,
        "($self, value, start=0, stop=sys.maxsize, /)"
    ),
    noargs!("__enter__", enter, "($self, /)"),
    varargs_kw!(
        "__exit__",
        |m: &PyMemoryViewObject, _| release(m),
        "($self, /, *exc_info)"
    ),
    class_method(o!(
        "__class_getitem__",
        crate::types::genericalias::class_getitem,
        "($type, object, /)"
    )),
];

fn toreadonly(m: &PyMemoryViewObject) -> Result {
    check(m)?;
    check_unrestricted(m)?;
    let new = add_view(&managed_of(m), &m.view.get())?;
    new.view.set(Py_buffer {
        readonly: 1,
        ..new.view.get()
    });
    Ok(new.into_obj())
}

fn from_flags(_: &Obj, [o, flags]: [Option<&Obj>; 2]) -> Result {
    let flags = crate::args::to_i32(flags.unwrap_or(NONE()))?;
    Ok(from_object_flags(o.unwrap_or(NONE()), flags)?.into_obj())
}

fn enter(m: &PyMemoryViewObject) -> Result {
    check(m)?;
    Ok(m.as_obj().new_ref())
}
