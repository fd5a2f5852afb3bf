//! The format mini-language: `[[fill]align][sign]["z"]["#"]["0"][width][grouping]["." precision
//! [grouping]][type]`, parsed and applied to integers, floats, complex numbers and text.
//!
//! Results are `Padded`: parts and counts, so that a caller can refuse a huge width before it
//! allocates anything. Serves the `__format__` methods and f-strings.

mod complex;
mod float;
mod int;
mod layout;
mod parse;

pub use complex::format_complex;
pub use float::{format_float, format_magnitude};
pub use int::format_int;
pub use layout::Padded;
pub use parse::{Align, Grouping, Sign, Spec};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Value,
    Overflow,
}

/// The exception to raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
}

impl Error {
    fn value(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Value,
            message: message.into(),
        }
    }

    fn overflow(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Overflow,
            message: message.into(),
        }
    }

    /// A type code that the object's type does not know.
    pub fn unknown_code(code: u32, type_name: &str) -> Self {
        let code = show_code(code);
        Self::value(format!(
            "Unknown format code '{code}' for object of type '{type_name}'"
        ))
    }
}

fn show_code(code: u32) -> String {
    match code {
        33..128 => (code as u8 as char).to_string(),
        _ => format!("\\x{code:x}"),
    }
}

/// What `localeconv` says of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    pub decimal_point: String,
    pub thousands_sep: String,
    /// Sizes of groups from the right: the last repeats, unless 127 ends grouping.
    pub grouping: Vec<u8>,
}

impl Default for Locale {
    fn default() -> Self {
        Self {
            decimal_point: ".".into(),
            thousands_sep: String::new(),
            grouping: Vec::new(),
        }
    }
}

impl Locale {
    fn conventions(&self) -> Conventions<'_> {
        Conventions {
            point: &self.decimal_point,
            separator: &self.thousands_sep,
            sizes: &self.grouping,
        }
    }
}

/// How to write a number: a locale's way, or a specification's.
#[derive(Clone, Copy)]
struct Conventions<'a> {
    point: &'a str,
    separator: &'a str,
    sizes: &'a [u8],
}

impl Conventions<'_> {
    fn of(grouping: Option<Grouping>) -> Self {
        let (separator, sizes): (_, &[u8]) = match grouping {
            None => ("", &[]),
            Some(Grouping::Comma) => (",", &[3]),
            Some(Grouping::Underscore) => ("_", &[3]),
            Some(Grouping::UnderscoreByFour) => ("_", &[4]),
        };
        Self {
            point: ".",
            separator,
            sizes,
        }
    }

    fn groups(self) -> bool {
        !self.sizes.is_empty() && !self.separator.is_empty()
    }
}
