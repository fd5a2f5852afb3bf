//! Years, months, days: `struct_time`, and conversions by the C library, which knows the time zone.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use layout::*;

use vm::args;
use vm::err::{self, Result, raise};
use vm::import;
use vm::method::Args;
use vm::object::*;
use vm::protocol::{call, object};
use vm::time::Round;
use vm::types::str_::{StrData, StrExt as _, Writer};
use vm::types::tuple::{self, TupleExt as _};
use vm::types::{int, module, str_, structseq};

use super::clocks;
use crate::parse;

/// The fields of `struct_time`; the last two are no items.
pub const FIELDS: [&str; 11] = [
    "tm_year",
    "tm_mon",
    "tm_mday",
    "tm_hour",
    "tm_min",
    "tm_sec",
    "tm_wday",
    "tm_yday",
    "tm_isdst",
    "tm_zone",
    "tm_gmtoff",
];

static STRUCT_TIME: Global<Option<&'static PyTypeObject>> = Global::new(None);

/// The type `time.struct_time`.
pub fn struct_time() -> Result<&'static PyTypeObject> {
    if let Some(tp) = STRUCT_TIME.get() {
        return Ok(tp);
    }
    let tp = structseq::new_type("time.struct_time", &FIELDS, 9)?;
    STRUCT_TIME.set(Some(tp));
    Ok(tp)
}

fn zone_of(t: &libc::tm) -> String {
    if t.tm_zone.is_null() {
        return String::new();
    }
    // SAFETY: the C library's own text.
    unsafe { CStr::from_ptr(t.tm_zone) }
        .to_string_lossy()
        .into_owned()
}

fn to_struct_time(t: &libc::tm) -> Result {
    let number = |n: i64| int::from_i64(n).into_obj();
    let values = vec![
        number(i64::from(t.tm_year) + 1900),
        number(i64::from(t.tm_mon) + 1),
        number(i64::from(t.tm_mday)),
        number(i64::from(t.tm_hour)),
        number(i64::from(t.tm_min)),
        number(i64::from(t.tm_sec)),
        number(i64::from((t.tm_wday + 6) % 7)),
        number(i64::from(t.tm_yday) + 1),
        number(i64::from(t.tm_isdst)),
        str_::new(&zone_of(t)).into_obj(),
        number(t.tm_gmtoff),
    ];
    Ok(structseq::new(struct_time()?, values)?.into_obj())
}

/// The argument of `localtime` and its like: seconds, or now.
fn to_time_t(name: &str, args: &[&Obj]) -> Result<libc::time_t> {
    parse::count(name, args, 0..=1)?;
    let Some(o) = args.first().filter(|o| !o.is_none()) else {
        return Ok(clocks::now(libc::CLOCK_REALTIME)?.div_euclid(1_000_000_000));
    };
    vm::time::to_time_t(o, Round::Floor)
}

type Convert = unsafe extern "C" fn(*const libc::time_t, *mut libc::tm) -> *mut libc::tm;

fn convert(seconds: libc::time_t, f: Convert) -> Result<libc::tm> {
    let mut t = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: number and struct outlive the call; the struct was zeroed.
    unsafe {
        if f(&seconds, t.as_mut_ptr()).is_null() {
            return Err(err::last_os_error(None));
        }
        Ok(t.assume_init())
    }
}

fn local(seconds: libc::time_t) -> Result<libc::tm> {
    convert(seconds, libc::localtime_r)
}

pub fn gmtime(_: &Obj, args: &[&Obj]) -> Result {
    to_struct_time(&convert(to_time_t("gmtime", args)?, libc::gmtime_r)?)
}

pub fn localtime(_: &Obj, args: &[&Obj]) -> Result {
    to_struct_time(&local(to_time_t("localtime", args)?)?)
}

// ---- From struct_time ----

/// A C struct, and the text that its `tm_zone` points to.
struct Broken {
    tm: libc::tm,
    _zone: Option<std::ffi::CString>,
}

