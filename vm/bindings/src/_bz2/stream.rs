//! The library's streams, as owners of their memory.

use core::ffi::c_int;
use core::mem::{MaybeUninit, zeroed};

use libbz2_rs_sys::*;

use super::check;
use crate::codec::{self, Decode, Ran, Step};
use modules::prelude::*;

/// A stream of the library, which knows its own address: hence the box.
struct Stream(Box<bz_stream>);

impl Stream {
    fn new() -> Stream {
        // SAFETY: a C struct of numbers and nullable pointers; zeros are what the library asks for.
        Stream(Box::new(unsafe { zeroed() }))
    }

    /// Calls the library once with as much of the input and the output as its counters hold.
    fn step(
        &mut self,
        input: &[u8],
        room: &mut [MaybeUninit<u8>],
        call: impl FnOnce(&mut bz_stream, bool) -> c_int,
    ) -> Result<(Step, c_int)> {
        let (given, space) = (clamped(input.len()), clamped(room.len()));
        self.0.next_in = input.as_ptr().cast();
        self.0.avail_in = given;
        self.0.next_out = room.as_mut_ptr().cast();
        self.0.avail_out = space;
        let code = check(call(&mut self.0, given as usize == input.len()))?;
        let step = Step {
            consumed: (given - self.0.avail_in) as usize,
            produced: (space - self.0.avail_out) as usize,
            ended: code == BZ_STREAM_END,
        };
        Ok((step, code))
    }
}

fn clamped(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A compressing stream.
pub struct Compression(Stream);

impl Compression {
    /// Blocks of `level` times 100 kB.
    pub fn new(level: c_int) -> Result<Compression> {
        let mut stream = Stream::new();
        // SAFETY: zeroed as the library asks.
        check(unsafe { BZ2_bzCompressInit(&mut *stream.0, level, 0, 0) })?;
        Ok(Compression(stream))
    }

    /// Compresses the input, and what is held back if it is the last.
    pub fn run(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        codec::run(input, usize::MAX, out, |input, room| {
            if input.is_empty() && !last {
                // The library refuses to be called for nothing.
                return Ok(Step {
                    consumed: 0,
                    produced: 0,
                    ended: false,
                });
            }
            let (step, _) = self.0.step(input, room, |stream, all| {
                let action = if last && all { BZ_FINISH } else { BZ_RUN };
                // SAFETY: initialised, with valid pointers.
                unsafe { BZ2_bzCompress(stream, action) }
            })?;
            Ok(step)
        })?;
        Ok(())
    }
}

impl Drop for Compression {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { BZ2_bzCompressEnd(&mut *self.0.0) };
    }
}

/// A decompressing stream.
pub struct Decompression(Stream);

impl Decompression {
    /// A stream at its beginning.
    pub fn new() -> Result<Decompression> {
        let mut stream = Stream::new();
        // SAFETY: zeroed as the library asks.
        check(unsafe { BZ2_bzDecompressInit(&mut *stream.0, 0, 0) })?;
        Ok(Decompression(stream))
    }
}

impl Decode for Decompression {
    const HOLDS_BACK: bool = false;

    fn decode(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<Ran> {
        codec::run(input, limit, out, |input, room| {
            let (step, _) = self.0.step(input, room, |stream, _| {
                // SAFETY: initialised, with valid pointers.
                unsafe { BZ2_bzDecompress(stream) }
            })?;
            Ok(step)
        })
    }
}

impl Drop for Decompression {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { BZ2_bzDecompressEnd(&mut *self.0.0) };
    }
}
