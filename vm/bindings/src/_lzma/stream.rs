//! The library's streams, as owners of their memory.

use core::mem::{MaybeUninit, zeroed};

use liblzma_sys::*;

use super::check;
use crate::codec::{self, Decode, Ran, Step};
use modules::prelude::*;

/// A coder of the library.
pub struct Stream(lzma_stream);

impl Stream {
    /// A stream that `init` makes a coder of.
    pub fn new(init: impl FnOnce(&mut lzma_stream) -> lzma_ret) -> Result<Stream> {
        // SAFETY: zeros are what the library's initialiser has.
        let mut stream = Stream(unsafe { zeroed() });
        check(init(&mut stream.0))?;
        Ok(stream)
    }

    fn step(
        &mut self,
        input: &[u8],
        room: &mut [MaybeUninit<u8>],
        action: lzma_action,
    ) -> Result<(Step, lzma_ret)> {
        let raw = &mut self.0;
        raw.next_in = input.as_ptr();
        raw.avail_in = input.len();
        raw.next_out = room.as_mut_ptr().cast();
        raw.avail_out = room.len();
        // SAFETY: initialised, with valid pointers.
        let mut code = unsafe { lzma_code(raw, action) };
        if code == LZMA_BUF_ERROR && raw.avail_in == 0 && raw.avail_out > 0 {
            // Nothing to do is no error.
            code = LZMA_OK;
        }
        check(code)?;
        let step = Step {
            consumed: input.len() - raw.avail_in,
            produced: room.len() - raw.avail_out,
            ended: code == LZMA_STREAM_END,
        };
        Ok((step, code))
    }

    /// Compresses the input, and what is held back if it is the last.
    pub fn compress(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        let action = if last { LZMA_FINISH } else { LZMA_RUN };
        codec::run(input, usize::MAX, out, |input, room| {
            Ok(self.step(input, room, action)?.0)
        })?;
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: zeroed or initialised, and not used again.
        unsafe { lzma_end(&mut self.0) };
    }
}

/// A decoder, which learns from the stream how its data is checked.
pub struct Decoder {
    pub stream: Stream,
    pub check: i32,
}

impl Decode for Decoder {
    const HOLDS_BACK: bool = true;

    fn decode(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<Ran> {
        let Decoder { stream, check } = self;
        codec::run(input, limit, out, |input, room| {
            let (step, code) = stream.step(input, room, LZMA_RUN)?;
            if matches!(code, LZMA_GET_CHECK | LZMA_NO_CHECK) {
                // SAFETY: the decoder has just said that it knows.
                *check = unsafe { lzma_get_check(&stream.0) } as i32;
            }
            Ok(step)
        })
    }
}
