//! `Future`: a result that comes later.
//!
//! Invariants: a future without a loop was never initialised. The first callback lies in the future itself and is the
//! first to be called; those in the list came after it.

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr;

use super::imports::{self, EXTRACT_STACK};
use super::outcome::{exception, result};
use super::{future_attributes, future_iter, registry, running, task::Task};
use crate::prelude::*;
use vm::protocol::call as calls;
use vm::threads;
use vm::types::context;
use vm::types::dict::{self, DictExt as _};
use vm::types::list::{self, ListExt as _};
use vm::types::type_::{attributes, subtype};

/// Neither result nor exception yet.
pub const PENDING: u8 = 0;
/// Cancelled.
pub const CANCELLED: u8 = 1;
/// There is a result or an exception.
pub const FINISHED: u8 = 2;

/// A future.
#[repr(C)]
pub struct Future {
    ob_base: PyObject,
    pub event_loop: Slot,
    pub callback: Slot,
    pub context: Slot,
    /// A list of pairs: callback, context.
    pub callbacks: Slot,
    pub exception: Slot,
    pub exception_tb: Slot,
    pub result: Slot,
    pub source_traceback: Slot,
    pub cancel_message: Slot,
    pub cancelled_error: Slot,
    pub awaited_by: Slot,
    dict: Slot,
    weakrefs: Cell<*mut PyObject>,
    pub state: Cell<u8>,
    pub is_awaited_by_set: Cell<bool>,
    pub log_traceback: Cell<bool>,
    pub blocking: Cell<bool>,
}

static_type!(Future, FUTURE);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Future>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .destructible()
        .dictoffset(offset_of!(Future, dict))
        .weaklistoffset(offset_of!(Future, weakrefs))
        .tp_dealloc(dealloc::<Future>)
        .tp_traverse(|f: &Future, v: &mut Visitor| f.visit(v))
        .tp_clear(Future::clear)
        .tp_finalize(finalize)
        .generic_attributes()
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                alloc::<Future>(tp).map(Ref::into_obj)
            },
        )
        .tp_init(init_method)
        .tp_repr(|f: &Future| {
            f.check_initialised()?;
            call::call1(imports::FUTURE_REPR.get()?, f.as_obj())
        })
        .tp_iter(future_iter::new)
        .am_await(future_iter::new)
        .text_signature(method_doc!("Future", "(*, loop=None)"))
        .methods(METHODS)
        .getset(future_attributes::GETSET);
}

