//! `unicodeobject.h`.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::codecs;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::str_::{self, StrExt as _};

use crate::shape::*;

fn string(o: &Obj) -> Result<&PyUnicodeObject> {
    match o.downcast::<PyUnicodeObject>() {
        Some(s) => Ok(s),
        None => raise!(TypeError, "bad argument type for built-in operation"),
    }
}

unsafe fn data<'a>(p: *const c_char, n: isize) -> &'a [u8] {
    if n <= 0 {
        &[]
    } else {
        // SAFETY: the caller passes that many bytes.
        unsafe { core::slice::from_raw_parts(p.cast(), n as usize) }
    }
}

unsafe fn opt_text(p: *const c_char) -> Option<String> {
    if p.is_null() {
        None
    } else {
        // SAFETY: the caller passes C text or null.
        Some(unsafe { text(p) }.into_owned())
    }
}

fn decode(input: &[u8], encoding: &str, errors: Option<String>) -> P {
    new(codecs::decode_bytes(
        input,
        Some(encoding),
        errors.as_deref(),
    ))
}

/// The usual case, valid text, without a look at codecs.
fn decode_utf8(input: &[u8], errors: Option<String>) -> P {
    match core::str::from_utf8(input) {
        Ok(text) => str_::new(text).into_raw(),
        Err(_) => decode(input, "utf-8", errors),
    }
}

fn encode(o: &Obj, encoding: &str, errors: Option<&str>) -> P {
    new(string(o).and_then(|s| codecs::encode_to_bytes(s, Some(encoding), errors)))
}

/// The text that a method of `str` is called for.
unsafe fn text_of<'a>(o: P) -> Result<&'a Obj> {
    // SAFETY: the caller passes an object.
    let o = unsafe { b(o) };
    match o.is::<PyUnicodeObject>() {
        true => Ok(o),
        false => raise!(TypeError, "must be str, not {:.100}", o.tp_name()),
    }
}

fn called(o: P, name: &str, args: &[&Obj]) -> Result {
    // SAFETY: the caller passes an object.
    call::call_method(unsafe { text_of(o) }?, name, args)
}

fn method(o: P, name: &str, args: &[&Obj]) -> P {
    new(called(o, name, args))
}

/// A number that a method answers.
fn number(o: P, name: &str, args: &[&Obj], failure: isize) -> isize {
    called(o, name, args)
        .and_then(|n| vm::protocol::number::index_isize(&n, None))
        .unwrap_or(failure)
}

/// Two texts, or an error that says what they are not.
unsafe fn pair<'a>(x: P, y: P) -> Option<(&'a PyUnicodeObject, &'a PyUnicodeObject)> {
    // SAFETY: the caller passes objects.
    let (x, y) = unsafe { (b(x), b(y)) };
    Some((
        x.downcast::<PyUnicodeObject>()?,
        y.downcast::<PyUnicodeObject>()?,
    ))
}

/// A slice's bounds within `n` items.
fn bounds(start: isize, end: isize, n: isize) -> (isize, isize) {
    let place = |i: isize| if i < 0 { (i + n).max(0) } else { i.min(n) };
    (place(start), place(end))
}

/// Joins `y` to the text at `p`, which is let go of if that fails.
unsafe fn append(p: *mut P, y: P) -> Result<()> {
    // SAFETY: the caller passes a place, and objects or null.
    unsafe {
        let texts = !p.is_null() && !(*p).is_null() && !y.is_null() && pair(*p, y).is_some();
        let joined = if texts {
            PyUnicode_Concat(*p, y)
        } else {
            ptr::null_mut()
        };
        if !p.is_null() {
            drop(Ref::<Obj>::from_owned_opt(ptr::replace(p, joined)));
        }
        match joined.is_null() && !err::occurred() {
            true => Err(err::bad_internal_call()),
            false => Ok(()),
        }
    }
}

