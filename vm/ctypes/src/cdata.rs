//! `_CData`: an instance of C data, a typed place in memory.
//!
//! Invariants: `data()` points to `size` bytes. An instance with `owns` set owns them: small ones lie in the object itself,
//! others come from `malloc`. An instance with a `base` shares the base's memory and lets the base keep its references.

use crate::codes::{Code, Extent};
use crate::info::{self, FINAL, Info};
use crate::keep;
use crate::prelude::*;
use crate::simple;
use crate::{array, pointer};

/// How many bytes fit into the object itself.
pub const INLINE: usize = 16;

/// An instance of C data.
#[repr(C)]
pub struct CData {
    ob_base: PyObject,
    ptr: Cell<*mut u8>,
    owns: Cell<c_int>,
    /// The instance whose memory this is a part of.
    pub base: Slot,
    size: Cell<usize>,
    /// How many references an instance of this class may have to keep.
    length: Cell<usize>,
    /// Where in its base this instance lies, to name what it keeps.
    pub index: Cell<isize>,
    /// What keeps alive what the memory points to: a dict, or whatever else is kept.
    pub objects: Slot,
    inline: UnsafeCell<[u64; INLINE / 8]>,
}

static_type!(CData, CDATA);

/// Fills in `_CData`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<CData>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .tp_dealloc(dealloc)
        .tp_traverse(CData::visit)
        .tp_clear(CData::clear)
        .tp_hash(|_: &CData| raise!(TypeError, "unhashable type"))
        .bf_getbuffer(getbuffer, None)
        .methods(crate::pickle::METHODS)
        .members(MEMBERS);
}

static MEMBERS: &[PyMemberDef] = &[
    member!("_b_base_", CData, base, _Py_T_OBJECT, Py_READONLY),
    member!("_b_needsfree_", CData, owns, Py_T_INT, Py_READONLY),
    member!("_objects", CData, objects, _Py_T_OBJECT, Py_READONLY),
];

impl CData {
    /// Where the data is.
    #[inline]
    pub fn data(&self) -> *mut u8 {
        self.ptr.get()
    }

    /// How many bytes it has.
    #[inline]
    pub fn size(&self) -> usize {
        self.size.get()
    }

    #[inline]
    pub fn length(&self) -> usize {
        self.length.get()
    }

    pub fn owns(&self) -> bool {
        self.owns.get() != 0
    }

    /// The pointer that the data is.
    #[inline]
    pub fn pointer(&self) -> *mut u8 {
        // SAFETY: called for classes whose instances are a pointer.
        unsafe { self.data().cast::<*mut u8>().read_unaligned() }
    }

    /// Makes the data this pointer.
    #[inline]
    pub fn set_pointer(&self, p: *mut u8) {
        // SAFETY: as above.
        unsafe { self.data().cast::<*mut u8>().write_unaligned(p) };
    }

    /// The bytes. They must not be held across anything that runs Python.
    pub fn bytes(&self) -> &[u8] {
        if self.data().is_null() {
            return &[];
        }
        // SAFETY: the invariant.
        unsafe { core::slice::from_raw_parts(self.data(), self.size()) }
    }

    fn is_inline(&self) -> bool {
        ptr::eq(self.ptr.get(), self.inline.get().cast())
    }

    /// Gives the instance `size` zeroed bytes of its own.
    fn allocate(&self, size: usize) -> Result<()> {
        self.size.set(size);
        self.owns.set(1);
        if size <= INLINE {
            self.ptr.set(self.inline.get().cast());
            return Ok(());
        }
        // SAFETY: the memory is freed with the object.
        let p = unsafe { libc::calloc(1, size) };
        if p.is_null() {
            self.owns.set(0);
            return Err(err::no_memory());
        }
        self.ptr.set(p.cast());
        Ok(())
    }

    /// Makes the instance larger; it owns its memory.
    pub fn resize(&self, size: usize) -> Result<()> {
        if size <= INLINE && self.is_inline() {
            self.size.set(size);
            return Ok(());
        }
        let old = if self.is_inline() {
            ptr::null_mut()
        } else {
            self.ptr.get()
        };
        let before = self.size();
        // SAFETY: memory from malloc, or null for new memory.
        unsafe {
            let p = libc::realloc(old.cast(), size.max(1)).cast::<u8>();
            if p.is_null() {
                return Err(err::no_memory());
            }
            if old.is_null() {
                ptr::write_bytes(p, 0, size);
                ptr::copy_nonoverlapping(self.ptr.get(), p, before);
            }
            self.ptr.set(p);
        }
        self.size.set(size);
        Ok(())
    }

