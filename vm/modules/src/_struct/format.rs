//! Format strings: which values lie where.

use super::codes::{self, Code};
use super::error;
use crate::prelude::*;

/// A run of values of one kind.
#[derive(Debug)]
struct Field {
    code: Code,
    offset: usize,
    /// How many values; for strings how many bytes.
    count: usize,
}

/// A parsed format.
#[derive(Debug)]
pub struct Format {
    /// As it was given.
    pub text: String,
    /// The packed size in bytes.
    pub size: usize,
    /// How many values are packed.
    pub values: usize,
    little_endian: bool,
    fields: Vec<Field>,
}

impl Format {
    /// Parses a format.
    pub fn parse(text: &[u8]) -> Result<Format> {
        if text.contains(&0) {
            return error!("embedded null character");
        }
        let (native, little_endian, mut rest) = match text {
            [b'@', rest @ ..] => (true, true, rest),
            [b'=' | b'<', rest @ ..] => (false, true, rest),
            [b'>' | b'!', rest @ ..] => (false, false, rest),
            _ => (true, true, text),
        };
        let text = String::from_utf8_lossy(text).into_owned();
        let mut f = Format {
            text,
            size: 0,
            values: 0,
            little_endian,
            fields: Vec::new(),
        };
        while let [c, after @ ..] = rest {
            rest = after;
            if matches!(c, b' ' | b'\t'..=b'\r') {
                continue;
            }
            let (mut c, mut count) = (*c, 1usize);
            if c.is_ascii_digit() {
                (c, count, rest) = repeated(c, rest)?;
            }
            f.add(c, count, native)?;
        }
        Ok(f)
    }

    fn add(&mut self, c: u8, count: usize, native: bool) -> Result<()> {
        let Some(code) = Code::of(c, native) else {
            return error!("bad char in struct format");
        };
        let align = if native { code.alignment() } else { 1 };
        let offset = self.size.checked_next_multiple_of(align);
        let end = offset.and_then(|offset| offset.checked_add(count.checked_mul(code.size())?));
        let (Some(offset), Some(end)) = (offset, end.filter(|&end| isize::try_from(end).is_ok()))
        else {
            return error!("total struct size too long");
        };
        self.size = end;
        self.values += match code.letter {
            b'x' => return Ok(()),
            b's' | b'p' => 1,
            _ => count,
        };
        if count > 0 || code.is_text() {
            self.fields.push(Field {
                code,
                offset,
                count,
            });
        }
        Ok(())
    }

    /// The memory that the description takes, about.
    pub fn memory(&self) -> usize {
        (self.fields.len() + 1) * size_of::<Field>()
    }

    /// The values as bytes. Their number has been checked.
    pub fn pack(&self, values: &[&Obj]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        if out.try_reserve_exact(self.size).is_err() {
            return Err(err::no_memory());
        }
        out.resize(self.size, 0);
        let mut values = values.iter();
        for field in &self.fields {
            if field.code.is_text() {
                let Some(value) = values.next() else { break };
                codes::pack_text(
                    field.code.letter,
                    value,
                    &mut out[field.offset..][..field.count],
                )?;
                continue;
            }
            let size = field.code.size();
            for (i, value) in values.by_ref().take(field.count).enumerate() {
                let place = &mut out[field.offset + i * size..][..size];
                codes::pack(field.code, value, place)?;
                // Codes write little-endian; each part of a complex number is turned by itself.
                if !self.little_endian {
                    place
                        .chunks_mut(field.code.part_size())
                        .for_each(<[u8]>::reverse);
                }
            }
        }
        Ok(out)
    }

    /// The values in bytes, which are as many as `size` says.
    pub fn unpack(&self, data: &[u8]) -> Result<Ref<PyTupleObject>> {
        let mut values = tuple::Fresh::new(self.values)?;
        for field in &self.fields {
            if field.code.is_text() {
                values.put(codes::unpack_text(
                    field.code.letter,
                    &data[field.offset..][..field.count],
                ));
                continue;
            }
            let size = field.code.size();
            for place in data[field.offset..][..field.count * size].chunks(size) {
                let mut native = [0; 16];
                let native = &mut native[..size];
                native.copy_from_slice(place);
                if !self.little_endian {
                    native
                        .chunks_mut(field.code.part_size())
                        .for_each(<[u8]>::reverse);
                }
                values.put(codes::unpack(field.code, native));
            }
        }
        Ok(values.finish())
    }
}

/// A repeat count that begins with the digit `first`, and the letter it is for.
fn repeated(first: u8, mut rest: &[u8]) -> Result<(u8, usize, &[u8])> {
    let mut count = usize::from(first - b'0');
    loop {
        let [c, after @ ..] = rest else {
            return error!("repeat count given without format specifier");
        };
        rest = after;
        if !c.is_ascii_digit() {
            return Ok((*c, count, rest));
        }
        let next = count
            .checked_mul(10)
            .and_then(|n| n.checked_add(usize::from(c - b'0')));
        match next.filter(|&n| isize::try_from(n).is_ok()) {
            Some(next) => count = next,
            None => return error!("total struct size too long"),
        }
    }
}
