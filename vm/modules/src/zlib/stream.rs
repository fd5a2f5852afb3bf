//! Safe wrappers around the library's two kinds of stream.
//!
//! Invariant: a wrapper's stream is initialised from birth to death, and points to no caller's memory between calls.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use zlib_rs::c_api::z_stream;
use zlib_rs::deflate::{self, DeflateStream};
use zlib_rs::inflate::{self, InflateStream};
use zlib_rs::{DeflateConfig, DeflateFlush, InflateConfig, InflateFlush, ReturnCode};

/// Output grows by at least this much.
const SMALLEST: usize = 1024;

/// What a run has come to.
pub struct Ran {
    /// The library's last answer.
    pub code: ReturnCode,
    /// How much of the input was taken.
    pub consumed: usize,
}

/// A stream that compresses.
pub struct Deflater(z_stream);

/// A stream that decompresses.
pub struct Inflater(z_stream);

/// Feeds a stream until the input is used up, the output has reached `limit`, or the library answers something else
/// than "go on". `step` is told whether it has the last of the input.
fn run(
    stream: &mut z_stream,
    input: &[u8],
    limit: usize,
    out: &mut Vec<u8>,
    mut step: impl FnMut(&mut z_stream, bool) -> ReturnCode,
) -> Ran {
    let mut ran = Ran {
        code: ReturnCode::Ok,
        consumed: 0,
    };
    while out.len() < limit {
        let start = out.len();
        let room = start.clamp(SMALLEST, 1 << 24).min(limit - start);
        out.resize(start + room, 0);
        let rest = &input[ran.consumed..];
        let chunk = rest.len().min(u32::MAX as usize);
        stream.next_in = rest.as_ptr();
        stream.avail_in = chunk as u32;
        stream.next_out = out[start..].as_mut_ptr();
        stream.avail_out = room as u32;
        ran.code = step(stream, chunk == rest.len());
        ran.consumed += chunk - stream.avail_in as usize;
        let unused = stream.avail_out as usize;
        out.truncate(start + room - unused);
        let goes_on = matches!(ran.code, ReturnCode::Ok | ReturnCode::BufError);
        if !goes_on || (unused > 0 && ran.consumed == input.len()) {
            break;
        }
    }
    // Nothing of the caller's is kept; copying asks for pointers that are not null.
    stream.next_in = NonNull::dangling().as_ptr();
    stream.avail_in = 0;
    stream.next_out = NonNull::dangling().as_ptr();
    stream.avail_out = 0;
    ran
}

fn message(stream: &z_stream) -> Option<&str> {
    if stream.msg.is_null() {
        return None;
    }
    // SAFETY: the library's messages are static C strings.
    unsafe { CStr::from_ptr(stream.msg) }.to_str().ok()
}

impl Deflater {
    /// A stream with these settings.
    pub fn new(config: DeflateConfig) -> Result<Deflater, ReturnCode> {
        let mut stream = z_stream::default();
        match deflate::init(&mut stream, config) {
            ReturnCode::Ok => Ok(Deflater(stream)),
            code => Err(code),
        }
    }

    fn stream(&mut self) -> &mut DeflateStream<'static> {
        // SAFETY: initialised, says the invariant.
        unsafe { DeflateStream::from_stream_mut(&raw mut self.0) }.expect("an initialised stream")
    }

    /// Sets what matches may refer to before the first byte.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> ReturnCode {
        deflate::set_dictionary(self.stream(), dictionary)
    }

    /// Compresses all of `input`.
    pub fn run(&mut self, input: &[u8], flush: DeflateFlush, out: &mut Vec<u8>) -> ReturnCode {
        let step = |stream: &mut z_stream, last: bool| {
            let flush = if last { flush } else { DeflateFlush::NoFlush };
            // SAFETY: initialised, says the invariant; `run` has set valid pointers.
            let stream =
                unsafe { DeflateStream::from_stream_mut(stream) }.expect("an initialised stream");
            deflate::deflate(stream, flush)
        };
        run(&mut self.0, input, usize::MAX, out, step).code
    }

    /// A stream in the same state.
    pub fn try_clone(&mut self) -> Result<Deflater, ReturnCode> {
        let mut copy = MaybeUninit::uninit();
        match deflate::copy(&mut copy, self.stream()) {
            // SAFETY: the copy is initialised on success, and both types have one layout.
            ReturnCode::Ok => Ok(Deflater(unsafe { ptr::read(copy.as_ptr().cast()) })),
            code => Err(code),
        }
    }

    /// The library's words for its last error.
    pub fn message(&self) -> Option<&str> {
        message(&self.0)
    }
}

impl Drop for Deflater {
    fn drop(&mut self) {
        // Ending a stream in the middle is reported, and done.
        let _ = deflate::end(self.stream());
    }
}

impl Inflater {
    /// A stream for a window of that many bits, in the library's encoding of formats.
    pub fn new(window_bits: i32) -> Result<Inflater, ReturnCode> {
        let mut stream = z_stream::default();
        match inflate::init(&mut stream, InflateConfig { window_bits }) {
            ReturnCode::Ok => Ok(Inflater(stream)),
            code => Err(code),
        }
    }

    fn stream(&mut self) -> &mut InflateStream<'static> {
        // SAFETY: initialised, says the invariant.
        unsafe { InflateStream::from_stream_mut(&raw mut self.0) }.expect("an initialised stream")
    }

    /// Sets the dictionary that the stream was compressed with.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> ReturnCode {
        inflate::set_dictionary(self.stream(), dictionary)
    }

    /// Decompresses until the input ends or the output has `limit` bytes. A dictionary is set when it is asked for.
    pub fn run(
        &mut self,
        input: &[u8],
        flush: InflateFlush,
        limit: usize,
        dictionary: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<Ran, ReturnCode> {
        let mut consumed = 0;
        loop {
            let step = |stream: &mut z_stream, last: bool| {
                let flush = if last { flush } else { InflateFlush::SyncFlush };
                // SAFETY: initialised, says the invariant; `run` has set valid pointers.
                unsafe {
                    let stream =
                        InflateStream::from_stream_mut(stream).expect("an initialised stream");
                    inflate::inflate(stream, flush)
                }
            };
            let ran = run(&mut self.0, &input[consumed..], limit, out, step);
            consumed += ran.consumed;
            if let (ReturnCode::NeedDict, Some(dictionary)) = (ran.code, dictionary) {
                match self.set_dictionary(dictionary) {
                    ReturnCode::Ok => continue,
                    code => return Err(code),
                }
            }
            return Ok(Ran {
                code: ran.code,
                consumed,
            });
        }
    }

    /// A stream in the same state.
    pub fn try_clone(&mut self) -> Result<Inflater, ReturnCode> {
        self.0.next_in = NonNull::dangling().as_ptr();
        self.0.next_out = NonNull::dangling().as_ptr();
        let mut copy = MaybeUninit::uninit();
        // SAFETY: both are valid and apart.
        match unsafe { inflate::copy(&mut copy, self.stream()) } {
            // SAFETY: the copy is initialised on success, and both types have one layout.
            ReturnCode::Ok => Ok(Inflater(unsafe { ptr::read(copy.as_ptr().cast()) })),
            code => Err(code),
        }
    }

    /// The library's words for its last error.
    pub fn message(&self) -> Option<&str> {
        message(&self.0)
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        inflate::end(self.stream());
    }
}
