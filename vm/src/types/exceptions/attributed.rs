//! The exceptions with a few fields: `StopIteration`, `SystemExit`, `ImportError`, `NameError`, `AttributeError`; and
//! `KeyError`, which shows its key's repr.

use core::cell::Cell;

use layout::*;

use super::base;
use crate::args::Signature;
use crate::err::Result;
use crate::intern;
use crate::member;
use crate::object::*;
use crate::protocol::object;
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::TypeBuilder;

/// Traverse, clear and dealloc for a struct with further object fields.
#[macro_export]
macro_rules! exception_fields {
    ($b:expr, $layout:ident, $($field:ident)*) => {{
        unsafe extern "C" fn dealloc(o: *mut ::layout::PyObject) {
            // SAFETY: a dying exception of this layout.
            unsafe {
                gc::untrack(o);
                let e = $crate::method::borrowed::<$layout>(o);
                $(e.$field.set_ref(None);)*
                $crate::types::exceptions::base::finish_dealloc(o);
            }
        }
        $b.tp_new($crate::types::exceptions::base::new)
            .tp_dealloc(dealloc)
            .tp_traverse(|e: &$layout, v: &mut $crate::object::Visitor| {
                $(v.visit_ptr(e.$field.get())?;)*
                $crate::types::exceptions::base::traverse_base($crate::types::exceptions::base::base(e.as_obj()), v)
            })
            .tp_clear(|e: &$layout| {
                $(e.$field.set_ref(None);)*
                $crate::types::exceptions::base::clear_base($crate::types::exceptions::base::base(e.as_obj()));
            })
    }};
}

/// The common part of `tp_init`: refuses keywords, keeps the arguments.
fn plain_init(e: &Obj, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    base::init(base::base(e), args, kwargs)
}

fn first_or_none(args: &PyTupleObject) -> Ref {
    args.items().first().cloned().unwrap_or_else(none)
}

// ---- StopIteration, SystemExit ----

/// Fills in `StopIteration`.
pub fn define_stop_iteration(b: &mut TypeBuilder) {
    static MEMBERS: &[PyMemberDef] = &[member!(
        "value",
        PyStopIterationObject,
        value,
        _Py_T_OBJECT,
        0
    )];
    exception_fields!(b, PyStopIterationObject, value)
        .tp_init(
            |e: &PyStopIterationObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                plain_init(e.as_obj(), args, kwargs)?;
                e.value.set_ref(Some(first_or_none(args)));
                Ok(())
            },
        )
        .members(MEMBERS);
}

/// Fills in `SystemExit`.
pub fn define_system_exit(b: &mut TypeBuilder) {
    static MEMBERS: &[PyMemberDef] = &[member!("code", PySystemExitObject, code, _Py_T_OBJECT, 0)];
    exception_fields!(b, PySystemExitObject, code)
        .tp_init(
            |e: &PySystemExitObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                plain_init(e.as_obj(), args, kwargs)?;
                match args.items() {
                    [] => {}
                    [only] => e.code.set_ref(Some(only.clone())),
                    _ => e.code.set_ref(Some(args.as_obj().new_ref())),
                }
                Ok(())
            },
        )
        .members(MEMBERS);
}

// ---- Keyword-only attributes ----

/// Binds an exception's keyword-only attributes; the positional arguments are the message's.
fn keyword_fields<const N: usize>(
    signature: &'static Signature,
    e: &Obj,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
    fields: [&Cell<*mut PyObject>; N],
) -> Result<()> {
    base::base(e).args.set_ref(Some(args.as_obj().new_ref()));
    let nothing = tuple::empty();
    let bound = signature.bind::<N>(&nothing, kwargs)?;
    for (field, value) in fields.into_iter().zip(bound) {
        field.set_ref(value.map(Obj::new_ref));
    }
    Ok(())
}