    /// Visits what is kept, and scans the data: C may have stored references there.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        v.slot(&self.base)?;
        v.slot(&self.objects)?;
        // SAFETY: both ranges are parts of the object.
        unsafe {
            gc::visit_conservatively(ptr::from_ref(&self.ptr).cast(), size_of::<*mut u8>());
            gc::visit_conservatively(self.inline.get().cast(), INLINE);
        }
        Ok(())
    }

    pub fn clear(&self) {
        self.objects.set(None);
        self.base.set(None);
    }

    /// Releases what the instance owns.
    ///
    /// # Safety
    /// The instance is dying.
    pub unsafe fn release(&self) {
        self.clear();
        let p = self.ptr.replace(ptr::null_mut());
        if self.owns.replace(0) != 0 && !ptr::eq(p, self.inline.get().cast()) {
            // SAFETY: memory from malloc, freed once.
            unsafe { libc::free(p.cast()) };
        }
    }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying instance.
    unsafe {
        gc::untrack(o);
        (*o.cast::<CData>()).release();
        free_builtin(o);
    }
}

/// The instance behind an object that is one.
#[inline]
pub fn of(o: &Obj) -> Option<&CData> {
    o.downcast::<CData>()
}

/// The instance behind an object that was just made as one, or checked.
#[inline]
pub fn expect(o: &Obj) -> &CData {
    debug_assert!(o.is::<CData>());
    // SAFETY: the caller's knowledge, asserted.
    unsafe { o.cast() }
}

// ---- Making ----

fn alloc_instance(tp: &PyTypeObject, info: &Info) -> Result<Ref> {
    info.add_flag(FINAL);
    let o = type_alloc(tp, 0)?;
    expect(&o).length.set(info.length.get());
    Ok(o)
}

/// A new, zeroed instance.
pub fn new(tp: &PyTypeObject) -> Result {
    let info = info::required(tp.as_obj())?;
    let o = alloc_instance(tp, info)?;
    expect(&o).allocate(info.size.get())?;
    Ok(o)
}

/// `tp_new` of most classes.
pub fn tp_new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    new(tp)
}

/// An instance at an address that somebody vouches for.
pub fn at_address(tp: &PyTypeObject, at: *mut u8) -> Result {
    audit_event("ctypes.cdata", &[int::from_usize(at as usize).as_obj()])?;
    let info = info::required(tp.as_obj())?;
    let o = alloc_instance(tp, info)?;
    let c = expect(&o);
    c.ptr.set(at);
    c.size.set(info.size.get());
    Ok(o)
}

/// An instance that is a part of `base`.
pub fn part_of(class: &Obj, base: &CData, index: isize, at: *mut u8) -> Result {
    let info = info::required(class)?;
    // SAFETY: what has an info is a class.
    let o = alloc_instance(unsafe { class.cast() }, info)?;
    let c = expect(&o);
    c.ptr.set(at);
    c.size.set(info.size.get());
    c.base.set(Some(base.as_obj().new_ref()));
    c.index.set(index);
    Ok(o)
}

/// An instance with a copy of what is at `from`.
///
/// # Safety
/// As many bytes as the class's instances have can be read there.
pub unsafe fn copy_of(class: &Obj, from: *const u8) -> Result {
    let info = info::required(class)?;
    // SAFETY: what has an info is a class.
    let o = new(unsafe { class.cast() })?;
    // SAFETY: the caller's, and the instance has as much.
    unsafe { ptr::copy_nonoverlapping(from, expect(&o).data(), info.size.get()) };
    Ok(o)
}

// ---- Reading and writing parts ----

/// A part of an instance: its class, how it reads if not as its class does, its index, and where it lies.
pub struct Part<'a> {
    pub class: &'a Obj,
    pub code: Option<&'static Code>,
    pub index: isize,
    pub extent: Extent,
    pub at: *mut u8,
}

