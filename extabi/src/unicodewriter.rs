//! `PyUnicodeWriter` (`cpython/unicodeobject.h`): a growing text behind a pointer.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::object;
use vm::types::str_::{self, StrExt as _, Writer};

use crate::shape::*;

/// Adds a text object's characters.
unsafe fn push(w: *mut Writer, text: Result) -> c_int {
    status(text.map(|t| {
        if let Some(t) = str_::of(&t) {
            // SAFETY: the caller passes a live writer.
            unsafe { (*w).push_obj(t) };
        }
    }))
}

unsafe fn bytes<'a>(p: *const c_char, n: isize) -> &'a [u8] {
    // SAFETY: the caller passes that many bytes, or a string that ends itself.
    unsafe {
        if n < 0 {
            core::ffi::CStr::from_ptr(p).to_bytes()
        } else {
            core::slice::from_raw_parts(p.cast(), n as usize)
        }
    }
}

unsafe fn errors_of(p: *const c_char) -> Option<String> {
    // SAFETY: C text or null.
    (!p.is_null()).then(|| unsafe { text(p) }.into_owned())
}

api! {
    fn PyUnicodeWriter_Create(n: isize) -> *mut Writer {
        if n < 0 {
            let _ = err::new(&exc::ValueError, format_args!("length must be positive"));
            return ptr::null_mut();
        }
        Box::into_raw(Box::new(Writer::with_capacity(n as usize)))
    }
    fn PyUnicodeWriter_Discard(w: *mut Writer) { if !w.is_null() { drop(Box::from_raw(w)); } }
    fn PyUnicodeWriter_Finish(w: *mut Writer) -> P { new(Box::from_raw(w).finish().map(Ref::into_obj)) }
    fn PyUnicodeWriter_WriteChar(w: *mut Writer, c: u32) -> c_int {
        if c > 0x10ffff { let _ = err::new(&exc::ValueError, format_args!("character must be in range(0x110000)")); return -1; }
        (*w).push(c);
        0
    }
    fn PyUnicodeWriter_WriteUTF8(w: *mut Writer, p: *const c_char, n: isize) -> c_int {
        let data = bytes(p, n);
        match core::str::from_utf8(data) {
            Ok(t) => { (*w).push_str(t); 0 }
            Err(_) => push(w, vm::codecs::decode_utf8(data, None)),
        }
    }
    fn _PyUnicodeWriter_WriteLatin1String(w: *mut Writer, p: *const c_char, n: isize) -> c_int {
        for &c in core::slice::from_raw_parts(p.cast::<u8>(), n.max(0) as usize) { if PyUnicodeWriter_WriteChar(w, u32::from(c)) < 0 { return -1; } }
        0
    }
    fn PyUnicodeWriter_WriteASCII(w: *mut Writer, p: *const c_char, n: isize) -> c_int { PyUnicodeWriter_WriteUTF8(w, p, n) }
    fn PyUnicodeWriter_DecodeUTF8Stateful(w: *mut Writer, p: *const c_char, n: isize, errors: *const c_char, consumed: *mut isize) -> c_int {
        let data = bytes(p, n);
        let (text, used) = decode_stateful("utf_8_decode", data, errors_of(errors).as_deref(), !consumed.is_null());
        if !consumed.is_null() { *consumed = used; }
        push(w, text)
    }
    fn PyUnicodeWriter_WriteUCS4(w: *mut Writer, p: *const u32, n: isize) -> c_int {
        if n < 0 { let _ = err::new(&exc::ValueError, format_args!("size must be positive")); return -1; }
        write_chars(w, p, n as usize, &exc::SystemError)
    }
    fn PyUnicodeWriter_WriteWideChar(w: *mut Writer, p: *const u32, n: isize) -> c_int {
        let n = usize::try_from(n).unwrap_or_else(|_| wide_len(p));
        write_chars(w, p, n, &exc::ValueError)
    }
    fn PyUnicodeWriter_WriteStr(w: *mut Writer, o: P) -> c_int { push(w, object::str(b(o))) }
    fn PyUnicodeWriter_WriteRepr(w: *mut Writer, o: P) -> c_int {
        match opt(o) { Some(o) => push(w, object::repr(o)), None => { (*w).push_str("<NULL>"); 0 } }
    }
    fn PyUnicodeWriter_WriteSubstring(w: *mut Writer, o: P, start: isize, end: isize) -> c_int {
        let part = || -> Result {
            let Some(s) = b(o).downcast::<PyUnicodeObject>() else {
                return raise!(TypeError, "expect str, not {}", b(o).tp_name());
            };
            if start < 0 || start > end { return raise!(ValueError, "start must be smaller than end"); }
            if end as usize > s.len() { return raise!(ValueError, "end must be less than string length"); }
            Ok(str_::substring(s, start as usize, end as usize).into_obj())
        };
        push(w, part())
    }

    fn PyUnicode_FromWideChar(p: *const u32, n: isize) -> P {
        if p.is_null() && n != 0 || n < -1 { let _ = err::bad_internal_call(); return ptr::null_mut(); }
        let n = if n < 0 { wide_len(p) } else { n as usize };
        if n == 0 { return str_::empty().into_raw(); }
        if let Some(c) = too_large(core::slice::from_raw_parts(p, n)) {
            let _ = err::new(&exc::ValueError, format_args!("character U+{c:x} is not in range [U+0000; U+10ffff]"));
            return ptr::null_mut();
        }
        str_::from_ucs4(core::slice::from_raw_parts(p, n)).into_raw()
    }
    fn PyUnicode_AsWideChar(o: P, out: *mut u32, n: isize) -> isize {
        let Some(s) = wide_source(o) else { return -1 };
        if out.is_null() { return s.len() as isize + 1; }
        let count = s.len().min(n.max(0) as usize);
        for i in 0..count { *out.add(i) = s.char_at(i); }
        if (n.max(0) as usize) > count { *out.add(count) = 0; }
        count as isize
    }
    fn PyUnicode_AsWideCharString(o: P, n: *mut isize) -> *mut u32 {
        let Some(s) = wide_source(o) else { return ptr::null_mut() };
        if n.is_null() && (0..s.len()).any(|i| s.char_at(i) == 0) {
            let _ = err::new(&exc::ValueError, format_args!("embedded null character"));
            return ptr::null_mut();
        }
        if !n.is_null() { *n = s.len() as isize; }
        crate::unicodeobject::PyUnicode_AsUCS4Copy(o)
    }
    fn PyUnicode_AsUCS4(o: P, out: *mut u32, room: isize, terminated: c_int) -> *mut u32 {
        let s = b(o).cast::<PyUnicodeObject>();
        let n = s.len();
        if out.is_null() || room < 0 { let _ = err::bad_internal_call(); return ptr::null_mut(); }
        if (room as usize) < n + usize::from(terminated != 0) {
            let _ = err::new(&exc::SystemError, format_args!("string is longer than the buffer"));
            if terminated != 0 && room > 0 { *out = 0; }
            return ptr::null_mut();
        }
        for i in 0..n { *out.add(i) = s.char_at(i); }
        if terminated != 0 { *out.add(n) = 0; }
        out
    }
    fn PyUnicode_WriteChar(o: P, i: isize, c: u32) -> c_int {
        let Some(s) = b(o).downcast::<PyUnicodeObject>() else {
            let _ = err::new(&exc::TypeError, format_args!("bad argument type for built-in operation"));
            return -1;
        };
        if i < 0 || i as usize >= s.len() { let _ = err::new(&exc::IndexError, format_args!("string index out of range")); return -1; }
        write_char(s, i as usize, c)
    }
    fn PyUnicode_Fill(o: P, start: isize, n: isize, c: u32) -> isize {
        let Some(s) = b(o).downcast::<PyUnicodeObject>() else { let _ = err::bad_internal_call(); return -1 };
        if start < 0 { let _ = err::new(&exc::IndexError, format_args!("string index out of range")); return -1; }
        if c > s.max_char() {
            let _ = err::new(&exc::ValueError, format_args!("fill character is bigger than the string maximum character"));
            return -1;
        }
        let end = (start as usize).saturating_add(n.max(0) as usize).min(s.len());
        if end <= start as usize { return 0; }
        for i in start as usize..end { if write_char(s, i, c) < 0 { return -1; } }
        end as isize - start
    }
    fn PyUnicode_DecodeUTF8Stateful(p: *const c_char, n: isize, errors: *const c_char, consumed: *mut isize) -> P { stateful("utf_8_decode", p, n, errors, consumed) }
    fn PyUnicode_DecodeUTF7(p: *const c_char, n: isize, errors: *const c_char) -> P { stateful("utf_7_decode", p, n, errors, ptr::null_mut()) }
    fn PyUnicode_DecodeUTF7Stateful(p: *const c_char, n: isize, errors: *const c_char, consumed: *mut isize) -> P { stateful("utf_7_decode", p, n, errors, consumed) }
    fn PyUnicode_DecodeRawUnicodeEscape(p: *const c_char, n: isize, errors: *const c_char) -> P { stateful("raw_unicode_escape_decode", p, n, errors, ptr::null_mut()) }
    fn PyUnicode_DecodeUTF16(p: *const c_char, n: isize, errors: *const c_char, order: *mut c_int) -> P { ordered("utf_16_ex_decode", p, n, errors, order, ptr::null_mut()) }
    fn PyUnicode_DecodeUTF16Stateful(p: *const c_char, n: isize, errors: *const c_char, order: *mut c_int, consumed: *mut isize) -> P { ordered("utf_16_ex_decode", p, n, errors, order, consumed) }
    fn PyUnicode_DecodeUTF32(p: *const c_char, n: isize, errors: *const c_char, order: *mut c_int) -> P { ordered("utf_32_ex_decode", p, n, errors, order, ptr::null_mut()) }
    fn PyUnicode_DecodeUTF32Stateful(p: *const c_char, n: isize, errors: *const c_char, order: *mut c_int, consumed: *mut isize) -> P { ordered("utf_32_ex_decode", p, n, errors, order, consumed) }
}

