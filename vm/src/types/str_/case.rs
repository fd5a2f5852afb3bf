//! Methods that change case, and those that ask what kind of characters a string has.

use layout::PyUnicodeObject;
use text::{Buf, case, chars};

use super::alloc::from_buf;
use super::data::{StrData, StrExt};
use crate::err::Result;
use crate::object::Ref;

type Str = Result<Ref<PyUnicodeObject>>;

macro_rules! conversions {
    ($($name:ident)*) => {$(
        pub fn $name(s: &PyUnicodeObject) -> Str {
            let changed: Buf = case::$name(s.data());
            from_buf(&changed)
        }
    )*};
}

conversions!(lower upper casefold swapcase capitalize title);

/// Whether a string isn't empty and all of its characters have a property.
fn all(s: &PyUnicodeObject, property: impl Fn(u32) -> bool) -> Result<bool> {
    Ok(!s.is_empty() && s.chars().all(property))
}

macro_rules! properties {
    ($($method:ident $property:ident;)*) => {$(
        pub fn $method(s: &PyUnicodeObject) -> Result<bool> {
            all(s, chars::$property)
        }
    )*};
}

properties! {
    isalpha is_alpha;
    isdecimal is_decimal;
    isdigit is_digit;
    isnumeric is_numeric;
    isalnum is_alnum;
    isspace is_space;
}

pub fn isprintable(s: &PyUnicodeObject) -> Result<bool> {
    Ok(s.chars().all(chars::is_printable))
}

pub fn isascii(s: &PyUnicodeObject) -> Result<bool> {
    Ok(s.is_ascii())
}

pub fn islower(s: &PyUnicodeObject) -> Result<bool> {
    Ok(case::is_lower(s.data()))
}

pub fn isupper(s: &PyUnicodeObject) -> Result<bool> {
    Ok(case::is_upper(s.data()))
}

pub fn istitle(s: &PyUnicodeObject) -> Result<bool> {
    Ok(case::is_title(s.data()))
}

pub fn isidentifier(s: &PyUnicodeObject) -> Result<bool> {
    Ok(is_identifier(s))
}

pub fn is_identifier(s: &PyUnicodeObject) -> bool {
    match s.data() {
        StrData::Latin1([]) => false,
        data => case::is_identifier(data),
    }
}
