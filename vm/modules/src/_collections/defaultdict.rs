//! `collections.defaultdict`: a dict that makes missing values.

use layout::*;

use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, object as proto};
use vm::types::dict::{self, DictExt};
use vm::types::tuple;
use vm::types::tuple::TupleExt as _;
use vm::types::type_::TypeBuilder;
use vm::types::{genericalias, str_};

/// The type.
pub static DEFAULTDICT: PyTypeObject = PyTypeObject::statically_declared();

/// A dict with a factory.
#[repr(C)]
pub struct DefaultDict {
    dict: PyDictObject,
    default_factory: core::cell::Cell<*mut PyObject>,
}

impl Layout for DefaultDict {
    fn type_object() -> &'static PyTypeObject {
        &DEFAULTDICT
    }
}

static METHODS: &[PyMethodDef] = &[
    o!("__missing__", missing, "($self, object, /)"),
    noargs!("copy", copy, "($self, /)"),
    noargs!("__copy__", copy, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
    class_method(o!("__class_getitem__", class_getitem, "($type, object, /)")),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "default_factory",
    DefaultDict,
    default_factory,
    _Py_T_OBJECT,
    0
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<DefaultDict>()
        .base(&PyDict_Type)
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .tp_dealloc(dealloc)
        .tp_traverse(traverse)
        .tp_clear(clear)
        .tp_init(init)
        .tp_repr(repr)
        .nb_or(or)
        .methods(METHODS)
        .members(MEMBERS);
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a defaultdict that nobody refers to; dict releases the rest.
    unsafe {
        gc::untrack(o);
        (*o.cast::<DefaultDict>()).default_factory.set_ref(None);
        if let Some(base) = PyDict_Type.tp_dealloc.get() {
            base(o);
        }
    }
}

fn traverse(d: &DefaultDict, v: &mut Visitor) -> Visit {
    v.visit_ptr(d.default_factory.get())?;
    dict::traverse(&d.dict, v)
}

fn clear(d: &DefaultDict) {
    d.default_factory.set_ref(None);
    d.dict.clear();
}

fn init(d: &DefaultDict, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let items = args.items();
    let factory = items.first().map_or_else(none, Ref::clone);
    if !factory.is_none() && !proto::is_callable(&factory) {
        return raise!(TypeError, "first argument must be callable or None");
    }
    d.default_factory.set_ref(Some(factory));
    let rest = tuple::from_vec(items.iter().skip(1).cloned().collect());
    dict::init(&d.dict, &rest, kwargs)
}

fn factory(d: &DefaultDict) -> Ref {
    d.default_factory.get_ref().unwrap_or_else(none)
}

fn missing(d: &DefaultDict, key: &Obj) -> Result {
    let factory = factory(d);
    if factory.is_none() {
        return Err(err::key_error(key));
    }
    let value = call::call0(&factory)?;
    // The factory may have set the key itself: what is there stays.
    d.dict.setdefault(key, &value)
}

/// A defaultdict of the same class: the class is called with the factory and this dict.
fn copy(d: &DefaultDict) -> Result {
    call::call(d.as_obj().ty().as_obj(), &[&factory(d), d.as_obj()])
}

fn reduce(d: &DefaultDict) -> Result {
    let factory = factory(d);
    let args = if factory.is_none() {
        tuple::empty()
    } else {
        tuple::from_slice(&[&factory])
    };
    let items = call::call_method(d.as_obj(), "items", &[])?;
    let it = proto::iter(&items)?;
    Ok(
        tuple::from_slice(&[d.as_obj().ty().as_obj(), args.as_obj(), NONE(), NONE(), &it])
            .into_obj(),
    )
}

fn repr(d: &DefaultDict) -> Result {
    let factory = factory(d);
    let mut w = str_::Writer::new();
    let name = type_name(d.as_obj().ty());
    w.push_str(name.rsplit('.').next().unwrap_or(name));
    w.push_str("(");
    match d.default_factory.borrow_obj().map(repr_enter) {
        Some(None) => w.push_str("..."),
        _ => dict::push_repr(&mut w, &factory)?,
    }
    w.push_str(", ");
    let contents = dict::repr(&d.dict)?;
    // SAFETY: `repr` answers with a str.
    w.push_obj(unsafe { contents.cast() });
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}

fn or(a: &Obj, b: &Obj) -> Result {
    let (this, other) = match (a.downcast::<DefaultDict>(), b.downcast::<DefaultDict>()) {
        (Some(this), _) => (this, b),
        (None, Some(this)) => (this, a),
        (None, None) => return Ok(not_implemented()),
    };
    if !other.is::<PyDictObject>() {
        return Ok(not_implemented());
    }
    // The class decides what its copy is; the left side comes first.
    let merged = call::call(this.as_obj().ty().as_obj(), &[&factory(this), a])?;
    if let Some(d) = merged.downcast::<PyDictObject>() {
        dict::update_from(d, b)?;
    }
    Ok(merged)
}

fn class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}