static METHODS: &[PyMethodDef] = &[
    noargs!("result", result, "($self, /)"),
    noargs!("exception", exception, "($self, /)"),
    o!(
        "set_result",
        |f: &Future, value: &Obj| {
            f.check_initialised()?;
            f.set_result(value)
        },
        "($self, result, /)"
    ),
    o!(
        "set_exception",
        |f: &Future, e: &Obj| {
            f.check_initialised()?;
            f.set_exception(e)
        },
        "($self, exception, /)"
    ),
    keywords!(
        "add_done_callback",
        add_done_callback,
        "($self, fn, /, *, context=<unrepresentable>)"
    ),
    o!(
        "remove_done_callback",
        remove_done_callback,
        "($self, fn, /)"
    ),
    keywords!(
        "cancel",
        |f: &Future, [message]: [Option<&Obj>; 1]| {
            f.check_initialised()?;
            f.cancel(message)
        },
        "($self, /, msg=None)"
    ),
    noargs!(
        "cancelled",
        |f: &Future| Ok(f.is_initialised() && f.state.get() == CANCELLED),
        "($self, /)"
    ),
    noargs!(
        "done",
        |f: &Future| Ok(f.is_initialised() && f.state.get() != PENDING),
        "($self, /)"
    ),
    noargs!(
        "get_loop",
        |f: &Future| {
            f.check_initialised()?;
            Ok(f.event_loop.get())
        },
        "($self, /)"
    ),
    noargs!(
        "_make_cancelled_error",
        Future::make_cancelled_error,
        "($self, /)"
    ),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

// ---- Life ----

fn init_method(f: &Future, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new("Future", "(*, loop=None)");
    let [event_loop] = SIGNATURE.bind(args, kwargs)?;
    f.init(event_loop)
}

impl Future {
    /// Makes the future as new.
    pub fn init(&self, event_loop: Option<&Obj>) -> Result<()> {
        self.clear_references();
        self.state.set(PENDING);
        for flag in [&self.is_awaited_by_set, &self.log_traceback, &self.blocking] {
            flag.set(false);
        }
        let event_loop = match event_loop.filter(|l| !l.is_none()) {
            Some(l) => l.new_ref(),
            None => running::get_event_loop()?,
        };
        self.event_loop.set(Some(event_loop.clone()));
        let debug = call::method(&event_loop, intern!("get_debug"), &[])?;
        if proto::is_true(&debug)? && !threads::is_finalizing() {
            let stack = call::call0(EXTRACT_STACK.get()?)?;
            self.source_traceback.set(Some(stack));
        }
        Ok(())
    }

    fn slots(&self) -> [&Slot; 11] {
        [
            &self.event_loop,
            &self.callback,
            &self.context,
            &self.callbacks,
            &self.result,
            &self.exception,
            &self.exception_tb,
            &self.source_traceback,
            &self.cancel_message,
            &self.cancelled_error,
            &self.awaited_by,
        ]
    }

    fn clear_references(&self) {
        self.is_awaited_by_set.set(false);
        for slot in self.slots() {
            slot.set(None);
        }
    }

    /// `tp_clear`.
    pub fn clear(&self) {
        self.clear_references();
        self.dict.set(None);
    }

    /// `tp_traverse`.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        for slot in self.slots() {
            v.slot(slot)?;
        }
        v.slot(&self.dict)
    }

    /// Whether `__init__` has run.
    #[inline(always)]
    pub fn is_initialised(&self) -> bool {
        !self.event_loop.as_ptr().is_null()
    }

    /// An error where `__init__` has not run.
    #[inline(always)]
    pub fn check_initialised(&self) -> Result<()> {
        if self.is_initialised() {
            return Ok(());
        }
        raise!(RuntimeError, "Future object is not initialized.")
    }

    /// Hands the loop's exception handler what nobody can be told otherwise.
    pub fn report(&self, context: &[(&str, Option<Ref>)]) {
        let Some(event_loop) = self.event_loop.get() else {
            return;
        };
        err::preserved(|| {
            let handler = match proto::getattr(&event_loop, intern!("call_exception_handler")) {
                Ok(handler) => handler,
                Err(_) => return err::write_unraisable(Some(self.as_obj()), None),
            };
            let told = || -> Result<()> {
                let d = dict::new();
                for (name, value) in context {
                    if let Some(value) = value {
                        d.set(str_::intern_str(name), value)?;
                    }
                }
                call::call1(&handler, d.as_obj()).map(drop)
            };
            if told().is_err() {
                err::write_unraisable(Some(&handler), None);
            }
        });
    }
}

/// `tp_finalize`: an exception that nobody has asked for is reported.
pub fn finalize(f: &Future) {
    if !f.log_traceback.replace(false) {
        return;
    }
    let class = type_name(f.as_obj().ty());
    let class = class.rsplit_once('.').map_or(class, |(_, name)| name);
    let message = str_::new(&format!("{class} exception was never retrieved"));
    f.report(&[
        ("message", Some(message.into_obj())),
        ("exception", f.exception.get()),
        ("future", Some(f.as_obj().new_ref())),
        ("source_traceback", f.source_traceback.get()),
    ]);
}

/// `tp_dealloc` of futures and tasks.
///
/// # Safety
/// As the slot's contract; `o` has layout `T`.
pub unsafe extern "C" fn dealloc<T: Layout>(o: *mut PyObject) {
    // SAFETY: the caller's; the finaliser may bring it back.
    unsafe {
        if !subtype::finalize_before_dealloc(o) {
            dealloc_drop::<T>(o);
        }
    }
}

/// The loop of something that is like a future.
pub fn loop_of(o: &Obj) -> Result {
    if o.is_exact::<Future>() || o.is_exact::<Task>() {
        // SAFETY: tasks are futures.
        let future = unsafe { o.cast::<Future>() };
        future.check_initialised()?;
        return Ok(held(&future.event_loop).new_ref());
    }
    match proto::getattr_opt(o, intern!("get_loop"))? {
        Some(get_loop) => call::call0(&get_loop),
        None => proto::getattr(o, intern!("_loop")),
    }
}

// ---- Callbacks ----

