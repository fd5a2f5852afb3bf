//! `_tuplegetter`: the attributes of named tuples.

use core::cell::Cell;

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object as proto;
use vm::types::tuple;
use vm::types::tuple::TupleExt as _;
use vm::types::type_::TypeBuilder;
use vm::types::{int, str_};

/// The type.
pub static TUPLEGETTER: PyTypeObject = PyTypeObject::statically_declared();

/// A descriptor that answers an item of a tuple.
#[repr(C)]
pub struct TupleGetter {
    ob_base: PyObject,
    index: Cell<isize>,
    doc: Cell<*mut PyObject>,
}

impl Layout for TupleGetter {
    fn type_object() -> &'static PyTypeObject {
        &TUPLEGETTER
    }
}

static METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];
static MEMBERS: &[PyMemberDef] = &[member!("__doc__", TupleGetter, doc, _Py_T_OBJECT, 0)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<TupleGetter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_dealloc(dealloc)
        .tp_traverse(|g: &TupleGetter, v: &mut Visitor| v.visit_ptr(g.doc.get()))
        .tp_clear(|g: &TupleGetter| g.doc.set_ref(None))
        .tp_new(new)
        .tp_repr(repr)
        .tp_descr_get(get)
        .tp_descr_set(set)
        .methods(METHODS)
        .members(MEMBERS);
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a getter that nobody refers to.
    unsafe {
        gc::untrack(o);
        (*o.cast::<TupleGetter>()).doc.set_ref(None);
        free_builtin(o);
    }
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("_tuplegetter", kwargs)?;
    args::expect_count("_tuplegetter", args.items().len(), 2..=2)?;
    let index = args::to_isize(&args.items()[0])?;
    let getter = alloc::<TupleGetter>(tp)?;
    getter.index.set(index);
    getter.doc.set_ref(Some(args.items()[1].clone()));
    Ok(getter.into_obj())
}

fn get(g: &TupleGetter, instance: Option<&Obj>, _owner: Option<&Obj>) -> Result {
    let Some(o) = instance else {
        return Ok(g.to_ref().into_obj());
    };
    let Some(t) = o.downcast::<PyTupleObject>() else {
        if o.is_none() {
            return Ok(g.to_ref().into_obj());
        }
        return raise!(
            TypeError,
            "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object",
            g.index.get(),
            o.tp_name()
        );
    };
    match usize::try_from(g.index.get())
        .ok()
        .and_then(|i| t.items().get(i))
    {
        Some(item) => Ok(item.clone()),
        None => raise!(IndexError, "tuple index out of range"),
    }
}

fn set(_: &TupleGetter, _: &Obj, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(_) => raise!(AttributeError, "can't set attribute"),
        None => raise!(AttributeError, "can't delete attribute"),
    }
}

fn doc(g: &TupleGetter) -> Ref {
    g.doc.get_ref().unwrap_or_else(none)
}

fn reduce(g: &TupleGetter) -> Result {
    let args = tuple::pair(int::from_i64(g.index.get() as i64).as_obj(), &doc(g));
    Ok(tuple::pair(g.as_obj().ty().as_obj(), args.as_obj()).into_obj())
}

fn repr(g: &TupleGetter) -> Result {
    let mut w = str_::Writer::new();
    w.push_str(&format!(
        "{}({}, ",
        type_name(g.as_obj().ty())
            .rsplit('.')
            .next()
            .unwrap_or_default(),
        g.index.get()
    ));
    let text = proto::repr(&doc(g))?;
    // SAFETY: `repr` answers with a str.
    w.push_obj(unsafe { text.cast() });
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}
