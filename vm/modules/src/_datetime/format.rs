//! Text of days, times and offsets: ISO 8601, `ctime`, `strftime`.

use vm::types::str_::StrExt as _;

use crate::prelude::*;

use super::calendar::Ymd;
use super::datetime::DateTime;
use super::delta::Delta;
use super::fields::Clock;
use super::time::Time;
use super::tzinfo;

/// `YYYY-MM-DD`
pub fn iso_date(d: Ymd) -> String {
    format!("{:04}-{:02}-{:02}", d.year, d.month, d.day)
}

/// How much of a time of day is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Timespec {
    Auto,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
    Microseconds,
}

const TIMESPECS: [(&str, Timespec); 6] = [
    ("auto", Timespec::Auto),
    ("hours", Timespec::Hours),
    ("minutes", Timespec::Minutes),
    ("seconds", Timespec::Seconds),
    ("milliseconds", Timespec::Milliseconds),
    ("microseconds", Timespec::Microseconds),
];

impl Timespec {
    /// The `timespec` argument of a function.
    pub fn from_argument(function: &str, o: Option<&Obj>) -> Result<Timespec> {
        let Some(o) = o else {
            return Ok(Timespec::Auto);
        };
        let name = str_::text_argument(function, "argument 'timespec'", o)?;
        match TIMESPECS.iter().find(|(n, _)| *n == name) {
            Some((_, t)) => Ok(*t),
            None => raise!(ValueError, "Unknown timespec value"),
        }
    }
}

