//! Single values of each format code, to and from little-endian bytes.

use super::error;
use crate::prelude::*;
use vm::protocol::buffer;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::int::IntExt as _;
use vm::types::{complex, float};

/// A letter with its size.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// As formats have it.
    pub letter: u8,
    size: u8,
}

impl Code {
    /// The code of a letter, in native or standard sizes.
    pub fn of(letter: u8, native: bool) -> Option<Code> {
        let size = match letter {
            b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => 1,
            b'h' | b'H' | b'e' => 2,
            b'i' | b'I' | b'f' => 4,
            b'l' | b'L' => {
                if native {
                    8
                } else {
                    4
                }
            }
            b'q' | b'Q' | b'd' | b'F' => 8,
            b'D' => 16,
            b'n' | b'N' | b'P' if native => 8,
            _ => return None,
        };
        Some(Code { letter, size })
    }
    /// Bytes of one value.
    pub fn size(self) -> usize {
        self.size.into()
    }
    /// Native alignment.
    pub fn alignment(self) -> usize {
        self.part_size()
    }
    /// Bytes of what has an order of bytes: the value, or each part of a complex number.
    pub fn part_size(self) -> usize {
        if matches!(self.letter, b'F' | b'D') {
            self.size() / 2
        } else {
            self.size()
        }
    }
    /// Whether the count is of bytes of one string.
    pub fn is_text(self) -> bool {
        matches!(self.letter, b's' | b'p')
    }
    /// The bounds of an integer code.
    fn bounds(self) -> Option<(i128, i128)> {
        let bits = 8 * u32::from(self.size);
        match self.letter {
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => {
                Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1))
            }
            b'B' | b'H' | b'I' | b'L' | b'Q' | b'N' => Some((0, (1 << bits) - 1)),
            _ => None,
        }
    }
}

/// Writes one value over `place`, which has the code's size.
pub fn pack(code: Code, value: &Obj, place: &mut [u8]) -> Result<()> {
    if let Some(bounds) = code.bounds() {
        let n = pack_int(code.letter, value, bounds)?;
        place.copy_from_slice(&n.to_le_bytes()[..place.len()]);
        return Ok(());
    }
    match code.letter {
        b'c' => match value.downcast::<PyBytesObject>().map(|b| b.as_slice()) {
            Some([c]) => place[0] = *c,
            _ => return error!("char format requires a bytes object of length 1"),
        },
        b'?' => place[0] = u8::from(proto::is_true(value)?),
        b'P' => {
            let n = integer(value)?;
            match n
                .to_i128()
                .filter(|n| (i128::from(i64::MIN)..1 << 64).contains(n))
            {
                Some(n) => place.copy_from_slice(&(n as u64).to_le_bytes()),
                None => return error!("int too large to convert"),
            }
        }
        b'e' => place.copy_from_slice(&to_half(real(value)?)?.to_le_bytes()),
        b'f' => place.copy_from_slice(&to_single(real(value)?, "f")?.to_le_bytes()),
        b'd' => place.copy_from_slice(&real(value)?.to_le_bytes()),
        _ => {
            let Ok(z) = complex::value_of(value) else {
                err::clear();
                return error!("required argument is not a complex");
            };
            let (re, im) = place.split_at_mut(code.part_size());
            if code.letter == b'F' {
                re.copy_from_slice(&to_single(z.real, "F")?.to_le_bytes());
                im.copy_from_slice(&to_single(z.imag, "F")?.to_le_bytes());
            } else {
                re.copy_from_slice(&z.real.to_le_bytes());
                im.copy_from_slice(&z.imag.to_le_bytes());
            }
        }
    }
    Ok(())
}

fn integer(value: &Obj) -> Result<Ref<PyLongObject>> {
    if !number::is_index(value) {
        return error!("required argument is not an integer");
    }
    number::index_int(value)
}

fn pack_int(letter: u8, value: &Obj, (low, high): (i128, i128)) -> Result<i128> {
    let n = integer(value)?;
    match n.to_i128().filter(|n| (low..=high).contains(n)) {
        Some(n) => Ok(n),
        None => error!(
            "'{}' format requires {low} <= number <= {high}",
            letter as char
        ),
    }
}

