//! The exported variables that are not objects: the version, the command-line flags of old, hooks, character tables.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int, c_longlong, c_uint, c_ulong};
use core::ops::Deref;
use libc::FILE;

/// A C variable: a `Cell` in static storage.
#[repr(transparent)]
pub struct Global<T>(Cell<T>);

// SAFETY: whoever touches it holds the GIL, which serialises every access.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    pub const fn new(value: T) -> Self {
        Global(Cell::new(value))
    }
}

impl<T> Deref for Global<T> {
    type Target = Cell<T>;

    #[inline(always)]
    fn deref(&self) -> &Cell<T> {
        &self.0
    }
}

#[unsafe(no_mangle)]
pub static Py_Version: c_ulong = PY_VERSION_HEX as c_ulong;

#[unsafe(no_mangle)]
pub static Py_hexdigits: Global<*const c_char> = Global::new(c"0123456789abcdef".as_ptr());

#[unsafe(no_mangle)]
pub static PY_TIMEOUT_MAX: c_longlong = c_longlong::MAX / 1000;

#[unsafe(no_mangle)]
pub static PyStructSequence_UnnamedField: Global<*const c_char> =
    Global::new(c"unnamed field".as_ptr());

/// What `ob_start` of an empty bytearray points to.
#[unsafe(no_mangle)]
pub static _PyByteArray_empty_string: Global<[c_char; 1]> = Global::new([0]);

/// The modules that an embedding program may add to before start-up: an array that ends in a null name.
#[unsafe(no_mangle)]
pub static PyImport_Inittab: Global<*mut _inittab> =
    Global::new((&raw const NO_MODULES).cast_mut().cast());
static NO_MODULES: Global<[_inittab; 1]> = Global::new([_inittab::zeroed()]);

#[unsafe(no_mangle)]
pub static PyImport_FrozenModules: Global<*const _frozen> = Global::new(core::ptr::null());

/// The types of the objects that an interpreter frame may hold as its executable, by `PyUnstable_EXECUTABLE_KIND_*`.
#[unsafe(no_mangle)]
pub static PyUnstable_ExecutableKinds: Global<
    [*const PyTypeObject; PyUnstable_EXECUTABLE_KINDS + 1],
> = Global::new([
    &raw const _PyNone_Type,
    &raw const PyCode_Type,
    core::ptr::null(),
    &raw const PyMethod_Type,
    &raw const PyMethodDescr_Type,
    core::ptr::null(),
]);

macro_rules! flags {
    ($($symbol:ident = $initial:literal;)*) => {
        $(
            #[unsafe(no_mangle)]
            pub static $symbol: Global<c_int> = Global::new($initial);
        )*
    };
}

flags! {
    Py_BytesWarningFlag = 0;
    Py_DebugFlag = 0;
    Py_DontWriteBytecodeFlag = 0;
    Py_FrozenFlag = 0;
    Py_HasFileSystemDefaultEncoding = 0;
    Py_HashRandomizationFlag = 0;
    Py_IgnoreEnvironmentFlag = 0;
    Py_InspectFlag = 0;
    Py_InteractiveFlag = 0;
    Py_IsolatedFlag = 0;
    Py_NoSiteFlag = 0;
    Py_NoUserSiteDirectory = 0;
    Py_OptimizeFlag = 0;
    Py_QuietFlag = 0;
    Py_UTF8Mode = 0;
    Py_UnbufferedStdioFlag = 0;
    Py_VerboseFlag = 0;
}

#[unsafe(no_mangle)]
pub static Py_FileSystemDefaultEncoding: Global<*const c_char> = Global::new(core::ptr::null());
#[unsafe(no_mangle)]
pub static Py_FileSystemDefaultEncodeErrors: Global<*const c_char> = Global::new(core::ptr::null());

#[unsafe(no_mangle)]
pub static PyOS_InputHook: Global<Option<unsafe extern "C" fn() -> c_int>> = Global::new(None);

type Readline = unsafe extern "C" fn(*mut FILE, *mut FILE, *const c_char) -> *mut c_char;
#[unsafe(no_mangle)]
pub static PyOS_ReadlineFunctionPointer: Global<Option<Readline>> = Global::new(None);

const PY_CTF_LOWER: c_uint = 0x01;
const PY_CTF_UPPER: c_uint = 0x02;
const PY_CTF_DIGIT: c_uint = 0x04;
const PY_CTF_SPACE: c_uint = 0x08;
const PY_CTF_XDIGIT: c_uint = 0x10;

const fn classify(byte: u8) -> c_uint {
    let case = if byte.is_ascii_lowercase() {
        PY_CTF_LOWER
    } else if byte.is_ascii_uppercase() {
        PY_CTF_UPPER
    } else {
        0
    };
    let digit = if byte.is_ascii_digit() {
        PY_CTF_DIGIT
    } else {
        0
    };
    let hex = if byte.is_ascii_hexdigit() {
        PY_CTF_XDIGIT
    } else {
        0
    };
    // C's isspace counts the vertical tab, Rust's does not.
    let space = if byte.is_ascii_whitespace() || byte == 0x0b {
        PY_CTF_SPACE
    } else {
        0
    };
    case | digit | hex | space
}

macro_rules! table {
    ($element:ty, $length:literal, $of:expr) => {{
        let mut table: [$element; $length] = [0; $length];
        let mut byte = 0;
        while byte < $length {
            table[byte] = $of(byte as u8);
            byte += 1;
        }
        table
    }};
}

#[unsafe(no_mangle)]
pub static _Py_ctype_table: [c_uint; 256] = table!(c_uint, 256, classify);

const fn lower(byte: u8) -> u8 {
    byte.to_ascii_lowercase()
}

const fn upper(byte: u8) -> u8 {
    byte.to_ascii_uppercase()
}

#[unsafe(no_mangle)]
pub static _Py_ctype_tolower: [u8; 256] = table!(u8, 256, lower);
#[unsafe(no_mangle)]
pub static _Py_ctype_toupper: [u8; 256] = table!(u8, 256, upper);

/// What `str.split` takes as space among ASCII: also the four separators 0x1c to 0x1f.
const fn whitespace(byte: u8) -> u8 {
    (matches!(byte, 0x09..=0x0d | 0x1c..=0x20)) as u8
}

#[unsafe(no_mangle)]
pub static _Py_ascii_whitespace: [u8; 128] = table!(u8, 128, whitespace);

/// The value of a digit in bases to 36; 37 for what is no digit.
const fn digit_value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'z' => byte - b'a' + 10,
        b'A'..=b'Z' => byte - b'A' + 10,
        _ => 37,
    }
}

#[unsafe(no_mangle)]
pub static _PyLong_DigitValue: [u8; 256] = table!(u8, 256, digit_value);

/// The comparison with its operands exchanged: `<` becomes `>`.
#[unsafe(no_mangle)]
pub static _Py_SwappedOp: [c_int; 6] = [Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE];
