//! `array`: numbers and characters of one C type, packed.
//!
//! Invariant: the data is malloc memory of `allocated` items, the first `ob_size` of which count. While a buffer is
//! exported the data neither moves nor changes its length.

mod edit;
mod item;
mod iter;
mod methods;
mod pickle;
mod storage;

use core::cell::Cell;
use core::ffi::c_int;
use core::mem::offset_of;

use crate::prelude::*;
use item::Descr;
use vm::types::slice as slices;
use vm::types::str_::StrExt as _;
use vm::types::{bytes, list};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "array",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[fastcall!(
    "_array_reconstructor",
    pickle::reconstruct,
    "($module, arraytype, typecode, mformat_code, items,\n                     /)"
)];

fn exec(m: &Obj) -> Result<()> {
    declare((&iter::ARRAY_ITER, c"array.arrayiterator", iter::define))?;
    add_types(m, &[(&ARRAY, c"array.array", define)])?;
    module::add(m, "ArrayType", ARRAY.as_obj())?;
    module::add(m, "typecodes", str_::new(&item::typecodes()).as_obj())?;
    let abc = vm::import::import("collections.abc")?;
    let sequence = proto::getattr_str(&abc, "MutableSequence")?;
    call::call_method(&sequence, "register", &[ARRAY.as_obj()])?;
    Ok(())
}

/// An array, as C extensions know it.
#[repr(C)]
pub struct Array {
    ob_base: PyVarObject,
    ob_item: Cell<*mut u8>,
    allocated: Cell<isize>,
    ob_descr: Cell<*const Descr>,
    weakrefs: Cell<*mut PyObject>,
    exports: Cell<c_int>,
}

static_type!(Array, ARRAY);

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Array>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_SEQUENCE)
        .destructible()
        .weaklistoffset(offset_of!(Array, weakrefs))
        .tp_new(array_new)
        .tp_dealloc(storage::array_dealloc)
        .tp_repr(repr)
        .unhashable()
        .tp_richcompare(richcompare)
        .tp_iter(iter::start)
        .sq_length(|a: &Array| Ok(a.len()))
        .sq_concat(edit::concat)
        .sq_repeat(edit::repeat)
        .sq_item(|a: &Array, i: isize| item_at(a, i))
        .sq_ass_item(edit::assign_item)
        .sq_contains(|a: &Array, o: &Obj| Ok(methods::find(a, o, 0, usize::MAX)?.is_some()))
        .sq_inplace_concat(edit::extend_in_place)
        .sq_inplace_repeat(edit::repeat_in_place)
        .mp_length(|a: &Array| Ok(a.len()))
        .mp_subscript(subscript)
        .mp_ass_subscript(edit::assign_subscript)
        .bf_getbuffer(storage::getbuffer, Some(storage::releasebuffer))
        .methods(methods::METHODS)
        .getset(GETSET);
}

static GETSET: &[PyGetSetDef] = &[
    getset!("typecode", |a: &Array| Ok(
        (a.descr().typecode as char).to_string()
    )),
    getset!("itemsize", |a: &Array| Ok(a.itemsize())),
];

// ---- Making ----

fn array_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if core::ptr::eq(tp, &ARRAY) {
        args::no_keywords("array.array", kwargs)?;
    }
    let given = args.objects();
    let (code, initial) = match *given {
        [code] => (code, None),
        [code, initial] => (code, Some(initial)),
        [] => return raise!(TypeError, "array() takes at least 1 argument (0 given)"),
        _ => {
            return raise!(
                TypeError,
                "array() takes at most 2 arguments ({} given)",
                given.len()
            );
        }
    };
    let Some(text) = code.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "array() argument 1 must be a unicode character, not {}",
            code.tp_name()
        );
    };
    if text.len() != 1 {
        let n = text.len();
        return raise!(
            TypeError,
            "array() argument 1 must be a unicode character, not a string of length {n}"
        );
    }
    let Some(descr) = item::find(text.char_at(0)) else {
        return raise!(
            ValueError,
            "bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)"
        );
    };
    if descr.typecode == b'u' {
        vm::warn::warn(
            &exc::DeprecationWarning,
            1,
            "The 'u' type code is deprecated and will be removed in Python 3.16",
        )?;
    }
    if let Some(o) = initial.filter(|_| !descr.is_text()) {
        if o.is::<PyUnicodeObject>() {
            let code = descr.typecode as char;
            return raise!(
                TypeError,
                "cannot use a str to initialize an array with typecode '{code}'"
            );
        }
        if o.downcast::<Array>().is_some_and(|a| a.descr().is_text()) {
            let code = descr.typecode as char;
            return raise!(
                TypeError,
                "cannot use a unicode array to initialize an array with typecode '{code}'"
            );
        }
    }
    let a = storage::new(tp, descr, 0)?;
    if let Some(o) = initial {
        fill(&a, o)?;
    }
    Ok(a.into_obj())
}