/// Calls `loop.call_soon(function, [argument, ]context=context)`.
pub fn call_soon(
    event_loop: &Obj,
    function: &Obj,
    argument: Option<&Obj>,
    context: Option<&Obj>,
) -> Result<()> {
    static NAMES: Global<*mut PyObject> = Global::new(ptr::null_mut());
    let (unbound, method) = match attributes::get_method(event_loop, intern!("call_soon"))? {
        attributes::Method::Unbound(f) => (true, f),
        attributes::Method::Value(f) => (false, f),
    };
    let mut names = ptr::null_mut();
    if context.is_some() {
        if NAMES.get().is_null() {
            NAMES.set(tuple::from_slice(&[intern!("context")]).into_raw());
        }
        names = NAMES.get();
    }
    let given = [
        unbound.then_some(event_loop),
        Some(function),
        argument,
        context,
    ];
    let mut args = [ptr::null_mut(); 4];
    let mut count = 0;
    for o in given.into_iter().flatten() {
        args[count] = o.as_ptr();
        count += 1;
    }
    let positional = count - usize::from(context.is_some());
    // SAFETY: so many arguments were written, the one by name last.
    unsafe { calls::vectorcall(&method, args.as_ptr(), positional, names) }.map(drop)
}

impl Future {
    /// Has the loop call all callbacks.
    pub fn schedule_callbacks(&self) -> Result<()> {
        if let Some(task) = self.as_obj().downcast::<Task>() {
            registry::remove(task);
        }
        if let Some(callback) = self.callback.take() {
            let context = self.context.take();
            call_soon(
                held(&self.event_loop),
                &callback,
                Some(self.as_obj()),
                context.as_deref(),
            )?;
        }
        let Some(callbacks) = self.callbacks.take() else {
            return Ok(());
        };
        // SAFETY: the field has a list of pairs.
        let callbacks = unsafe { callbacks.into_cast::<PyListObject>() };
        let mut i = 0;
        while let Some(pair) = callbacks.get(i) {
            let (callback, context) = parts(&pair);
            call_soon(
                held(&self.event_loop),
                callback,
                Some(self.as_obj()),
                Some(context),
            )?;
            i += 1;
        }
        Ok(())
    }

    /// Has `function` called when the future is done.
    pub fn add_callback(&self, function: &Obj, context: &Obj) -> Result<()> {
        let Some(event_loop) = self.event_loop.borrow() else {
            return raise!(RuntimeError, "uninitialized Future object");
        };
        if self.state.get() != PENDING {
            return call_soon(event_loop, function, Some(self.as_obj()), Some(context));
        }
        if self.callbacks.borrow().is_none() && self.callback.borrow().is_none() {
            self.callback.set(Some(function.new_ref()));
            self.context.set(Some(context.new_ref()));
            return Ok(());
        }
        let pair = tuple::pair(function, context).into_obj();
        match self
            .callbacks
            .borrow()
            .and_then(Obj::downcast::<PyListObject>)
        {
            Some(callbacks) => callbacks.push(pair),
            None => self
                .callbacks
                .set(Some(list::from_vec(vec![pair]).into_obj())),
        }
        Ok(())
    }
}

/// Callback and context of a pair in the list.
pub fn parts(pair: &Obj) -> (&Obj, &Obj) {
    match pair.downcast::<PyTupleObject>().map(|t| t.items()) {
        Some([callback, context]) => (callback, context),
        _ => (NONE(), NONE()),
    }
}

fn add_done_callback(f: &Future, [function, context]: [Option<&Obj>; 2]) -> Result<()> {
    match context {
        Some(context) => f.add_callback(required(function), context),
        None => {
            let context = context::copy_current()?;
            f.add_callback(required(function), context.as_obj())
        }
    }
}

fn remove_done_callback(f: &Future, function: &Obj) -> Result<usize> {
    f.check_initialised()?;
    let mut removed = 0;
    if let Some(first) = f.callback.get()
        && proto::rich_compare_bool(function, &first, CompareOp::Eq)?
    {
        f.callback.set(None);
        f.context.set(None);
        removed = 1;
    }
    let Some(callbacks) = f.callbacks.get() else {
        return Ok(removed);
    };
    // SAFETY: the field has a list of pairs.
    let callbacks = unsafe { callbacks.into_cast::<PyListObject>() };
    let mut left = Vec::new();
    let mut i = 0;
    // What is compared may change the list meanwhile.
    while let Some(pair) = callbacks.get(i) {
        if proto::rich_compare_bool(parts(&pair).0, function, CompareOp::Eq)? {
            removed += 1;
        } else {
            left.push(pair);
        }
        i += 1;
    }
    let left = (!left.is_empty()).then(|| list::from_vec(left).into_obj());
    f.callbacks.set(left);
    Ok(removed)
}
