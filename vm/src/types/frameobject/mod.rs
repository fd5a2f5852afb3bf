//! `frame`: a frame as Python sees it. It is made when somebody asks, points into the frame while that runs, and takes its
//! contents over when the call ends.

pub mod attributes;
pub mod proxy;

use core::cell::Cell;
use core::ffi::c_int;
use core::mem::offset_of;
use core::ptr;

use layout::*;

use super::dict::{self, DictExt as _};
use super::function;
use super::type_::TypeBuilder;
use crate::code;
use crate::err::{Result, raise};
use crate::frame::{Frame, owner};
use crate::object::*;
use crate::stackref::StackRef;

/// CPython's `PyFrameObject`.
#[repr(C)]
pub struct FrameObject {
    ob_base: PyObject,
    /// The next outer frame, once this one is over.
    pub f_back: Cell<*mut PyObject>,
    /// The frame: on a stack, in a generator, or at this object's end.
    pub f_frame: Cell<*mut Frame>,
    pub f_trace: Cell<*mut PyObject>,
    /// A line that was set, if not 0.
    pub f_lineno: Cell<c_int>,
    pub f_trace_lines: Cell<u8>,
    pub f_trace_opcodes: Cell<u8>,
    /// Names that were added through `f_locals`.
    pub f_extra_locals: Cell<*mut PyObject>,
    pub f_locals_cache: Cell<*mut PyObject>,
    /// What locals held before they were overwritten from outside: calls further up may still borrow it.
    pub f_overwritten_fast_locals: Cell<*mut PyObject>,
    data: [usize; 0],
}

impl Layout for FrameObject {
    fn type_object() -> &'static PyTypeObject {
        &PyFrame_Type
    }
}

/// Fills in `frame`.
pub fn define(b: &mut TypeBuilder) {
    b.sizes(offset_of!(FrameObject, data), size_of::<usize>())
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .tp_dealloc(frame_dealloc)
        .tp_traverse(frame_traverse)
        .tp_clear(frame_clear)
        .tp_repr(attributes::repr)
        .methods(attributes::METHODS)
        .getset(attributes::GETSET)
        .members(attributes::MEMBERS);
}

/// The object of a frame that has none yet. The frame is to keep it.
pub fn new(frame: &mut Frame) -> Result<Ref<FrameObject>> {
    let made = alloc_var::<FrameObject>(&PyFrame_Type, frame.code().co_framesize.get() as usize)?;
    // The object is no PyVarObject: where that has its length, a frame has this field.
    made.f_back.set(ptr::null_mut());
    made.f_frame.set(frame);
    made.f_trace_lines.set(1);
    Ok(made)
}

/// A frame object of its own, for a traceback that C code makes up: it is at the first instruction.
pub fn for_code(
    code: &PyCodeObject,
    function: &PyFunctionObject,
    line: i32,
) -> Result<Ref<FrameObject>> {
    let made = alloc_var::<FrameObject>(&PyFrame_Type, code.co_framesize.get() as usize)?;
    made.f_back.set(ptr::null_mut());
    made.f_trace_lines.set(1);
    made.f_lineno.set(line);
    let frame = own_data(&made);
    // SAFETY: the object has room for the frame.
    unsafe {
        crate::frame::initialize(
            frame,
            StackRef::owned(function.as_obj().new_ref()),
            code,
            0,
            ptr::null_mut(),
        );
        (*frame).instr_ptr = (*frame)
            .instr_ptr
            .add(code._co_firsttraceable.get().max(0) as usize);
        (*frame).owner = owner::FRAME_OBJECT;
    }
    made.f_frame.set(frame);
    Ok(made)
}

/// The frame object of a call that no Python code stands behind: native code that names itself in tracebacks.
pub fn synthetic(function: &str, file: &str, line: i32) -> Result {
    let code = code::new::empty(file, function, line)?;
    let globals = dict::new();
    let function = function::new(&code, &globals, None)?;
    Ok(for_code(&code, &function, line)?.into_obj())
}

/// The frame's code; of a frame that is gone, empty code.
pub fn code_of(f: &FrameObject) -> Ref<PyCodeObject> {
    match frame_of(f) {
        Some(frame) => frame.code().to_ref(),
        None => code::new::empty("?", "?", 0)
            .unwrap_or_else(|_| crate::fatal("no memory for a code object")),
    }
}

fn own_data(f: &FrameObject) -> *mut Frame {
    (&raw const f.data).cast_mut().cast()
}

/// The frame, unless it is over and was not kept.
#[expect(
    clippy::mut_from_ref,
    reason = "the frame is elsewhere; its fields are read and written one at a time"
)]
pub fn frame_of(f: &FrameObject) -> Option<&mut Frame> {
    // SAFETY: null, or a live frame: its end is told here.
    unsafe { f.f_frame.get().as_mut() }
}

/// Whether the object has the frame's contents.
pub fn is_over(f: &FrameObject) -> bool {
    frame_of(f).is_none_or(|frame| frame.owner == owner::FRAME_OBJECT)
}

