//! What the compression modules have in common: how a codec is driven over an input, and a decompressor's state between calls.

use core::mem::MaybeUninit;

use modules::prelude::*;
use vm::protocol::buffer::Buffer;

/// The bytes of an argument.
pub fn bytes_of(o: &Obj) -> Result<Buffer> {
    proto::get_buffer(o, PyBUF_SIMPLE)
}

/// A C int.
pub fn c_int(o: &Obj) -> Result<i32> {
    use vm::types::int::IntExt as _;
    match number::index_int(o)?.to_i64().map(i32::try_from) {
        Some(Ok(n)) => Ok(n),
        _ => raise!(OverflowError, "Python int too large to convert to C int"),
    }
}

/// What messages call the type of an argument.
pub fn type_in_message(o: &Obj) -> &str {
    if o.is_none() { "None" } else { o.tp_name() }
}

/// How many bytes an answer may have: a negative `max_length` means any number.
pub fn limit(max_length: Option<&Obj>) -> Result<usize> {
    Ok(usize::try_from(args::to_isize_or(max_length, -1)?).unwrap_or(usize::MAX))
}

/// What one step of a codec did.
pub struct Step {
    /// Bytes it took from its input.
    pub consumed: usize,
    /// Bytes it wrote to the start of its output.
    pub produced: usize,
    /// Whether its stream is over.
    pub ended: bool,
}

/// What a codec did with an input.
pub struct Ran {
    /// Bytes it took.
    pub consumed: usize,
    /// Whether its stream is over.
    pub ended: bool,
}

const FIRST_ROOM: usize = 32 << 10;
const MOST_ROOM: usize = 64 << 20;

/// Runs `step` over the input until nothing more comes of it, the stream ends, or the output has `limit` bytes.
///
/// A step may stop before its input ends or its room is full only to be asked again.
pub fn run<E>(
    input: &[u8],
    limit: usize,
    out: &mut Vec<u8>,
    mut step: impl FnMut(&[u8], &mut [MaybeUninit<u8>]) -> core::result::Result<Step, E>,
) -> core::result::Result<Ran, E> {
    let mut consumed = 0;
    loop {
        let wanted = out.len().clamp(FIRST_ROOM, MOST_ROOM);
        let wanted = wanted.min(limit - out.len());
        if out.capacity() - out.len() < wanted {
            out.reserve(wanted);
        }
        let room_len = (out.capacity() - out.len()).min(limit - out.len());
        let room = &mut out.spare_capacity_mut()[..room_len];
        let did = step(&input[consumed..], room)?;
        consumed += did.consumed;
        // SAFETY: the step has written that many bytes at the end.
        unsafe { out.set_len(out.len() + did.produced) };
        let starved = consumed == input.len() && did.produced < room_len;
        if did.ended || starved || out.len() == limit {
            return Ok(Ran {
                consumed,
                ended: did.ended,
            });
        }
    }
}

/// A decoder of a format.
pub trait Decode {
    /// Decodes until the input or the stream ends, or the output has `limit` bytes.
    fn decode(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<Ran>;

    /// Whether a decoder that has taken all its input and filled its output may still hold bytes back.
    const HOLDS_BACK: bool;
}

/// A decoder between calls, with input that it was not allowed to take yet.
pub struct Feed<D> {
    pub decoder: D,
    pending: Vec<u8>,
}

/// What came of some input.
pub struct Fed {
    pub out: Vec<u8>,
    /// The bytes behind the stream, if it has ended.
    pub unused: Option<Vec<u8>>,
    pub needs_input: bool,
}

impl<D: Decode> Feed<D> {
    /// A decoder that has seen nothing.
    pub fn new(decoder: D) -> Feed<D> {
        Feed {
            decoder,
            pending: Vec::new(),
        }
    }

    /// Decodes what was left over, then `data`.
    pub fn feed(&mut self, data: &[u8], limit: usize) -> Result<Fed> {
        let mut pending = core::mem::take(&mut self.pending);
        let input = if pending.is_empty() {
            data
        } else {
            pending.extend_from_slice(data);
            &pending[..]
        };
        let mut out = Vec::new();
        let ran = self.decoder.decode(input, limit, &mut out)?;
        let rest = &input[ran.consumed..];
        if ran.ended {
            return Ok(Fed {
                out,
                unused: Some(rest.to_vec()),
                needs_input: false,
            });
        }
        self.pending = rest.to_vec();
        let needs_input = rest.is_empty() && !(D::HOLDS_BACK && out.len() == limit);
        Ok(Fed {
            out,
            unused: None,
            needs_input,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes each byte of its input twice, and ends at a zero.
    struct Twice {
        held: Option<u8>,
    }

    impl Twice {
        fn step(&mut self, input: &[u8], room: &mut [MaybeUninit<u8>]) -> Result<Step> {
            let (mut consumed, mut produced) = (0, 0);
            while produced < room.len() {
                let byte = match self.held.take() {
                    Some(byte) => byte,
                    None if consumed == input.len() => break,
                    None => {
                        consumed += 1;
                        let byte = input[consumed - 1];
                        if byte == 0 {
                            return Ok(Step {
                                consumed,
                                produced,
                                ended: true,
                            });
                        }
                        self.held = Some(byte);
                        byte
                    }
                };
                room[produced].write(byte);
                produced += 1;
            }
            Ok(Step {
                consumed,
                produced,
                ended: false,
            })
        }
    }

    impl Decode for Twice {
        const HOLDS_BACK: bool = true;
        fn decode(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<Ran> {
            run(input, limit, out, |input, room| self.step(input, room))
        }
    }

    fn fed(feed: &mut Feed<Twice>, data: &[u8], limit: usize) -> Fed {
        match feed.feed(data, limit) {
            Ok(fed) => fed,
            Err(_) => panic!("the decoder never fails"),
        }
    }

    #[test]
    fn a_limit_keeps_input_and_output_back() {
        let mut feed = Feed::new(Twice { held: None });
        let first = fed(&mut feed, b"ab", 3);
        assert_eq!((&first.out[..], first.needs_input), (&b"aab"[..], false));
        let second = fed(&mut feed, b"c\0rest", usize::MAX);
        assert_eq!(
            (&second.out[..], second.unused.as_deref()),
            (&b"bcc"[..], Some(&b"rest"[..]))
        );
    }

    #[test]
    fn without_input_more_is_asked_for() {
        let mut feed = Feed::new(Twice { held: None });
        assert!(fed(&mut feed, b"", usize::MAX).needs_input);
        assert!(fed(&mut feed, b"", 0).out.is_empty());
    }

    #[test]
    fn a_long_input_grows_the_output() {
        let mut feed = Feed::new(Twice { held: None });
        let input = vec![7; 100_000];
        assert_eq!(fed(&mut feed, &input, usize::MAX).out.len(), 200_000);
    }
}