fn fill(a: &Array, initial: &Obj) -> Result<()> {
    if let Some(text) = initial.downcast::<PyUnicodeObject>() {
        return methods::push_text(a, text);
    }
    if let Some(other) = initial.downcast::<Array>() {
        if other.descr().typecode == a.descr().typecode {
            return a.push_bytes(other.bytes());
        }
        return (0..other.len()).try_for_each(|i| a.push(&other.get(i)));
    }
    if initial.is::<PyBytesObject>() || initial.is::<PyByteArrayObject>() {
        return methods::push_buffer(a, initial);
    }
    proto::for_each(initial, |o| a.push(&o))
}

// ---- Slots ----

fn repr(a: &Array) -> Result<Ref<PyUnicodeObject>> {
    let mut out = str_::Writer::new();
    out.push_str(&vm::types::type_::name_of(a.as_obj().ty()));
    out.push_ascii("('");
    out.push(u32::from(a.descr().typecode));
    out.push_ascii("'");
    if a.len() > 0 {
        out.push_ascii(", ");
        let items = if a.descr().is_text() {
            methods::to_unicode(a)?.into_obj()
        } else {
            methods::to_list(a)?.into_obj()
        };
        tuple::push_repr(&mut out, &items)?;
    }
    out.push_ascii(")");
    out.finish()
}

fn richcompare(a: &Array, other: &Obj, op: CompareOp) -> Result {
    let Some(b) = other.downcast::<Array>() else {
        return Ok(not_implemented());
    };
    if a.len() != b.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(bool_(op == CompareOp::Ne));
    }
    let mut i = 0;
    while i < a.len().min(b.len()) {
        let (x, y) = (a.get(i), b.get(i));
        if proto::rich_compare_bool(&x, &y, CompareOp::Eq)? && !is_nan(&x) {
            i += 1;
            continue;
        }
        // The first pair that differs decides.
        return match op {
            CompareOp::Eq => Ok(false_()),
            CompareOp::Ne => Ok(true_()),
            _ => proto::rich_compare(&x, &y, op),
        };
    }
    Ok(bool_(op.test(a.len().cmp(&b.len()))))
}

fn is_nan(o: &Obj) -> bool {
    o.downcast_exact::<PyFloatObject>()
        .is_some_and(|x| x.ob_fval.get().is_nan())
}

fn item_at(a: &Array, i: isize) -> Result {
    match usize::try_from(i).ok().filter(|&i| i < a.len()) {
        Some(i) => Ok(a.get(i)),
        None => raise!(IndexError, "array index out of range"),
    }
}

fn subscript(a: &Array, key: &Obj) -> Result {
    if number::is_index(key) {
        let i = number::index_isize(key, Some(&exc::IndexError))?;
        return item_at(a, if i < 0 { i + a.len() as isize } else { i });
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "array indices must be integers");
    };
    let indices = slices::adjust(slices::unpack_raw(s)?, a.len());
    let part = storage::new(&ARRAY, a.descr(), indices.len)?;
    let (size, source, target) = (a.itemsize(), a.bytes(), part.bytes_mut());
    for (to, from) in indices.iter().enumerate() {
        target[to * size..][..size].copy_from_slice(&source[from * size..][..size]);
    }
    Ok(part.into_obj())
}
