//! Reading ISO 8601 text, and handing other formats to `_strptime`.

use vm::types::str_::StrExt as _;

use crate::prelude::*;

use super::calendar::{self, BadIso, Ymd};
use super::fields::Clock;

/// A day, or what is wrong with a well-formed ISO week date.
pub type Day = core::result::Result<Ymd, (i32, i32, i32, BadIso)>;

/// An offset from UTC: the sign, and the time of day that it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offset {
    pub negative: bool,
    pub clock: Clock,
}

/// A time of day with its offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParsedTime {
    pub clock: Clock,
    pub offset: Option<Offset>,
}

impl ParsedTime {
    /// Whether this is 24:00, the next day's midnight.
    pub fn is_day_end(&self) -> bool {
        let c = self.clock;
        c.hour == 24 && (c.minute, c.second, c.microsecond) == (0, 0, 0)
    }
}

/// A day and a time.
pub struct Parsed {
    pub day: Day,
    pub time: ParsedTime,
}

/// The error of text in none of the formats.
pub fn invalid<T>(text: &Obj) -> Result<T> {
    raise!(ValueError, "Invalid isoformat string: {}", repr_lossy(text))
}

/// The text, if it has no lone surrogates.
pub fn text_of(s: &PyUnicodeObject) -> Option<&str> {
    s.try_str()
}

/// Exactly these digits.
fn digits(s: Option<&[u8]>) -> Option<i32> {
    let s = s.filter(|s| !s.is_empty() && s.iter().all(u8::is_ascii_digit))?;
    Some(s.iter().fold(0, |n, d| n * 10 + i32::from(d - b'0')))
}

/// `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www`, `YYYYWww`, `YYYY-Www-D`, `YYYYWwwD`.
pub fn date(s: &[u8]) -> Option<Day> {
    if !matches!(s.len(), 7 | 8 | 10) {
        return None;
    }
    let year = digits(s.get(..4))?;
    let dashes = s[4] == b'-';
    let mut at = 4 + usize::from(dashes);
    if s.get(at) == Some(&b'W') {
        let week = digits(s.get(at + 1..at + 3))?;
        at += 3;
        let mut day = 1;
        if at < s.len() {
            if (s[at] == b'-') != dashes {
                return None;
            }
            at += usize::from(dashes);
            day = digits(s.get(at..).filter(|rest| rest.len() == 1))?;
        }
        return Some(calendar::from_iso(year, week, day).map_err(|bad| (year, week, day, bad)));
    }
    let month = digits(s.get(at..at + 2))?;
    at += 2;
    if (s.get(at) == Some(&b'-')) != dashes {
        return None;
    }
    at += usize::from(dashes);
    let day = digits(s.get(at..).filter(|rest| rest.len() == 2))?;
    Some(Ok(Ymd::new(year, month, day)))
}

/// `HH[:MM[:SS[.ffffff]]]`, with or without colons.
fn clock(s: &[u8]) -> Option<Clock> {
    let mut parts = [0; 3];
    let (mut at, mut colons) = (0, false);
    for (i, part) in parts.iter_mut().enumerate() {
        *part = digits(s.get(at..at + 2))?;
        at += 2;
        let next = s.get(at);
        if i == 0 {
            colons = next == Some(&b':');
        }
        match next {
            None => break,
            Some(_) if i == 2 => break,
            Some(b':') if colons => at += 1,
            Some(_) if colons => return None,
            Some(b'.' | b',') => break,
            Some(_) => {}
        }
    }
    let mut microsecond = 0;
    if at < s.len() {
        if !matches!(s[at], b'.' | b',') {
            return None;
        }
        let fraction = &s[at + 1..];
        if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let kept = &fraction[..fraction.len().min(6)];
        microsecond = digits(Some(kept))? * 10_i32.pow(6 - kept.len() as u32);
    }
    let [hour, minute, second] = parts;
    Some(Clock {
        hour,
        minute,
        second,
        microsecond,
    })
}

/// A time with an optional offset or `Z`.
pub fn time(s: &[u8]) -> Option<ParsedTime> {
    let sign = s.iter().position(|c| matches!(c, b'+' | b'-' | b'Z'));
    let Some(sign) = sign else {
        return Some(ParsedTime {
            clock: clock(s)?,
            offset: None,
        });
    };
    let (shown, rest) = (clock(&s[..sign])?, &s[sign + 1..]);
    let offset = if s[sign] == b'Z' {
        if !rest.is_empty() {
            return None;
        }
        Clock::MIDNIGHT
    } else {
        clock(rest)?
    };
    Some(ParsedTime {
        clock: shown,
        offset: Some(Offset {
            negative: s[sign] == b'-',
            clock: offset,
        }),
    })
}

/// Where the date ends.
fn separator(s: &[u8]) -> usize {
    if s.len() == 7 {
        return 7;
    }
    if s[4] == b'-' {
        if s[5] != b'W' {
            return 10;
        }
        return match s.get(8) {
            Some(b'-') if s.get(10).is_some_and(u8::is_ascii_digit) => 8,
            Some(b'-') => 10,
            _ => 8,
        };
    }
    if s[4] != b'W' {
        return 8;
    }
    let end = (7..s.len())
        .find(|i| !s[*i].is_ascii_digit())
        .unwrap_or(s.len());
    if end < 9 {
        end
    } else if end % 2 == 0 {
        7
    } else {
        8
    }
}

/// A date, and perhaps any one character and a time.
pub fn datetime(s: &PyUnicodeObject) -> Option<Parsed> {
    // The separator may be any character, a lone surrogate too.
    let mut ascii: Vec<u8> = Vec::with_capacity(s.len());
    let mut odd = None;
    for c in s.chars() {
        if c > 127 && odd.replace(ascii.len()).is_some() {
            return None;
        }
        ascii.push(if c > 127 { b'T' } else { c as u8 });
    }
    if ascii.len() < 7 {
        return None;
    }
    let end = separator(&ascii);
    if odd.is_some_and(|at| at != end) {
        return None;
    }
    let day = date(ascii.get(..end)?)?;
    let time = match ascii.get(end + 1..) {
        None => ParsedTime {
            clock: Clock::MIDNIGHT,
            offset: None,
        },
        Some(rest) => time(rest)?,
    };
    Some(Parsed { day, time })
}

/// `strptime` by the library's module, whose function makes an object of the class.
pub fn strptime(function: &str, class: &PyTypeObject, args: &[&Obj]) -> Result {
    args::expect("strptime", args, 2..=2)?;
    for (i, o) in args.iter().enumerate() {
        if !o.is::<PyUnicodeObject>() {
            return raise!(
                TypeError,
                "strptime() argument {} must be str, not {}",
                i + 1,
                o.tp_name()
            );
        }
    }
    let library = vm::import::import("_strptime")?;
    call::call_method(&library, function, &[class.as_obj(), args[0], args[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_forms() {
        for text in ["2020-12-31", "20201231", "2020-W53-4", "2020W534"] {
            assert_eq!(
                date(text.as_bytes()),
                Some(Ok(Ymd::new(2020, 12, 31))),
                "{text}"
            );
        }
        for text in ["2020-1231", "202012-31", "2020-12-3", "2020W53-4", "x"] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn times_and_offsets() {
        let shown = |text: &str| time(text.as_bytes()).map(|t| t.clock.microseconds());
        assert_eq!(shown("01:02:03.4"), Some(3_723_400_000));
        assert_eq!(shown("010203,400000999+01:00"), Some(3_723_400_000));
        for text in ["1", "01:0203", "01:02:", "01:02:03.", "01Z1", "01:02+"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
