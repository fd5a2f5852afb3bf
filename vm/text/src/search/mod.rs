//! Finding, counting, splitting, stripping and replacing, over all kinds.
//!
//! Everything reports positions, so that the caller builds objects of its own; only `replace`
//! builds text. Needles may be of another kind than what they are sought in. Serves `str`,
//! `bytes` and `bytearray`, whose white space and line ends differ.

mod find;
mod replace;
mod split;
mod strip;
mod twoway;

pub use find::{Finder, WideFinder, contains, count, find, find_char, matches, rfind, rfind_char};
pub use replace::replace;
pub use split::{
    is_ascii_space, is_byte_line_break, rsplit, rsplit_space, split, split_space, splitlines,
};
pub use strip::{Sides, strip};
