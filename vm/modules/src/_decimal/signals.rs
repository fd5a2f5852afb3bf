//! The signals: exception classes, and the conditions that raise them.

use core::ptr;

use super::context::Context;
use crate::prelude::*;
use ::decimal::status::*;
use vm::types::list;
use vm::types::type_;

/// All conditions of the signal `InvalidOperation`.
pub const INVALID: u32 = INVALID_OPERATION
    | CONVERSION_SYNTAX
    | DIVISION_IMPOSSIBLE
    | DIVISION_UNDEFINED
    | INVALID_CONTEXT;

/// A class, with the conditions that it stands for.
pub struct Signal {
    name: &'static str,
    /// The conditions.
    pub flags: u32,
    class: Global<*const PyTypeObject>,
}

const fn signal(name: &'static str, flags: u32) -> Signal {
    Signal {
        name,
        flags,
        class: Global::new(ptr::null()),
    }
}

/// The signals, the first one that applies is raised.
pub static SIGNALS: [Signal; 9] = [
    signal("InvalidOperation", INVALID),
    signal("FloatOperation", FLOAT_OPERATION),
    signal("DivisionByZero", DIVISION_BY_ZERO),
    signal("Overflow", OVERFLOW),
    signal("Underflow", UNDERFLOW),
    signal("Subnormal", SUBNORMAL),
    signal("Inexact", INEXACT),
    signal("Rounded", ROUNDED),
    signal("Clamped", CLAMPED),
];

/// The conditions of `InvalidOperation`, which have classes of their own.
static CONDITIONS: [Signal; 4] = [
    signal("ConversionSyntax", CONVERSION_SYNTAX),
    signal("DivisionImpossible", DIVISION_IMPOSSIBLE),
    signal("DivisionUndefined", DIVISION_UNDEFINED),
    signal("InvalidContext", INVALID_CONTEXT),
];

/// What all signals are.
static BASE: Signal = signal("DecimalException", 0);

impl Signal {
    /// The class.
    pub fn class(&self) -> &'static PyTypeObject {
        // SAFETY: set when the module was made, to a class that lives for ever.
        unsafe { self.class.get().as_ref() }.unwrap_or(&exc::ArithmeticError)
    }

    fn make(&self, m: &Obj, bases: &[&PyTypeObject]) -> Result<()> {
        if self.class.get().is_null() {
            let class = type_::new_exception("decimal", self.name, bases)?;
            self.class.set(class.into_raw().cast());
        }
        module::add(m, self.name, self.class().as_obj())
    }
}

/// The signal of a name.
fn named(name: &str) -> &'static Signal {
    SIGNALS
        .iter()
        .chain(&CONDITIONS)
        .find(|s| s.name == name)
        .expect("a signal's name")
}

/// Makes the classes, once, and adds them to the module.
pub fn add(m: &Obj) -> Result<()> {
    BASE.make(m, &[&exc::ArithmeticError])?;
    let base = BASE.class();
    for name in [
        "InvalidOperation",
        "Subnormal",
        "Inexact",
        "Rounded",
        "Clamped",
    ] {
        named(name).make(m, &[base])?;
    }
    named("FloatOperation").make(m, &[base, &exc::TypeError])?;
    named("DivisionByZero").make(m, &[base, &exc::ZeroDivisionError])?;
    let class = |name| named(name).class();
    named("Overflow").make(m, &[class("Inexact"), class("Rounded")])?;
    named("Underflow").make(m, &[class("Inexact"), class("Rounded"), class("Subnormal")])?;
    let invalid = class("InvalidOperation");
    for name in ["ConversionSyntax", "DivisionImpossible", "InvalidContext"] {
        named(name).make(m, &[invalid])?;
    }
    named("DivisionUndefined").make(m, &[invalid, &exc::ZeroDivisionError])
}

/// Notes conditions in a context, and raises those that it traps.
#[inline]
pub fn note(c: &Context, status: u32) -> Result<()> {
    c.status.set(c.status.get() | status & !NO_MEMORY);
    if status & (c.traps.get() | NO_MEMORY) == 0 {
        return Ok(());
    }
    Err(raise_trapped(c, status))
}

#[cold]
fn raise_trapped(c: &Context, status: u32) -> err::Raised {
    if status & NO_MEMORY != 0 {
        return err::no_memory();
    }
    let trapped = status & c.traps.get();
    let mut classes = Vec::new();
    if trapped & INVALID_OPERATION != 0 {
        classes.push(SIGNALS[0].class());
    }
    let conditions = CONDITIONS.iter().chain(&SIGNALS[1..]);
    classes.extend(
        conditions
            .filter(|s| trapped & s.flags != 0)
            .map(Signal::class),
    );
    let classes: Vec<&Obj> = classes.into_iter().map(|c| c.as_obj()).collect();
    let first = SIGNALS
        .iter()
        .find(|s| trapped & s.flags != 0)
        .unwrap_or(&SIGNALS[0]);
    err::set_object(first.class(), list::from_slice(&classes).as_obj())
}

/// The conditions that a class stands for, if it is a signal.
pub fn flags_of(class: &Obj) -> Option<u32> {
    SIGNALS
        .iter()
        .find(|s| class.is_same(s.class().as_obj()))
        .map(|s| s.flags)
}

/// The conditions of a list of signals, or of conditions' own classes.
pub fn flags_of_list(o: &Obj) -> Result<u32> {
    let mut flags = 0;
    for class in proto::to_vec(o)? {
        let condition = CONDITIONS
            .iter()
            .find(|s| class.is_same(s.class().as_obj()));
        match flags_of(&class).or(condition.map(|s| s.flags)) {
            Some(more) => flags |= more,
            None => return Err(not_signals()),
        }
    }
    Ok(flags)
}

/// The error of something else where signals are wanted.
pub fn not_signals() -> err::Raised {
    err::new(
        &exc::TypeError,
        format_args!(
            "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   Overflow, Underflow, Subnormal, Inexact, Rounded,\n   Clamped]"
        ),
    )
}

/// A list of the signals whose conditions are set.
pub fn list_of(flags: u32) -> Ref {
    let set = SIGNALS.iter().filter(|s| s.flags & flags != 0);
    list::from_vec(set.map(|s| s.class().as_obj().new_ref()).collect()).into_obj()
}

/// Their names, as `repr` shows them.
pub fn names_of(flags: u32) -> String {
    let set = SIGNALS.iter().filter(|s| s.flags & flags != 0);
    let names: Vec<&str> = set.map(|s| s.name).collect();
    format!("[{}]", names.join(", "))
}
