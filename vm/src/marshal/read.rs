//! Reading marshalled values. The input is not trusted to be well formed: every fault is an exception.

use layout::*;

use super::{MAX_DEPTH, tag};
use crate::code::{self, CodeParts};
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::types::dict::{self, DictExt as _};
use crate::types::list::ListExt as _;
use crate::types::{bytes, complex, float, int, list, set, slice, str_, tuple};

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    /// Values that later references may name; none while such a value is still being read.
    refs: Vec<Option<Ref>>,
    depth: u32,
    allow_code: bool,
}

/// Reads one value from the start of `data`; answers with how many bytes it took.
pub fn loads(data: &[u8], allow_code: bool) -> Result<(Ref, usize)> {
    let mut r = Reader {
        data,
        at: 0,
        refs: Vec::new(),
        depth: 0,
        allow_code,
    };
    let value = r.value()?;
    match value {
        Some(v) => Ok((v, r.at)),
        None => raise!(TypeError, "NULL object in marshal data for object"),
    }
}

/// Reads a code object.
pub fn load_code(data: &[u8]) -> Result<Ref<PyCodeObject>> {
    match loads(data, true)?.0.downcast_ref::<PyCodeObject>() {
        Ok(code) => Ok(code),
        Err(other) => raise!(
            TypeError,
            "marshalled {} where a code object belongs",
            other.tp_name()
        ),
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        match self.data.get(self.at..self.at.saturating_add(n)) {
            Some(part) => {
                self.at += n;
                Ok(part)
            }
            None => raise!(EOFError, "marshal data too short"),
        }
    }

    fn byte(&mut self) -> Result<u8> {
        match self.data.get(self.at) {
            Some(b) => {
                self.at += 1;
                Ok(*b)
            }
            None => raise!(EOFError, "EOF read where object expected"),
        }
    }

    fn short(&mut self) -> Result<i16> {
        Ok(i16::from_le_bytes(
            self.take(2)?.try_into().expect("two bytes"),
        ))
    }

    fn long(&mut self) -> Result<i32> {
        Ok(i32::from_le_bytes(
            self.take(4)?.try_into().expect("four bytes"),
        ))
    }

    fn double(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(
            self.take(8)?.try_into().expect("eight bytes"),
        ))
    }

    fn size(&mut self, what: &str) -> Result<usize> {
        match usize::try_from(self.long()?) {
            Ok(n) => Ok(n),
            Err(_) => raise!(ValueError, "bad marshal data ({what} size out of range)"),
        }
    }

    /// A container's number of items; more than there are bytes left is a fault, found before memory is asked for.
    fn count(&mut self, what: &str) -> Result<usize> {
        let n = self.size(what)?;
        if n > self.data.len() - self.at {
            return raise!(EOFError, "marshal data too short");
        }
        Ok(n)
    }

    /// Keeps a place for a value whose parts come before it is made.
    fn reserve(&mut self, flag: bool) -> Option<usize> {
        flag.then(|| {
            self.refs.push(None);
            self.refs.len() - 1
        })
    }

    fn fill(&mut self, place: Option<usize>, value: &Ref) {
        if let Some(i) = place {
            self.refs[i] = Some(value.clone());
        }
    }

    fn required(&mut self, what: &str) -> Result {
        match self.value()? {
            Some(v) => Ok(v),
            None => raise!(TypeError, "NULL object in marshal data for {what}"),
        }
    }

    fn text_float(&mut self) -> Result<f64> {
        let n = usize::from(self.byte()?);
        let text = self.take(n)?;
        match core::str::from_utf8(text).ok().and_then(|t| t.parse().ok()) {
            Some(x) => Ok(x),
            None => raise!(ValueError, "bad marshal data (float)"),
        }
    }

    fn value(&mut self) -> Result<Option<Ref>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.depth -= 1;
            return raise!(ValueError, "recursion limit exceeded");
        }
        let out = self.value_inside();
        self.depth -= 1;
        out
    }

    fn value_inside(&mut self) -> Result<Option<Ref>> {
        let code = self.byte()?;
        let flag = code & tag::FLAG_REF != 0;
        let value = match code & !tag::FLAG_REF {
            tag::NULL => return Ok(None),
            tag::NONE => return Ok(Some(none())),
            tag::STOPITER => return Ok(Some(exc::StopIteration.as_obj().new_ref())),
            tag::ELLIPSIS => return Ok(Some(ellipsis())),
            tag::FALSE => return Ok(Some(false_())),
            tag::TRUE => return Ok(Some(true_())),
            tag::REF => {
                let i = self.long()?;
                let found = usize::try_from(i)
                    .ok()
                    .and_then(|i| self.refs.get(i))
                    .cloned()
                    .flatten();
                return match found {
                    Some(v) => Ok(Some(v)),
                    None => raise!(ValueError, "bad marshal data (invalid reference)"),
                };
            }
            tag::INT => int::from_i64(i64::from(self.long()?)).into_obj(),
            tag::INT64 => int::from_i64(i64::from_le_bytes(
                self.take(8)?.try_into().expect("eight bytes"),
            ))
            .into_obj(),
            tag::LONG => self.big_int()?,
            tag::FLOAT => float::new(self.text_float()?).into_obj(),
            tag::BINARY_FLOAT => float::new(self.double()?).into_obj(),
            tag::COMPLEX => {
                let re = self.text_float()?;
                complex::new(re, self.text_float()?).into_obj()
            }
            tag::BINARY_COMPLEX => {
                let re = self.double()?;
                complex::new(re, self.double()?).into_obj()
            }
            tag::STRING => {
                let n = self.size("bytes object")?;
                bytes::new(self.take(n)?).into_obj()
            }
            kind @ (tag::ASCII | tag::ASCII_INTERNED) => {
                let n = self.size("string")?;
                self.ascii(n, kind == tag::ASCII_INTERNED)?
            }
            kind @ (tag::SHORT_ASCII | tag::SHORT_ASCII_INTERNED) => {
                let n = usize::from(self.byte()?);
                self.ascii(n, kind == tag::SHORT_ASCII_INTERNED)?
            }
            kind @ (tag::UNICODE | tag::INTERNED) => {
                let n = self.size("string")?;
                let Some(s) = str_::from_wtf8(self.take(n)?) else {
                    return raise!(ValueError, "bad marshal data (string is not UTF-8)");
                };
                if kind == tag::INTERNED {
                    str_::intern(&s).into_obj()
                } else {
                    s.into_obj()
                }
            }
            tag::SMALL_TUPLE => {
                let n = usize::from(self.byte()?);
                return self.tuple(n, flag).map(Some);
            }
            tag::TUPLE => {
                let n = self.count("tuple")?;
                return self.tuple(n, flag).map(Some);
            }
            tag::LIST => {
                let n = self.count("list")?;
                let made = list::from_vec(Vec::new());
                if flag {
                    self.refs.push(Some(made.clone().into_obj()));
                }
                for _ in 0..n {
                    let item = self.required("list")?;
                    made.push(item);
                }
                return Ok(Some(made.into_obj()));
            }
            tag::DICT => {
                let made = dict::new();
                if flag {
                    self.refs.push(Some(made.clone().into_obj()));
                }
                while let Some(key) = self.value()? {
                    let Some(value) = self.value()? else { break };
                    made.set(&key, &value)?;
                }
                return Ok(Some(made.into_obj()));
            }
            kind @ (tag::SET | tag::FROZENSET) => {
                let place = self.reserve(flag);
                let n = self.count("set")?;
                let mut items = Vec::with_capacity(n);
                for _ in 0..n {
                    items.push(self.required("set")?);
                }
                let items = list::from_vec(items);
                let made = if kind == tag::SET {
                    set::new_set(Some(items.as_obj()))?.into_obj()
                } else {
                    set::new_frozenset(Some(items.as_obj()))?.into_obj()
                };
                self.fill(place, &made);
                return Ok(Some(made));
            }
            tag::SLICE => {
                let place = self.reserve(flag);
                let (start, stop, step) = (
                    self.required("slice")?,
                    self.required("slice")?,
                    self.required("slice")?,
                );
                let made = slice::new(&start, &stop, &step)?.into_obj();
                self.fill(place, &made);
                return Ok(Some(made));
            }
            tag::CODE => {
                if !self.allow_code {
                    return raise!(ValueError, "unmarshalling code objects is disallowed");
                }
                let place = self.reserve(flag);
                let made = self.code()?;
                self.fill(place, &made);
                return Ok(Some(made));
            }
            _ => return raise!(ValueError, "bad marshal data (unknown type code)"),
        };
        if flag {
            self.refs.push(Some(value.clone()));
        }
        Ok(Some(value))
    }

    fn ascii(&mut self, n: usize, interned: bool) -> Result {
        let text = self.take(n)?;
        if !text.is_ascii() {
            return raise!(ValueError, "bad marshal data (string is not ASCII)");
        }
        // Short texts made of word characters are names: identity makes their lookups fast.
        let s = str_::from_ascii(text);
        Ok(if interned {
            str_::intern(&s).into_obj()
        } else {
            s.into_obj()
        })
    }

    fn tuple(&mut self, n: usize, flag: bool) -> Result {
        let place = self.reserve(flag);
        let mut items = Vec::with_capacity(n);
        for _ in 0..n {
            items.push(self.required("tuple")?);
        }
        let made = tuple::from_vec(items);
        tuple::untrack_if_atomic(&made);
        let made = made.into_obj();
        self.fill(place, &made);
        Ok(made)
    }

    /// Digits of 15 bits, as the format has them.
    fn big_int(&mut self) -> Result {
        let n = self.long()?;
        let count = n.unsigned_abs() as usize;
        let mut small = Vec::with_capacity(count.min(self.data.len()));
        for _ in 0..count {
            let d = self.short()?;
            if d < 0 {
                return raise!(ValueError, "bad marshal data (digit out of range in long)");
            }
            small.push(d as u32);
        }
        if small.last() == Some(&0) {
            return raise!(ValueError, "bad marshal data (unnormalized long data)");
        }
        let digits: Vec<u32> = small
            .chunks(2)
            .map(|pair| pair[0] | pair.get(1).map_or(0, |high| high << 15))
            .collect();
        Ok(int::from_digits(n < 0, &digits).into_obj())
    }

    fn part<T: Layout>(&mut self) -> Result<Ref<T>> {
        match self.required("code object")?.downcast_ref::<T>() {
            Ok(part) => Ok(part),
            Err(other) => raise!(
                TypeError,
                "bad marshal data: {} where a code object has {}",
                other.tp_name(),
                type_name(T::type_object())
            ),
        }
    }

    fn code(&mut self) -> Result {
        let argcount = self.long()?;
        let posonlyargcount = self.long()?;
        let kwonlyargcount = self.long()?;
        let stacksize = self.long()?;
        let flags = self.long()?;
        let code = self.part()?;
        let consts = self.part()?;
        let names = self.part()?;
        let localsplusnames = self.part()?;
        let localspluskinds = self.part()?;
        let filename = self.part()?;
        let name = self.part()?;
        let qualname = self.part()?;
        let firstlineno = self.long()?;
        let linetable = self.part()?;
        let exceptiontable = self.part()?;
        code::new(CodeParts {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            code,
            consts,
            names,
            localsplusnames,
            localspluskinds,
            filename,
            name,
            qualname,
            firstlineno,
            linetable,
            exceptiontable,
        })
        .map(Ref::into_obj)
    }
}
