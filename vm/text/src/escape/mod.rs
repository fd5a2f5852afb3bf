//! Quoting and the small languages of formatted text: `repr`, `%` formats, `str.format` fields.

mod fields;
mod percent;
mod repr;

pub use fields::{AutoNumber, Field, FieldName, Key, Part, Piece, Pieces};
pub use percent::{Amount, Percent, PercentPiece, PercentSpec, Problem};
pub use repr::{ascii_repr, bytes_repr, bytes_repr_in, repr};
