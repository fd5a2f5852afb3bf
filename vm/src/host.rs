//! What the memory managers ask of the runtime.

use layout::*;

use crate::err;
use crate::interp::pending::{ask, request};
use crate::object::*;
use crate::protocol::call;
use crate::state;
use crate::threads;
use crate::types::dict::DictExt as _;
use crate::types::list::ListExt as _;
use crate::types::weakref;
use crate::types::{asyncgen, dict, generator, int, list, str_, tuple};

/// The runtime as `gc` sees it.
pub struct VmHost;

/// `gc.garbage` and `gc.callbacks`; made when the runtime starts.
pub struct GcLists {
    /// What could not be collected.
    pub garbage: Ref<PyListObject>,
    /// Called before and after each collection.
    pub callbacks: Ref<PyListObject>,
}

static LISTS: Global<Option<&'static GcLists>> = Global::new(None);

/// The lists that the `gc` module shows.
pub fn lists() -> &'static GcLists {
    match LISTS.get() {
        Some(lists) => lists,
        None => {
            let made: &'static GcLists = Box::leak(Box::new(GcLists {
                garbage: list::from_vec(Vec::new()),
                callbacks: list::from_vec(Vec::new()),
            }));
            LISTS.set(Some(made));
            made
        }
    }
}

fn ty<'a>(o: *mut PyObject) -> &'a PyTypeObject {
    // SAFETY: managers name live objects, and a type outlives its instances.
    unsafe { &*(*o).ob_type.get() }
}

fn live<'a>(o: *mut PyObject) -> &'a Obj {
    // SAFETY: managers name objects that are alive, or whose memory is released later.
    unsafe { &*o }
}

/// Whether the death of a generator, or of what awaits one, has to be noticed. None for other objects.
///
/// # Safety
/// The object's memory is still there.
unsafe fn noticed(object: *mut PyObject) -> Option<bool> {
    // SAFETY: the caller's.
    unsafe {
        match generator::of(object) {
            Some(generator) => Some(generator.is_death_noticed()),
            None => asyncgen::is_death_noticed(object),
        }
    }
}

#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "the collector asks about objects that it has not released"
)]
impl gc::Host for VmHost {
    fn root_ranges(&self, scan: &mut dyn FnMut(*const u8, usize)) {
        for ts in threads::states() {
            crate::interp::dead_words::clear(ts);
            crate::frame::for_each_data_stack_range(ts, scan);
        }
    }

    fn is_precise(&self, tp: *const PyTypeObject) -> bool {
        // A Python class is as precise as the native type it extends.
        // SAFETY: a type outlives its instances.
        native_base(unsafe { &*tp }).is_none_or(|tp| has_flag(tp, _Py_TPFLAGS_STATIC_BUILTIN))
    }

    fn has_weakrefs(&self, object: *mut PyObject) -> bool {
        weakref::has_weakrefs(live(object))
    }

    fn handle_weakrefs(&self, dead: &[*mut PyObject], is_dead: &dyn Fn(*mut PyObject) -> bool) {
        // SAFETY: their memory is released later.
        unsafe { weakref::handle_dead(dead, is_dead) };
    }

    fn clear_weakrefs_quietly(&self, dead: &[*mut PyObject]) {
        // SAFETY: as above.
        unsafe { weakref::clear_quietly(dead) };
    }

    fn clear(&self, object: *mut PyObject) {
        if let Some(f) = ty(object).tp_clear.get() {
            // SAFETY: a slot of the object's own type.
            unsafe { f(object) };
            if err::occurred() {
                err::write_unraisable(None, Some("Exception ignored in tp_clear"));
            }
        }
    }

    fn has_finalizer(&self, object: *mut PyObject) -> bool {
        // SAFETY: the collector asks about objects that are not released yet.
        unsafe { noticed(object) }.unwrap_or_else(|| ty(object).tp_finalize.get().is_some())
    }

    fn needs_dealloc(&self, object: *mut PyObject) -> bool {
        // SAFETY: as in `has_finalizer`.
        if let Some(noticed) = unsafe { noticed(object) } {
            return noticed;
        }
        if core::ptr::eq(ty(object), &PyUnicode_Type) {
            // SAFETY: just checked.
            return str_::utf8::owns_memory(unsafe { (*object).cast() });
        }
        // What a Python class adds is memory and references: only the native type it extends may own more.
        native_base(ty(object)).is_none_or(|tp| !has_flag(tp, FLAG_PLAIN))
    }

    fn dies_quietly(&self, object: *mut PyObject) -> bool {
        let tp = ty(object);
        has_flag(tp, FLAG_DIES_QUIETLY) || core::ptr::eq(tp, &PyUnicode_Type)
    }

    fn untrack_if_atomic(&self, object: *mut PyObject) {
        if let Some(t) = live(object).downcast_exact::<PyTupleObject>() {
            tuple::untrack_if_atomic(t);
        }
    }

    fn append_garbage(&self, object: *mut PyObject) {
        lists().garbage.push(live(object).new_ref());
    }

    fn event(&self, event: &gc::Event) {
        let callbacks = lists().callbacks.items().to_vec();
        if callbacks.is_empty() {
            return;
        }
        let info = dict::new();
        for (name, value) in [
            ("generation", event.generation),
            ("collected", event.collected),
            ("uncollectable", event.uncollectable),
        ] {
            if info
                .set_str(name, int::from_u64(value as u64).as_obj())
                .is_err()
            {
                err::clear();
            }
        }
        let phase = str_::intern_str(if event.stop { "stop" } else { "start" });
        err::preserved(|| {
            for f in callbacks {
                if call::call(&f, &[phase, info.as_obj()]).is_err() {
                    err::write_unraisable(Some(&f), None);
                }
            }
        });
    }

    fn request(&self) {
        let ts = state::current_ptr();
        if !ts.is_null() {
            // SAFETY: the calling thread's live state.
            ask(unsafe { &*ts }, request::COLLECT);
        }
    }
}
