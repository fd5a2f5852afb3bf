//! `CType_Type`: the class of all classes of C data, and the methods that those classes have.

use crate::cdata;
use crate::info::{self, Info};
use crate::keep;
use crate::prelude::*;
use core::mem;
use vm::protocol::buffer;
use vm::types::memoryview;

/// A class of C data.
#[repr(C)]
pub struct CType {
    heap: PyHeapTypeObject,
    /// Owned; null until the class is initialised.
    pub info: Cell<*mut Info>,
}

static_type!(CType, CTYPE);

/// Fills in `CType_Type`.
pub fn define(b: &mut TypeBuilder) {
    b.base(&PyType_Type)
        .sizes(size_of::<CType>(), size_of::<PyMemberDef>())
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .sq_repeat(crate::array::of_length)
        .tp_dealloc(dealloc)
        .methods(METHODS)
        .getset(GETSET);
    b.type_object().tp_traverse.set(Some(traverse));
    b.type_object().tp_clear.set(Some(clear));
}

static METHODS: &[PyMethodDef] = &[noargs!("__sizeof__", sizeof, "($self, /)")];

static GETSET: &[PyGetSetDef] = &[getset!(
    "__pointer_type__",
    get_pointer_type,
    set_pointer_type
)];

/// The methods of every class of C data but simple ones and pointers, which convert parameters in their own way.
pub static CLASS_METHODS: &[PyMethodDef] = &[
    o!("from_param", crate::from_param::any, "($self, value, /)"),
    FROM_ADDRESS,
    FROM_BUFFER,
    FROM_BUFFER_COPY,
    IN_DLL,
];

pub const FROM_ADDRESS: PyMethodDef = o!("from_address", from_address, "($self, value, /)");
pub const FROM_BUFFER: PyMethodDef =
    keywords!("from_buffer", from_buffer, "($self, obj, offset=0, /)");
pub const FROM_BUFFER_COPY: PyMethodDef = keywords!(
    "from_buffer_copy",
    from_buffer_copy,
    "($self, buffer, offset=0, /)"
);
pub const IN_DLL: PyMethodDef = keywords!("in_dll", in_dll, "($self, dll, name, /)");

unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: C's contract of the slot.
    unsafe {
        if let Some(info) = info::of_class(&*o)
            && let Err(stop) = info.visit(&mut Visitor::new(visit, arg))
        {
            return stop;
        }
        PyType_Type
            .tp_traverse
            .get()
            .map_or(0, |f| f(o, visit, arg))
    }
}

unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: C's contract of the slot.
    unsafe {
        if let Some(info) = info::of_class(&*o) {
            info.clear();
        }
        PyType_Type.tp_clear.get().map_or(0, |f| f(o))
    }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying class; static ones are immortal.
    unsafe {
        gc::untrack(o);
        let owned = (*o).cast::<CType>().info.replace(ptr::null_mut());
        if !owned.is_null() {
            drop(Box::from_raw(owned));
        }
        if let Some(f) = PyType_Type.tp_dealloc.get() {
            f(o);
        }
    }
}

fn sizeof(tp: &PyTypeObject) -> Result<usize> {
    let meta = tp.as_obj().ty();
    let mut size = meta.tp_basicsize.get() as usize
        + meta.tp_itemsize.get() as usize * tp.ob_base.ob_size.get().unsigned_abs();
    if let Some(info) = info::of_type(tp) {
        size += mem::size_of::<Info>();
        size += info.format().map_or(0, |f| f.len() + 1);
        size += info.ndim() * size_of::<isize>();
        if info.length.get() > 0 && !info.elements().is_empty() {
            size += (info.length.get() + 1) * size_of::<*const u8>();
        }
    }
    Ok(size)
}

fn stored(tp: &PyTypeObject) -> Result<&Info> {
    match info::of_type(tp) {
        Some(info) => Ok(info),
        None => raise!(
            TypeError,
            "{} must have storage info",
            repr_lossy(tp.as_obj())
        ),
    }
}