/// Reads a part of `base`: simple ones become Python objects, others share its memory.
pub fn get(base: &CData, part: &Part<'_>) -> Result {
    let code = part.code.or_else(|| {
        let info = info::of_class(part.class)?;
        info.code.get().filter(|_| !simple::is_derived(part.class))
    });
    match code {
        // SAFETY: the part lies within its base, or where the pointer that the base is points to.
        Some(code) => unsafe { (code.get)(part.at, part.extent) },
        None => part_of(part.class, base, part.index, part.at),
    }
}

/// Writes a part of `base`, which keeps what has to be kept.
pub fn set(base: &CData, part: &Part<'_>, value: &Obj) -> Result<()> {
    let kept = store(part, value)?;
    keep::keep(base, part.index, kept)
}

fn is_instance(o: &Obj, class: &Obj) -> Result<bool> {
    proto::is_instance(o, class)
}

/// Writes a part, and answers with what has to be kept.
fn store(part: &Part<'_>, value: &Obj) -> Result {
    if let Some(code) = part.code {
        // SAFETY: as in `get`.
        return unsafe { (code.set)(part.at, value, part.extent) };
    }
    let Some(source) = of(value) else {
        return store_plain(part, value);
    };
    if is_instance(value, part.class)? {
        // SAFETY: an instance of the class has as many bytes as the part; the two may be the same.
        unsafe { ptr::copy(source.data(), part.at, part.extent.size.min(source.size())) };
        return keep::kept_by(source);
    }
    if is_class_of(part.class, &pointer::POINTER_META) && is_instance_of(value, &array::ARRAY) {
        let same = match (info::of(value), info::of_class(part.class)) {
            (Some(a), Some(p)) => a.proto().is_same(p.proto()),
            _ => false,
        };
        if same {
            // SAFETY: as in `get`; the part is a pointer.
            unsafe { part.at.cast::<*mut u8>().write_unaligned(source.data()) };
            // The array has to live too, not only what it keeps.
            return Ok(tuple::pair(&*keep::kept_by(source)?, value).into_obj());
        }
    }
    raise!(
        TypeError,
        "incompatible types, {} instance instead of {} instance",
        value.tp_name(),
        class_name(part.class)
    )
}

/// Writes what is no C data.
fn store_plain(part: &Part<'_>, value: &Obj) -> Result {
    if let Some(code) = info::of_class(part.class).and_then(|i| i.code.get()) {
        // SAFETY: as in `get`.
        return unsafe { (code.set)(part.at, value, part.extent) };
    }
    if let Some(args) = value.downcast::<PyTupleObject>() {
        let made = match py_call::call_tuple_dict(part.class, args, None) {
            Ok(made) => made,
            Err(raised) => {
                return Err(crate::call::extend_error(
                    &exc::RuntimeError,
                    &format!("({}) ", class_name(part.class)),
                    raised,
                ));
            }
        };
        return store(part, &made);
    }
    if value.is_none() && is_class_of(part.class, &pointer::POINTER_META) {
        // SAFETY: as in `get`; the part is a pointer.
        unsafe { part.at.cast::<*mut u8>().write_unaligned(ptr::null_mut()) };
        return Ok(none());
    }
    raise!(
        TypeError,
        "expected {} instance, got {}",
        class_name(part.class),
        value.tp_name()
    )
}

// ---- Buffers ----

/// The innermost item type of nested arrays.
fn item_info(info: &Info) -> &Info {
    if info.kind == info::Kind::Array
        && let Some(inner) = info::of_class(info.proto())
    {
        return item_info(inner);
    }
    info
}

unsafe extern "C" fn getbuffer(o: *mut PyObject, view: *mut Py_buffer, _: c_int) -> c_int {
    // SAFETY: called with an instance and a view to fill in, which keeps the instance and its class alive.
    unsafe {
        let c = &*o.cast::<CData>();
        let Some(info) = info::of(&*o) else {
            let _ = err::new(&exc::TypeError, format_args!("abstract class"));
            return -1;
        };
        let format = info.format_ptr().unwrap_or(c"B".as_ptr());
        view.write(Py_buffer {
            buf: c.data().cast(),
            obj: (*o).new_ref().into_raw(),
            len: c.size() as isize,
            itemsize: item_info(info).size.get() as isize,
            readonly: 0,
            ndim: info.ndim() as c_int,
            format: format.cast_mut(),
            shape: info.shape_ptr(),
            strides: ptr::null_mut(),
            suboffsets: ptr::null_mut(),
            internal: ptr::null_mut(),
        });
    }
    0
}
