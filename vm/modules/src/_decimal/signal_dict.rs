//! `Context.flags` and `Context.traps`: mappings from signals to truth values.

use core::cell::Cell;

use super::context::Context;
use super::signals::{self, SIGNALS};
use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::type_;

/// A view of a context's flags or traps.
#[repr(C)]
pub struct SignalDict {
    ob_base: PyObject,
    context: Slot,
    is_traps: Cell<bool>,
}

static_type!(SignalDict, SIGNAL_DICT);

static METHODS: &[PyMethodDef] = &[noargs!("copy", to_dict, "($self, /)")];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<SignalDict>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<SignalDict>()
        .tp_traverse(|d: &SignalDict, v: &mut Visitor| v.slot(&d.context))
        .tp_clear(|d: &SignalDict| d.context.set(None))
        .new_disallowed()
        .unhashable()
        .tp_repr(repr)
        .tp_iter(|_: &SignalDict| {
            let keys: Vec<&Obj> = SIGNALS.iter().map(|s| s.class().as_obj()).collect();
            proto::iter(tuple::from_slice(&keys).as_obj())
        })
        .tp_richcompare(compare)
        .mp_length(|_: &SignalDict| Ok(SIGNALS.len()))
        .mp_subscript(|d: &SignalDict, key: &Obj| match signals::flags_of(key) {
            Some(flags) => Ok(d.word()?.get() & flags != 0),
            None => Err(err::key_error(key)),
        })
        .mp_ass_subscript(assign)
        .methods(METHODS);
}

/// A view of a context's flags or traps; of a class that has the methods of mappings too.
pub fn new(c: &Context, is_traps: bool) -> Result {
    let made = SignalDict {
        ob_base: header(),
        context: c.as_obj().new_ref().into(),
        is_traps: Cell::new(is_traps),
    };
    Ok(create(class()?, made)?.into_obj())
}

fn class() -> Result<&'static PyTypeObject> {
    static CLASS: Global<*const PyTypeObject> = Global::new(core::ptr::null());
    if CLASS.get().is_null() {
        let bases = tuple::from_slice(&[SIGNAL_DICT.as_obj(), super::MUTABLE_MAPPING.get()?]);
        let abc_meta = super::MUTABLE_MAPPING.get()?.ty().as_obj();
        let attributes = dict::new();
        attributes.set_str("__slots__", tuple::empty().as_obj())?;
        let made = call::call(
            abc_meta,
            &[intern!("SignalDict"), bases.as_obj(), attributes.as_obj()],
        )?;
        CLASS.set(made.into_raw().cast());
    }
    // SAFETY: its reference is never given up.
    Ok(unsafe { &*CLASS.get() })
}

impl SignalDict {
    fn word(&self) -> Result<&Cell<u32>> {
        match self.context.borrow() {
            Some(c) => {
                // SAFETY: only contexts are put there.
                let c: &Context = unsafe { c.cast() };
                Ok(if self.is_traps.get() {
                    &c.traps
                } else {
                    &c.status
                })
            }
            None => raise!(ValueError, "invalid signal dict"),
        }
    }
}

/// The conditions that a mapping from all signals asks for.
pub fn flags_of_mapping(o: &Obj) -> Result<u32> {
    if let Some(d) = o.downcast::<SignalDict>() {
        return Ok(d.word()?.get());
    }
    let Some(d) = o.downcast::<PyDictObject>() else {
        return Err(signals::not_signals());
    };
    if d.len() != SIGNALS.len() {
        return raise!(KeyError, "invalid signal dict");
    }
    let mut flags = 0;
    for signal in &SIGNALS {
        match d.get(signal.class().as_obj())? {
            Some(value) if proto::is_true(&value)? => flags |= signal.flags,
            Some(_) => {}
            None => return Err(err::key_error(signal.class().as_obj())),
        }
    }
    Ok(flags)
}

fn assign(d: &SignalDict, key: &Obj, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(ValueError, "signal keys cannot be deleted");
    };
    let Some(flags) = signals::flags_of(key) else {
        return Err(err::key_error(key));
    };
    let set = proto::is_true(value)?;
    let word = d.word()?;
    word.set(if set {
        word.get() | flags
    } else {
        word.get() & !flags
    });
    Ok(())
}

fn to_dict(d: &SignalDict) -> Result {
    let word = d.word()?.get();
    let copy = dict::new();
    for signal in &SIGNALS {
        copy.set(signal.class().as_obj(), &bool_(word & signal.flags != 0))?;
    }
    Ok(copy.into_obj())
}

fn repr(d: &SignalDict) -> Result<String> {
    let word = d.word()?.get();
    let items: Vec<String> = SIGNALS
        .iter()
        .map(|s| {
            let value = if word & s.flags != 0 { "True" } else { "False" };
            format!(
                "<class '{}'>:{value}",
                type_::fully_qualified_name(s.class())
            )
        })
        .collect();
    Ok(format!("{{{}}}", items.join(", ")))
}

fn compare(d: &SignalDict, other: &Obj, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented());
    }
    if !other.is::<SignalDict>() && !other.is::<PyDictObject>() {
        return Ok(not_implemented());
    }
    let same = match flags_of_mapping(other) {
        Ok(flags) => SIGNALS
            .iter()
            .all(|s| (flags & s.flags != 0) == (d.word().is_ok_and(|w| w.get() & s.flags != 0))),
        Err(_) if err::clear_if(&exc::KeyError) => false,
        Err(raised) => return Err(raised),
    };
    Ok(bool_(same == matches!(op, CompareOp::Eq)))
}