fn get_pointer_type(tp: &PyTypeObject) -> Result {
    match stored(tp)?.pointer_type.get() {
        Some(found) => Ok(found),
        None => raise!(
            AttributeError,
            "{} has no attribute '__pointer_type__'",
            repr_lossy(tp.as_obj())
        ),
    }
}

fn set_pointer_type(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    stored(tp)?.pointer_type.set(value.map(Obj::new_ref));
    Ok(())
}

// ---- Instances in memory that is there already ----

fn from_address(tp: &PyTypeObject, value: &Obj) -> Result {
    if !value.is::<PyLongObject>() {
        return raise!(TypeError, "integer expected");
    }
    cdata::at_address(tp, to_pointer(value)? as *mut u8)
}

fn offset_of(o: Option<&Obj>) -> Result<isize> {
    o.map_or(Ok(0), |o| number::index_isize(o, Some(&exc::OverflowError)))
}

/// Checks that an instance fits into a buffer at an offset, and tells the audit hooks.
fn check_buffer(info: &Info, view: &Py_buffer, offset: isize) -> Result<()> {
    if offset < 0 {
        return raise!(ValueError, "offset cannot be negative");
    }
    let size = info.size.get() as isize;
    if size > view.len - offset {
        return raise!(
            ValueError,
            "Buffer size too small ({} instead of at least {} bytes)",
            view.len,
            size + offset
        );
    }
    let [at, len, offset] =
        [view.buf as isize, view.len, offset].map(|n| int::from_isize(n).into_obj());
    audit_event("ctypes.cdata/buffer", &[&at, &len, &offset])
}

fn from_buffer(tp: &PyTypeObject, [o, offset]: [Option<&Obj>; 2]) -> Result {
    let offset = offset_of(offset)?;
    let info = info::required(tp.as_obj())?;
    let m = memoryview::from_object(o.unwrap_or(NONE()))?;
    let view = m.view.get();
    if view.readonly != 0 {
        return raise!(TypeError, "underlying buffer is not writable");
    }
    if !buffer::is_contiguous(&view, b'C') {
        return raise!(TypeError, "underlying buffer is not C contiguous");
    }
    check_buffer(info, &view, offset)?;
    let made = cdata::at_address(tp, view.buf.cast::<u8>().wrapping_offset(offset))?;
    keep::keep(cdata::expect(&made), -1, m.into_obj())?;
    Ok(made)
}

fn from_buffer_copy(tp: &PyTypeObject, [o, offset]: [Option<&Obj>; 2]) -> Result {
    let view = buffer::simple(o.unwrap_or(NONE()))?;
    let offset = offset_of(offset)?;
    let info = info::required(tp.as_obj())?;
    check_buffer(info, view.view(), offset)?;
    let made = cdata::new(tp)?;
    let size = info.size.get();
    // SAFETY: the instance was just made with that size, and the buffer was checked to have as much.
    unsafe {
        let from = view.view().buf.cast::<u8>().offset(offset);
        ptr::copy_nonoverlapping(from, cdata::expect(&made).data(), size);
    }
    Ok(made)
}

fn in_dll(tp: &PyTypeObject, [dll, name]: [Option<&Obj>; 2]) -> Result {
    let (dll, name) = (dll.unwrap_or(NONE()), name.unwrap_or(NONE()));
    let Some(text) = str_::of(name) else {
        return raise!(
            TypeError,
            "in_dll() argument 2 must be str, not {}",
            name.tp_name()
        );
    };
    let Ok(text) = std::ffi::CString::new(text.as_str()?) else {
        return raise!(ValueError, "embedded null character");
    };
    audit_event("ctypes.dlsym", &[dll, name])?;
    match crate::library::find(dll, &text, "symbol")? {
        Ok(at) => cdata::at_address(tp, at.cast()),
        Err(message) => raise!(ValueError, "{message}"),
    }
}
