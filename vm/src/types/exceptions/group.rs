//! `BaseExceptionGroup` and `ExceptionGroup` (PEP 654): splitting and deriving.

use layout::*;

use super::base;
use crate::args;
use crate::err::{Result, exc, raise};
use crate::exception_fields;
use crate::intern;
use crate::member;
use crate::method::class_method;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::dict::{self, DictExt as _};
use crate::types::list::ListExt as _;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, TypeBuilder};
use crate::types::{list, str_};

type Group = PyBaseExceptionGroupObject;

static EXCEPTION_GROUP: Global<*mut PyObject> = Global::new(core::ptr::null_mut());

/// Fills in `BaseExceptionGroup`.
pub fn define(b: &mut TypeBuilder) {
    exception_fields!(b, PyBaseExceptionGroupObject, msg excs excs_str)
        .tp_new(new)
        .tp_init(init)
        .tp_str(text)
        .tp_repr(repr)
        .methods(METHODS)
        .members(MEMBERS);
}

static METHODS: &[PyMethodDef] = &[
    class_method(crate::o!(
        "__class_getitem__",
        |class: &Obj, key: &Obj| crate::types::genericalias::new(class, key),
        ""
    )),
    crate::o!("derive", derive, ""),
    crate::o!("split", split, ""),
    crate::o!("subgroup", subgroup, ""),
];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "message",
        PyBaseExceptionGroupObject,
        msg,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "exceptions",
        PyBaseExceptionGroupObject,
        excs,
        _Py_T_OBJECT,
        Py_READONLY
    ),
];

/// `ExceptionGroup(BaseExceptionGroup, Exception)`: two bases, so it is made at start-up like a class statement.
pub fn make_exception_group() -> Result {
    let body = dict::new();
    body.set(intern!("__module__"), intern!("builtins"))?;
    let made = type_::new_type(
        "ExceptionGroup",
        &[&exc::BaseExceptionGroup, &exc::Exception],
        &body,
    )?;
    EXCEPTION_GROUP.set(made.clone().into_raw());
    Ok(made)
}

/// The type `ExceptionGroup`.
pub fn exception_group() -> &'static PyTypeObject {
    // SAFETY: made at start-up and never released.
    unsafe { &*EXCEPTION_GROUP.get().cast::<PyTypeObject>() }
}

fn new(tp: &PyTypeObject, arguments: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords(type_name(tp), kwargs)?;
    let items = arguments.items();
    if items.len() != 2 {
        return raise!(
            TypeError,
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            items.len()
        );
    }
    let message = &items[0];
    if !message.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "BaseExceptionGroup.__new__() argument 1 must be str, not {}",
            message.tp_name()
        );
    }
    if !object::is_sequence(&items[1]) {
        return raise!(TypeError, "second argument (exceptions) must be a sequence");
    }
    // The text of the exceptions as they were given is kept: a list may change afterwards.
    let given_text = if items[1].is::<PyListObject>() || items[1].is::<PyTupleObject>() {
        None
    } else {
        Some(object::repr(&items[1])?)
    };
    let excs = tuple::from_vec(object::to_vec(&items[1])?);
    if excs.items().is_empty() {
        return raise!(
            ValueError,
            "second argument (exceptions) must be a non-empty sequence"
        );
    }
    let mut nested_base = false;
    for (i, e) in excs.items().iter().enumerate() {
        if !e.is::<PyBaseExceptionObject>() {
            return raise!(
                ValueError,
                "Item {i} of second argument (exceptions) is not an exception"
            );
        }
        nested_base |= !is_instance_of(e, &exc::Exception);
    }
    let mut class = tp;
    if core::ptr::eq(tp, &exc::BaseExceptionGroup) {
        if !nested_base {
            class = exception_group();
        }
    } else if core::ptr::eq(tp, exception_group()) {
        if nested_base {
            return raise!(TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
        }
    } else if nested_base && type_::is_subtype(tp, &exc::Exception) {
        return raise!(
            TypeError,
            "Cannot nest BaseExceptions in '{}'",
            type_name(tp)
        );
    }
    let made = base::new(class, arguments, None)?;
    // SAFETY: a class derived from BaseExceptionGroup.
    let g = unsafe { made.cast::<Group>() };
    g.msg.set_ref(Some(message.clone()));
    g.excs.set_ref(Some(excs.into_obj()));
    g.excs_str.set_ref(given_text);
    Ok(made)
}

fn init(g: &Group, arguments: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    base::init(base::base(g.as_obj()), arguments, kwargs)
}

fn exceptions(g: &Group) -> Ref<PyTupleObject> {
    match g.excs.get_ref() {
        // SAFETY: the field holds a tuple.
        Some(t) => unsafe { t.into_cast() },
        None => tuple::empty(),
    }
}

fn text(g: &Group) -> Result<String> {
    let n = exceptions(g).items().len();
    let msg = g
        .msg
        .get_ref()
        .map_or_else(String::new, |m| str_::to_string_lossy(&m));
    Ok(format!(
        "{msg} ({n} sub-exception{})",
        if n > 1 { "s" } else { "" }
    ))
}