fn from_tuple(name: &str, o: &Obj) -> Result<Broken> {
    let Some(t) = o.downcast::<PyTupleObject>() else {
        return raise!(TypeError, "Tuple or struct_time argument required");
    };
    let items = t.items();
    if items.len() != 9 {
        return raise!(TypeError, "{name}(): illegal time tuple argument");
    }
    let mut n = [0i32; 9];
    for (slot, item) in n.iter_mut().zip(items) {
        *slot = args::to_i32(item)?;
    }
    let Some(year) = n[0].checked_sub(1900) else {
        return raise!(OverflowError, "year out of range");
    };
    // SAFETY: zero is a value of every field.
    let mut tm = unsafe { MaybeUninit::<libc::tm>::zeroed().assume_init() };
    tm.tm_year = year;
    tm.tm_mon = n[1].wrapping_sub(1);
    tm.tm_mday = n[2];
    tm.tm_hour = n[3];
    tm.tm_min = n[4];
    tm.tm_sec = n[5];
    tm.tm_wday = n[6].wrapping_add(1) % 7;
    tm.tm_yday = n[7].wrapping_sub(1);
    tm.tm_isdst = n[8];
    let mut zone = None;
    if core::ptr::eq(o.ty(), struct_time()?) {
        let offset = structseq::field(t, 10);
        if !offset.is_none() {
            tm.tm_gmtoff = args::to_i64(&offset)?;
        }
        let name = structseq::field(t, 9);
        if !name.is_none() {
            let text = str_lossy(&name);
            let text = zone.insert(std::ffi::CString::new(text).unwrap_or_default());
            tm.tm_zone = text.as_ptr().cast_mut();
        }
    }
    Ok(Broken { tm, _zone: zone })
}

/// Brings fields that may be left out (0, or -1 by now) to their least value, and checks all.
fn check(tm: &mut libc::tm) -> Result<()> {
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    } else if !(0..=11).contains(&tm.tm_mon) {
        return raise!(ValueError, "month out of range");
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    } else if !(0..=31).contains(&tm.tm_mday) {
        return raise!(ValueError, "day of month out of range");
    }
    if !(0..=23).contains(&tm.tm_hour) {
        return raise!(ValueError, "hour out of range");
    }
    if !(0..=59).contains(&tm.tm_min) {
        return raise!(ValueError, "minute out of range");
    }
    if !(0..=61).contains(&tm.tm_sec) {
        return raise!(ValueError, "seconds out of range");
    }
    if tm.tm_wday < 0 {
        return raise!(ValueError, "day of week out of range");
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    } else if !(0..=365).contains(&tm.tm_yday) {
        return raise!(ValueError, "day of year out of range");
    }
    Ok(())
}

/// The time in `args[i]`, checked, or now.
fn given(name: &str, o: Option<&&Obj>) -> Result<Broken> {
    match o {
        Some(o) => {
            let mut broken = from_tuple(name, o)?;
            check(&mut broken.tm)?;
            Ok(broken)
        }
        None => Ok(Broken {
            tm: local(clocks::now(libc::CLOCK_REALTIME)?.div_euclid(1_000_000_000))?,
            _zone: None,
        }),
    }
}

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// English, whatever the locale.
fn text(t: &libc::tm) -> String {
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[t.tm_wday as usize % 7],
        MONTHS[t.tm_mon as usize % 12],
        t.tm_mday,
        t.tm_hour,
        t.tm_min,
        t.tm_sec,
        i64::from(t.tm_year) + 1900
    )
}

pub fn asctime(_: &Obj, args: &[&Obj]) -> Result<String> {
    parse::count("asctime", args, 0..=1)?;
    Ok(text(&given("asctime", args.first())?.tm))
}

pub fn ctime(_: &Obj, args: &[&Obj]) -> Result<String> {
    Ok(text(&local(to_time_t("ctime", args)?)?))
}

pub fn mktime(_: &Obj, t: &Obj) -> Result<f64> {
    let mut broken = from_tuple("mktime", t)?;
    // The C library sets the day of the week, unless it fails: -1 is a valid answer.
    broken.tm.tm_wday = -1;
    // SAFETY: a complete struct.
    let seconds = unsafe { libc::mktime(&mut broken.tm) };
    if seconds == -1 && broken.tm.tm_wday == -1 {
        return raise!(OverflowError, "mktime argument out of range");
    }
    Ok(seconds as f64)
}

