//! What `Pickler.memo` and `Unpickler.memo` show of the memos.

use super::memo::Memo;
use super::pickler::Pickler;
use super::unpickler::Unpickler;
use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};

/// A view of a pickler's memo.
#[repr(C)]
pub struct PicklerMemo {
    ob_base: PyObject,
    owner: Slot,
}

/// A view of an unpickler's memo.
#[repr(C)]
pub struct UnpicklerMemo {
    ob_base: PyObject,
    owner: Slot,
}

static_type!(PicklerMemo, PICKLER_MEMO);
static_type!(UnpicklerMemo, UNPICKLER_MEMO);

macro_rules! proxy {
    ($define:ident $new:ident $owner_of:ident $proxy:ident $tp:ident $owner:ident $copy:ident) => {
        /// Fills in the type.
        pub fn $define(b: &mut TypeBuilder) {
            static METHODS: &[PyMethodDef] = &[
                noargs!(
                    "clear",
                    |m: &$proxy| Ok($owner_of(m).clear_memo()),
                    "($self, /)"
                ),
                noargs!("copy", |m: &$proxy| $copy($owner_of(m)), "($self, /)"),
                noargs!(
                    "__reduce__",
                    |m: &$proxy| {
                        let contents = tuple::from_array([$copy($owner_of(m))?]);
                        Ok(tuple::from_slice(&[
                            PyDict_Type.as_obj(),
                            contents.as_obj(),
                        ]))
                    },
                    "($self, /)"
                ),
            ];
            b.basicsize::<$proxy>()
                .flags(Py_TPFLAGS_HAVE_GC)
                .dealloc_drop::<$proxy>()
                .tp_traverse(|m: &$proxy, v: &mut Visitor| v.slot(&m.owner))
                .new_disallowed()
                .unhashable()
                .methods(METHODS);
        }

        /// A view of the memo.
        pub fn $new(owner: &$owner) -> Result {
            let proxy = $proxy {
                ob_base: header(),
                owner: owner.as_obj().new_ref().into(),
            };
            Ok(create(&$tp, proxy)?.into_obj())
        }

        fn $owner_of(m: &$proxy) -> &$owner {
            // SAFETY: the field holds the owner from birth to death.
            unsafe { held(&m.owner).cast() }
        }
    };
}

proxy!(define_pickler of_pickler pickler_of PicklerMemo PICKLER_MEMO Pickler copy_pickler);
proxy!(define_unpickler of_unpickler unpickler_of UnpicklerMemo UNPICKLER_MEMO Unpickler copy_unpickler);

fn copy_pickler(p: &Pickler) -> Result {
    let entries = p.memo.borrow().entries().to_vec();
    let d = dict::new();
    for (o, number) in entries {
        let value = tuple::from_array([int::from_usize(number).into_obj(), o.clone()]);
        d.set(
            int::from_usize(o.as_ptr() as usize).as_obj(),
            value.as_obj(),
        )?;
    }
    Ok(d.into_obj())
}

fn copy_unpickler(u: &Unpickler) -> Result {
    let entries = u.memo.borrow().clone();
    let d = dict::new();
    for (number, o) in entries.iter().enumerate() {
        if let Some(o) = o {
            d.set(int::from_usize(number).as_obj(), o)?;
        }
    }
    Ok(d.into_obj())
}

/// The new memo that `Pickler.memo` is set to.
pub fn pickler_memo(value: &Obj) -> Result<Memo> {
    let mut memo = Memo::default();
    if let Some(proxy) = value.downcast::<PicklerMemo>() {
        for (o, number) in pickler_of(proxy).memo.borrow().entries() {
            memo.set(o, *number);
        }
        return Ok(memo);
    }
    let Some(d) = value.downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "'memo' attribute must be a PicklerMemoProxy object or dict, not {:.200}",
            value.tp_name()
        );
    };
    for (_, pair) in d.entries() {
        let Some([number, o]) = pair.downcast::<PyTupleObject>().map(|t| t.items()) else {
            return raise!(TypeError, "'memo' values must be 2-item tuples");
        };
        memo.set(o, args::to_isize(number)? as usize);
    }
    Ok(memo)
}

/// The new memo that `Unpickler.memo` is set to.
pub fn unpickler_memo(value: &Obj) -> Result<Vec<Option<Ref>>> {
    if let Some(proxy) = value.downcast::<UnpicklerMemo>() {
        return Ok(unpickler_of(proxy).memo.borrow().clone());
    }
    let Some(d) = value.downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {:.200}",
            value.tp_name()
        );
    };
    let mut memo = Vec::new();
    for (number, o) in d.entries() {
        if !number.is::<PyLongObject>() {
            return raise!(TypeError, "memo key must be integers");
        }
        let number = args::to_isize(&number)?;
        if number < 0 {
            return raise!(ValueError, "memo key must be positive integers.");
        }
        super::unpickler::put(&mut memo, number as usize, o);
    }
    Ok(memo)
}
