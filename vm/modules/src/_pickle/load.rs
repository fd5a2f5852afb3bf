//! The unpickler's loop: one opcode after the other, each with its effect on the stack.

use super::opcodes::*;
use super::reader::or_end_of_file;
use super::unpickler::{self, Unpickler};
use super::{HIGHEST_PROTOCOL, load_objects as objects};
use crate::prelude::*;
use vm::codecs;
use vm::types::{bytearray, bytes, dict, float, list, set};

use super::errors::unpickling;

/// Runs the pickle; what is on top of the stack at its end is the answer.
pub fn run(u: &Unpickler) -> Result {
    loop {
        let [opcode] = or_end_of_file(u.reader.array())?;
        if opcode == STOP {
            return u.pop();
        }
        step(u, opcode)?;
    }
}

// ---- The stack ----

impl Unpickler {
    /// Pushes an object.
    #[inline]
    pub fn push(&self, o: Ref) {
        self.stack.borrow_mut().push(o);
    }

    /// How many objects are on the stack.
    pub fn depth(&self) -> usize {
        self.stack.borrow().len()
    }

    /// Takes the top.
    #[inline]
    pub fn pop(&self) -> Result {
        let mut stack = self.stack.borrow_mut();
        if stack.len() > self.fence.get()
            && let Some(top) = stack.pop()
        {
            return Ok(top);
        }
        drop(stack);
        self.underflow()
    }

    /// The top.
    #[inline]
    pub fn top(&self) -> Result {
        let stack = self.stack.borrow();
        match stack.last() {
            Some(top) if stack.len() > self.fence.get() => Ok(top.clone()),
            _ => {
                drop(stack);
                self.underflow()
            }
        }
    }

    /// The error of a stack that has too little.
    #[cold]
    pub fn underflow<T>(&self) -> Result<T> {
        let marked = !self.marks.borrow().is_empty();
        unpickling(format_args!(
            "{}",
            if marked {
                "unexpected MARK found"
            } else {
                "unpickling stack underflow"
            }
        ))
    }

    fn mark(&self) {
        let depth = self.depth();
        self.marks.borrow_mut().push(depth);
        self.fence.set(depth);
    }

    /// Forgets the last mark; where it was.
    pub fn unmark(&self) -> Result<usize> {
        let mut marks = self.marks.borrow_mut();
        let Some(mark) = marks.pop() else {
            return unpickling(format_args!("could not find MARK"));
        };
        self.fence.set(marks.last().copied().unwrap_or(0));
        Ok(mark)
    }

    /// Takes what was pushed since the last mark.
    pub fn pop_mark(&self) -> Result<Vec<Ref>> {
        let mark = self.unmark()?;
        Ok(self.take_from(mark))
    }

    /// Takes what lies above a place of the stack.
    pub fn take_from(&self, start: usize) -> Vec<Ref> {
        let mut stack = self.stack.borrow_mut();
        let start = start.min(stack.len());
        stack.split_off(start)
    }

    /// Takes the top `n` as a tuple.
    fn pop_tuple(&self, n: usize) -> Result<()> {
        let depth = self.depth();
        if depth < n + self.fence.get() {
            return self.underflow();
        }
        let items = self.take_from(depth - n);
        self.push(tuple::from_vec(items).into_obj());
        Ok(())
    }
}

// ---- Opcodes ----

fn little<const N: usize>(u: &Unpickler) -> Result<u64> {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(&u.reader.array::<N>()?);
    Ok(u64::from_le_bytes(wide))
}

/// A length, of `N` bytes.
fn length<const N: usize>(u: &Unpickler, what: &str) -> Result<usize> {
    let len = little::<N>(u)?;
    if len > isize::MAX as u64 {
        return raise!(
            OverflowError,
            "{what} exceeds system's maximum size of {} bytes",
            isize::MAX
        );
    }
    Ok(len as usize)
}

/// A length that was written with a sign.
fn signed_length(u: &Unpickler, what: &str) -> Result<usize> {
    let len = i32::from_le_bytes(u.reader.array()?);
    match usize::try_from(len) {
        Ok(len) => Ok(len),
        Err(_) => unpickling(format_args!("{what} pickle has negative byte count")),
    }
}