fn repr(g: &Group) -> Result<String> {
    let name = type_::name_of(g.as_obj().ty());
    let msg = g
        .msg
        .get_ref()
        .map_or_else(|| Ok(none()), |m| object::repr(&m))?;
    let excs = match g.excs_str.get_ref() {
        Some(t) => t,
        None => {
            let given_list = base::base(g.as_obj()).args.get_ref().is_some_and(|a| {
                // SAFETY: args is a tuple.
                unsafe { a.cast::<PyTupleObject>() }
                    .items()
                    .get(1)
                    .is_some_and(|e| e.is::<PyListObject>())
            });
            let items = exceptions(g);
            if given_list {
                object::repr(list::from_vec(items.items().to_vec()).as_obj())?
            } else {
                object::repr(items.as_obj())?
            }
        }
    };
    Ok(format!(
        "{name}({}, {})",
        str_::to_string_lossy(&msg),
        str_::to_string_lossy(&excs)
    ))
}

fn derive(g: &Group, excs: &Obj) -> Result {
    let msg = g.msg.get_ref().unwrap_or_else(none);
    call::call(exc::BaseExceptionGroup.as_obj(), &[&msg, excs])
}

/// A group like `g` of other exceptions: what `derive` makes, with `g`'s circumstances. None for no exceptions.
fn subset(g: &Group, excs: Vec<Ref>) -> Result {
    if excs.is_empty() {
        return Ok(none());
    }
    let excs = list::from_vec(excs);
    let made = call::method(g.as_obj(), intern!("derive"), &[excs.as_obj()])?;
    if !is_instance_of(&made, &exc::BaseExceptionGroup) {
        return raise!(
            TypeError,
            "derive must return an instance of BaseExceptionGroup"
        );
    }
    let (from, to) = (base::base(g.as_obj()), base::base(&made));
    to.traceback.set_ref(from.traceback.get_ref());
    to.context.set_ref(from.context.get_ref());
    to.cause.set_ref(from.cause.get_ref());
    to.suppress_context.set(from.suppress_context.get());
    if let Some(notes) = object::getattr_opt(g.as_obj(), intern!("__notes__"))?
        && object::is_sequence(&notes)
    {
        let copy = list::from_vec(object::to_vec(&notes)?);
        object::setattr(&made, intern!("__notes__"), Some(copy.as_obj()))?;
    }
    Ok(made)
}

/// What an exception is matched by.
enum Matcher {
    Types(Ref),
    Predicate(Ref),
    /// Exactly these leaves.
    Instances(Ref),
}

fn matcher(value: &Obj) -> Result<Matcher> {
    let is_exception_type = |o: &Obj| {
        o.downcast::<PyTypeObject>()
            .is_some_and(|t| type_::is_subtype(t, &exc::BaseException))
    };
    if is_exception_type(value) {
        return Ok(Matcher::Types(value.new_ref()));
    }
    if let Some(t) = value.downcast::<PyTupleObject>()
        && !t.items().is_empty()
        && t.items().iter().all(|o| is_exception_type(o))
    {
        return Ok(Matcher::Types(value.new_ref()));
    }
    if object::is_callable(value) && !value.is::<PyTypeObject>() {
        return Ok(Matcher::Predicate(value.new_ref()));
    }
    raise!(
        TypeError,
        "expected an exception type, a tuple of exception types, or a callable (other than a class)"
    )
}

impl Matcher {
    fn matches(&self, e: &Obj) -> Result<bool> {
        match self {
            Matcher::Types(t) => err_matches(e, t),
            Matcher::Predicate(f) => object::is_true(&*call::call1(f, e)?),
            Matcher::Instances(all) => {
                // SAFETY: made from a list.
                Ok(unsafe { all.cast::<PyListObject>() }
                    .items()
                    .iter()
                    .any(|x| x.is_same(e)))
            }
        }
    }
}

/// Whether an exception is an instance of a type or one of a tuple of types.
fn err_matches(e: &Obj, types: &Obj) -> Result<bool> {
    match types.downcast::<PyTupleObject>() {
        Some(t) => Ok(t.items().iter().any(|t| {
            t.downcast::<PyTypeObject>()
                .is_some_and(|t| is_instance_of(e, t))
        })),
        None => Ok(types
            .downcast::<PyTypeObject>()
            .is_some_and(|t| is_instance_of(e, t))),
    }
}

