//! One JSON value, and what it is made of.
//!
//! Where no value begins, `StopIteration` is raised with the place, as the decoder expects.

use super::scanner::Scanner;
use super::{Unit, decode_error, scan_string};
use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::float;
use vm::types::list::{self, ListExt as _};

/// A text that is being parsed.
pub struct Parser<'a, U> {
    /// How values are made.
    pub scanner: &'a Scanner,
    /// The text.
    pub text: &'a PyUnicodeObject,
    /// Its characters.
    pub units: &'a [U],
    /// Keys, so that equal ones are the same object.
    pub keys: &'a PyDictObject,
}

fn stop(at: usize) -> err::Raised {
    err::stop_iteration(Some(int::from_usize(at).as_obj()))
}

impl<U: Unit> Parser<'_, U> {
    #[inline]
    fn at(&self, i: usize) -> Option<u8> {
        self.units.get(i).and_then(|&u| u8::try_from(u.into()).ok())
    }

    #[inline]
    fn skip_space(&self, mut i: usize) -> usize {
        while matches!(self.at(i), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            i += 1;
        }
        i
    }

    fn has_word(&self, i: usize, word: &str) -> bool {
        word.bytes()
            .enumerate()
            .all(|(k, c)| self.at(i + k) == Some(c))
    }

    fn error<T>(&self, message: &str, at: usize) -> Result<T> {
        Err(decode_error(message, self.text, at))
    }

    /// The value at `i`, and where it ends.
    pub fn value(&self, i: usize) -> Result<(Ref, usize)> {
        match self.at(i) {
            Some(b'"') => scan_string::scan(self.text, self.units, i + 1, self.scanner.is_strict()),
            Some(b'{') => {
                let _depth =
                    call::NativeCall::enter(" while decoding a JSON object from a unicode string")?;
                self.object(i + 1)
            }
            Some(b'[') => {
                let _depth =
                    call::NativeCall::enter(" while decoding a JSON array from a unicode string")?;
                self.array(i + 1)
            }
            Some(b'n') if self.has_word(i, "null") => Ok((none(), i + 4)),
            Some(b't') if self.has_word(i, "true") => Ok((true_(), i + 4)),
            Some(b'f') if self.has_word(i, "false") => Ok((false_(), i + 5)),
            Some(b'N') if self.has_word(i, "NaN") => self.constant(i, "NaN"),
            Some(b'I') if self.has_word(i, "Infinity") => self.constant(i, "Infinity"),
            Some(b'-') if self.has_word(i, "-Infinity") => self.constant(i, "-Infinity"),
            _ => self.number(i),
        }
    }

    fn constant(&self, i: usize, name: &str) -> Result<(Ref, usize)> {
        let value = call::call1(held(&self.scanner.parse_constant), str_::intern_str(name))?;
        Ok((value, i + name.len()))
    }

    /// After a value: `None` if `close` follows, else the place of the next one.
    fn separator(&self, i: usize, close: u8, trailing: &str) -> Result<(bool, usize)> {
        let comma = self.skip_space(i);
        match self.at(comma) {
            Some(c) if c == close => Ok((false, comma + 1)),
            Some(b',') => {
                let next = self.skip_space(comma + 1);
                if self.at(next) == Some(close) {
                    return self.error(trailing, comma);
                }
                Ok((true, next))
            }
            _ => self.error("Expecting ',' delimiter", comma),
        }
    }

    fn array(&self, i: usize) -> Result<(Ref, usize)> {
        let values = list::empty();
        let mut i = self.skip_space(i);
        if self.at(i) == Some(b']') {
            return Ok((values.into_obj(), i + 1));
        }
        loop {
            let (value, end) = self.value(i)?;
            values.try_push(value)?;
            let (more, next) =
                self.separator(end, b']', "Illegal trailing comma before end of array")?;
            if !more {
                return Ok((values.into_obj(), next));
            }
            i = next;
        }
    }

    fn object(&self, i: usize) -> Result<(Ref, usize)> {
        // As pairs if somebody wants those.
        let pairs_hook = Some(held(&self.scanner.object_pairs_hook)).filter(|hook| !hook.is_none());
        let pairs = pairs_hook.map(|_| list::empty());
        let members = if pairs.is_none() {
            Some(dict::try_new()?)
        } else {
            None
        };
        let mut i = self.skip_space(i);
        if self.at(i) == Some(b'}') {
            i += 1;
        } else {
            loop {
                let (key, value, end) = self.member(i)?;
                if let Some(pairs) = &pairs {
                    pairs.try_push(tuple::from_array([key, value]).into_obj())?;
                } else if let Some(members) = &members {
                    members.set(&key, &value)?;
                }
                let more;
                (more, i) =
                    self.separator(end, b'}', "Illegal trailing comma before end of object")?;
                if !more {
                    break;
                }
            }
        }
        if let (Some(hook), Some(pairs)) = (pairs_hook, pairs) {
            return Ok((call::call1(hook, pairs.as_obj())?, i));
        }
        let members = members.expect("made where pairs were not").into_obj();
        match held(&self.scanner.object_hook) {
            hook if hook.is_none() => Ok((members, i)),
            hook => Ok((call::call1(hook, &members)?, i)),
        }
    }

    fn member(&self, i: usize) -> Result<(Ref, Ref, usize)> {
        if self.at(i) != Some(b'"') {
            return self.error("Expecting property name enclosed in double quotes", i);
        }
        let (key, end) = scan_string::scan(self.text, self.units, i + 1, self.scanner.is_strict())?;
        let key = self.keys.setdefault(&key, &key)?;
        let colon = self.skip_space(end);
        if self.at(colon) != Some(b':') {
            return self.error("Expecting ':' delimiter", colon);
        }
        let (value, end) = self.value(self.skip_space(colon + 1))?;
        Ok((key, value, end))
    }

    fn digits(&self, mut i: usize) -> usize {
        while self.at(i).is_some_and(|c| c.is_ascii_digit()) {
            i += 1;
        }
        i
    }

    fn number(&self, start: usize) -> Result<(Ref, usize)> {
        let first = start + usize::from(self.at(start) == Some(b'-'));
        let mut i = match self.at(first) {
            Some(b'0') => first + 1,
            Some(b'1'..=b'9') => self.digits(first),
            _ => return Err(stop(start)),
        };
        let mut is_float = false;
        if self.at(i) == Some(b'.') && self.digits(i + 1) > i + 1 {
            is_float = true;
            i = self.digits(i + 1);
        }
        if matches!(self.at(i), Some(b'e' | b'E')) {
            let exponent = i + 1 + usize::from(matches!(self.at(i + 1), Some(b'+' | b'-')));
            let end = self.digits(exponent);
            if end > exponent {
                is_float = true;
                i = end;
            }
        }
        let units = &self.units[start..i];
        let parse = held(if is_float {
            &self.scanner.parse_float
        } else {
            &self.scanner.parse_int
        });
        let builtin = if is_float {
            &PyFloat_Type
        } else {
            &PyLong_Type
        };
        if !parse.is_same(builtin.as_obj()) {
            let text = str_::try_from_data(U::data(units))?;
            return Ok((call::call1(parse, text.as_obj())?, i));
        }
        // A number's characters are ASCII.
        let text: Vec<u8> = units.iter().map(|&u| u.into() as u8).collect();
        let value = if is_float {
            parse_float(&text)
        } else {
            parse_int(&text)?
        };
        Ok((value, i))
    }
}

fn parse_float(text: &[u8]) -> Ref {
    let value = core::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    float::new(value.unwrap_or(f64::NAN)).into_obj()
}

fn parse_int(text: &[u8]) -> Result {
    // Eighteen digits always fit.
    if text.len() <= 18 {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let n = digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0'));
        return Ok(int::from_i64(if negative { -n } else { n }).into_obj());
    }
    Ok(int::from_byte_text(text, 10)?.into_obj())
}