fn step(u: &Unpickler, opcode: u8) -> Result<()> {
    match opcode {
        PUSH_NONE => u.push(none()),
        NEWTRUE => u.push(true_()),
        NEWFALSE => u.push(false_()),
        BININT => {
            u.push(int::from_i64(i64::from(i32::from_le_bytes(u.reader.array()?))).into_obj())
        }
        BININT1 => u.push(int::from_u64(little::<1>(u)?).into_obj()),
        BININT2 => u.push(int::from_u64(little::<2>(u)?).into_obj()),
        INT => load_int(u)?,
        LONG => load_long(u)?,
        LONG1 => load_counted_long(u, little::<1>(u)? as usize)?,
        LONG4 => load_counted_long(u, signed_length(u, "LONG")?)?,
        FLOAT => load_float(u)?,
        BINFLOAT => u.push(float::new(f64::from_be_bytes(u.reader.array()?)).into_obj()),
        SHORT_BINBYTES => load_bytes(u, little::<1>(u)? as usize)?,
        BINBYTES => load_bytes(u, length::<4>(u, "BINBYTES")?)?,
        BINBYTES8 => load_bytes(u, length::<8>(u, "BINBYTES8")?)?,
        BYTEARRAY8 => {
            let len = length::<8>(u, "BYTEARRAY8")?;
            u.push(bytearray::new(u.reader.take(len)?)?.into_obj());
        }
        STRING => load_string(u)?,
        BINSTRING => load_binstring(u, signed_length(u, "BINSTRING")?)?,
        SHORT_BINSTRING => load_binstring(u, little::<1>(u)? as usize)?,
        UNICODE => load_unicode(u)?,
        SHORT_BINUNICODE => load_text(u, little::<1>(u)? as usize)?,
        BINUNICODE => load_text(u, length::<4>(u, "BINUNICODE")?)?,
        BINUNICODE8 => load_text(u, length::<8>(u, "BINUNICODE8")?)?,
        EMPTY_TUPLE => u.push(tuple::empty().into_obj()),
        TUPLE1 => u.pop_tuple(1)?,
        TUPLE2 => u.pop_tuple(2)?,
        TUPLE3 => u.pop_tuple(3)?,
        TUPLE => {
            let items = u.pop_mark()?;
            u.push(tuple::from_vec(items).into_obj());
        }
        EMPTY_LIST => u.push(list::empty().into_obj()),
        LIST => {
            let items = u.pop_mark()?;
            u.push(list::from_vec(items).into_obj());
        }
        EMPTY_DICT => u.push(dict::new().into_obj()),
        EMPTY_SET => u.push(set::new_set(None)?.into_obj()),
        MARK => u.mark(),
        POP => load_pop(u)?,
        POP_MARK => drop(u.pop_mark()?),
        DUP => u.push(u.top()?),
        MEMOIZE => {
            let number = u.memo.borrow().len();
            remember(u, number)?;
        }
        BINPUT => remember(u, little::<1>(u)? as usize)?,
        LONG_BINPUT => remember(u, little::<4>(u)? as usize)?,
        PUT => {
            let number = load_number(u)?;
            if number < 0 {
                return raise!(ValueError, "negative PUT argument");
            }
            remember(u, number as usize)?;
        }
        BINGET => recall(u, little::<1>(u)? as i64)?,
        LONG_BINGET => recall(u, little::<4>(u)? as i64)?,
        GET => recall(u, load_number(u)?)?,
        PROTO => {
            let [proto] = u.reader.array()?;
            if proto > HIGHEST_PROTOCOL {
                return raise!(ValueError, "unsupported pickle protocol: {proto}");
            }
            u.proto.set(proto);
        }
        FRAME => {
            let len = little::<8>(u)?;
            if len > isize::MAX as u64 {
                return raise!(
                    OverflowError,
                    "FRAME length exceeds system's maximum of {} bytes",
                    isize::MAX
                );
            }
            u.reader.begin_frame(len as usize)?;
        }
        EXT1 => objects::load_extension(u, little::<1>(u)? as i64)?,
        EXT2 => objects::load_extension(u, little::<2>(u)? as i64)?,
        EXT4 => objects::load_extension(u, i64::from(i32::from_le_bytes(u.reader.array()?)))?,
        _ => return objects::step(u, opcode),
    }
    Ok(())
}

/// The error of a byte that is no opcode.
#[cold]
pub fn invalid<T>(opcode: u8) -> Result<T> {
    if matches!(opcode, b' '..=b'~') && opcode != b'\'' && opcode != b'\\' {
        return unpickling(format_args!("invalid load key, '{}'.", char::from(opcode)));
    }
    unpickling(format_args!("invalid load key, '\\x{opcode:02x}'."))
}

/// `POP` takes a mark where that is on top.
fn load_pop(u: &Unpickler) -> Result<()> {
    let marked = u.marks.borrow().last() == Some(&u.depth());
    if marked {
        return u.unmark().map(drop);
    }
    u.pop().map(drop)
}