/// The matching part and, if asked for, the rest; None for empty parts.
fn split_by(e: &Obj, by: &Matcher, want_rest: bool) -> Result<(Ref, Ref)> {
    let is_match = match by {
        Matcher::Instances(_) if is_instance_of(e, &exc::BaseExceptionGroup) => false,
        _ => by.matches(e)?,
    };
    if is_match {
        return Ok((e.new_ref(), none()));
    }
    if !is_instance_of(e, &exc::BaseExceptionGroup) {
        return Ok((none(), if want_rest { e.new_ref() } else { none() }));
    }
    let _depth = call::NativeCall::enter(" in exceptiongroup_split_recursive")?;
    // SAFETY: just checked.
    let g = unsafe { e.cast::<Group>() };
    let (mut hits, mut rest) = (Vec::new(), Vec::new());
    for inner in exceptions(g).items() {
        let (a, b) = split_by(inner, by, want_rest)?;
        if !a.is_none() {
            hits.push(a);
        }
        if !b.is_none() {
            rest.push(b);
        }
    }
    let hit = subset(g, hits)?;
    let rest = if want_rest { subset(g, rest)? } else { none() };
    Ok((hit, rest))
}

fn split(g: &Group, by: &Obj) -> Result {
    let (hit, rest) = split_by(g.as_obj(), &matcher(by)?, true)?;
    Ok(object::pair(&hit, &rest))
}

fn subgroup(g: &Group, by: &Obj) -> Result {
    Ok(split_by(g.as_obj(), &matcher(by)?, false)?.0)
}

/// `except*`: the part of `e` that matches, and the rest; both None-able. A naked exception that matches is wrapped.
pub fn match_star(e: &Obj, types: &Obj) -> Result<(Ref, Ref)> {
    if e.is_none() {
        return Ok((none(), none()));
    }
    if !e.is::<PyBaseExceptionObject>() {
        return raise!(TypeError, "except* applied to a non-exception");
    }
    if err_matches(e, types)? {
        if is_instance_of(e, &exc::BaseExceptionGroup) {
            return Ok((e.new_ref(), none()));
        }
        let only = list::from_vec(vec![e.new_ref()]);
        let empty = str_::empty();
        let wrapped = call::call(
            exc::BaseExceptionGroup.as_obj(),
            &[empty.as_obj(), only.as_obj()],
        )?;
        base::base(&wrapped)
            .traceback
            .set_ref(base::traceback_of(e));
        return Ok((wrapped, none()));
    }
    if is_instance_of(e, &exc::BaseExceptionGroup) {
        let pair = call::method(e, intern!("split"), &[types])?;
        let Some(t) = pair.downcast::<PyTupleObject>() else {
            return raise!(
                TypeError,
                "{}.split must return a tuple, not {}",
                e.tp_name(),
                pair.tp_name()
            );
        };
        if t.items().len() < 2 {
            return raise!(
                TypeError,
                "{}.split must return a 2-tuple, got tuple of size {}",
                e.tp_name(),
                t.items().len()
            );
        }
        return Ok((t.items()[0].clone(), t.items()[1].clone()));
    }
    Ok((none(), e.new_ref()))
}

fn collect_leaves(e: &Obj, out: &PyListObject) {
    if is_instance_of(e, &exc::BaseExceptionGroup) {
        // SAFETY: just checked.
        for inner in exceptions(unsafe { e.cast::<Group>() }).items() {
            collect_leaves(inner, out);
        }
    } else {
        out.push(e.new_ref());
    }
}

fn same_circumstances(a: &Obj, b: &Obj) -> bool {
    let (a, b) = (base::base(a), base::base(b));
    a.notes.get() == b.notes.get()
        && a.traceback.get() == b.traceback.get()
        && a.cause.get() == b.cause.get()
        && a.context.get() == b.context.get()
}

/// What an `except*` statement raises at its end: the unhandled and re-raised parts as one group in the original's shape,
/// and the newly raised ones beside it (`_PyExc_PrepReraiseStar`).
pub fn prepare_reraise(original: &Obj, excs: &PyListObject) -> Result {
    let items: Vec<Ref> = excs
        .items()
        .iter()
        .filter(|e| !e.is_none())
        .cloned()
        .collect();
    if items.is_empty() {
        return Ok(none());
    }
    if !is_instance_of(original, &exc::BaseExceptionGroup) {
        // A naked exception: the only thing to raise is what there is.
        return Ok(items[0].clone());
    }
    let (mut raised, mut reraised) = (Vec::new(), Vec::new());
    for e in items {
        if is_instance_of(&e, &exc::BaseExceptionGroup) && same_circumstances(&e, original) {
            reraised.push(e);
        } else {
            raised.push(e);
        }
    }
    let leaves = list::from_vec(Vec::new());
    for e in &reraised {
        collect_leaves(e, &leaves);
    }
    let projected = if reraised.is_empty() {
        none()
    } else {
        split_by(original, &Matcher::Instances(leaves.into_obj()), false)?.0
    };
    if raised.is_empty() {
        return Ok(projected);
    }
    if !projected.is_none() {
        raised.push(projected);
    }
    if raised.len() == 1 {
        return Ok(raised.pop().expect("one"));
    }
    let all = list::from_vec(raised);
    let empty = str_::empty();
    call::call(
        exc::BaseExceptionGroup.as_obj(),
        &[empty.as_obj(), all.as_obj()],
    )
}