fn real(value: &Obj) -> Result<f64> {
    match args::to_f64(value) {
        Ok(x) => Ok(x),
        Err(_) => {
            err::clear();
            error!("required argument is not a float")
        }
    }
}

fn to_single(x: f64, letter: &str) -> Result<f32> {
    let single = x as f32;
    if single.is_infinite() && x.is_finite() {
        return raise!(
            OverflowError,
            "float too large to pack with {letter} format"
        );
    }
    Ok(single)
}

/// The nearest half-precision float, half to even.
fn to_half(x: f64) -> Result<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    if x.is_nan() {
        // The top of the payload survives.
        return Ok(sign | 0x7c00 | 0x0200 | (x.to_bits() >> 42) as u16 & 0x01ff);
    }
    if x.is_infinite() {
        return Ok(sign | 0x7c00);
    }
    let size = x.abs();
    // Below the least normal half all have its exponent's spacing; adding that much rounds to it.
    let (_, exponent) = num::float::frexp(size);
    let exponent = exponent.max(-13);
    let steps = num::float::ldexp(size, 11 - exponent).round_ties_even() as u32;
    // The lead bit of a normal number adds one to the exponent's field.
    let bits = if size == 0.0 {
        0
    } else {
        ((exponent + 13) as u32) << 10
    } + steps;
    if bits >= 0x7c00 {
        return raise!(OverflowError, "float too large to pack with e format");
    }
    Ok(sign | bits as u16)
}

fn from_half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let size = match bits >> 10 & 0x1f {
        0 => fraction / f64::from(1 << 24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::from_bits(f64::INFINITY.to_bits() | u64::from(bits & 0x3ff) << 42),
        exponent => num::float::ldexp(1024.0 + fraction, i32::from(exponent) - 25),
    };
    if bits & 0x8000 != 0 { -size } else { size }
}

/// The value of `place`, which has the code's size.
pub fn unpack(code: Code, place: &[u8]) -> Ref {
    if code.letter == b'P' || code.bounds().is_some() {
        let signed = code.bounds().is_some_and(|(low, _)| low < 0);
        let mut word = [if signed && place[place.len() - 1] & 0x80 != 0 {
            0xff
        } else {
            0
        }; 8];
        word[..place.len()].copy_from_slice(place);
        return if signed {
            int::from_i64(i64::from_le_bytes(word)).into_obj()
        } else {
            int::from_u64(u64::from_le_bytes(word)).into_obj()
        };
    }
    let single = |b: &[u8]| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let double = |b: &[u8]| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
    match code.letter {
        b'c' => bytes::new(place).into_obj(),
        b'?' => bool_(place[0] != 0),
        b'e' => float::new(from_half(u16::from_le_bytes([place[0], place[1]]))).into_obj(),
        b'f' => float::new(single(place)).into_obj(),
        b'd' => float::new(double(place)).into_obj(),
        b'F' => complex::new(single(place), single(&place[4..])).into_obj(),
        _ => complex::new(double(place), double(&place[8..])).into_obj(),
    }
}

/// Writes a string for `s` or `p` over `place`, which is zeroed.
pub fn pack_text(letter: u8, value: &Obj, place: &mut [u8]) -> Result<()> {
    if !value.is::<PyBytesObject>() && !value.is::<PyByteArrayObject>() {
        return error!("argument for '{}' must be a bytes object", letter as char);
    }
    let view = buffer::simple(value)?;
    let text = view.bytes();
    let place = match (letter, place) {
        (b'p', [length, rest @ ..]) => {
            *length = text.len().min(rest.len()).min(255) as u8;
            rest
        }
        (_, place) => place,
    };
    let n = text.len().min(place.len());
    place[..n].copy_from_slice(&text[..n]);
    Ok(())
}

/// The string of `s` or `p`.
pub fn unpack_text(letter: u8, place: &[u8]) -> Ref {
    let text = match (letter, place) {
        (b'p', [length, rest @ ..]) => &rest[..rest.len().min(usize::from(*length))],
        (_, place) => place,
    };
    bytes::new(text).into_obj()
}