fn remember(u: &Unpickler, number: usize) -> Result<()> {
    let top = u.top()?;
    unpickler::put(&mut u.memo.borrow_mut(), number, top);
    Ok(())
}

fn recall(u: &Unpickler, number: i64) -> Result<()> {
    let found = usize::try_from(number)
        .ok()
        .and_then(|i| u.memo.borrow().get(i).cloned());
    match found.flatten() {
        Some(o) => {
            u.push(o);
            Ok(())
        }
        None => unpickling(format_args!("Memo value not found at index {number}")),
    }
}

/// A line with a number.
fn load_number(u: &Unpickler) -> Result<i64> {
    let number = int::from_byte_text(u.reader.text()?, 10)?;
    args::to_i64(number.as_obj())
}

// ---- Numbers ----

fn load_int(u: &Unpickler) -> Result<()> {
    let text = u.reader.text()?;
    let value = match text {
        b"00" => false_(),
        b"01" => true_(),
        _ => match int::from_byte_text(text, 10) {
            Ok(n) => n.into_obj(),
            Err(_) if err::clear_if(&exc::ValueError) => {
                return raise!(ValueError, "could not convert string to int");
            }
            Err(raised) => return Err(raised),
        },
    };
    u.push(value);
    Ok(())
}

fn load_long(u: &Unpickler) -> Result<()> {
    let text = u.reader.text()?;
    let text = text.strip_suffix(b"L").unwrap_or(text);
    u.push(int::from_byte_text(text, 10)?.into_obj());
    Ok(())
}

fn load_counted_long(u: &Unpickler, len: usize) -> Result<()> {
    let n = int::from_byte_string(u.reader.take(len)?, true, true);
    u.push(n.into_obj());
    Ok(())
}

fn load_float(u: &Unpickler) -> Result<()> {
    let text = bytes::new(u.reader.text()?);
    match float::parse_object(text.as_obj()) {
        Ok(x) => {
            u.push(float::new(x).into_obj());
            Ok(())
        }
        Err(_) if err::clear_if(&exc::ValueError) => {
            raise!(ValueError, "could not convert string to float")
        }
        Err(raised) => Err(raised),
    }
}

// ---- Text ----

fn load_bytes(u: &Unpickler, len: usize) -> Result<()> {
    u.push(bytes::try_new(u.reader.take(len)?)?.into_obj());
    Ok(())
}

fn load_text(u: &Unpickler, len: usize) -> Result<()> {
    let text = u.reader.take(len)?;
    let o = match str_::from_wtf8(text) {
        Some(s) => s.into_obj(),
        None => codecs::decode_utf8(text, Some("surrogatepass"))?,
    };
    u.push(o);
    Ok(())
}

fn load_unicode(u: &Unpickler) -> Result<()> {
    let line = u.reader.line()?;
    let Some((_, text)) = line.split_last() else {
        return u.underflow();
    };
    u.push(codecs::decode_bytes(
        text,
        Some("raw_unicode_escape"),
        None,
    )?);
    Ok(())
}

/// What Python 2 called a string: text in the encoding that was asked for, or bytes.
fn push_string(u: &Unpickler, text: &[u8]) -> Result<()> {
    let (encoding, errors) = (u.encoding.borrow().clone(), u.errors.borrow().clone());
    let o = if encoding == "bytes" {
        bytes::try_new(text)?.into_obj()
    } else {
        codecs::decode_bytes(text, Some(&encoding), Some(&errors))?
    };
    u.push(o);
    Ok(())
}

fn load_binstring(u: &Unpickler, len: usize) -> Result<()> {
    let text = u.reader.take(len)?.to_vec();
    push_string(u, &text)
}

fn load_string(u: &Unpickler) -> Result<()> {
    let text = match u.reader.line()? {
        [quote @ (b'"' | b'\''), text @ .., end, _] if quote == end => text.to_vec(),
        _ => return unpickling(format_args!("the STRING opcode argument must be quoted")),
    };
    let decoded = objects::unescape(&text)?;
    push_string(u, &decoded)
}

/// The text of a line.
pub fn line_text(u: &Unpickler, decode: fn(&[u8]) -> Result) -> Result {
    let line = u.reader.text()?.to_vec();
    decode(&line)
}

/// Text in ASCII.
pub fn ascii(text: &[u8]) -> Result {
    codecs::decode_bytes(text, Some("ascii"), None)
}

/// Text in UTF-8.
pub fn utf8(text: &[u8]) -> Result {
    codecs::decode_utf8(text, None)
}
