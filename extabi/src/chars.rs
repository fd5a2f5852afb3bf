//! `unicodeobject.h`'s questions about single characters.

use core::ffi::{c_double, c_int};

use text::chars;

/// What a failed search of a table of values answers.
fn value(found: Option<u32>) -> c_int {
    found.map_or(-1, |n| n as c_int)
}

api! {
    fn _PyUnicode_IsAlpha(c: u32) -> c_int { i32::from(chars::is_alpha(c)) }
    fn _PyUnicode_IsWhitespace(c: u32) -> c_int { i32::from(chars::is_space(c)) }
    fn _PyUnicode_IsLinebreak(c: u32) -> c_int { i32::from(chars::is_line_break(c)) }
    fn _PyUnicode_IsLowercase(c: u32) -> c_int { i32::from(chars::is_lower(c)) }
    fn _PyUnicode_IsUppercase(c: u32) -> c_int { i32::from(chars::is_upper(c)) }
    fn _PyUnicode_IsTitlecase(c: u32) -> c_int { i32::from(chars::is_title(c)) }
    fn _PyUnicode_IsDecimalDigit(c: u32) -> c_int { i32::from(chars::is_decimal(c)) }
    fn _PyUnicode_IsDigit(c: u32) -> c_int { i32::from(chars::is_digit(c)) }
    fn _PyUnicode_IsNumeric(c: u32) -> c_int { i32::from(chars::is_numeric(c)) }
    fn _PyUnicode_IsPrintable(c: u32) -> c_int { i32::from(chars::is_printable(c)) }
    fn _PyUnicode_ToLowercase(c: u32) -> u32 { chars::simple_lower(c) }
    fn _PyUnicode_ToUppercase(c: u32) -> u32 { chars::simple_upper(c) }
    fn _PyUnicode_ToTitlecase(c: u32) -> u32 { chars::simple_title(c) }
    fn _PyUnicode_ToDecimalDigit(c: u32) -> c_int { value(chars::decimal_value(c)) }
    fn _PyUnicode_ToDigit(c: u32) -> c_int { value(chars::digit_value(c)) }
    fn _PyUnicode_ToNumeric(c: u32) -> c_double { chars::numeric_value(c).unwrap_or(-1.0) }
}
