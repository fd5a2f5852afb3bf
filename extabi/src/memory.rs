//! `pymem.h`, `objimpl.h`: raw memory, objects and their tracking.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr;

use layout::*;
use vm::err;
use vm::object::*;

use crate::shape::*;

/// The heap object or buffer at this address, as opposed to a block from `malloc`.
fn in_heap(p: *mut c_void) -> bool {
    gc::find_object(p as usize).is_some()
}

/// Whether `p` is memory of the heap that an object owns.
fn is_buffer(p: *mut c_void) -> bool {
    gc::buffer_capacity(p.cast()) != 0
}

/// A new object from the heap, not tracked.
fn object(tp: &PyTypeObject, size: usize) -> P {
    match alloc_sized(tp, size) {
        Ok(o) => o.into_raw(),
        Err(_) => ptr::null_mut(),
    }
}

/// `PyMemAllocatorEx`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Allocator {
    context: *mut c_void,
    malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void),
}

/// `PyObjectArenaAllocator`.
#[repr(C)]
pub struct ArenaAllocator {
    context: *mut c_void,
    alloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void, usize),
}

unsafe extern "C" fn forward_malloc(_: *mut c_void, n: usize) -> *mut c_void {
    // SAFETY: asks for memory.
    unsafe { libc::malloc(n.max(1)) }
}
unsafe extern "C" fn forward_calloc(_: *mut c_void, n: usize, size: usize) -> *mut c_void {
    // SAFETY: asks for memory.
    unsafe { libc::calloc(n.max(1), size.max(1)) }
}
unsafe extern "C" fn forward_realloc(_: *mut c_void, p: *mut c_void, n: usize) -> *mut c_void {
    // SAFETY: the caller's block.
    unsafe { libc::realloc(p, n.max(1)) }
}
unsafe extern "C" fn forward_free(_: *mut c_void, p: *mut c_void) {
    // SAFETY: the caller's block.
    unsafe { libc::free(p) }
}
/// The C library's.
const PLAIN: Allocator = Allocator {
    context: ptr::null_mut(),
    malloc: forward_malloc,
    calloc: forward_calloc,
    realloc: forward_realloc,
    free: forward_free,
};

/// The domains of `PyMemAllocatorDomain`.
const RAW: usize = 0;
const MEM: usize = 1;
const OBJ: usize = 2;

/// What serves each domain. Objects themselves come from the heap of the memory manager, whatever is set here.
struct Domains([Cell<Allocator>; 3]);

// SAFETY: `PyMem_SetAllocator` asks that it is called before other threads run, or with the lock held.
unsafe impl Sync for Domains {}

static DOMAINS: Domains = Domains([const { Cell::new(PLAIN) }; 3]);

fn domain(n: usize) -> Allocator {
    DOMAINS.0[n].get()
}

unsafe fn allocate(n: usize, size: usize) -> *mut c_void {
    let a = domain(n);
    // SAFETY: function and context belong together.
    unsafe { (a.malloc)(a.context, size) }
}

unsafe fn allocate_zeroed(n: usize, count: usize, size: usize) -> *mut c_void {
    let a = domain(n);
    // SAFETY: as above.
    unsafe { (a.calloc)(a.context, count, size) }
}

unsafe fn reallocate(n: usize, p: *mut c_void, size: usize) -> *mut c_void {
    let a = domain(n);
    // SAFETY: as above; the caller's block is of this domain.
    unsafe { (a.realloc)(a.context, p, size) }
}

unsafe fn release(n: usize, p: *mut c_void) {
    let a = domain(n);
    // SAFETY: as above.
    unsafe { (a.free)(a.context, p) }
}

/// Arenas are blocks as others: the data stacks of threads are made of them, which stack-switching extensions free.
unsafe extern "C" fn arena_alloc(_: *mut c_void, n: usize) -> *mut c_void {
    // SAFETY: asks for memory.
    unsafe { libc::malloc(n) }
}
unsafe extern "C" fn arena_free(_: *mut c_void, p: *mut c_void, _: usize) {
    // SAFETY: the caller's block.
    unsafe { libc::free(p) }
}

