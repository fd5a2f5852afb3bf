//! Adapters, which make values of what the database does not know, and converters, which make objects of columns.

use super::errors::misuse;
use modules::prelude::*;
use vm::types::dict::DictExt as _;

/// `adapters`: callables by type and protocol.
pub static ADAPTERS: Global<*const PyDictObject> = Global::new(core::ptr::null());
/// `converters`: callables by name in capitals.
pub static CONVERTERS: Global<*const PyDictObject> = Global::new(core::ptr::null());
/// Whether one of the types that need no adapter has got one.
static BASE_TYPE_ADAPTED: Global<bool> = Global::new(false);

/// The type that stands for the protocol of preparing values.
pub static PREPARE_PROTOCOL: PyTypeObject = PyTypeObject::statically_declared();

/// Fills in the type.
pub fn define_prepare_protocol(b: &mut TypeBuilder) {
    b.tp_new(
        |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
            vm::object::type_alloc(tp, 0)
        },
    )
    .tp_init(|_: &Obj, _: &PyTupleObject, _: Option<&PyDictObject>| Ok(()));
}

fn table(holder: &'static Global<*const PyDictObject>) -> &'static PyDictObject {
    // SAFETY: set when the module is made, and never released.
    unsafe { &*holder.get() }
}

/// `register_adapter(type, adapter)`.
pub fn register_adapter(_: &Obj, a: &[&Obj]) -> Result<()> {
    args::expect("register_adapter", a, 2..=2)?;
    let base = [
        &PyLong_Type,
        &PyFloat_Type,
        &PyUnicode_Type,
        &PyByteArray_Type,
    ];
    if base.iter().any(|tp| a[0].is_same(tp.as_obj())) {
        BASE_TYPE_ADAPTED.set(true);
    }
    let key = tuple::pair(a[0], PREPARE_PROTOCOL.as_obj());
    table(&ADAPTERS).set(key.as_obj(), a[1])
}

/// `register_converter(typename, converter)`.
pub fn register_converter(_: &Obj, a: &[&Obj]) -> Result<()> {
    args::expect("register_converter", a, 2..=2)?;
    if !a[0].is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "register_converter() argument 1 must be str, not {}",
            crate::codec::type_in_message(a[0])
        );
    }
    let name = call::call_method(a[0], "upper", &[])?;
    table(&CONVERTERS).set(&name, a[1])
}

/// The converter of a type name.
pub fn converter(name: &str) -> Result<Option<Ref>> {
    let upper = call::call_method(str_::new(name).as_obj(), "upper", &[])?;
    table(&CONVERTERS).get(&upper)
}

/// `adapt(obj, proto=PrepareProtocol, alt=…)`.
pub fn adapt_call(_: &Obj, a: &[&Obj]) -> Result {
    args::expect("adapt", a, 1..=3)?;
    let protocol = a.get(1).copied().unwrap_or(PREPARE_PROTOCOL.as_obj());
    adapt(a[0], protocol, a.get(2).copied())
}

/// What `o` becomes under a protocol: by a registered adapter, by the protocol, or by itself; else `alt`.
fn adapt(o: &Obj, protocol: &Obj, alt: Option<&Obj>) -> Result {
    let key = tuple::pair(o.ty().as_obj(), protocol);
    if let Some(adapter) = table(&ADAPTERS).get(key.as_obj())? {
        return call::call1(&adapter, o);
    }
    for (asked, about, name) in [(protocol, o, "__adapt__"), (o, protocol, "__conform__")] {
        let Some(method) = proto::getattr_opt(asked, str_::intern_str(name))? else {
            continue;
        };
        match call::call1(&method, about) {
            Ok(adapted) if !adapted.is_none() => return Ok(adapted),
            Ok(_) => {}
            Err(raised) => {
                if !err::clear_if(&exc::TypeError) {
                    return Err(raised);
                }
            }
        }
    }
    match alt {
        Some(alt) => Ok(alt.new_ref()),
        None => misuse(format_args!("can't adapt")),
    }
}

/// A value for a parameter, adapted if its type asks for that.
pub fn parameter(o: &Obj) -> Result {
    let plain = o.is_exact::<PyLongObject>()
        || o.is_exact::<PyFloatObject>()
        || o.is_exact::<PyUnicodeObject>()
        || o.is_exact::<PyByteArrayObject>();
    if plain && !BASE_TYPE_ADAPTED.get() {
        return Ok(o.new_ref());
    }
    adapt(o, PREPARE_PROTOCOL.as_obj(), Some(o))
}
