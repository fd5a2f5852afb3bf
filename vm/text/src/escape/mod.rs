//! Quoting and the small languages of formatted text: `repr`, `%` formats, `str.format` fields.

mod repr;

pub use repr::{ascii_repr, bytes_repr, repr};
