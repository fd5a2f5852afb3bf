//! `generator`: a frame that lives in an object, so that it can be left and entered again. Coroutines and asynchronous
//! generators are built the same.
//!
//! Invariant: `frame_state` says whether the frame runs, waits, or is gone; while it runs, `exc_state` is the innermost
//! entry of the thread's stack of handled exceptions.

pub mod attributes;
pub mod resume;
pub mod throw;

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr;

use layout::*;

use super::type_::{self, TypeBuilder};
use super::{asyncgen, coroutine, weakref};
use crate::code;
use crate::err::{self, Result};
use crate::frame::{Frame, owner, phase};
use crate::object::*;
use crate::stackref::StackRef;
use crate::state::ThreadState;

pub use resume::{Sent, send, stop_iteration_value};

/// CPython's `PyGenObject`, `PyCoroObject` and `PyAsyncGenObject`, which agree.
#[repr(C)]
pub struct Generator {
    ob_base: PyObject,
    pub weakreflist: Cell<*mut PyObject>,
    pub name: Cell<*mut PyObject>,
    pub qualname: Cell<*mut PyObject>,
    pub exc_state: _PyErr_StackItem,
    /// Of a coroutine, where it was made; of an asynchronous generator, the loop's finaliser.
    pub origin_or_finalizer: Cell<*mut PyObject>,
    pub hooks_inited: Cell<i8>,
    pub closed: Cell<i8>,
    pub running_async: Cell<i8>,
    pub frame_state: Cell<i8>,
    pub frame: Frame,
}

impl Layout for Generator {
    fn type_object() -> &'static PyTypeObject {
        &PyGen_Type
    }
}

const _: () = assert!(offset_of!(Generator, exc_state) == 40 && offset_of!(Generator, frame) == 72);

/// Fills in `generator`.
pub fn define(b: &mut TypeBuilder) {
    common(b);
    b.iter_self()
        .tp_iternext(|g: &Generator| resume::next(g))
        .tp_repr(|g: &Generator| Ok(repr(g, "generator")))
        .am_send(resume::am_send)
        .methods(attributes::METHODS)
        .getset(attributes::GETSET);
}

/// What the three types have in common.
pub fn common(b: &mut TypeBuilder) {
    b.sizes(size_of::<Generator>(), size_of::<StackRef>())
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .new_disallowed()
        .generic_attributes()
        .weaklistoffset(offset_of!(Generator, weakreflist))
        .tp_dealloc(generator_dealloc)
        .tp_traverse(generator_traverse)
        .tp_finalize(finalize);
}

pub fn repr(g: &Generator, kind: &str) -> String {
    let name = g.qualname.borrow_obj().map_or_else(String::new, str_lossy);
    format!("<{kind} object {name} at {:#x}>", g.as_ptr() as usize)
}

/// The generator whose frame this is.
#[inline(always)]
pub fn of_frame(frame: *const Frame) -> *const Generator {
    frame.wrapping_byte_sub(offset_of!(Generator, frame)).cast()
}

/// The generator, coroutine or asynchronous generator that the object is.
///
/// # Safety
/// `o` is a live object.
pub unsafe fn of<'a>(o: *mut PyObject) -> Option<&'a Generator> {
    // SAFETY: callers pass live objects; the types share a layout.
    unsafe {
        let tp = (*o).ob_type.get().cast_const();
        let types = [
            &raw const PyGen_Type,
            &raw const PyCoro_Type,
            &raw const PyAsyncGen_Type,
        ];
        types.contains(&tp).then(|| (*o).cast())
    }
}

impl Generator {
    #[inline(always)]
    pub fn frame_ptr(&self) -> *mut Frame {
        (&raw const self.frame).cast_mut()
    }

    pub fn code(&self) -> &PyCodeObject {
        self.frame.code()
    }

    pub fn is_finished(&self) -> bool {
        self.frame_state.get() >= phase::COMPLETED
    }

