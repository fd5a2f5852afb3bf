//! `int.from_bytes` and `int.to_bytes`: two's complement byte strings.

use super::{Digits, MASK, SHIFT, trim};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesError {
    /// OverflowError: int too big to convert
    TooBig,
    /// OverflowError: can't convert negative int to unsigned
    Negative,
}

impl BytesError {
    pub fn message(self) -> &'static str {
        match self {
            Self::TooBig => "int too big to convert",
            Self::Negative => "can't convert negative int to unsigned",
        }
    }
}

/// Sign and magnitude of a byte string.
pub fn from_bytes(bytes: &[u8], little_endian: bool, signed: bool) -> (bool, Digits) {
    if little_endian {
        let negative = signed && bytes.last().is_some_and(|top| top & 0x80 != 0);
        (negative, collect(bytes.iter(), bytes.len(), negative))
    } else {
        let negative = signed && bytes.first().is_some_and(|top| top & 0x80 != 0);
        (negative, collect(bytes.iter().rev(), bytes.len(), negative))
    }
}

fn collect<'a>(bytes: impl Iterator<Item = &'a u8>, len: usize, negative: bool) -> Digits {
    let mut out = Digits::zeroed((len * 8).div_ceil(SHIFT as usize));
    let (mut acc, mut bits, mut at) = (0u64, 0, 0);
    let (invert, mut carry) = if negative { (0xff, 1) } else { (0, 0) };
    for &byte in bytes {
        let byte = u64::from(byte ^ invert) + carry;
        carry = byte >> 8;
        acc |= (byte & 0xff) << bits;
        bits += 8;
        if bits >= SHIFT {
            out[at] = acc as u32 & MASK;
            at += 1;
            acc >>= SHIFT;
            bits -= SHIFT;
        }
    }
    // Only -(2**(8*len)) would carry out, and its top bit says it is not negative there.
    if at < out.len() {
        out[at] = acc as u32;
    }
    out.trim();
    out
}

/// Fills `out` with the value.
pub fn to_bytes(
    (negative, digits): (bool, &[u32]),
    out: &mut [u8],
    little_endian: bool,
    signed: bool,
) -> Result<(), BytesError> {
    if negative && !signed {
        return Err(BytesError::Negative);
    }
    let digits = trim(digits);
    let (invert, mut carry) = if negative { (MASK, 1) } else { (0, 0) };
    let len = out.len();
    let (mut acc, mut bits, mut at) = (0u64, 0, 0);
    let mut overflow = false;
    let mut put = |byte: u8| {
        if at < len {
            out[if little_endian { at } else { len - 1 - at }] = byte;
        } else {
            overflow |= byte != invert as u8;
        }
        at += 1;
    };
    for &digit in digits {
        let digit = (digit ^ invert) + carry;
        carry = digit >> SHIFT;
        acc |= u64::from(digit & MASK) << bits;
        bits += SHIFT;
        while bits >= 8 {
            put(acc as u8);
            acc >>= 8;
            bits -= 8;
        }
    }
    acc |= u64::from(invert) << bits;
    put(acc as u8);
    while at < len {
        out[if little_endian { at } else { len - 1 - at }] = invert as u8;
        at += 1;
    }
    let top = out.get(if little_endian {
        len.wrapping_sub(1)
    } else {
        0
    });
    let sign = top.is_some_and(|top| top & 0x80 != 0);
    if overflow || (signed && len > 0 && sign != negative) || (len == 0 && !digits.is_empty()) {
        return Err(BytesError::TooBig);
    }
    Ok(())
}
