//! `contextvars.ContextVar`: a variable whose value depends on the context that runs.

use core::cell::Cell;

use layout::*;

use super::token::{self, Token};
use crate::args::{self, Signature};
use crate::err::{self, Result, exc, raise};
use crate::method::*;
use crate::object::*;
use crate::protocol::object;
use crate::types::genericalias;
use crate::types::str_::{self, StrExt as _};
use crate::types::type_::TypeBuilder;

/// A variable.
#[repr(C)]
pub struct ContextVar {
    ob_base: PyObject,
    name: Slot,
    default: Slot,
    hash: Cell<isize>,
}

impl Layout for ContextVar {
    fn type_object() -> &'static PyTypeObject {
        &PyContextVar_Type
    }
}

/// Fills in `ContextVar`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<ContextVar>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_new(var_new)
        .dealloc_drop::<ContextVar>()
        .tp_traverse(|v: &ContextVar, visitor: &mut Visitor| {
            visitor.slot(&v.name)?;
            visitor.slot(&v.default)
        })
        .tp_clear(|v: &ContextVar| v.default.set(None))
        .tp_hash(|v: &ContextVar| Ok(v.hash.get()))
        .tp_repr(repr)
        .methods(METHODS)
        .members(MEMBERS);
}

static METHODS: &[PyMethodDef] = &[
    fastcall!("get", get_method, "($self, default=<unrepresentable>, /)"),
    o!(
        "set",
        |v: &ContextVar, value: &Obj| set(v, value).map(Ref::into_obj),
        "($self, value, /)"
    ),
    o!("reset", reset_method, "($self, token, /)"),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

static MEMBERS: &[PyMemberDef] = &[member!("name", ContextVar, name, _Py_T_OBJECT, Py_READONLY)];

/// A new variable.
pub fn new(name: &Obj, default: Option<&Obj>) -> Result<Ref<ContextVar>> {
    let Some(text) = name.downcast::<PyUnicodeObject>() else {
        return raise!(TypeError, "context variable name must be a str");
    };
    let v = ContextVar {
        ob_base: header(),
        name: Slot::new(Some(name.new_ref())),
        default: Slot::new(default.map(Obj::new_ref)),
        hash: Cell::new(text.hash()),
    };
    let v = create(&PyContextVar_Type, v)?;
    // Two variables of one name are different keys.
    let address = v.as_ptr() as isize;
    let hash = v.hash.get() ^ (address >> 4 | address << 60);
    v.hash.set(if hash == -1 { -2 } else { hash });
    Ok(v)
}

/// A new variable without default.
pub fn named(name: &str) -> Result<Ref<ContextVar>> {
    new(str_::intern_str(name), None)
}

fn var_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature =
        Signature::new("ContextVar", "(name, /, *, default=<unrepresentable>)");
    let [name, default] = SIGNATURE.bind(args, kwargs)?;
    new(name.expect("required"), default).map(Ref::into_obj)
}

/// The value: that of the context, the one given, the variable's own default.
pub fn get(v: &ContextVar, default: Option<&Obj>) -> Result<Option<Ref>> {
    if let Some(c) = super::current_or_none()
        && let Some(value) = c.value_of(v)?
    {
        return Ok(Some(value));
    }
    Ok(default.map(Obj::new_ref).or_else(|| v.default.get()))
}

/// Sets the value in the context that runs.
pub fn set(v: &ContextVar, value: &Obj) -> Result<Ref<Token>> {
    let c = super::current()?;
    let old = c.value_of(v)?;
    let token = token::new(&c, v, old)?;
    c.set_value(v, value)?;
    Ok(token)
}

/// Brings back the value that the variable had before the `set` that gave the token.
pub fn reset(v: &ContextVar, token: &Token) -> Result<()> {
    if token.used.get() {
        return raise!(
            RuntimeError,
            "{} has already been used once",
            repr_lossy(token.as_obj())
        );
    }
    if !core::ptr::eq(token.var.as_ptr(), v.as_ptr()) {
        return raise!(
            ValueError,
            "{} was created by a different ContextVar",
            repr_lossy(token.as_obj())
        );
    }
    let c = super::current()?;
    if !core::ptr::eq(token.context.as_ptr(), c.as_ptr()) {
        return raise!(
            ValueError,
            "{} was created in a different Context",
            repr_lossy(token.as_obj())
        );
    }
    token.used.set(true);
    match token.old.get() {
        Some(old) => c.set_value(v, &old),
        None => {
            if c.remove(v)? {
                Ok(())
            } else {
                Err(missing(v))
            }
        }
    }
}

fn missing(v: &ContextVar) -> err::Raised {
    err::set_object(&exc::LookupError, v.as_obj())
}

fn get_method(v: &ContextVar, args: &[&Obj]) -> Result {
    args::expect("get", args, 0..=1)?;
    match get(v, args.first().copied())? {
        Some(value) => Ok(value),
        None => Err(missing(v)),
    }
}

fn reset_method(v: &ContextVar, token: &Obj) -> Result<()> {
    match token.downcast::<Token>() {
        Some(token) => reset(v, token),
        None => raise!(
            TypeError,
            "expected an instance of Token, got {}",
            repr_lossy(token)
        ),
    }
}

fn repr(v: &ContextVar) -> Result<Ref<PyUnicodeObject>> {
    let mut out = str_::Writer::new();
    out.push_ascii("<ContextVar name=");
    push_repr(&mut out, &v.name)?;
    if v.default.borrow().is_some() {
        out.push_ascii(" default=");
        push_repr(&mut out, &v.default)?;
    }
    out.push_str(&format!(" at {:p}>", v.as_ptr()));
    out.finish()
}

fn push_repr(out: &mut str_::Writer, value: &Slot) -> Result<()> {
    let text = object::repr(&value.get().unwrap_or_else(none))?;
    // SAFETY: `repr` answers with a str.
    out.push_obj(unsafe { text.cast() });
    Ok(())
}