api! {
    fn PyMem_RawMalloc(n: usize) -> *mut c_void { allocate(RAW, n) }
    fn PyMem_RawCalloc(n: usize, size: usize) -> *mut c_void { allocate_zeroed(RAW, n, size) }
    fn PyMem_RawRealloc(p: *mut c_void, n: usize) -> *mut c_void { reallocate(RAW, p, n) }
    fn PyMem_RawFree(p: *mut c_void) { release(RAW, p) }
    fn PyMem_Malloc(n: usize) -> *mut c_void { allocate(MEM, n) }
    fn PyMem_Calloc(n: usize, size: usize) -> *mut c_void { allocate_zeroed(MEM, n, size) }
    // Extensions that have list's code inline resize its items, which are a buffer of the heap.
    fn PyMem_Realloc(p: *mut c_void, n: usize) -> *mut c_void {
        if is_buffer(p) { gc::realloc_buffer(p.cast(), n.max(1)).cast() } else { reallocate(MEM, p, n) }
    }
    fn PyMem_Free(p: *mut c_void) {
        if is_buffer(p) { gc::free_buffer(p.cast()) } else { release(MEM, p) }
    }
    fn PyObject_Malloc(n: usize) -> *mut c_void { allocate(OBJ, n) }
    fn PyObject_Calloc(n: usize, size: usize) -> *mut c_void { allocate_zeroed(OBJ, n, size) }
    fn PyObject_Realloc(p: *mut c_void, n: usize) -> *mut c_void { reallocate(OBJ, p, n) }
    fn PyObject_Free(p: *mut c_void) {
        if p.is_null() { return; }
        if in_heap(p) { gc::free_object(p.cast()) } else { release(OBJ, p) }
    }
    fn PyObject_Init(o: P, tp: *mut PyTypeObject) -> P {
        let tp = &*tp;
        (*o).ob_type.set(ptr::from_ref(tp).cast_mut());
        if has_flag(tp, Py_TPFLAGS_HEAPTYPE) { incref(tp.as_ptr()); }
        (*o).ob_overflow.set(0);
        (*o).ob_flags.set(0);
        (*o).ob_refcnt.set(gc::birth_refcnt());
        gc::reinit(o);
        o
    }
    fn PyObject_InitVar(o: P, tp: *mut PyTypeObject, n: isize) -> P {
        b(o).cast::<PyVarObject>().ob_size.set(n);
        PyObject_Init(o, tp)
    }
    fn _PyObject_New(tp: *mut PyTypeObject) -> P {
        let o = object(&*tp, (*tp).tp_basicsize.get() as usize);
        // Private objects of an extension, whose count it may check: it sees its own counting, whoever manages memory.
        if !o.is_null() && !has_flag(&*tp, Py_TPFLAGS_BASETYPE) { (*o).ob_refcnt.set(1); }
        o
    }
    fn _PyObject_NewVar(tp: *mut PyTypeObject, n: isize) -> P {
        let o = object(&*tp, body_size(&*tp, n.max(0) as usize));
        if !o.is_null() { b(o).cast::<PyVarObject>().ob_size.set(n); }
        o
    }
    fn _PyObject_GC_New(tp: *mut PyTypeObject) -> P {
        let o = object(&*tp, body_size(&*tp, 0));
        if !o.is_null() && has_flag(&*tp, Py_TPFLAGS_INLINE_VALUES) { vm::types::instance::init_inline_values(&*tp, b(o)); }
        o
    }
    fn _PyObject_GC_NewVar(tp: *mut PyTypeObject, n: isize) -> P { _PyObject_NewVar(tp, n) }
    fn _PyObject_GC_Resize(o: *mut PyVarObject, n: isize) -> *mut PyVarObject {
        let tp = &*(*o).ob_base.ob_type.get();
        let fresh = object(tp, body_size(tp, n.max(0) as usize));
        if fresh.is_null() { return ptr::null_mut(); }
        let old = body_size(tp, (*o).ob_size.get().max(0) as usize).min(body_size(tp, n.max(0) as usize));
        let header = size_of::<PyObject>();
        ptr::copy_nonoverlapping(o.cast::<u8>().add(header), fresh.cast::<u8>().add(header), old - header);
        b(fresh).cast::<PyVarObject>().ob_size.set(n);
        gc::free_object(o.cast());
        fresh.cast()
    }
    fn PyUnstable_Object_GC_NewWithExtraData(tp: *mut PyTypeObject, extra: usize) -> P { object(&*tp, body_size(&*tp, 0) + extra) }
    fn PyObject_GC_Track(o: *mut c_void) { gc::track(o.cast()); }
    fn PyObject_GC_UnTrack(o: *mut c_void) { gc::untrack(o.cast()); }
    fn PyObject_GC_Del(o: *mut c_void) { gc::free_object(o.cast()); }
    fn PyObject_GC_IsTracked(o: P) -> c_int { i32::from(gc::is_tracked(o)) }
    fn PyObject_GC_IsFinalized(o: P) -> c_int { i32::from(gc::is_finalized(o)) }
    fn PyObject_IS_GC(o: P) -> c_int {
        let tp = b(o).ty();
        i32::from(has_flag(tp, Py_TPFLAGS_HAVE_GC) && tp.tp_is_gc.get().is_none_or(|f| f(o) != 0))
    }
    fn PyGC_Collect() -> isize { err::preserved(|| gc::collect(gc::GENERATIONS - 1, gc::Reason::Manual, gc::NativeStack::Whole).collected as isize) }
    fn PyGC_Enable() -> c_int { let was = gc::is_enabled(); gc::enable(); i32::from(was) }
    fn PyGC_Disable() -> c_int { let was = gc::is_enabled(); gc::disable(); i32::from(was) }
    fn PyGC_IsEnabled() -> c_int { i32::from(gc::is_enabled()) }
    fn PyObject_CallFinalizer(o: P) {
        let Some(f) = b(o).ty().tp_finalize.get() else { return };
        if has_flag(b(o).ty(), Py_TPFLAGS_HAVE_GC) {
            if gc::is_finalized(o) { return; }
            gc::set_finalized(o);
        }
        f(o);
    }
    fn PyObject_CallFinalizerFromDealloc(o: P) -> c_int {
        if (*o).is_immortal() { return 0; } // Nobody counts: the collector has run it.
        (*o).ob_refcnt.set(1);
        PyObject_CallFinalizer(o);
        let n = (*o).ob_refcnt.get() - 1;
        (*o).ob_refcnt.set(n);
        if n > 0 { -1 } else { 0 }
    }
    fn PyType_GenericAlloc(tp: *mut PyTypeObject, n: isize) -> P { generic_alloc(tp, n) }
    fn PyType_GenericNew(tp: *mut PyTypeObject, _args: P, _kwargs: P) -> P {
        match (*tp).tp_alloc.get() { Some(f) => f(tp, 0), None => generic_alloc(tp, 0) }
    }
    fn _Py_Dealloc(o: P) { dealloc(o) }
    fn Py_IncRef(o: P) { if !o.is_null() { incref(o) } }
    fn Py_DecRef(o: P) { if !o.is_null() { decref(o) } }
    fn _Py_IncRef(o: P) { incref(o) }
    fn _Py_DecRef(o: P) { decref(o) }
    fn Py_NewRef(o: P) -> P { incref(o); o }
    fn Py_XNewRef(o: P) -> P { if !o.is_null() { incref(o); } o }
    fn Py_REFCNT(o: P) -> isize { (*o).ob_refcnt.get() as isize }
    fn Py_TYPE(o: P) -> *mut PyTypeObject { (*o).ob_type.get() }
    fn Py_Is(a: P, c: P) -> c_int { i32::from(a == c) }
    fn Py_IsNone(o: P) -> c_int { i32::from(b(o).is_none()) }
    fn Py_IsTrue(o: P) -> c_int { i32::from(b(o).is_same(TRUE())) }
    fn Py_IsFalse(o: P) -> c_int { i32::from(b(o).is_same(FALSE())) }
    fn PyUnstable_Object_EnableDeferredRefcount(_o: P) -> c_int { 0 }
    fn PyUnstable_Object_IsUniqueReferencedTemporary(o: P) -> c_int { i32::from((*o).ob_refcnt.get() == 1) }
    fn PyUnstable_Object_IsUniquelyReferenced(o: P) -> c_int { i32::from((*o).ob_refcnt.get() == 1) }
    fn PyUnstable_TryIncRef(o: P) -> c_int { if (*o).ob_refcnt.get() == 0 { return 0; } incref(o); 1 }
    fn PyUnstable_EnableTryIncRef(_o: P) {}
    fn _Py_NewReference(o: P) { (*o).ob_refcnt.set(gc::birth_refcnt()); }
    fn _Py_ResurrectReference(o: P) { if !(*o).is_immortal() { (*o).ob_refcnt.set(1); } }
    fn PyUnstable_GC_VisitObjects(visit: unsafe extern "C" fn(P, *mut c_void) -> c_int, context: *mut c_void) {
        let enabled = gc::is_enabled();
        gc::disable();
        let mut tracked = Vec::new();
        gc::for_each_tracked(None, |o| tracked.push(o));
        for o in tracked { if visit(o, context) == 0 { break; } }
        if enabled { gc::enable(); }
    }
    fn _Py_SetImmortal(o: P) { (*o).ob_refcnt.set(_Py_IMMORTAL_INITIAL_REFCNT); }
    fn _Py_SetRefcnt(o: P, n: isize) { if !(*o).is_immortal() { (*o).ob_refcnt.set(n as u32); } }
    fn PyMem_GetAllocator(n: c_int, out: *mut Allocator) {
        *out = match DOMAINS.0.get(n as usize) {
            Some(set) => set.get(),
            None => PLAIN,
        };
    }
    fn PyMem_SetAllocator(n: c_int, allocator: *const Allocator) {
        if let Some(set) = DOMAINS.0.get(n as usize) { set.set(*allocator); }
    }
    fn PyObject_GetArenaAllocator(out: *mut ArenaAllocator) {
        *out = ArenaAllocator { context: ptr::null_mut(), alloc: arena_alloc, free: arena_free };
    }
    fn PyUnstable_IsImmortal(o: P) -> c_int { i32::from((*o).is_immortal()) }
}
