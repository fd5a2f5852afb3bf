//! The attributes of contexts, with the ranges that they keep.

use super::ROUNDINGS;
use super::context::{Context, LIMIT, rounding_name};
use crate::prelude::*;
use ::decimal::{Context as Settings, Rounding};

type Setter = fn(&Context, Option<&Obj>) -> Result<()>;

/// The setters, in the order of the constructor's arguments.
pub static SETTERS: [Setter; 6] = [
    set_prec,
    set_rounding,
    set_emin,
    set_emax,
    set_capitals,
    set_clamp,
];

pub static GETSET: &[PyGetSetDef] = &[
    getset!("prec", |c: &Context| Ok(c.settings.get().prec), set_prec),
    getset!("Emax", |c: &Context| Ok(c.settings.get().emax), set_emax),
    getset!("Emin", |c: &Context| Ok(c.settings.get().emin), set_emin),
    getset!(
        "rounding",
        |c: &Context| Ok(str_::intern_str(rounding_name(c.settings.get().rounding)).new_ref()),
        set_rounding
    ),
    getset!(
        "capitals",
        |c: &Context| Ok(i32::from(c.capitals.get())),
        set_capitals
    ),
    getset!(
        "clamp",
        |c: &Context| Ok(i32::from(c.settings.get().clamp)),
        set_clamp
    ),
];

fn given(value: Option<&Obj>) -> Result<&Obj> {
    match value {
        Some(value) => Ok(value),
        None => raise!(AttributeError, "context attributes cannot be deleted"),
    }
}

fn number(value: Option<&Obj>) -> Result<isize> {
    let value = given(value)?;
    if !value.is::<PyLongObject>() {
        return raise!(TypeError, "an integer is required");
    }
    args::to_isize(value)
}

fn change(c: &Context, f: impl FnOnce(&mut Settings)) {
    let mut settings = c.settings.get();
    f(&mut settings);
    c.settings.set(settings);
}

fn set_prec(c: &Context, value: Option<&Obj>) -> Result<()> {
    let n = number(value)? as i64;
    if !(1..=LIMIT).contains(&n) {
        return raise!(ValueError, "valid range for prec is [1, MAX_PREC]");
    }
    change(c, |s| s.prec = n);
    Ok(())
}

fn set_emin(c: &Context, value: Option<&Obj>) -> Result<()> {
    let n = number(value)? as i64;
    if !(-LIMIT..=0).contains(&n) {
        return raise!(ValueError, "valid range for Emin is [MIN_EMIN, 0]");
    }
    change(c, |s| s.emin = n);
    Ok(())
}

fn set_emax(c: &Context, value: Option<&Obj>) -> Result<()> {
    let n = number(value)? as i64;
    if !(0..=LIMIT).contains(&n) {
        return raise!(ValueError, "valid range for Emax is [0, MAX_EMAX]");
    }
    change(c, |s| s.emax = n);
    Ok(())
}

fn set_capitals(c: &Context, value: Option<&Obj>) -> Result<()> {
    match number(value)? {
        n @ (0 | 1) => {
            c.capitals.set(n == 1);
            Ok(())
        }
        _ => raise!(ValueError, "valid values for capitals are 0 or 1"),
    }
}

fn set_clamp(c: &Context, value: Option<&Obj>) -> Result<()> {
    match number(value)? {
        n @ (0 | 1) => {
            change(c, |s| s.clamp = n == 1);
            Ok(())
        }
        _ => raise!(ValueError, "valid values for clamp are 0 or 1"),
    }
}

/// The way to round that a name stands for.
pub fn rounding_of(o: &Obj) -> Result<Rounding> {
    let found = ROUNDINGS.iter().find(|row| str_::same_text(o, row.0));
    match found.filter(|_| o.is::<PyUnicodeObject>()) {
        Some(row) => Ok(row.1),
        None => raise!(
            TypeError,
            "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]"
        ),
    }
}

fn set_rounding(c: &Context, value: Option<&Obj>) -> Result<()> {
    let rounding = rounding_of(given(value)?)?;
    change(c, |s| s.rounding = rounding);
    Ok(())
}