/// Overwrites a character of a text that is still being filled in.
unsafe fn write_char(s: &PyUnicodeObject, i: usize, c: u32) -> c_int {
    let width = str_::data::width(s.data());
    if c > s.max_char() {
        let _ = err::new(
            &exc::ValueError,
            format_args!("cannot write character {c:#x} in this string"),
        );
        return -1;
    }
    // SAFETY: the caller checks the index; the width is that of the text's characters.
    unsafe {
        let p = s.data_ptr();
        match width {
            1 => *p.add(i) = c as u8,
            2 => *p.cast::<u16>().add(i) = c as u16,
            _ => *p.cast::<u32>().add(i) = c,
        }
    }
    0
}

/// The first of these that is no character.
fn too_large(chars: &[u32]) -> Option<u32> {
    chars.iter().copied().find(|c| *c > 0x10ffff)
}

/// Writes characters, all or none.
unsafe fn write_chars(w: *mut Writer, p: *const u32, n: usize, refusal: &PyTypeObject) -> c_int {
    if n == 0 {
        return 0;
    }
    // SAFETY: the caller passes a writer, and that many characters.
    let (w, chars) = unsafe { (&mut *w, core::slice::from_raw_parts(p, n)) };
    if let Some(c) = too_large(chars) {
        let _ = err::new(
            refusal,
            format_args!("character U+{c:x} is not in range [U+0000; U+10ffff]"),
        );
        return -1;
    }
    chars.iter().for_each(|c| w.push(*c));
    0
}

