//! The simple types: one row for each letter, with what libffi calls it and how its values are read and written.
//!
//! A setter answers with the object that must be kept for as long as the memory is in use, `None` if there is none.

mod floats;
mod ints;
mod longdouble;
mod objects;
pub mod text;

use crate::prelude::*;
use libffi_sys::*;

pub use ints::Bits;

/// How much of the memory a value takes: so many bytes, or some of their bits.
#[derive(Clone, Copy)]
pub struct Extent {
    pub size: usize,
    pub bits: Option<Bits>,
}

impl Extent {
    pub const fn bytes(size: usize) -> Extent {
        Extent { size, bits: None }
    }
}

/// Reads a value; the memory can be read.
pub type Get = unsafe fn(*const u8, Extent) -> Result;
/// Writes a value; the memory can be written.
pub type Set = unsafe fn(*mut u8, &Obj, Extent) -> Result;

/// A simple type.
pub struct Code {
    pub letter: u8,
    pub get: Get,
    pub set: Set,
    /// The letter in the format of a buffer.
    pub standard: char,
    /// How the other byte order is read and written.
    pub swapped: Option<(Get, Set)>,
    ffi: fn() -> *mut ffi_type,
}

impl Code {
    /// libffi's name for it.
    #[inline]
    pub fn ffi(&self) -> *mut ffi_type {
        (self.ffi)()
    }

    pub fn size(&self) -> usize {
        // SAFETY: libffi's types are static.
        unsafe { (*self.ffi()).size }
    }

    pub fn align(&self) -> usize {
        // SAFETY: as above.
        unsafe { (*self.ffi()).alignment.into() }
    }
}

/// The letters that a class may have as its `_type_`.
pub const LETTERS: &str = "cbBhHiIlLdDFGfuzZqQPOv?g";

macro_rules! codes {
    ($($letter:literal $standard:literal $ffi:ident $get:expr, $set:expr $(, swapped $sget:expr, $sset:expr)?;)*) => {
        static CODES: &[Code] = &[$(Code {
            letter: $letter,
            standard: $standard,
            get: $get,
            set: $set,
            swapped: codes!(@swapped $($sget, $sset)?),
            ffi: || &raw mut $ffi,
        }),*];
    };
    (@swapped) => { None };
    (@swapped $get:expr, $set:expr) => { Some(($get, $set)) };
}

use floats::{complex_get, complex_set, float_get, float_set};
use ints::{get, set};

codes! {
    b'b' 'b' ffi_type_sint8 get::<i8, false>, set::<i8, false>;
    b'B' 'B' ffi_type_uint8 get::<u8, false>, set::<u8, false>;
    b'h' 'h' ffi_type_sint16 get::<i16, false>, set::<i16, false>, swapped get::<i16, true>, set::<i16, true>;
    b'H' 'H' ffi_type_uint16 get::<u16, false>, set::<u16, false>, swapped get::<u16, true>, set::<u16, true>;
    b'i' 'i' ffi_type_sint32 get::<i32, false>, set::<i32, false>, swapped get::<i32, true>, set::<i32, true>;
    b'I' 'I' ffi_type_uint32 get::<u32, false>, set::<u32, false>, swapped get::<u32, true>, set::<u32, true>;
    b'l' 'q' ffi_type_sint64 get::<i64, false>, set::<i64, false>, swapped get::<i64, true>, set::<i64, true>;
    b'L' 'Q' ffi_type_uint64 get::<u64, false>, set::<u64, false>, swapped get::<u64, true>, set::<u64, true>;
    b'q' 'q' ffi_type_sint64 get::<i64, false>, set::<i64, false>, swapped get::<i64, true>, set::<i64, true>;
    b'Q' 'Q' ffi_type_uint64 get::<u64, false>, set::<u64, false>, swapped get::<u64, true>, set::<u64, true>;
    b'f' 'f' ffi_type_float float_get::<f32, false>, float_set::<f32, false>,
        swapped float_get::<f32, true>, float_set::<f32, true>;
    b'd' 'd' ffi_type_double float_get::<f64, false>, float_set::<f64, false>,
        swapped float_get::<f64, true>, float_set::<f64, true>;
    b'g' 'g' ffi_type_longdouble longdouble::get, longdouble::set;
    b'F' 'F' ffi_type_complex_float complex_get::<f32, false>, complex_set::<f32, false>,
        swapped complex_get::<f32, true>, complex_set::<f32, true>;
    b'D' 'D' ffi_type_complex_double complex_get::<f64, false>, complex_set::<f64, false>,
        swapped complex_get::<f64, true>, complex_set::<f64, true>;
    b'G' 'G' ffi_type_complex_longdouble longdouble::complex_get, longdouble::complex_set;
    b'?' '?' ffi_type_uint8 ints::bool_get, ints::bool_set, swapped ints::bool_get, ints::bool_set;
    b'v' 'v' ffi_type_sint16 ints::variant_bool_get, ints::variant_bool_set;
    b'c' 'c' ffi_type_sint8 text::char_get, text::char_set;
    b'u' 'u' ffi_type_sint32 text::wchar_get, text::wchar_set;
    b's' 's' ffi_type_pointer text::char_array_get, text::char_array_set;
    b'U' 'U' ffi_type_pointer text::wchar_array_get, text::wchar_array_set;
    b'z' 'z' ffi_type_pointer text::char_p_get, text::char_p_set;
    b'Z' 'Z' ffi_type_pointer text::wchar_p_get, text::wchar_p_set;
    b'P' 'P' ffi_type_pointer objects::void_p_get, objects::void_p_set;
    b'O' 'O' ffi_type_pointer objects::object_get, objects::object_set;
}

/// The simple type of a letter.
pub fn find(letter: u8) -> Option<&'static Code> {
    CODES.iter().find(|c| c.letter == letter)
}

/// As [`find`], for a letter that is in the table.
pub fn expect(letter: u8) -> &'static Code {
    find(letter).expect("the letter of a simple type")
}

/// The simple types in the other byte order: rows that read and write swapped.
pub fn find_swapped(code: &'static Code) -> Option<&'static Code> {
    use std::sync::OnceLock;
    static SWAPPED: OnceLock<Vec<Code>> = OnceLock::new();
    code.swapped?;
    SWAPPED
        .get_or_init(|| {
            let rows = CODES.iter().filter_map(|c| {
                let (get, set) = c.swapped?;
                Some(Code {
                    get,
                    set,
                    swapped: None,
                    ..*c
                })
            });
            rows.collect()
        })
        .iter()
        .find(|c| c.letter == code.letter)
}
