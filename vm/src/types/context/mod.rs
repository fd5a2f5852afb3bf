//! `contextvars.Context`: a mapping from context variables to values, which copies in one step.
//!
//! The values lie in a dict that copies share; whoever sets a variable first takes a dict of its own. So a dict that is
//! shared never changes, and iterators over it need no care. The context that runs is in the thread's state.

pub mod token;
pub mod var;

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr;

use layout::*;

use crate::args;
use crate::err::{self, Result, raise};
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object};
use crate::state::{self, ThreadState};
use crate::types::dict::{self, DictExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::watchers;

pub use token::Token;
pub use var::ContextVar;

/// A context.
#[repr(C)]
pub struct Context {
    ob_base: PyObject,
    /// The dict of values.
    values: Slot,
    /// Whether another context or an iterator may have the same dict.
    shared: Cell<bool>,
    entered: Cell<bool>,
    /// The context to go back to.
    previous: Slot,
    weakrefs: Slot,
}

impl Layout for Context {
    fn type_object() -> &'static PyTypeObject {
        &PyContext_Type
    }
}

/// Fills in `Context`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Context>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .weaklistoffset(offset_of!(Context, weakrefs))
        .tp_new(context_new)
        .dealloc_drop::<Context>()
        .tp_traverse(|c: &Context, v: &mut Visitor| {
            v.slot(&c.values)?;
            v.slot(&c.previous)
        })
        .tp_clear(|c: &Context| {
            c.values.set(None);
            c.previous.set(None);
        })
        .unhashable()
        .tp_richcompare(richcompare)
        .tp_iter(|c: &Context| object::iter(c.frozen().as_obj()))
        .mp_length(|c: &Context| Ok(c.dict().len()))
        .mp_subscript(subscript)
        .sq_contains(|c: &Context, key: &Obj| Ok(c.find(key)?.is_some()))
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    fastcall!("get", get, "($self, key, default=None, /)"),
    noargs!("items", |c: &Context| c.view("items"), "($self, /)"),
    noargs!("keys", |c: &Context| c.view("keys"), "($self, /)"),
    noargs!("values", |c: &Context| c.view("values"), "($self, /)"),
    noargs!(
        "copy",
        |c: &Context| copy(c).map(Ref::into_obj),
        "($self, /)"
    ),
    varargs_kw!("run", run, ""),
];

fn with_values(values: Ref<PyDictObject>, shared: bool) -> Result<Ref<Context>> {
    let c = Context {
        ob_base: header(),
        values: Slot::new(Some(values.into_obj())),
        shared: Cell::new(shared),
        entered: Cell::new(false),
        previous: Slot::empty(),
        weakrefs: Slot::empty(),
    };
    create(&PyContext_Type, c)
}

/// An empty context.
pub fn new() -> Result<Ref<Context>> {
    with_values(dict::new(), false)
}

/// A context with the same values.
pub fn copy(c: &Context) -> Result<Ref<Context>> {
    with_values(c.frozen(), true)
}

/// A copy of the context that runs.
pub fn copy_current() -> Result<Ref<Context>> {
    copy(&*current()?)
}

fn context_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if args.ob_base.ob_size.get() > 0 || kwargs.is_some_and(|k| k.len() > 0) {
        return raise!(TypeError, "Context() does not accept any arguments");
    }
    new().map(Ref::into_obj)
}

// ---- The context that runs ----

/// The context that runs, if the thread has needed one so far.
pub fn current_or_none() -> Option<Ref<Context>> {
    let c = state::current().base.context.get_ref()?;
    // SAFETY: only contexts are put there.
    Some(unsafe { c.into_cast() })
}

/// The context that runs.
pub fn current() -> Result<Ref<Context>> {
    if let Some(c) = current_or_none() {
        return Ok(c);
    }
    let made = new()?;
    switch(state::current(), Some(made.clone().into_obj()));
    Ok(made)
}

fn switch(ts: &ThreadState, to: Option<Ref>) {
    ts.base.context_ver.set(ts.base.context_ver.get() + 1);
    ts.base.context.set_ref(to);
    if watchers::CONTEXTS.any() {
        let present = ts.base.context.get_ref().unwrap_or_else(none);
        watchers::context_switched(&present);
    }
}