/// The state of an exception for pickling: its dict and its keyword-only attributes.
fn state(e: &Obj, fields: &[(&'static Obj, &Cell<*mut PyObject>)]) -> Result<Option<Ref>> {
    let dict = base::base(e).dict.get_ref();
    if fields.iter().all(|(_, f)| f.get().is_null()) {
        return Ok(dict);
    }
    let all = match dict {
        // SAFETY: the field holds a dict.
        Some(d) => unsafe { d.cast::<PyDictObject>() }.copy()?,
        None => dict::new(),
    };
    for (name, field) in fields {
        if let Some(value) = field.borrow_obj() {
            all.set(name, value)?;
        }
    }
    Ok(Some(all.into_obj()))
}

fn reduced(e: &Obj, state: Option<Ref>) -> Ref {
    let args = base::base(e)
        .args
        .get_ref()
        .unwrap_or_else(|| tuple::empty().into_obj());
    match state {
        Some(s) => tuple::from_slice(&[e.ty().as_obj(), &args, &s]).into_obj(),
        None => tuple::from_slice(&[e.ty().as_obj(), &args]).into_obj(),
    }
}

/// Fills in `ImportError`.
pub fn define_import_error(b: &mut TypeBuilder) {
    static MEMBERS: &[PyMemberDef] = &[
        member!("msg", PyImportErrorObject, msg, _Py_T_OBJECT, 0),
        member!("name", PyImportErrorObject, name, _Py_T_OBJECT, 0),
        member!("path", PyImportErrorObject, path, _Py_T_OBJECT, 0),
        member!("name_from", PyImportErrorObject, name_from, _Py_T_OBJECT, 0),
    ];
    static METHODS: &[PyMethodDef] = &[crate::noargs!(
        "__reduce__",
        |e: &PyImportErrorObject| {
            let state = state(
                e.as_obj(),
                &[
                    (intern!("name"), &e.name),
                    (intern!("path"), &e.path),
                    (intern!("name_from"), &e.name_from),
                ],
            )?;
            Ok(reduced(e.as_obj(), state))
        },
        ""
    )];
    exception_fields!(b, PyImportErrorObject, msg name path name_from)
        .tp_init(
            |e: &PyImportErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                static SIGNATURE: Signature =
                    Signature::new("ImportError", "(*, name=None, path=None, name_from=None)");
                keyword_fields(
                    &SIGNATURE,
                    e.as_obj(),
                    args,
                    kwargs,
                    [&e.name, &e.path, &e.name_from],
                )?;
                e.msg.set_ref(match args.items() {
                    [only] => Some(only.clone()),
                    _ => None,
                });
                Ok(())
            },
        )
        .tp_str(|e: &PyImportErrorObject| match e.msg.get_ref() {
            Some(m) if m.is_exact::<PyUnicodeObject>() => Ok(m),
            _ => base::text(base::base(e.as_obj())),
        })
        .methods(METHODS)
        .members(MEMBERS);
}

/// Fills in `NameError`.
pub fn define_name_error(b: &mut TypeBuilder) {
    static MEMBERS: &[PyMemberDef] = &[member!("name", PyNameErrorObject, name, _Py_T_OBJECT, 0)];
    exception_fields!(b, PyNameErrorObject, name)
        .tp_init(
            |e: &PyNameErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                static SIGNATURE: Signature = Signature::new("NameError", "(*, name=None)");
                keyword_fields(&SIGNATURE, e.as_obj(), args, kwargs, [&e.name])
            },
        )
        .members(MEMBERS);
}

/// Fills in `AttributeError`.
pub fn define_attribute_error(b: &mut TypeBuilder) {
    static MEMBERS: &[PyMemberDef] = &[
        member!("name", PyAttributeErrorObject, name, _Py_T_OBJECT, 0),
        member!("obj", PyAttributeErrorObject, obj, _Py_T_OBJECT, 0),
    ];
    static METHODS: &[PyMethodDef] = &[
        crate::noargs!(
            "__getstate__",
            |e: &PyAttributeErrorObject| {
                // Not `obj`: it may be unpicklable, or much larger than the error.
                let fields = [
                    (intern!("name"), &e.name),
                    (intern!("args"), &base::base(e.as_obj()).args),
                ];
                state(e.as_obj(), &fields)
            },
            ""
        ),
        crate::noargs!(
            "__reduce__",
            |e: &PyAttributeErrorObject| {
                let fields = [
                    (intern!("name"), &e.name),
                    (intern!("args"), &base::base(e.as_obj()).args),
                ];
                let state = state(e.as_obj(), &fields)?;
                Ok(reduced(e.as_obj(), state))
            },
            ""
        ),
    ];
    exception_fields!(b, PyAttributeErrorObject, name obj)
        .tp_init(
            |e: &PyAttributeErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                static SIGNATURE: Signature =
                    Signature::new("AttributeError", "(*, name=None, obj=None)");
                keyword_fields(&SIGNATURE, e.as_obj(), args, kwargs, [&e.name, &e.obj])
            },
        )
        .methods(METHODS)
        .members(MEMBERS);
}

/// Fills in `KeyError`.
pub fn define_key_error(b: &mut TypeBuilder) {
    base::define_plain(b);
    b.tp_str(|e: &PyBaseExceptionObject| {
        let args = e
            .args
            .get_ref()
            .unwrap_or_else(|| tuple::empty().into_obj());
        // SAFETY: args is a tuple.
        match unsafe { args.cast::<PyTupleObject>() }.items() {
            [key] => object::repr(key),
            _ => base::text(e),
        }
    });
}
