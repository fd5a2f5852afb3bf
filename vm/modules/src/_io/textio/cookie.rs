//! Positions in a text as numbers: a place in the bytes where the decoder can start, and what it takes from there.

use layout::PyLongObject;
use vm::err::{Result, raise};
use vm::object::*;
use vm::types::int::{self, IntExt};

#[derive(Clone, Copy, Debug, Default)]
pub struct Cookie {
    pub start: i64,
    pub flags: i32,
    pub feed: i32,
    pub skip: i32,
    pub need_eof: bool,
}

impl Cookie {
    /// As a number whose low 64 bits are the place; the rest is usually zero.
    pub fn to_int(self) -> Ref<PyLongObject> {
        if self.flags == 0 && self.feed == 0 && self.skip == 0 && !self.need_eof {
            return int::from_i64(self.start);
        }
        let mut bytes = [0; 21];
        bytes[..8].copy_from_slice(&self.start.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.flags.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.feed.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.skip.to_le_bytes());
        bytes[20] = u8::from(self.need_eof);
        int::from_byte_string(&bytes, true, false)
    }

    pub fn from_int(n: &PyLongObject) -> Result<Cookie> {
        if let Some(start) = n.to_i64() {
            return Ok(Cookie {
                start,
                ..Cookie::default()
            });
        }
        let mut bytes = [0; 21];
        if let Err(e) = num::digits::to_bytes(n.digits(), &mut bytes, true, false) {
            return raise!(OverflowError, "{}", e.message());
        }
        let number = |at: usize| i32::from_le_bytes(core::array::from_fn(|i| bytes[at + i]));
        Ok(Cookie {
            start: i64::from_le_bytes(core::array::from_fn(|i| bytes[i])),
            flags: number(8),
            feed: number(12),
            skip: number(16),
            need_eof: bytes[20] != 0,
        })
    }
}