/// The text to be copied as wide characters.
unsafe fn wide_source<'a>(o: P) -> Option<&'a PyUnicodeObject> {
    // SAFETY: the caller passes an object or null.
    let Some(o) = (unsafe { opt(o) }) else {
        let _ = err::bad_internal_call();
        return None;
    };
    let text = o.downcast::<PyUnicodeObject>();
    if text.is_none() {
        let _ = err::new(
            &exc::TypeError,
            format_args!("bad argument type for built-in operation"),
        );
    }
    text
}

unsafe fn wide_len(p: *const u32) -> usize {
    // SAFETY: the text ends with a zero.
    unsafe { (0..).take_while(|i| *p.add(*i) != 0).count() }
}

/// What a decoder of `_codecs` makes of bytes, and how many of them it used.
fn decode_stateful(
    decoder: &str,
    data: &[u8],
    errors: Option<&str>,
    partial: bool,
) -> (Result, isize) {
    let data = vm::types::bytes::new(data);
    let errors = vm::types::str_::new(errors.unwrap_or("strict"));
    let run = || -> Result<(Ref, isize)> {
        let codecs = vm::import::import("_codecs")?;
        let last = bool_(!partial);
        let args: &[&Obj] = if decoder == "raw_unicode_escape_decode" {
            &[data.as_obj(), errors.as_obj()]
        } else {
            &[data.as_obj(), errors.as_obj(), &last]
        };
        let pair = vm::protocol::call::call_method(&codecs, decoder, args)?;
        let used = vm::protocol::number::index_isize(&*object::sequence_item(&pair, 1)?, None)?;
        Ok((object::sequence_item(&pair, 0)?, used))
    };
    match run() {
        Ok((text, used)) => (Ok(text), used),
        Err(raised) => (Err(raised), 0),
    }
}

unsafe fn stateful(
    decoder: &str,
    p: *const c_char,
    n: isize,
    errors: *const c_char,
    consumed: *mut isize,
) -> P {
    // SAFETY: the caller's arguments are C's.
    unsafe {
        let (text, used) = decode_stateful(
            decoder,
            bytes(p, n.max(0)),
            errors_of(errors).as_deref(),
            !consumed.is_null(),
        );
        if !consumed.is_null() && text.is_ok() {
            *consumed = used;
        }
        new(text)
    }
}

/// As [`stateful`], for the decoders that find out or are told a byte order.
unsafe fn ordered(
    decoder: &str,
    p: *const c_char,
    n: isize,
    errors: *const c_char,
    order: *mut c_int,
    consumed: *mut isize,
) -> P {
    // SAFETY: the caller's arguments are C's.
    unsafe {
        let data = vm::types::bytes::new(bytes(p, n.max(0)));
        let errors = vm::types::str_::new(errors_of(errors).as_deref().unwrap_or("strict"));
        let given = if order.is_null() { 0 } else { *order };
        let given = vm::types::int::from_i64(i64::from(given));
        let run = || -> Result<(Ref, isize, isize)> {
            let codecs = vm::import::import("_codecs")?;
            let last = bool_(consumed.is_null());
            let made = vm::protocol::call::call_method(
                &codecs,
                decoder,
                &[data.as_obj(), errors.as_obj(), given.as_obj(), &last],
            )?;
            let number =
                |i| vm::protocol::number::index_isize(&*object::sequence_item(&made, i)?, None);
            Ok((object::sequence_item(&made, 0)?, number(1)?, number(2)?))
        };
        match run() {
            Ok((text, used, found)) => {
                if !order.is_null() {
                    *order = found as c_int;
                }
                if !consumed.is_null() {
                    *consumed = used;
                }
                text.into_raw()
            }
            Err(_) => ptr::null_mut(),
        }
    }
}
