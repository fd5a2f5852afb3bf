//! `contextvars.Token`: what `ContextVar.set` answers, to be given to `reset`.

use core::cell::Cell;

use layout::*;

use super::{Context, ContextVar, var};
use crate::err::{Result, raise};
use crate::method::*;
use crate::object::*;
use crate::protocol::object;
use crate::types::genericalias;
use crate::types::str_;
use crate::types::type_::{self, TypeBuilder};

/// A token.
#[repr(C)]
pub struct Token {
    ob_base: PyObject,
    pub(super) context: Slot,
    pub(super) var: Slot,
    /// What the variable was before; nothing if it was not set.
    pub(super) old: Slot,
    pub(super) used: Cell<bool>,
}

impl Layout for Token {
    fn type_object() -> &'static PyTypeObject {
        &PyContextToken_Type
    }
}

/// The type of `Token.MISSING`.
pub static MISSING_TYPE: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct Missing {
    ob_base: PyObject,
}

impl Layout for Missing {
    fn type_object() -> &'static PyTypeObject {
        &MISSING_TYPE
    }
}

static MISSING: Global<Option<&'static Obj>> = Global::new(None);

/// `Token.MISSING`: the old value of a variable that had none.
pub fn missing() -> Result {
    if let Some(known) = MISSING.get() {
        return Ok(known.new_ref());
    }
    let made = create(&MISSING_TYPE, Missing { ob_base: header() })?;
    // SAFETY: the reference is never given up.
    let made: &'static Obj = unsafe { &*made.into_raw() };
    MISSING.set(Some(made));
    Ok(made.new_ref())
}

/// Fills in the type of `Token.MISSING`.
pub fn define_missing(b: &mut TypeBuilder) {
    b.basicsize::<Missing>()
        .new_disallowed()
        .tp_repr(|_: &Missing| Ok("<Token.MISSING>"));
}

/// Fills in `Token`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Token>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_new(
            |_: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| -> Result {
                raise!(RuntimeError, "Tokens can only be created by ContextVars")
            },
        )
        .dealloc_drop::<Token>()
        .tp_traverse(|t: &Token, v: &mut Visitor| {
            v.slot(&t.context)?;
            v.slot(&t.var)?;
            v.slot(&t.old)
        })
        .tp_clear(|t: &Token| {
            t.context.set(None);
            t.var.set(None);
            t.old.set(None);
        })
        .unhashable()
        .tp_repr(repr)
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
    noargs!(
        "__enter__",
        |t: &Token| Ok(t.as_obj().new_ref()),
        "($self, /)"
    ),
    fastcall!("__exit__", exit, "($self, type, val, tb, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("var", |t: &Token| Ok(t.var.get())),
    getset!("old_value", |t: &Token| t
        .old
        .get()
        .map_or_else(missing, Ok)),
];

/// Sets `Token.MISSING`.
pub fn finish() -> Result<()> {
    use crate::types::dict::DictExt as _;
    let missing = missing()?;
    match type_::own_dict(&PyContextToken_Type) {
        Some(d) => d.set_str("MISSING", &missing),
        None => Ok(()),
    }
}

pub(super) fn new(c: &Context, v: &ContextVar, old: Option<Ref>) -> Result<Ref<Token>> {
    let t = Token {
        ob_base: header(),
        context: Slot::new(Some(c.as_obj().new_ref())),
        var: Slot::new(Some(v.as_obj().new_ref())),
        old: Slot::new(old),
        used: Cell::new(false),
    };
    create(&PyContextToken_Type, t)
}

fn exit(t: &Token, args: &[&Obj]) -> Result<()> {
    crate::args::expect("__exit__", args, 3..=3)?;
    match t
        .var
        .get()
        .and_then(|v| v.downcast_ref::<ContextVar>().ok())
    {
        Some(v) => var::reset(&v, t),
        None => Ok(()),
    }
}

fn repr(t: &Token) -> Result<Ref<PyUnicodeObject>> {
    let mut out = str_::Writer::new();
    out.push_ascii(if t.used.get() {
        "<Token used var="
    } else {
        "<Token var="
    });
    let text = object::repr(&t.var.get().unwrap_or_else(none))?;
    // SAFETY: `repr` answers with a str.
    out.push_obj(unsafe { text.cast() });
    out.push_str(&format!(" at {:p}>", t.as_ptr()));
    out.finish()
}
