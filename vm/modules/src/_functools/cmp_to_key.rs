//! `cmp_to_key`: a comparison function as a key function.
//!
//! `cmp_to_key(f)` answers with a key that has no object; calling that makes keys with objects, which compare by `f`.

use crate::prelude::*;

/// `functools.KeyWrapper`.
#[repr(C)]
pub struct Key {
    ob_base: PyObject,
    cmp: Slot,
    /// Empty in the key function itself.
    object: Slot,
    vectorcall: vectorcallfunc,
}

static_type!(Key, KEY);

static MEMBERS: &[PyMemberDef] = &[member!("obj", Key, object, _Py_T_OBJECT, 0)];

static GETSET: &[PyGetSetDef] = &[getset!("__text_signature__", |_: &Key| Ok(str_::new(
    "(obj)"
)))];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Key>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(core::mem::offset_of!(Key, vectorcall))
        .dealloc_drop::<Key>()
        .tp_traverse(|k: &Key, v: &mut Visitor| {
            v.slot(&k.cmp)?;
            v.slot(&k.object)
        })
        .tp_clear(|k: &Key| {
            k.cmp.set(None);
            k.object.set(None);
        })
        .generic_attributes()
        .unhashable()
        .tp_richcompare(compare)
        .new_disallowed()
        .getset(GETSET)
        .members(MEMBERS);
}

fn make(cmp: &Obj, object: Option<&Obj>) -> Result {
    let key = Key {
        ob_base: header(),
        cmp: holding(cmp),
        object: Slot::new(object.map(Obj::new_ref)),
        vectorcall: vectorcall(wrap),
    };
    Ok(create(&KEY, key)?.into_obj())
}

/// `cmp_to_key(mycmp)`.
pub fn cmp_to_key(_: &Obj, [cmp]: [Option<&Obj>; 1]) -> Result {
    make(required(cmp), None)
}

fn wrap(key: &Key, args: Args<'_>) -> Result {
    static SIGNATURE: Signature = Signature::new("K", "(obj)");
    let [object] = SIGNATURE.bind_args(&args)?;
    make(held(&key.cmp), object)
}

fn compare(a: &Key, b: &Obj, op: CompareOp) -> Result {
    let Some(b) = b.downcast::<Key>() else {
        return raise!(TypeError, "other argument must be K instance");
    };
    let (Some(x), Some(y), Some(cmp)) = (a.object.get(), b.object.get(), a.cmp.get()) else {
        return raise!(AttributeError, "object");
    };
    let order = call::call(&cmp, &[&x, &y])?;
    proto::rich_compare(&order, int::zero(), op)
}
