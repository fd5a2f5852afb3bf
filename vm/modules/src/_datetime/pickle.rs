//! Pickled states: the fields' bytes, with the fold in a bit that no field uses.

use vm::types::bytes::{self, BytesExt as _};
use vm::types::str_::StrExt as _;

use crate::prelude::*;

use super::calendar::Ymd;
use super::date::{self, Date};
use super::datetime::{self, DateTime};
use super::fields::{self, Clock};
use super::time::{self, Time};

const FOLD: u8 = 0x80;

/// The bytes of the one argument that stands for a state, if it has the right size. Old pickles have text.
fn state(
    args: &PyTupleObject,
    counts: core::ops::RangeInclusive<usize>,
    n: usize,
) -> Option<Vec<u8>> {
    if !counts.contains(&args.items().len()) {
        return None;
    }
    let first = args.items()[0].as_obj();
    if let Some(b) = first.downcast::<PyBytesObject>() {
        return (b.as_slice().len() == n).then(|| b.as_slice().to_vec());
    }
    let s = str_::of(first)?;
    if s.len() != n {
        return None;
    }
    s.chars().map(|c| u8::try_from(c).ok()).collect()
}

fn zone_of(args: &PyTupleObject) -> Result<Option<&Obj>> {
    match args.items().get(1).map(|o| o.as_obj()) {
        Some(o) if !o.is_none() && !o.is::<super::tzinfo::TzInfo>() => {
            raise!(TypeError, "bad tzinfo state arg")
        }
        zone => Ok(zone.filter(|o| !o.is_none())),
    }
}

fn is_month(b: u8) -> bool {
    (1..=12).contains(&b)
}

fn day_of(s: &[u8]) -> Ymd {
    Ymd::new(
        i32::from(s[0]) << 8 | i32::from(s[1]),
        i32::from(s[2]),
        i32::from(s[3]),
    )
}

fn clock_of(s: &[u8]) -> Clock {
    Clock {
        hour: i32::from(s[0]),
        minute: i32::from(s[1]),
        second: i32::from(s[2]),
        microsecond: i32::from(s[3]) << 16 | i32::from(s[4]) << 8 | i32::from(s[5]),
    }
}

/// The date of a state, if the arguments are one.
pub fn date(tp: &PyTypeObject, args: &PyTupleObject) -> Result<Option<Ref>> {
    match state(args, 1..=1, 4) {
        Some(s) if is_month(s[2]) => Ok(Some(date::of_type(tp, day_of(&s))?.into_obj())),
        _ => Ok(None),
    }
}

/// The time of a state, if the arguments are one.
pub fn time(tp: &PyTypeObject, args: &PyTupleObject) -> Result<Option<Ref>> {
    match state(args, 1..=2, 6) {
        Some(mut s) if s[0] & !FOLD < 24 => {
            let fold = u8::from(s[0] & FOLD != 0);
            s[0] &= !FOLD;
            let t = time::of_type(tp, clock_of(&s), zone_of(args)?, fold)?;
            Ok(Some(t.into_obj()))
        }
        _ => Ok(None),
    }
}

/// The moment of a state, if the arguments are one.
pub fn datetime(tp: &PyTypeObject, args: &PyTupleObject) -> Result<Option<Ref>> {
    match state(args, 1..=2, 10) {
        Some(mut s) if is_month(s[2] & !FOLD) => {
            let fold = u8::from(s[2] & FOLD != 0);
            s[2] &= !FOLD;
            let d = datetime::of_type(tp, (day_of(&s), clock_of(&s[4..])), zone_of(args)?, fold)?;
            Ok(Some(d.into_obj()))
        }
        _ => Ok(None),
    }
}

/// The class and its arguments: the state, and the time zone if there is one.
fn reduced(o: &Obj, state: &[u8], zone: Option<&Obj>) -> Result {
    let mut args = vec![bytes::new(state).into_obj()];
    args.extend(zone.map(Obj::new_ref));
    let args = tuple::from_vec(args).into_obj();
    Ok(tuple::from_vec(vec![o.ty().as_obj().new_ref(), args]).into_obj())
}

pub fn reduce_date(d: &Date) -> Result {
    reduced(d.as_obj(), &fields::raw(&d.data), None)
}

/// `__reduce_ex__(protocol)` of a time; the fold is kept from protocol 4 on.
pub fn reduce_time(t: &Time, protocol: i32) -> Result {
    let mut state = fields::raw(&t.data);
    if protocol > 3 && t.fold.get() != 0 {
        state[0] |= FOLD;
    }
    reduced(t.as_obj(), &state, t.zone())
}

pub fn reduce_datetime(d: &DateTime, protocol: i32) -> Result {
    let mut state = fields::raw(&d.data);
    if protocol > 3 && d.fold.get() != 0 {
        state[2] |= FOLD;
    }
    reduced(d.as_obj(), &state, d.zone())
}