    /// Whether the end of an unreachable one has an effect: it is in the middle of a `try`, somebody watches for that, or its
    /// frame object has to take the frame over.
    pub fn is_death_noticed(&self) -> bool {
        if self.is_finished() {
            return false;
        }
        let plain = core::ptr::eq(self.as_obj().ty(), &PyGen_Type);
        let quiet = match self.frame_state.get() {
            phase::CREATED => true,
            phase::SUSPENDED => throw::waits_outside_try(self),
            _ => false,
        };
        !(plain && quiet && self.frame.frame_obj.is_null())
    }

    pub fn is_coroutine(&self) -> bool {
        core::ptr::eq(self.as_obj().ty(), &PyCoro_Type)
    }

    pub fn is_async_generator(&self) -> bool {
        core::ptr::eq(self.as_obj().ty(), &PyAsyncGen_Type)
    }

    /// What the type is called in messages.
    pub fn kind(&self) -> &'static str {
        if self.is_coroutine() {
            "coroutine"
        } else if self.is_async_generator() {
            "async generator"
        } else {
            "generator"
        }
    }

    /// Prepares the suspended frame to go on with `value`: the caller enters it.
    #[inline(always)]
    pub fn resume<M: gc::Manager>(&self, ts: &ThreadState, value: StackRef<M>) -> *mut Frame {
        let frame = self.frame_ptr();
        // SAFETY: a suspended frame has room for the value it waits for.
        unsafe {
            (*frame).stackpointer.write(value.with());
            (*frame).stackpointer = (*frame).stackpointer.add(1);
        }
        self.frame_state.set(phase::EXECUTING);
        self.exc_state.previous_item.set(ts.base.exc_info.get());
        ts.base.exc_info.set((&raw const self.exc_state).cast_mut());
        frame
    }

    /// What the generator delegates to: the operand of its `yield from` or `await`.
    pub fn delegate(&self) -> Option<Ref> {
        if self.frame_state.get() != phase::SUSPENDED_YIELD_FROM {
            return None;
        }
        // SAFETY: the frame waits with the sub-iterator on top of its stack.
        Some(unsafe { *self.frame.stackpointer.sub(1) }.to_ref())
    }
}

/// A generator, coroutine or asynchronous generator, as the frame's code wants, that takes the frame's contents over.
///
/// # Safety
/// The frame runs on the data stack and is left for good; its stack is empty.
pub unsafe fn from_frame(ts: &ThreadState, from: *mut Frame) -> Result {
    // SAFETY: the caller's.
    let source = unsafe { &mut *from };
    let code = source.code();
    let flags = code.co_flags.get();
    let tp = if flags & CO_COROUTINE != 0 {
        &PyCoro_Type
    } else if flags & CO_ASYNC_GENERATOR != 0 {
        &PyAsyncGen_Type
    } else {
        &PyGen_Type
    };
    let words = (code.co_nlocalsplus.get() + code.co_stacksize.get()) as usize;
    let made = alloc_var::<Obj>(tp, words)?;
    // SAFETY: the three types have this layout.
    let g: &Generator = unsafe { made.cast() };
    // The object is no PyVarObject: where that has its length, a generator has this field.
    g.weakreflist.set(ptr::null_mut());
    let frame = g.frame_ptr();
    let count = code.co_nlocalsplus.get() as usize;
    // SAFETY: the object has room for the locals and the stack.
    unsafe {
        let (to, locals) = (Frame::locals_start(frame), Frame::locals_start(from));
        for index in 0..count {
            to.add(index).write((*locals.add(index)).heap_safe());
        }
        (&raw mut (*frame).executable).write(source.executable.heap_safe());
        (&raw mut (*frame).funcobj).write(source.funcobj.heap_safe());
        (*frame).previous = ptr::null_mut();
        // Volatile: these words were just written one by one, and reading two of them as one would wait for the writes.
        (*frame).globals = (&raw const source.globals).read_volatile();
        (*frame).builtins = (&raw const source.builtins).read_volatile();
        (*frame).locals = (&raw const source.locals).read_volatile();
        (*frame).frame_obj = (&raw const source.frame_obj).read_volatile();
        (*frame).instr_ptr = (&raw const source.instr_ptr).read_volatile();
        (*frame).stackpointer = to.add(count);
        (*frame).return_offset = 0;
        (*frame).owner = owner::GENERATOR;
        if let Some(object) = source.frame_obj.as_ref() {
            object.f_frame.set(frame);
        }
    }
    g.frame_state.set(phase::CREATED);
    let f = g.frame.function();
    g.name.set_ref(f.func_name.get_ref());
    g.qualname.set_ref(f.func_qualname.get_ref());
    if flags & CO_COROUTINE != 0 {
        coroutine::note_origin(ts, g);
    }
    Ok(made)
}