api! {
    fn PyUnicode_New(n: isize, max_char: u32) -> P {
        // Extensions rely on the empty string being one, and immortal.
        if n == 0 { return str_::empty().into_raw(); }
        if max_char > 0x10ffff { let _ = err::new(&exc::SystemError, format_args!("invalid maximum character passed to PyUnicode_New")); return ptr::null_mut(); }
        if n < 0 { let _ = err::new(&exc::SystemError, format_args!("Negative size passed to PyUnicode_New")); return ptr::null_mut(); }
        match str_::Fresh::new(n as usize, max_char) { Ok(f) => f.finish().into_raw(), Err(_) => ptr::null_mut() }
    }
    fn PyUnicode_FromString(p: *const c_char) -> P { decode_utf8(core::ffi::CStr::from_ptr(p).to_bytes(), None) }
    fn PyUnicode_FromStringAndSize(p: *const c_char, n: isize) -> P {
        if n < 0 { let _ = err::new(&exc::SystemError, format_args!("Negative size passed to PyUnicode_FromStringAndSize")); return ptr::null_mut(); }
        if p.is_null() && n > 0 { let _ = err::new(&exc::SystemError, format_args!("NULL string with positive size with NULL passed to PyUnicode_FromStringAndSize")); return ptr::null_mut(); }
        // No string is as long, whatever lies there.
        if n as usize > isize::MAX as usize / 4 { let _ = err::no_memory(); return ptr::null_mut(); }
        decode_utf8(data(p, n), None)
    }
    fn PyUnicode_FromKindAndData(kind: c_int, p: *const core::ffi::c_void, n: isize) -> P {
        let Ok(n) = usize::try_from(n) else {
            let _ = err::new(&exc::ValueError, format_args!("size must be positive"));
            return ptr::null_mut();
        };
        if n == 0 && matches!(kind, 1 | 2 | 4) { return str_::empty().into_raw(); }
        match kind {
            4 if core::slice::from_raw_parts(p.cast::<u32>(), n).iter().any(|c| *c > 0x10ffff) => {
                let _ = err::new(&exc::SystemError, format_args!("character must be in range(0x110000)"));
                ptr::null_mut()
            }
            1 => str_::from_latin1(core::slice::from_raw_parts(p.cast(), n)).into_raw(),
            2 => str_::from_ucs2(core::slice::from_raw_parts(p.cast(), n)).into_raw(),
            4 => str_::from_ucs4(core::slice::from_raw_parts(p.cast(), n)).into_raw(),
            _ => { let _ = err::new(&exc::SystemError, format_args!("invalid kind")); ptr::null_mut() }
        }
    }
    fn PyUnicode_FromOrdinal(c: c_int) -> P {
        match u32::try_from(c) {
            Ok(c) if c <= 0x10ffff => str_::from_char(c).into_raw(),
            _ => { let _ = err::new(&exc::ValueError, format_args!("chr() arg not in range(0x110000)")); ptr::null_mut() }
        }
    }
    fn PyUnicode_FromObject(o: P) -> P { new(string(b(o)).map(|s| s.to_exact().into_obj())) }
    fn PyUnicode_FromEncodedObject(o: O, encoding: *const c_char, errors: *const c_char) -> P {
        new(str_::decoded(b(o), opt_text(encoding).as_deref(), opt_text(errors).as_deref()))
    }
    fn PyUnicode_GetLength(o: P) -> isize { size(string(b(o)).map(|s| s.len())) }
    fn PyUnicode_ReadChar(o: P, i: isize) -> u32 {
        match string(b(o)) {
            Ok(s) if (i as usize) < s.len() => s.char_at(i as usize),
            Ok(_) => { let _ = err::new(&exc::IndexError, format_args!("string index out of range")); u32::MAX }
            Err(_) => u32::MAX,
        }
    }
    fn PyUnicode_AsUTF8(o: P) -> *const c_char { PyUnicode_AsUTF8AndSize(o, ptr::null_mut()) }
    fn PyUnicode_AsUTF8AndSize(o: P, n: *mut isize) -> *const c_char {
        match string(b(o)).and_then(|s| { str_::tail::terminate(s)?; s.as_str() }) {
            Ok(t) => { if !n.is_null() { *n = t.len() as isize; } t.as_ptr().cast() }
            Err(_) => { if !n.is_null() { *n = -1; } ptr::null() }
        }
    }
    fn PyUnicode_AsUTF8String(o: P) -> P { new(string(b(o)).and_then(|s| s.as_str()).map(|t| vm::types::bytes::new(t.as_bytes()).into_obj())) }
    fn PyUnicode_AsASCIIString(o: P) -> P { encode(b(o), "ascii", None) }
    fn PyUnicode_AsLatin1String(o: P) -> P { encode(b(o), "latin-1", None) }
    fn PyUnicode_AsUnicodeEscapeString(o: P) -> P { encode(b(o), "unicode-escape", None) }
    fn PyUnicode_AsRawUnicodeEscapeString(o: P) -> P { encode(b(o), "raw-unicode-escape", None) }
    fn PyUnicode_AsUTF16String(o: P) -> P { encode(b(o), "utf-16", None) }
    fn PyUnicode_AsUTF32String(o: P) -> P { encode(b(o), "utf-32", None) }
    fn PyUnicode_AsEncodedString(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        encode(b(o), opt_text(encoding).as_deref().unwrap_or("utf-8"), opt_text(errors).as_deref())
    }
    fn _PyUnicode_AsUTF8String(o: P, errors: *const c_char) -> P { encode(b(o), "utf-8", opt_text(errors).as_deref()) }
    fn PyUnicode_EncodeFSDefault(o: P) -> P { encode(b(o), "utf-8", Some("surrogateescape")) }
    fn PyUnicode_EncodeLocale(o: P, errors: *const c_char) -> P { encode(b(o), "utf-8", opt_text(errors).as_deref()) }
    fn PyUnicode_Decode(p: *const c_char, n: isize, encoding: *const c_char, errors: *const c_char) -> P {
        decode(data(p, n), opt_text(encoding).as_deref().unwrap_or("utf-8"), opt_text(errors))
    }
    fn PyUnicode_DecodeUTF8(p: *const c_char, n: isize, errors: *const c_char) -> P { decode_utf8(data(p, n), opt_text(errors)) }
    fn PyUnicode_DecodeASCII(p: *const c_char, n: isize, errors: *const c_char) -> P { decode(data(p, n), "ascii", opt_text(errors)) }
    fn PyUnicode_DecodeLatin1(p: *const c_char, n: isize, errors: *const c_char) -> P { decode(data(p, n), "latin-1", opt_text(errors)) }
    fn PyUnicode_DecodeUnicodeEscape(p: *const c_char, n: isize, errors: *const c_char) -> P { decode(data(p, n), "unicode-escape", opt_text(errors)) }
    fn PyUnicode_DecodeFSDefault(p: *const c_char) -> P { decode(core::ffi::CStr::from_ptr(p).to_bytes(), "utf-8", Some("surrogateescape".to_owned())) }
    fn PyUnicode_DecodeFSDefaultAndSize(p: *const c_char, n: isize) -> P { decode(data(p, n), "utf-8", Some("surrogateescape".to_owned())) }
    fn PyUnicode_DecodeLocale(p: *const c_char, errors: *const c_char) -> P { decode(core::ffi::CStr::from_ptr(p).to_bytes(), "utf-8", opt_text(errors)) }
    fn PyUnicode_InternFromString(p: *const c_char) -> P {
        let mut s = PyUnicode_FromString(p);
        if !s.is_null() { PyUnicode_InternInPlace(&raw mut s); }
        s
    }
    fn PyUnicode_InternInPlace(p: *mut P) {
        if (*p).is_null() || !b(*p).is_exact::<PyUnicodeObject>() { return; }
        let interned = str_::interned(b(*p)).into_raw();
        let old = ptr::replace(p, interned);
        decref(old);
    }
    fn PyUnicode_Concat(x: P, y: P) -> P { new(string(b(x)).and_then(|a| str_::concat(a, string(b(y))?)).map(Ref::into_obj)) }
    fn PyUnicode_Append(p: *mut P, y: P) {
        // What goes wrong is seen in the place, and in the error that is set.
        let _ = append(p, y);
    }
    fn PyUnicode_AppendAndDel(p: *mut P, y: P) { PyUnicode_Append(p, y); if !y.is_null() { decref(y); } }
    fn PyUnicode_Substring(o: P, start: isize, end: isize) -> P {
        match string(b(o)) {
            Ok(s) => {
                if start < 0 || end < 0 { let _ = err::new(&exc::IndexError, format_args!("string index out of range")); return ptr::null_mut(); }
                let end = (end as usize).min(s.len());
                str_::substring(s, (start as usize).min(end), end).into_raw()
            }
            Err(_) => ptr::null_mut(),
        }
    }
    fn PyUnicode_Join(sep: P, items: O) -> P {
        let sep = opt(sep).unwrap_or(str_::intern_str(" "));
        let Some(sep) = sep.downcast::<PyUnicodeObject>() else {
            let _ = err::new(&exc::TypeError, format_args!("separator: expected str instance, {:.80} found", sep.tp_name()));
            return ptr::null_mut();
        };
        new(str_::join(sep, b(items)).map(Ref::into_obj))
    }
    fn PyUnicode_Split(o: P, sep: P, max: isize) -> P { method(o, "split", &[opt(sep).unwrap_or(NONE()), vm::types::int::from_isize(max).as_obj()]) }
    fn PyUnicode_RSplit(o: P, sep: P, max: isize) -> P { method(o, "rsplit", &[opt(sep).unwrap_or(NONE()), vm::types::int::from_isize(max).as_obj()]) }
    fn PyUnicode_Splitlines(o: P, keep: c_int) -> P { method(o, "splitlines", &[&bool_(keep != 0)]) }
    fn PyUnicode_Partition(o: P, sep: P) -> P { method(o, "partition", &[b(sep)]) }
    fn PyUnicode_RPartition(o: P, sep: P) -> P { method(o, "rpartition", &[b(sep)]) }
    fn PyUnicode_Translate(o: P, table: P, errors: *const c_char) -> P {
        let errors = opt_text(errors);
        new(text_of(o).and_then(|s| match opt(table) {
            Some(table) => crate::charmap::translated(s.cast(), table, errors.as_deref().unwrap_or("strict")),
            None => raise!(TypeError, "bad argument type for built-in operation"),
        }))
    }
    fn PyUnicode_Replace(o: P, old: P, with: P, max: isize) -> P { method(o, "replace", &[b(old), b(with), vm::types::int::from_isize(max).as_obj()]) }
    fn PyUnicode_Contains(o: P, x: P) -> c_int { truth(text_of(o).and_then(|o| object::contains(o, b(x)))) }
    fn PyUnicode_Find(o: P, x: P, start: isize, end: isize, direction: c_int) -> isize {
        let (start, end) = (vm::types::int::from_isize(start), vm::types::int::from_isize(end));
        number(o, if direction > 0 { "find" } else { "rfind" }, &[b(x), start.as_obj(), end.as_obj()], -2)
    }
    fn PyUnicode_FindChar(o: P, c: u32, start: isize, end: isize, direction: c_int) -> isize {
        match string(b(o)) {
            Ok(s) => {
                let (start, end) = bounds(start, end, s.len() as isize);
                let mut range = start..end;
                let found = if direction > 0 { range.find(|i| s.char_at(*i as usize) == c) } else { range.rfind(|i| s.char_at(*i as usize) == c) };
                found.unwrap_or(-1)
            }
            Err(_) => -2,
        }
    }
    fn PyUnicode_Count(o: P, x: P, start: isize, end: isize) -> isize {
        let (start, end) = (vm::types::int::from_isize(start), vm::types::int::from_isize(end));
        number(o, "count", &[b(x), start.as_obj(), end.as_obj()], -1)
    }
    fn PyUnicode_Tailmatch(o: P, x: P, start: isize, end: isize, direction: c_int) -> isize {
        let (start, end) = (vm::types::int::from_isize(start), vm::types::int::from_isize(end));
        let name = if direction > 0 { "endswith" } else { "startswith" };
        text_of(x)
            .and_then(|x| called(o, name, &[x, start.as_obj(), end.as_obj()]))
            .map_or(-1, |t| isize::from(t.is_same(TRUE())))
    }
    fn PyUnicode_Compare(x: P, y: P) -> c_int {
        let Some((a, c)) = pair(x, y) else {
            let _ = err::new(&exc::TypeError, format_args!("Can't compare {:.200} and {:.200}", b(x).tp_name(), b(y).tp_name()));
            return -1;
        };
        str_::compare(a, c) as c_int
    }
    fn PyUnicode_CompareWithASCIIString(x: P, p: *const c_char) -> c_int {
        str_::compare(b(x).cast(), &str_::from_latin1(core::ffi::CStr::from_ptr(p).to_bytes())) as c_int
    }
    fn PyUnicode_EqualToUTF8(x: P, p: *const c_char) -> c_int { i32::from(str_::same_text(b(x), &text(p))) }
    fn PyUnicode_EqualToUTF8AndSize(x: P, p: *const c_char, n: isize) -> c_int {
        i32::from(core::str::from_utf8(data(p, n)).is_ok_and(|t| str_::same_text(b(x), t)))
    }
    fn PyUnicode_Equal(x: P, y: P) -> c_int {
        if let Some((a, c)) = pair(x, y) { return i32::from(a.equals(c)); }
        let (which, o) = if b(x).is::<PyUnicodeObject>() { ("second", b(y)) } else { ("first", b(x)) };
        let _ = err::new(&exc::TypeError, format_args!("{which} argument must be str, not {}", type_name(o.ty())));
        -1
    }
    fn _PyUnicode_EQ(x: P, y: P) -> c_int { i32::from(b(x).cast::<PyUnicodeObject>().equals(b(y).cast())) }
    fn PyUnicode_RichCompare(x: P, y: P, op: c_int) -> P {
        if pair(x, y).is_none() { return NOT_IMPLEMENTED().new_ref().into_raw(); }
        crate::object::PyObject_RichCompare(O(x), O(y), op)
    }
    fn PyUnicode_Format(f: O, args: O) -> P { new(text_of(f.0).and_then(|f| vm::protocol::number::remainder(f, b(args)))) }
    fn PyUnicode_IsIdentifier(o: P) -> c_int { i32::from(str_::case::is_identifier(b(o).cast())) }
    fn PyUnicode_GetDefaultEncoding() -> *const c_char { c"utf-8".as_ptr() }
    // Each name is one immortal string: borrowed.
    fn _PyUnicode_FromId(id: *const layout::_Py_Identifier) -> P { str_::intern_str(&text((*id).string)).as_ptr() }
    fn _PyObject_GetAttrId(o: P, id: *const layout::_Py_Identifier) -> P { new(vm::protocol::object::getattr(b(o), b(_PyUnicode_FromId(id)))) }
    fn PyUnicode_FSConverter(o: P, out: *mut core::ffi::c_void) -> c_int {
        let out = out.cast::<P>();
        if o.is_null() { drop(Ref::<Obj>::from_owned_opt(ptr::replace(out, ptr::null_mut()))); return 1; }
        match vm::import::import("os").and_then(|os| call::call_method(&os, "fsencode", &[b(o)])) {
            Ok(r) => { *out = r.into_raw(); 0x20000 }
            Err(_) => 0,
        }
    }
    fn PyUnicode_FSDecoder(o: P, out: *mut core::ffi::c_void) -> c_int {
        let out = out.cast::<P>();
        if o.is_null() { drop(Ref::<Obj>::from_owned_opt(ptr::replace(out, ptr::null_mut()))); return 1; }
        match vm::import::import("os").and_then(|os| call::call_method(&os, "fsdecode", &[b(o)])) {
            Ok(r) => { *out = r.into_raw(); 0x20000 }
            Err(_) => 0,
        }
    }
    fn PyUnicode_CopyCharacters(to: P, at: isize, from: P, start: isize, n: isize) -> isize {
        let Some((t, f)) = pair(to, from) else { let _ = err::bad_internal_call(); return -1 };
        if start < 0 || start as usize > f.len() || at < 0 || at as usize > t.len() {
            let _ = err::new(&exc::IndexError, format_args!("string index out of range"));
            return -1;
        }
        if n < 0 { let _ = err::new(&exc::SystemError, format_args!("how_many cannot be negative")); return -1; }
        let n = (n as usize).min(f.len() - start as usize);
        if at as usize + n > t.len() {
            let _ = err::new(&exc::SystemError, format_args!("Cannot write {n} characters at {at} in a string of {} characters", t.len()));
            return -1;
        }
        let widest = str_::substring(f, start as usize, start as usize + n).max_char();
        if widest > t.max_char() {
            let _ = err::new(&exc::SystemError, format_args!("Cannot copy characters up to {widest:#x} into a string of characters up to {:#x}", t.max_char()));
            return -1;
        }
        for i in 0..n {
            let c = f.char_at(start as usize + i);
            let p = t.data_ptr();
            match str_::data::width(t.data()) {
                1 => *p.add(at as usize + i) = c as u8,
                2 => *p.cast::<u16>().add(at as usize + i) = c as u16,
                _ => *p.cast::<u32>().add(at as usize + i) = c,
            }
        }
        n as isize
    }
    fn PyUnicode_Resize(p: *mut P, n: isize) -> c_int {
        let given = if p.is_null() { None } else { opt(*p).and_then(|o| o.downcast::<PyUnicodeObject>()) };
        let Some(s) = given.filter(|_| n >= 0) else { let _ = err::bad_internal_call(); return -1 };
        if s.len() == n as usize { return 0; }
        if n == 0 { decref(ptr::replace(p, str_::empty().into_raw())); return 0; }
        let keep = s.len().min(n.max(0) as usize);
        match str_::Fresh::new(n.max(0) as usize, s.max_char()) {
            Ok(mut f) => {
                let part = str_::substring(s, 0, keep);
                f.write(0, part.data());
                decref(ptr::replace(p, f.finish().into_raw()));
                0
            }
            Err(_) => -1,
        }
    }
    fn PyUnicode_AsUCS4Copy(o: P) -> *mut u32 {
        let s = b(o).cast::<PyUnicodeObject>();
        let out = libc::malloc((s.len() + 1) * 4).cast::<u32>();
        for i in 0..s.len() { *out.add(i) = s.char_at(i); }
        *out.add(s.len()) = 0;
        out
    }
    fn PyUnicode_DATA(o: P) -> *mut core::ffi::c_void { b(o).cast::<PyUnicodeObject>().data_ptr().cast() }
    fn PyUnicode_KIND(o: P) -> c_int { str_::data::width(b(o).cast::<PyUnicodeObject>().data()) as c_int }
    fn PyUnicode_GetSize(o: P) -> isize { PyUnicode_GetLength(o) }
    fn PyUnicode_InternImmortal(p: *mut P) { PyUnicode_InternInPlace(p); }
    fn _PyUnicode_Ready(_o: P) -> c_int { 0 }
}
