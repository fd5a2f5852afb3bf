//! `fileobject.h`: what files are asked to do by their methods.

use core::ffi::{c_char, c_int};

use layout::*;
use vm::err::{Result, exc, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::bytes::{self, BytesExt as _};
use vm::types::int::{self, IntExt as _};
use vm::types::str_::{self, StrExt as _};

use crate::shape::*;

/// A line without what ends it.
fn stripped(line: Ref) -> Result {
    if let Some(s) = str_::of(&line) {
        return match s.len() {
            0 => raise!(EOFError, "EOF when reading a line"),
            n if s.char_at(n - 1) == u32::from(b'\n') => {
                Ok(str_::substring(s, 0, n - 1).into_obj())
            }
            _ => Ok(line),
        };
    }
    match line.downcast::<PyBytesObject>().map(|s| s.as_slice()) {
        Some([]) => raise!(EOFError, "EOF when reading a line"),
        Some([rest @ .., b'\n']) => Ok(bytes::new(rest).into_obj()),
        _ => Ok(line),
    }
}

fn read_line(file: &Obj, n: c_int) -> Result {
    let line = match n > 0 {
        true => call::call_method(file, "readline", &[int::from_i64(i64::from(n)).as_obj()])?,
        false => call::call_method(file, "readline", &[])?,
    };
    if !line.is::<PyBytesObject>() && !line.is::<PyUnicodeObject>() {
        return raise!(TypeError, "object.readline() returned non-string");
    }
    if n < 0 { stripped(line) } else { Ok(line) }
}

fn write(o: Option<&Obj>, file: Option<&Obj>, raw: bool) -> Result<()> {
    let Some(file) = file else {
        return raise!(TypeError, "writeobject with NULL file");
    };
    let method = object::getattr_str(file, "write")?;
    let text = match o {
        None => str_::new("<NULL>").into_obj(),
        Some(o) if raw => object::str(o)?,
        Some(o) => object::repr(o)?,
    };
    call::call1(&method, &text).map(drop)
}

fn descriptor(o: &Obj) -> Result<c_int> {
    if o.is_same(TRUE()) || o.is_same(FALSE()) {
        vm::warn::warn(&exc::RuntimeWarning, 1, "bool is used as a file descriptor")?;
    }
    let fd = match o.is::<PyLongObject>() {
        true => o.new_ref(),
        false => match object::getattr_opt(o, str_::intern_str("fileno"))? {
            Some(method) => call::call0(&method)?,
            None => {
                return raise!(
                    TypeError,
                    "argument must be an int, or have a fileno() method."
                );
            }
        },
    };
    let Some(n) = fd.downcast::<PyLongObject>() else {
        return raise!(TypeError, "fileno() returned a non-integer");
    };
    match n.to_i64().map(c_int::try_from) {
        Some(Ok(n)) if n >= 0 => Ok(n),
        Some(Ok(n)) => raise!(
            ValueError,
            "file descriptor cannot be a negative integer ({n})"
        ),
        _ => raise!(OverflowError, "Python int too large to convert to C int"),
    }
}

api! {
    fn PyFile_WriteObject(o: P, file: P, flags: c_int) -> c_int { status(write(opt(o), opt(file), flags & Py_PRINT_RAW != 0)) }
    fn PyFile_WriteString(s: *const c_char, file: P) -> c_int {
        if file.is_null() {
            if !vm::err::occurred() { let _ = vm::err::new(&exc::SystemError, format_args!("null file for PyFile_WriteString")); }
            return -1;
        }
        if vm::err::occurred() { return -1; }
        named(s, |s| PyFile_WriteObject(s.0, file, Py_PRINT_RAW))
    }
    fn PyFile_GetLine(f: O, n: c_int) -> P { new(read_line(b(f), n)) }
    fn PyObject_AsFileDescriptor(o: P) -> c_int { descriptor(b(o)).unwrap_or(-1) }
}