// ---- Life and death ----

fn generator_traverse(g: &Generator, v: &mut Visitor) -> Visit {
    v.visit_ptr(g.name.get())?;
    v.visit_ptr(g.qualname.get())?;
    v.visit_ptr(g.origin_or_finalizer.get())?;
    v.visit_ptr(g.exc_state.exc_value.get())?;
    if g.is_finished() {
        // Cleared, but for the code, which attributes still ask for.
        return v.visit_ptr(g.frame.executable.as_ptr());
    }
    if g.frame_state.get() == phase::EXECUTING {
        return visit_running(g, v);
    }
    g.frame.traverse(v)
}

/// A frame that runs is not up to date. Where the references it holds are counted, leaving some out merely keeps them
/// alive; where they are found by marking, all words that might be references count.
fn visit_running(g: &Generator, v: &mut Visitor) -> Visit {
    v.visit_ptr(g.frame.frame_obj.cast())?;
    if gc::facts().counts {
        return Ok(());
    }
    v.visit_ptr(g.frame.executable.as_ptr())?;
    v.visit_ptr(g.frame.funcobj.as_ptr())?;
    v.visit_ptr(g.frame.locals)?;
    let code = g.code();
    let words = (code.co_nlocalsplus.get() + code.co_stacksize.get()) as usize;
    // SAFETY: the object has that many words behind the frame.
    unsafe {
        gc::visit_conservatively(
            g.frame.localsplus.as_ptr().cast(),
            words * size_of::<StackRef>(),
        )
    };
    Ok(())
}

/// Drops the frame of a generator that does not run.
pub fn clear_frame(g: &Generator) {
    if g.frame_state.get() == phase::CLEARED {
        return;
    }
    g.frame_state.set(phase::CLEARED);
    // SAFETY: the frame does not run, and the state says that it is gone.
    unsafe { Frame::clear_except_code(g.frame_ptr()) };
    g.exc_state.exc_value.set_ref(None);
}

/// A generator that dies unfinished is closed, so that its `finally` blocks run.
pub fn finalize(g: &Generator) {
    if g.is_finished() {
        return;
    }
    if g.is_async_generator() && asyncgen::hand_to_finalizer(g) {
        return;
    }
    err::preserved(|| {
        if g.is_coroutine() && g.frame_state.get() == phase::CREATED {
            crate::warn::unawaited_coroutine(g);
            return;
        }
        if throw::close(g).is_err() {
            let text = format!(
                "Exception ignored while closing generator {}",
                repr_lossy(g.as_obj())
            );
            err::write_unraisable(None, Some(&text));
        }
    });
}

unsafe extern "C" fn generator_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a generator is gone.
    unsafe {
        let g: &Generator = (*o).cast();
        if !g.weakreflist.get().is_null() {
            weakref::clear_weakrefs(&*o);
        }
        if type_::subtype::finalize_before_dealloc(o) {
            return;
        }
        gc::untrack(o);
        drop(g.origin_or_finalizer.take_ref());
        clear_frame(g);
        core::mem::replace(&mut (*g.frame_ptr()).executable, StackRef::NULL).close();
        drop(g.name.take_ref());
        drop(g.qualname.take_ref());
        drop(g.exc_state.exc_value.take_ref());
        free_builtin(o);
    }
}

/// The code's flag for a coroutine made from a generator by `types.coroutine`.
pub fn is_iterable_coroutine(o: &Obj) -> bool {
    o.downcast_exact::<Generator>()
        .is_some_and(|g| code::has_flag(g.code(), CO_ITERABLE_COROUTINE))
}
