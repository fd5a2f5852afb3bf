//! `_SimpleCData` and its metaclass: numbers, characters and plain pointers, one class for each letter.

use crate::cdata::{self, CData};
use crate::codes::{self, Code, Extent};
use crate::info::{self, IS_POINTER, Info, Kind};
use crate::keep;
use crate::metaclass::{CTYPE, CType, FROM_ADDRESS, FROM_BUFFER, FROM_BUFFER_COPY, IN_DLL};
use crate::prelude::*;
use vm::types::descr;
use vm::types::dict::DictExt as _;

static_type!(SIMPLE_META);
static_type!(SIMPLE);

/// Fills in the metaclass.
pub fn define_meta(b: &mut TypeBuilder) {
    b.base(&CTYPE)
        .basicsize::<CType>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_init(init_class)
        .methods(CLASS_METHODS);
}

static CLASS_METHODS: &[PyMethodDef] = &[
    o!("from_param", crate::from_param::simple, "($self, value, /)"),
    FROM_ADDRESS,
    FROM_BUFFER,
    FROM_BUFFER_COPY,
    IN_DLL,
];

/// Fills in `_SimpleCData`.
pub fn define(b: &mut TypeBuilder) {
    b.base(&cdata::CDATA)
        .basicsize::<CData>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(cdata::tp_new)
        .tp_init(init)
        .tp_repr(repr)
        .nb_bool(|c: &CData| Ok(c.bytes().iter().any(|&b| b != 0)))
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[noargs!(
    "__ctypes_from_outparam__",
    from_outparam,
    "($self, /)"
)];

static GETSET: &[PyGetSetDef] = &[getset!("value", get_value, set_value)];

/// Whether a class is one that a program derived from `c_int` and the like: its instances stay what they are, where those
/// become Python objects.
pub fn is_derived(class: &Obj) -> bool {
    is_class_of(class, &SIMPLE_META)
        && as_class(class).is_some_and(|tp| !ptr::eq(tp.tp_base.get(), &SIMPLE))
}

// ---- Classes ----

fn letter_of(class: &PyTypeObject) -> Result<(Ref, &'static Code)> {
    let Some(proto) = proto::getattr_opt(class.as_obj(), intern!("_type_"))? else {
        return raise!(AttributeError, "class must define a '_type_' attribute");
    };
    let Some(text) = str_::of(&proto) else {
        return raise!(TypeError, "class must define a '_type_' string attribute");
    };
    let &[letter] = text.as_str()?.as_bytes() else {
        return raise!(
            ValueError,
            "class must define a '_type_' attribute which must be a string of length 1"
        );
    };
    match codes::find(letter).filter(|_| codes::LETTERS.as_bytes().contains(&letter)) {
        Some(code) => Ok((proto, code)),
        None => raise!(
            AttributeError,
            "class must define a '_type_' attribute which must be\n\
             a single character string containing one of the\n\
             supported types: '{}'.",
            codes::LETTERS
        ),
    }
}

fn describe(info: &Info, proto: &Ref, code: &'static Code) {
    info.set_ffi(code.ffi());
    info.size.set(code.size());
    info.align.set(code.align());
    info.code.set(Some(code));
    info.proto.set(Some(proto.clone()));
}

fn init_class(
    tp: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    type_::new::type_init(tp, args, kwargs)?;
    let (proto, code) = letter_of(tp)?;
    let info = info::init(tp, Kind::Simple)?;
    describe(info, &proto, code);
    info.set_format(&format!("{}{}", native_order(), code.standard));
    if ptr::eq(tp.tp_base.get(), &SIMPLE) {
        if b"zZPsXO".contains(&code.letter) {
            info.add_flag(IS_POINTER);
        }
        add_from_param(tp, code.letter)?;
    }
    if ptr::eq(tp.as_obj().ty(), &SIMPLE_META)
        && let Some(swapped) = codes::find_swapped(code)
    {
        make_swapped(tp, args, kwargs, &proto, swapped)?;
    }
    Ok(())
}

const fn native_order() -> char {
    if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    }
}

