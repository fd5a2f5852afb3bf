//! Writing marshalled values, byte for byte as CPython does: equal programs give equal `.pyc` files.

use std::collections::HashMap;

use layout::*;

use super::{MAX_DEPTH, tag};
use crate::code;
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::protocol::object;
use crate::types::bytes::BytesExt as _;
use crate::types::dict::DictExt as _;
use crate::types::int::IntExt as _;
use crate::types::list::ListExt as _;
use crate::types::str_::{self, StrExt as _};
use crate::types::tuple::TupleExt as _;
use crate::types::{complex, float};

struct Writer {
    out: Vec<u8>,
    version: i32,
    /// The numbers of the values written so far that may be named again, by address. Kept alive by the value written.
    refs: HashMap<usize, u32>,
    depth: u32,
    allow_code: bool,
}

/// The marshalled form of a value.
pub fn dumps(value: &Obj, version: i32, allow_code: bool) -> Result<Vec<u8>> {
    let mut w = Writer {
        out: Vec::with_capacity(64),
        version,
        refs: HashMap::new(),
        depth: 0,
        allow_code,
    };
    w.value(value)?;
    Ok(w.out)
}

fn unmarshallable<T>() -> Result<T> {
    raise!(ValueError, "unmarshallable object")
}

impl Writer {
    fn long(&mut self, n: i32) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }

    fn size(&mut self, n: usize) -> Result<()> {
        match i32::try_from(n) {
            Ok(n) => {
                self.long(n);
                Ok(())
            }
            Err(_) => unmarshallable(),
        }
    }

    fn sized(&mut self, data: &[u8]) -> Result<()> {
        self.size(data.len())?;
        self.out.extend_from_slice(data);
        Ok(())
    }

    /// Writes a reference if the value was written before; else numbers it. An object with one reference is not
    /// numbered by CPython; where nobody counts, every object may be.
    fn known(&mut self, o: &Obj) -> Result<(bool, u8)> {
        if self.version < 3 || o.ob_refcnt.get() == 1 {
            return Ok((false, 0));
        }
        if let Some(&n) = self.refs.get(&(o.as_ptr() as usize)) {
            self.out.push(tag::REF);
            self.long(n as i32);
            return Ok((true, 0));
        }
        let n = self.refs.len() as u32;
        self.refs.insert(o.as_ptr() as usize, n);
        Ok((false, tag::FLAG_REF))
    }

    fn value(&mut self, o: &Obj) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.depth -= 1;
            return raise!(ValueError, "object too deeply nested to marshal");
        }
        let done = self.value_inside(o);
        self.depth -= 1;
        done
    }

    fn value_inside(&mut self, o: &Obj) -> Result<()> {
        let constant = if o.is_none() {
            tag::NONE
        } else if o.is_same(TRUE()) {
            tag::TRUE
        } else if o.is_same(FALSE()) {
            tag::FALSE
        } else if o.is_same(ELLIPSIS()) {
            tag::ELLIPSIS
        } else if o.is_same(exc::StopIteration.as_obj()) {
            tag::STOPITER
        } else {
            let (done, flag) = self.known(o)?;
            return if done {
                Ok(())
            } else {
                self.complex_value(o, flag)
            };
        };
        self.out.push(constant);
        Ok(())
    }

    fn complex_value(&mut self, o: &Obj, flag: u8) -> Result<()> {
        if let Some(n) = o.downcast_exact::<PyLongObject>() {
            self.int(n, flag);
        } else if let Some(x) = o.downcast_exact::<PyFloatObject>() {
            self.out.push(tag::BINARY_FLOAT | flag);
            self.out.extend_from_slice(&float::value(x).to_le_bytes());
        } else if let Some(z) = o.downcast_exact::<PyComplexObject>() {
            let (re, im) = complex::parts(z);
            self.out.push(tag::BINARY_COMPLEX | flag);
            self.out.extend_from_slice(&re.to_le_bytes());
            self.out.extend_from_slice(&im.to_le_bytes());
        } else if let Some(b) = o.downcast_exact::<PyBytesObject>() {
            self.out.push(tag::STRING | flag);
            self.sized(b.as_slice())?;
        } else if let Some(s) = o.downcast_exact::<PyUnicodeObject>() {
            self.text(s, flag)?;
        } else if let Some(t) = o.downcast_exact::<PyTupleObject>() {
            let items = t.items();
            if self.version >= 4 && items.len() < 256 {
                self.out.push(tag::SMALL_TUPLE | flag);
                self.out.push(items.len() as u8);
            } else {
                self.out.push(tag::TUPLE | flag);
                self.size(items.len())?;
            }
            for item in items {
                self.value(item)?;
            }
        } else if let Some(l) = o.downcast_exact::<PyListObject>() {
            self.out.push(tag::LIST | flag);
            let items = l.items().to_vec();
            self.size(items.len())?;
            for item in &items {
                self.value(item)?;
            }
        } else if let Some(d) = o.downcast_exact::<PyDictObject>() {
            self.out.push(tag::DICT | flag);
            let mut pos = 0;
            while let Some((key, value, _)) = d.next(&mut pos) {
                self.value(&key)?;
                self.value(&value)?;
            }
            self.out.push(tag::NULL);
        } else if core::ptr::eq(o.ty(), &PySet_Type) || core::ptr::eq(o.ty(), &PyFrozenSet_Type) {
            self.set(o, flag)?;
        } else if let Some(c) = o.downcast_exact::<PyCodeObject>() {
            if !self.allow_code {
                return raise!(ValueError, "marshalling code objects is disallowed");
            }
            self.code(c, flag)?;
        } else if let Some(s) = o.downcast_exact::<PySliceObject>() {
            if self.version < 5 {
                return unmarshallable();
            }
            self.out.push(tag::SLICE | flag);
            for field in [&s.start, &s.stop, &s.step] {
                let part = field.get_ref().unwrap_or_else(none);
                self.value(&part)?;
            }
        } else if let Ok(buffer) = object::get_buffer(o, PyBUF_SIMPLE) {
            self.out.push(tag::STRING | flag);
            self.sized(buffer.bytes())?;
        } else {
            crate::err::clear();
            self.out.push(b'?' | flag);
            return unmarshallable();
        }
        Ok(())
    }

    fn int(&mut self, n: &PyLongObject, flag: u8) {
        if let Some(small) = n.to_i64().and_then(|n| i32::try_from(n).ok()) {
            self.out.push(tag::INT | flag);
            self.long(small);
            return;
        }
        self.out.push(tag::LONG | flag);
        let (negative, digits) = n.digits();
        let mut halves: Vec<u16> = Vec::with_capacity(digits.len() * 2);
        for d in digits {
            halves.push((d & 0x7fff) as u16);
            halves.push((d >> 15) as u16);
        }
        if halves.last() == Some(&0) {
            halves.pop();
        }
        let count = halves.len() as i32;
        self.long(if negative { -count } else { count });
        for h in halves {
            self.out.extend_from_slice(&h.to_le_bytes());
        }
    }

    fn text(&mut self, s: &PyUnicodeObject, flag: u8) -> Result<()> {
        let interned = str_::is_interned(s.as_obj());
        if self.version >= 4 && s.is_ascii() {
            let text = s.as_str()?.as_bytes();
            let kind = match (text.len() < 256, interned) {
                (true, true) => tag::SHORT_ASCII_INTERNED,
                (true, false) => tag::SHORT_ASCII,
                (false, true) => tag::ASCII_INTERNED,
                (false, false) => tag::ASCII,
            };
            self.out.push(kind | flag);
            if text.len() < 256 {
                self.out.push(text.len() as u8);
                self.out.extend_from_slice(text);
                return Ok(());
            }
            return self.sized(text);
        }
        self.out.push(
            if self.version >= 3 && interned {
                tag::INTERNED
            } else {
                tag::UNICODE
            } | flag,
        );
        let data = str_::to_wtf8(s);
        self.sized(&data)
    }

    /// The items in the order of their marshalled forms: a set's own order depends on its history.
    fn set(&mut self, o: &Obj, flag: u8) -> Result<()> {
        self.out.push(
            if core::ptr::eq(o.ty(), &PyFrozenSet_Type) {
                tag::FROZENSET
            } else {
                tag::SET
            } | flag,
        );
        let mut items = Vec::new();
        for item in object::to_vec(o)? {
            items.push((dumps(&item, self.version, self.allow_code)?, item));
        }
        items.sort_by(|a, b| a.0.cmp(&b.0));
        self.size(items.len())?;
        for (_, item) in &items {
            self.value(item)?;
        }
        Ok(())
    }

    fn code(&mut self, c: &PyCodeObject, flag: u8) -> Result<()> {
        self.out.push(tag::CODE | flag);
        for n in [
            &c.co_argcount,
            &c.co_posonlyargcount,
            &c.co_kwonlyargcount,
            &c.co_stacksize,
            &c.co_flags,
        ] {
            self.long(n.get());
        }
        self.known_bytes(&code::original(c))?;
        for field in [
            &c.co_consts,
            &c.co_names,
            &c.co_localsplusnames,
            &c.co_localspluskinds,
            &c.co_filename,
            &c.co_name,
            &c.co_qualname,
        ] {
            let part = field.get_ref().unwrap_or_else(none);
            self.value(&part)?;
        }
        self.long(c.co_firstlineno.get());
        for field in [&c.co_linetable, &c.co_exceptiontable] {
            let part = field.get_ref().unwrap_or_else(none);
            self.value(&part)?;
        }
        Ok(())
    }

    /// A bytes object that exists for the writing only, so it is never named again.
    fn known_bytes(&mut self, data: &[u8]) -> Result<()> {
        self.out.push(tag::STRING);
        self.sized(data)
    }
}