// ---- Formats ----

pub fn strftime(_: &Obj, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    parse::count("strftime", args, 1..=2)?;
    let Some(format) = args[0].downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "strftime() argument 1 must be str, not {}",
            args[0].tp_name()
        );
    };
    let mut broken = given("strftime", args.get(1))?;
    broken.tm.tm_isdst = broken.tm.tm_isdst.clamp(-1, 1);
    let mut out = Writer::new();
    // The C library sees the runs of ASCII; what it may not understand is passed over.
    let mut run = String::new();
    let mut char_at = |c: u32, out: &mut Writer| -> Result<()> {
        match char::from_u32(c).filter(|c| c.is_ascii() && *c != '\0') {
            Some(c) => run.push(c),
            None => {
                push_formatted(out, &core::mem::take(&mut run), &broken.tm)?;
                if c != u32::MAX {
                    out.push(c);
                }
            }
        }
        Ok(())
    };
    match format.data() {
        StrData::Latin1(s) => s
            .iter()
            .try_for_each(|c| char_at(u32::from(*c), &mut out))?,
        StrData::Ucs2(s) => s
            .iter()
            .try_for_each(|c| char_at(u32::from(*c), &mut out))?,
        StrData::Ucs4(s) => s.iter().try_for_each(|c| char_at(*c, &mut out))?,
    }
    char_at(u32::MAX, &mut out)?;
    out.finish()
}

fn push_formatted(out: &mut Writer, format: &str, tm: &libc::tm) -> Result<()> {
    if format.is_empty() {
        return Ok(());
    }
    let Ok(c_format) = std::ffi::CString::new(format) else {
        return Ok(());
    };
    let mut size = 1024;
    loop {
        let mut buffer = vec![0u8; size];
        // SAFETY: the buffer is as long as it says; the format is a C string.
        let n = unsafe { libc::strftime(buffer.as_mut_ptr().cast(), size, c_format.as_ptr(), tm) };
        // 0 is too little room, or nothing to write.
        if n > 0 || size >= 256 * format.len() {
            let text = vm::types::str_::new(&String::from_utf8_lossy(&buffer[..n]));
            out.push_obj(&text);
            return Ok(());
        }
        size *= 2;
    }
}

pub fn strptime(_: &Obj, args: Args<'_>) -> Result {
    let library = import::import("_strptime")?;
    let f = object::getattr_str(&library, "_strptime_time")?;
    let (positional, kwargs) = call::to_tuple_and_dict(&args)?;
    call::call_tuple_dict(&f, &positional, kwargs.as_deref())
}

// ---- Time zones ----

pub fn tzset(m: &Obj) -> Result<()> {
    // SAFETY: the environment is read under the interpreter's lock.
    unsafe { c_tzset() };
    init_timezone(m)
}

unsafe extern "C" {
    #[link_name = "tzset"]
    fn c_tzset();
}

/// Sets `timezone`, `altzone`, `daylight` and `tzname`: what holds in January and in July.
pub fn init_timezone(m: &Obj) -> Result<()> {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let now = clocks::now(libc::CLOCK_REALTIME)?.div_euclid(1_000_000_000);
    let start = now / YEAR * YEAR;
    let (winter, summer) = (local(start)?, local(start + YEAR / 2)?);
    let west = |t: &libc::tm| -t.tm_gmtoff;
    // Where July is the winter, daylight saving time is January's.
    let (standard, other) = if west(&winter) < west(&summer) {
        (&summer, &winter)
    } else {
        (&winter, &summer)
    };
    let number = |n: i64| int::from_i64(n).into_obj();
    module::add(m, "timezone", &number(west(standard)))?;
    module::add(m, "altzone", &number(west(other)))?;
    module::add(
        m,
        "daylight",
        &number(i64::from(west(standard) != west(other))),
    )?;
    let name = |t: &libc::tm| str_::new(&zone_of(t)).into_obj();
    module::add(
        m,
        "tzname",
        tuple::from_array([name(standard), name(other)]).as_obj(),
    )
}