const fn other_order() -> char {
    if cfg!(target_endian = "little") {
        '>'
    } else {
        '<'
    }
}

/// The pointer types convert parameters in their own ways.
fn add_from_param(tp: &PyTypeObject, letter: u8) -> Result<()> {
    let row: &'static PyMethodDef = match letter {
        b'z' => &crate::from_param::CHAR_P,
        b'Z' => &crate::from_param::WCHAR_P,
        b'P' => &crate::from_param::VOID_P,
        _ => return Ok(()),
    };
    // SAFETY: the row is static.
    let method = unsafe { descr::new_class_method(tp, ptr::from_ref(row).cast_mut()) };
    type_::own_dict(tp)
        .expect("a ready type has a dict")
        .set(intern!("from_param"), &method)?;
    type_::modified(tp);
    Ok(())
}

/// Makes the class of the other byte order, and tells both of each other.
fn make_swapped(
    tp: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
    proto: &Ref,
    code: &'static Code,
) -> Result<()> {
    let suffix = if cfg!(target_endian = "little") {
        "_be"
    } else {
        "_le"
    };
    let name = str_::to_string_lossy(&args.items()[0]) + suffix;
    let mut parts = args.items().to_vec();
    parts[0] = str_::new(&name).into_obj();
    let made = type_::new::type_new(tp.as_obj().ty(), &tuple::from_vec(parts), kwargs)?;
    // SAFETY: `type.__new__` answers with a class.
    let other = unsafe { made.cast::<PyTypeObject>() };
    let info = info::init(other, Kind::Simple)?;
    describe(info, proto, code);
    info.set_format(&format!("{}{}", other_order(), code.standard));
    let (native, swapped) = if cfg!(target_endian = "little") {
        (intern!("__ctype_le__"), intern!("__ctype_be__"))
    } else {
        (intern!("__ctype_be__"), intern!("__ctype_le__"))
    };
    for class in [tp, other] {
        proto::setattr(class.as_obj(), native, Some(tp.as_obj()))?;
        proto::setattr(class.as_obj(), swapped, Some(&made))?;
    }
    Ok(())
}

// ---- Instances ----

fn code_of(c: &CData) -> Result<(&Code, usize)> {
    match info::of(c.as_obj()).and_then(|i| Some((i.code.get()?, i.size.get()))) {
        Some(found) => Ok(found),
        None => raise!(TypeError, "abstract class"),
    }
}

fn get_value(c: &CData) -> Result {
    let (code, _) = code_of(c)?;
    // SAFETY: the instance has the bytes of its class.
    unsafe { (code.get)(c.data(), Extent::bytes(c.size())) }
}

fn set_value(c: &CData, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "can't delete attribute");
    };
    let (code, size) = code_of(c)?;
    // SAFETY: the instance has the bytes of its class.
    let kept = unsafe { (code.set)(c.data(), value, Extent::bytes(size))? };
    keep::keep(c, 0, kept)
}

fn init(c: &CData, args: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    args::expect("__init__", args.objects(), 0..=1)?;
    match args.objects().first() {
        Some(value) => set_value(c, Some(value)),
        None => Ok(()),
    }
}

fn from_outparam(c: &CData) -> Result {
    if is_derived(c.as_obj().ty().as_obj()) {
        return Ok(c.as_obj().new_ref());
    }
    get_value(c)
}

fn repr(c: &CData) -> Result<String> {
    let tp = c.as_obj().ty();
    if !ptr::eq(tp.tp_base.get(), &SIMPLE) {
        return Ok(format!("<{} object at {:p}>", type_name(tp), c.as_ptr()));
    }
    let value = get_value(c)?;
    let shown = proto::repr(&value)?;
    Ok(format!(
        "{}({})",
        type_name(tp),
        str_::to_string_lossy(&shown)
    ))
}