/// A time of day as ISO 8601 has it.
pub fn iso_clock(c: Clock, timespec: Timespec) -> String {
    let Clock {
        hour,
        minute,
        second,
        microsecond,
    } = c;
    let timespec = match timespec {
        Timespec::Auto if microsecond == 0 => Timespec::Seconds,
        Timespec::Auto => Timespec::Microseconds,
        other => other,
    };
    match timespec {
        Timespec::Hours => format!("{hour:02}"),
        Timespec::Minutes => format!("{hour:02}:{minute:02}"),
        Timespec::Milliseconds => {
            format!(
                "{hour:02}:{minute:02}:{second:02}.{:03}",
                microsecond / 1000
            )
        }
        Timespec::Microseconds => {
            format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}")
        }
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

/// An optional offset; nothing for none.
pub fn offset(d: Option<&Delta>, separator: &str) -> String {
    d.map_or_else(String::new, |d| tzinfo::offset_text(d, separator))
}

/// The one character between date and time.
pub fn separator(o: &Obj) -> Result<char> {
    let Some(s) = str_::of(o) else {
        return raise!(
            TypeError,
            "isoformat() argument 1 must be a unicode character, not {}",
            o.tp_name()
        );
    };
    if s.len() != 1 {
        return raise!(
            TypeError,
            "isoformat() argument 1 must be a unicode character, not a string of length {}",
            s.len()
        );
    }
    match char::from_u32(s.char_at(0)) {
        Some(c) => Ok(c),
        None => raise!(ValueError, "a surrogate cannot separate date and time"),
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// As C's `ctime` shows a moment.
pub fn ctime(d: Ymd, c: Clock) -> String {
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {:04}",
        DAYS[d.weekday() as usize],
        MONTHS[d.month as usize - 1],
        d.day,
        c.hour,
        c.minute,
        c.second,
        d.year
    )
}

/// `time.struct_time` of a moment.
pub fn struct_time(d: Ymd, c: Clock, dst: i32) -> Result {
    let parts = [
        d.year,
        d.month,
        d.day,
        c.hour,
        c.minute,
        c.second,
        d.weekday(),
        d.day_of_year(),
        dst,
    ];
    let parts = parts.map(|n| int::from_i64(i64::from(n)).into_obj());
    let time = vm::import::import("time")?;
    call::call_method(
        &time,
        "struct_time",
        &[tuple::from_vec(parts.to_vec()).as_obj()],
    )
}

/// `format(o, spec)`: `strftime` unless the format is empty.
pub fn format_method(o: &Obj, args: &[&Obj]) -> Result {
    args::expect("__format__", args, 1..=1)?;
    let Some(s) = str_::of(args[0]) else {
        return raise!(
            TypeError,
            "__format__() argument 1 must be str, not {}",
            args[0].tp_name()
        );
    };
    if s.is_empty() {
        return proto::str(o);
    }
    call::call_method(o, "strftime", &[args[0]])
}

/// `o.strftime(format)`
pub fn strftime(o: &Obj, format: Option<&Obj>) -> Result {
    let format = required(format);
    let Some(text) = str_::of(format) else {
        return raise!(
            TypeError,
            "strftime() argument 1 must be str, not {}",
            format.tp_name()
        );
    };
    let parts = if let Some(t) = o.downcast::<Time>() {
        // Times of day are shown on an arbitrary day.
        struct_time(Ymd::new(1900, 1, 1), t.clock(), -1)?
    } else {
        call::call_method(o, "timetuple", &[])?
    };
    let mut expansion = Expansion {
        o,
        parts: &parts,
        time: vm::import::import("time")?,
        out: str_::Writer::new(),
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != u32::from(b'%') {
            expansion.out.push(c);
            continue;
        }
        match chars.next() {
            None => expansion.out.push(c),
            Some(code) => {
                let colon = code == u32::from(b':') && chars.peek() == Some(&u32::from(b'z'));
                if colon {
                    chars.next();
                }
                expansion.directive(code, colon)?;
            }
        }
    }
    let (time, expanded) = (expansion.time, expansion.out.finish()?);
    call::call_method(&time, "strftime", &[expanded.as_obj(), &parts])
}

/// Replaces the directives that C's `strftime` has not, or shows otherwise.
struct Expansion<'a> {
    o: &'a Obj,
    parts: &'a Obj,
    time: Ref,
    out: str_::Writer,
}

impl Expansion<'_> {
    fn zone(&self) -> (Option<&Obj>, &Obj) {
        if let Some(t) = self.o.downcast::<Time>() {
            return (t.zone(), NONE());
        }
        match self.o.downcast::<DateTime>() {
            Some(d) => (d.zone(), self.o),
            None => (None, self.o),
        }
    }

    fn directive(&mut self, code: u32, colon: bool) -> Result<()> {
        let text = match char::from_u32(code) {
            Some(':') if colon => self.offset(":")?,
            Some('z') => self.offset("")?,
            Some('Z') => {
                let (zone, argument) = self.zone();
                let name = tzinfo::ask_name(zone, argument)?;
                if name.is_none() {
                    return Ok(());
                }
                str_::to_string_lossy(&name).replace('%', "%%")
            }
            Some('f') => format!("{:06}", self.microsecond()),
            Some(c @ ('Y' | 'G' | 'F' | 'C')) if self.year()? < 1000 => self.century(c)?,
            _ => {
                self.out.push(u32::from(b'%'));
                self.out.push(code);
                return Ok(());
            }
        };
        self.out.push_str(&text);
        Ok(())
    }

    fn offset(&self, separator: &str) -> Result<String> {
        let (zone, argument) = self.zone();
        Ok(offset(
            tzinfo::ask(zone, "utcoffset", argument)?.as_deref(),
            separator,
        ))
    }

    fn microsecond(&self) -> i32 {
        if let Some(t) = self.o.downcast::<Time>() {
            return t.clock().microsecond;
        }
        self.o
            .downcast::<DateTime>()
            .map_or(0, |d| d.clock().microsecond)
    }

    fn part(&self, i: isize) -> Result<i64> {
        args::to_i64(&*proto::sequence_item(self.parts, i)?)
    }

    fn year(&self) -> Result<i64> {
        self.part(0)
    }

    /// The directives of the year, which the C library does not pad.
    fn century(&self, code: char) -> Result<String> {
        let mut year = self.year()?;
        if code == 'G' {
            let shown = call::call_method(
                &self.time,
                "strftime",
                &[str_::intern_str("%G"), self.parts],
            )?;
            year = str_::to_string_lossy(&shown).parse().unwrap_or(year);
        }
        Ok(match code {
            'C' => format!("{:02}", year / 100),
            'F' => format!("{year:04}-{:02}-{:02}", self.part(1)?, self.part(2)?),
            _ => format!("{year:04}"),
        })
    }
}
