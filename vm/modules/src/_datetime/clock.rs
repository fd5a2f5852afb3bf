//! The system's clock and time zone.

use vm::time::{Round, split_seconds, to_time_t};

use crate::prelude::*;

use super::arithmetic::since_start;
use super::calendar::{EPOCH_ORDINAL, Ymd};
use super::fields::{Clock, check_year};

/// A moment as `localtime` or `gmtime` breaks it down.
pub struct Moment {
    pub day: Ymd,
    pub clock: Clock,
    /// The zone's name and its offset from UTC in seconds.
    pub zone: String,
    pub offset: i64,
}

const MAX_FOLD_SECONDS: i64 = 24 * 3600;
const EPOCH: i64 = EPOCH_ORDINAL * 86_400;

type Converter = unsafe extern "C" fn(*const libc::time_t, *mut libc::tm) -> *mut libc::tm;

fn convert(seconds: i64, convert: Converter) -> Result<Moment> {
    // SAFETY: a struct of numbers and a pointer that may be null.
    let mut tm: libc::tm = unsafe { core::mem::zeroed() };
    // SAFETY: reads the number, writes the struct.
    if unsafe { convert(&seconds, &mut tm) }.is_null() {
        return Err(err::last_os_error(None));
    }
    let zone = if tm.tm_zone.is_null() {
        String::new()
    } else {
        // SAFETY: the C library's text.
        unsafe { core::ffi::CStr::from_ptr(tm.tm_zone) }
            .to_string_lossy()
            .into_owned()
    };
    let year = i64::from(tm.tm_year) + 1900;
    check_year(year)?;
    Ok(Moment {
        day: Ymd::new(year as i32, tm.tm_mon + 1, tm.tm_mday),
        clock: Clock {
            hour: tm.tm_hour,
            minute: tm.tm_min,
            // A leap second counts as the one before.
            second: tm.tm_sec.min(59),
            microsecond: 0,
        },
        zone,
        offset: tm.tm_gmtoff,
    })
}

/// The local time that many seconds after the epoch.
pub fn local(seconds: i64) -> Result<Moment> {
    convert(seconds, libc::localtime_r)
}

/// The same in UTC.
pub fn utc(seconds: i64) -> Result<Moment> {
    convert(seconds, libc::gmtime_r)
}

/// Seconds since the epoch, and microseconds; with `fractions`, rounded to the nearest microsecond, else to the second below.
pub fn seconds_of(o: &Obj, fractions: bool) -> Result<(i64, i32)> {
    if fractions {
        let (seconds, us) = split_seconds(o, 1_000_000, Round::HalfEven)?;
        return Ok((seconds, us as i32));
    }
    Ok((to_time_t(o, Round::Floor)?, 0))
}

/// Now, in seconds and microseconds since the epoch.
pub fn now() -> (i64, i32) {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the struct.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &mut ts) };
    (ts.tv_sec, (ts.tv_nsec / 1000) as i32)
}

/// A moment as seconds since the calendar's start, without microseconds.
pub fn to_seconds(day: Ymd, clock: Clock) -> i64 {
    (since_start(day, clock) / 1_000_000) as i64
}

/// The local time, on the same scale, of `seconds` of UTC on the scale of [`to_seconds`].
fn local_seconds(seconds: i64) -> Result<i64> {
    let m = local(seconds - EPOCH)?;
    Ok(to_seconds(m.day, m.clock))
}

/// Whether a local moment is the second of two that the clock shows.
pub fn is_fold(timestamp: i64, m: &Moment) -> Result<bool> {
    let shown = to_seconds(m.day, m.clock);
    // Nothing can have been set back so near to the calendar's start.
    if timestamp - MAX_FOLD_SECONDS < 86_400 - EPOCH {
        return Ok(false);
    }
    let probe = local_seconds(EPOCH + timestamp - MAX_FOLD_SECONDS)?;
    let transition = shown - probe - MAX_FOLD_SECONDS;
    Ok(transition < 0 && local_seconds(EPOCH + timestamp + transition)? == shown)
}

/// Seconds since the epoch of a moment of local time.
pub fn timestamp_of_local(day: Ymd, clock: Clock, fold: bool) -> Result<i64> {
    let t = to_seconds(day, clock);
    let a = local_seconds(t)? - t;
    let u1 = t - a;
    let t1 = local_seconds(u1)?;
    let b = if t1 == t {
        // One solution; there may be an earlier one, or a later.
        let u2 = if fold {
            u1 + MAX_FOLD_SECONDS
        } else {
            u1 - MAX_FOLD_SECONDS
        };
        let b = local_seconds(u2)? - u2;
        if a == b {
            return Ok(u1 - EPOCH);
        }
        b
    } else {
        t1 - u1
    };
    let u2 = t - b;
    let u = if local_seconds(u2)? == t {
        u2
    } else if t1 == t {
        u1
    } else if fold {
        // A moment that the clock skips.
        u1.min(u2)
    } else {
        u1.max(u2)
    };
    Ok(u - EPOCH)
}
