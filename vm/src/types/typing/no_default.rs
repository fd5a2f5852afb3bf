//! `typing.NoDefault`: the default of a type parameter that has none.

use layout::*;

use crate::err::raise;
use crate::method::*;
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::type_::TypeBuilder;

/// Its type.
pub static NO_DEFAULT_TYPE: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct NoDefault {
    ob_base: PyObject,
}

impl Layout for NoDefault {
    fn type_object() -> &'static PyTypeObject {
        &NO_DEFAULT_TYPE
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<NoDefault>()
        .tp_new(
            |_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                if args.ob_base.ob_size.get() > 0 || kwargs.is_some_and(|k| k.len() > 0) {
                    return raise!(TypeError, "NoDefaultType takes no arguments");
                }
                Ok(get())
            },
        )
        .tp_repr(|_: &NoDefault| Ok("typing.NoDefault"))
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[noargs!(
    "__reduce__",
    |_: &NoDefault| Ok("NoDefault"),
    "($self, /)"
)];

static OBJECT: Global<Option<&'static Obj>> = Global::new(None);

/// `typing.NoDefault`
pub fn get() -> Ref {
    if let Some(known) = OBJECT.get() {
        return known.new_ref();
    }
    let Ok(made) = create(&NO_DEFAULT_TYPE, NoDefault { ob_base: header() }) else {
        crate::fatal("no memory for typing.NoDefault")
    };
    // SAFETY: the reference is never given up.
    let made: &'static Obj = unsafe { &*made.into_raw() };
    OBJECT.set(Some(made));
    made.new_ref()
}

/// Whether an object is `typing.NoDefault`.
pub fn is(o: &Obj) -> bool {
    o.is_exact::<NoDefault>()
}

/// The `default` argument of a type parameter.
pub fn or(default: Option<&Obj>) -> Ref {
    default.map_or_else(get, Obj::new_ref)
}