/// Moves the contents of a frame that is over into its object.
///
/// # Safety
/// The frame does not run any more; `f` is its object.
pub unsafe fn take_over(f: &FrameObject, frame: *mut Frame) {
    // SAFETY: the caller's; the object was made with room for the frame.
    unsafe {
        let own = own_data(f);
        let words = ((*frame).stackpointer as usize - frame as usize) / size_of::<usize>();
        ptr::copy_nonoverlapping(frame.cast::<usize>(), own.cast::<usize>(), words);
        let start = Frame::locals_start(own);
        let count = (*frame)
            .stackpointer
            .offset_from(Frame::locals_start(frame)) as usize;
        (*own).stackpointer = start.add(count);
        for index in 0..count {
            let word = *start.add(index);
            start.add(index).write(word.heap_safe());
        }
        (*own).executable = StackRef::owned((*frame).executable.to_ref());
        (*own).funcobj = (*frame).funcobj.heap_safe();
        (*own).frame_obj = ptr::null_mut();
        (*own).owner = owner::FRAME_OBJECT;
        f.f_frame.set(own);
        if f.f_back.get().is_null() {
            // A traceback may be walked from here: the outer frames must be reachable.
            if let Some(outer) = Frame::first_complete((*frame).previous) {
                match outer.object() {
                    Ok(object) => f.f_back.set(object.into_raw()),
                    Err(_) => crate::err::clear(),
                }
            }
        }
        (*own).previous = ptr::null_mut();
    }
}

/// Says that the frame is over and gone.
pub fn forget(f: &FrameObject) {
    f.f_frame.set(ptr::null_mut());
}

/// What `locals()` answers in a frame: the namespace of a module or class, a snapshot in a function.
pub fn locals_of(frame: &mut Frame) -> Result {
    let optimized = code::has_flag(frame.code(), CO_OPTIMIZED);
    if !optimized && !has_hidden_locals(frame) {
        return match frame.locals() {
            Some(locals) => Ok(locals.new_ref()),
            None => raise!(SystemError, "frame does not have locals"),
        };
    }
    let object = frame.object()?;
    if optimized {
        let snapshot = dict::new();
        proxy::copy_into(&object, &snapshot)?;
        return Ok(snapshot.into_obj());
    }
    proxy::new(&object)
}

/// Whether a comprehension's variables are in use in a module or class body.
fn has_hidden_locals(frame: &Frame) -> bool {
    let kinds = code::local_kinds(frame.code());
    kinds.iter().enumerate().any(|(index, &kinds)| {
        kinds & code::kind::HIDDEN != 0 && proxy::value_at(frame, index).is_some()
    })
}

// ---- Life and death ----

fn fields(f: &FrameObject) -> [&Cell<*mut PyObject>; 5] {
    [
        &f.f_back,
        &f.f_trace,
        &f.f_extra_locals,
        &f.f_locals_cache,
        &f.f_overwritten_fast_locals,
    ]
}

fn frame_traverse(f: &FrameObject, v: &mut Visitor) -> Visit {
    fields(f)
        .into_iter()
        .try_for_each(|field| v.visit_ptr(field.get()))?;
    match frame_of(f) {
        Some(frame) if frame.owner == owner::FRAME_OBJECT => frame.traverse(v),
        _ => Ok(()),
    }
}

fn frame_clear(f: &FrameObject) {
    f.f_trace.set_ref(None);
    f.f_extra_locals.set_ref(None);
    f.f_locals_cache.set_ref(None);
    f.f_overwritten_fast_locals.set_ref(None);
    clear_own(f);
}

/// Drops the locals of a frame that is over.
pub fn clear_own(f: &FrameObject) {
    if let Some(frame) = frame_of(f).filter(|frame| frame.owner == owner::FRAME_OBJECT) {
        // The locals stay in place, unbound, so that the frame can still be asked for them.
        let count = frame.code().co_nlocalsplus.get() as usize;
        for index in 0..count {
            let word = frame.local(index);
            frame.set_local(index, StackRef::NULL);
            word.close();
        }
        // SAFETY: the frame is over: whatever was on its stack goes too.
        unsafe {
            let bottom = frame.stack_base();
            while frame.stackpointer > bottom {
                frame.stackpointer = frame.stackpointer.sub(1);
                (*frame.stackpointer).close();
            }
        }
    }
}

unsafe extern "C" fn frame_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a frame object is gone.
    unsafe {
        let f: &FrameObject = (*o).cast();
        gc::untrack(o);
        if let Some(frame) = frame_of(f).filter(|frame| frame.owner == owner::FRAME_OBJECT) {
            f.f_frame.set(ptr::null_mut());
            Frame::clear(frame);
        }
        for field in fields(f) {
            drop(field.take_ref());
        }
        free_builtin(o);
    }
}

/// The names that were added from outside, made if there are none yet.
fn extra_locals(f: &FrameObject) -> Ref<PyDictObject> {
    if f.f_extra_locals.get().is_null() {
        f.f_extra_locals.set(dict::new().into_raw());
    }
    // SAFETY: just made sure; only dicts are stored there.
    unsafe { Ref::from_borrowed(f.f_extra_locals.get().cast()) }
}

/// How many names were added from outside.
fn extra_count(f: &FrameObject) -> usize {
    f.f_extra_locals
        .borrow_obj()
        .and_then(|d| d.downcast::<PyDictObject>())
        .map_or(0, |d| d.len())
}
