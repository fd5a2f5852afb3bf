//! The types of items: one row for each, with what makes objects of items and items of objects.

use core::ffi::{CStr, c_int};

use crate::prelude::*;
use vm::types::float;
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;

/// A type of items. The first two fields are what C extensions look at.
#[repr(C)]
pub struct Descr {
    /// The letter.
    pub typecode: u8,
    /// Bytes of one item.
    pub itemsize: c_int,
    /// The buffer's format.
    pub format: &'static CStr,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    Text,
}

const fn row(typecode: u8, itemsize: c_int, format: &'static CStr, kind: Kind) -> Descr {
    Descr {
        typecode,
        itemsize,
        format,
        kind,
    }
}

static ROWS: [Descr; 14] = [
    row(b'b', 1, c"b", Kind::Signed),
    row(b'B', 1, c"B", Kind::Unsigned),
    row(b'u', 4, c"w", Kind::Text),
    row(b'w', 4, c"w", Kind::Text),
    row(b'h', 2, c"h", Kind::Signed),
    row(b'H', 2, c"H", Kind::Unsigned),
    row(b'i', 4, c"i", Kind::Signed),
    row(b'I', 4, c"I", Kind::Unsigned),
    row(b'l', 8, c"l", Kind::Signed),
    row(b'L', 8, c"L", Kind::Unsigned),
    row(b'q', 8, c"q", Kind::Signed),
    row(b'Q', 8, c"Q", Kind::Unsigned),
    row(b'f', 4, c"f", Kind::Float),
    row(b'd', 8, c"d", Kind::Float),
];

/// The row of a letter.
pub fn find(letter: u32) -> Option<&'static Descr> {
    ROWS.iter().find(|row| u32::from(row.typecode) == letter)
}

/// The last row of integers of this size, which pickles of other machines are read into.
pub fn find_integer(itemsize: usize, signed: bool) -> Option<&'static Descr> {
    let kind = if signed { Kind::Signed } else { Kind::Unsigned };
    ROWS.iter()
        .rev()
        .find(|row| row.itemsize as usize == itemsize && row.kind == kind)
}

/// All letters.
pub fn typecodes() -> String {
    ROWS.iter().map(|row| row.typecode as char).collect()
}

/// An item's bytes, as many as its size.
pub type Raw = [u8; 8];

impl Descr {
    /// Whether the items are characters.
    pub fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }
    /// Whether the items are integers with a sign.
    pub fn is_signed(&self) -> bool {
        self.kind == Kind::Signed
    }
    /// Whether the items are integers.
    pub fn is_integer(&self) -> bool {
        matches!(self.kind, Kind::Signed | Kind::Unsigned)
    }

    /// The object of the item at the start of `bytes`.
    pub fn get(&self, bytes: &[u8]) -> Ref {
        let size = self.itemsize as usize;
        let mut raw: Raw = [0; 8];
        raw[..size].copy_from_slice(&bytes[..size]);
        let word = u64::from_ne_bytes(raw);
        match self.kind {
            Kind::Signed => {
                let unused = 64 - 8 * size as u32;
                int::from_i64((word << unused) as i64 >> unused).into_obj()
            }
            Kind::Unsigned => int::from_u64(word).into_obj(),
            Kind::Float if size == 4 => {
                float::new(f64::from(f32::from_bits(word as u32))).into_obj()
            }
            Kind::Float => float::new(f64::from_bits(word)).into_obj(),
            Kind::Text => str_::from_char(word as u32).into_obj(),
        }
    }

    /// The item for an object, or why it is none.
    pub fn convert(&self, value: &Obj) -> Result<Raw> {
        let word = match self.typecode {
            b'b' => {
                let n = ranged(
                    long(value)?,
                    i16::MIN.into(),
                    i16::MAX.into(),
                    "signed short integer",
                )?;
                ranged(n, i8::MIN.into(), i8::MAX.into(), "signed char")?
            }
            b'B' => ranged(long(value)?, 0, u8::MAX.into(), "unsigned byte integer")?,
            b'h' => ranged(
                long(value)?,
                i16::MIN.into(),
                i16::MAX.into(),
                "signed short integer",
            )?,
            b'H' => {
                let n = ranged(
                    long(value)?,
                    i32::MIN.into(),
                    i32::MAX.into(),
                    "signed integer",
                )?;
                ranged(n, 0, u16::MAX.into(), "unsigned short")?
            }
            b'i' => ranged(
                long(value)?,
                i32::MIN.into(),
                i32::MAX.into(),
                "signed integer",
            )?,
            b'I' => match unsigned_long(value)? {
                n if n > u64::from(u32::MAX) => {
                    return raise!(OverflowError, "unsigned int is greater than maximum");
                }
                n => n as i64,
            },
            b'l' => long(value)?,
            b'L' => unsigned_long(value)? as i64,
            b'q' => match number::index_int(value)?.to_i64() {
                Some(n) => n,
                None => return raise!(OverflowError, "int too big to convert"),
            },
            b'Q' => {
                let n = number::index_int(value)?;
                if n.is_negative() {
                    return raise!(OverflowError, "can't convert negative int to unsigned");
                }
                match n.to_u64() {
                    Some(n) => n as i64,
                    None => return raise!(OverflowError, "int too big to convert"),
                }
            }
            b'f' => i64::from((args::to_f64(value)? as f32).to_bits()),
            b'd' => args::to_f64(value)?.to_bits() as i64,
            _ => i64::from(character(value)?),
        };
        Ok(word.to_ne_bytes())
    }
}

/// A C `long`.
fn long(value: &Obj) -> Result<i64> {
    number::index_int(value)?.to_i64_or_overflow("long")
}

fn ranged(n: i64, low: i64, high: i64, what: &str) -> Result<i64> {
    if n < low {
        return raise!(OverflowError, "{what} is less than minimum");
    }
    if n > high {
        return raise!(OverflowError, "{what} is greater than maximum");
    }
    Ok(n)
}

/// A C `unsigned long`.
fn unsigned_long(value: &Obj) -> Result<u64> {
    let n = number::index_int(value)?;
    if n.is_negative() {
        return raise!(
            OverflowError,
            "can't convert negative value to unsigned int"
        );
    }
    match n.to_u64() {
        Some(n) => Ok(n),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        ),
    }
}

fn character(value: &Obj) -> Result<u32> {
    let Some(s) = value.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "array item must be a unicode character, not {}",
            value.tp_name()
        );
    };
    if s.len() != 1 {
        return raise!(
            TypeError,
            "array item must be a unicode character, not a string of length {}",
            s.len()
        );
    }
    Ok(s.char_at(0))
}
