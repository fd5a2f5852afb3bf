//! The `evaluate_…` function of something whose value was given, not to be computed.

use layout::*;

use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::genericalias;
use crate::types::str_::Writer;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::TypeBuilder;

/// The type.
pub static EVALUATOR: PyTypeObject = PyTypeObject::statically_declared();

/// `annotationlib.Format.STRING`
const FORMAT_STRING: i32 = 4;

#[repr(C)]
struct Evaluator {
    ob_base: PyObject,
    value: Slot,
}

impl Layout for Evaluator {
    fn type_object() -> &'static PyTypeObject {
        &EVALUATOR
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Evaluator>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<Evaluator>()
        .tp_traverse(|e: &Evaluator, v: &mut Visitor| v.slot(&e.value))
        .tp_clear(|e: &Evaluator| e.value.set(None))
        .tp_repr(|e: &Evaluator| {
            let shown = crate::protocol::object::repr(&e.value.get().unwrap_or_else(none))?;
            Ok(format!("<constevaluator {}>", str_lossy(&shown)))
        })
        .tp_call(call);
}

/// A function that answers `value`, or its text.
pub fn new(value: &Obj) -> Result {
    Ok(create(
        &EVALUATOR,
        Evaluator {
            ob_base: header(),
            value: Slot::new(Some(value.new_ref())),
        },
    )?
    .into_obj())
}

fn call(e: &Evaluator, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if kwargs.is_some_and(|k| k.len() > 0) {
        return raise!(
            TypeError,
            "constevaluator.__call__() takes no keyword arguments"
        );
    }
    let [format] = args.items() else {
        return raise!(
            TypeError,
            "constevaluator.__call__() takes exactly 1 argument ({} given)",
            args.items().len()
        );
    };
    let format = args::to_i32(format)?;
    let value = e.value.get().unwrap_or_else(none);
    if format != FORMAT_STRING {
        return Ok(value);
    }
    let mut out = Writer::new();
    match value.downcast::<PyTupleObject>() {
        Some(t) => {
            out.push_ascii("(");
            for (i, item) in t.items().iter().enumerate() {
                if i > 0 {
                    out.push_ascii(", ");
                }
                genericalias::push_type(&mut out, item)?;
            }
            out.push_ascii(")");
        }
        None => genericalias::push_type(&mut out, &value)?,
    }
    Ok(out.finish()?.into_obj())
}
