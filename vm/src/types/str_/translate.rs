//! `str.translate` and `str.maketrans`.

use layout::{PyDictObject, PyLongObject, PyUnicodeObject};

use super::Writer;
use super::args::string;
use super::data::StrExt;
use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::types::dict::{self, DictExt};
use crate::types::int::{self, IntExt};

/// What a table says of one character.
enum Mapped {
    Keep,
    Delete,
    Char(u32),
    Text(Ref<PyUnicodeObject>),
}

fn look_up(table: &Obj, c: u32) -> Result<Mapped> {
    let found = match crate::protocol::object::getitem(table, int::from_i64(c.into()).as_obj()) {
        Ok(found) => found,
        Err(raised) => {
            return if err::matches(&exc::LookupError) {
                err::clear();
                Ok(Mapped::Keep)
            } else {
                Err(raised)
            };
        }
    };
    if found.is_none() {
        return Ok(Mapped::Delete);
    }
    if let Some(n) = found.downcast::<PyLongObject>() {
        return match n
            .to_i64()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|&c| c <= 0x10ffff)
        {
            Some(c) => Ok(Mapped::Char(c)),
            None => raise!(ValueError, "character mapping must be in range(0x110000)"),
        };
    }
    match found.downcast_ref::<PyUnicodeObject>() {
        Ok(text) => Ok(Mapped::Text(text)),
        Err(_) => raise!(
            TypeError,
            "character mapping must return integer, None or str"
        ),
    }
}

pub fn translate(s: &PyUnicodeObject, table: &Obj) -> Result<Ref<PyUnicodeObject>> {
    let mut out = Writer::with_capacity(s.len());
    let mut ascii: [Option<Mapped>; 128] = [const { None }; 128];
    for c in s.chars() {
        let wide;
        let mapped = match ascii.get_mut(c as usize) {
            Some(known) => match known {
                Some(mapped) => &*mapped,
                None => known.insert(look_up(table, c)?),
            },
            None => {
                wide = look_up(table, c)?;
                &wide
            }
        };
        match mapped {
            Mapped::Keep => out.push(c),
            Mapped::Delete => {}
            Mapped::Char(c) => out.push(*c),
            Mapped::Text(text) => out.push_obj(text),
        }
    }
    out.finish()
}

pub fn maketrans(_: &Obj, argv: &[&Obj]) -> Result {
    args::expect("maketrans", argv, 1..=3)?;
    let table = dict::new();
    match *argv {
        [from] => from_dict(&table, from)?,
        [from, to, ref rest @ ..] => {
            let to = string("maketrans", "argument 2", to)?;
            let delete = rest
                .first()
                .map(|o| string("maketrans", "argument 3", o))
                .transpose()?;
            let Some(from) = from.downcast::<PyUnicodeObject>() else {
                return raise!(
                    TypeError,
                    "first maketrans argument must be a string if there is a second argument"
                );
            };
            if from.len() != to.len() {
                return raise!(
                    ValueError,
                    "the first two maketrans arguments must have equal length"
                );
            }
            let number = |c: u32| int::from_i64(c.into());
            for (a, b) in from.chars().zip(to.chars()) {
                table.set(number(a).as_obj(), number(b).as_obj())?;
            }
            for c in delete.into_iter().flat_map(|s| s.chars()) {
                table.set(number(c).as_obj(), NONE())?;
            }
        }
        [] => {}
    }
    Ok(table.into_obj())
}

fn from_dict(table: &PyDictObject, from: &Obj) -> Result<()> {
    let Some(from) = from.downcast_exact::<PyDictObject>() else {
        return raise!(
            TypeError,
            "if you give only one argument to maketrans it must be a dict"
        );
    };
    let mut pos = 0;
    while let Some((key, value, _)) = from.next(&mut pos) {
        if let Some(s) = key.downcast::<PyUnicodeObject>() {
            if s.len() != 1 {
                return raise!(
                    ValueError,
                    "string keys in translatetable must be of length 1"
                );
            }
            table.set(int::from_i64(s.char_at(0).into()).as_obj(), &value)?;
        } else if key.is::<PyLongObject>() {
            table.set(&key, &value)?;
        } else {
            return raise!(
                TypeError,
                "keys in translate table mustbe strings or integers"
            );
        }
    }
    Ok(())
}