/// Makes `c` the context that runs.
pub fn enter(c: &Context) -> Result<()> {
    if c.entered.get() {
        return raise!(
            RuntimeError,
            "cannot enter context: {} is already entered",
            repr_lossy(c.as_obj())
        );
    }
    let ts = state::current();
    c.previous.set(ts.base.context.get_ref());
    c.entered.set(true);
    switch(ts, Some(c.to_ref().into_obj()));
    Ok(())
}

/// Goes back to the context from which `c` was entered.
pub fn exit(c: &Context) -> Result<()> {
    if !c.entered.get() {
        return raise!(
            RuntimeError,
            "cannot exit context: {} has not been entered",
            repr_lossy(c.as_obj())
        );
    }
    let ts = state::current();
    if !ptr::eq(ts.base.context.get(), c.as_ptr()) {
        return raise!(
            RuntimeError,
            "cannot exit context: thread state references a different context object"
        );
    }
    c.entered.set(false);
    switch(ts, c.previous.take());
    Ok(())
}

// ---- Values ----

impl Context {
    fn dict(&self) -> Ref<PyDictObject> {
        self.values
            .get()
            .and_then(|d| d.downcast_ref().ok())
            .unwrap_or_else(dict::new)
    }

    /// The dict, which will not change any more.
    fn frozen(&self) -> Ref<PyDictObject> {
        self.shared.set(true);
        self.dict()
    }

    /// A dict that only this context has.
    fn own_dict(&self) -> Result<Ref<PyDictObject>> {
        if self.shared.get() {
            let own = self.dict().copy()?;
            self.values.set(Some(own.clone().into_obj()));
            self.shared.set(false);
            return Ok(own);
        }
        Ok(self.dict())
    }

    /// The value of a variable here.
    pub fn value_of(&self, var: &ContextVar) -> Result<Option<Ref>> {
        self.dict().get(var.as_obj())
    }

    /// Sets a variable here.
    pub fn set_value(&self, var: &ContextVar, value: &Obj) -> Result<()> {
        self.own_dict()?.set(var.as_obj(), value)
    }

    /// Removes a variable; false if it was not set.
    pub fn remove(&self, var: &ContextVar) -> Result<bool> {
        self.own_dict()?.del(var.as_obj())
    }

    fn find(&self, key: &Obj) -> Result<Option<Ref>> {
        match key.downcast::<ContextVar>() {
            Some(var) => self.value_of(var),
            None => raise!(
                TypeError,
                "a ContextVar key was expected, got {}",
                repr_lossy(key)
            ),
        }
    }

    fn view(&self, kind: &str) -> Result {
        let view = call::call_method(self.frozen().as_obj(), kind, &[])?;
        object::iter(&view)
    }
}

fn subscript(c: &Context, key: &Obj) -> Result {
    match c.find(key)? {
        Some(value) => Ok(value),
        None => Err(err::key_error(key)),
    }
}

fn get(c: &Context, args: &[&Obj]) -> Result {
    args::expect("get", args, 1..=2)?;
    Ok(c.find(args[0])?
        .unwrap_or_else(|| args.get(1).map_or_else(none, |o| o.new_ref())))
}

fn richcompare(c: &Context, other: &Obj, op: CompareOp) -> Result {
    let Some(other) = other
        .downcast::<Context>()
        .filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne))
    else {
        return Ok(not_implemented());
    };
    object::rich_compare(c.dict().as_obj(), other.dict().as_obj(), op)
}

fn run(c: &Context, args: Args<'_>) -> Result {
    let Some((function, rest)) = args.positional.split_first() else {
        return raise!(TypeError, "run() missing 1 required positional argument");
    };
    enter(c)?;
    let names = args.names.map_or(ptr::null_mut(), AsObj::as_ptr);
    // SAFETY: the arguments and the keywords' values lie in one array, as the caller gave them.
    let answer = unsafe { call::vectorcall(function, rest.as_ptr().cast(), rest.len(), names) };
    match answer {
        Ok(value) => exit(c).map(|()| value),
        Err(raised) => {
            let error = err::catch(raised);
            exit(c)?;
            Err(err::reraise(error))
        }
    }
}
