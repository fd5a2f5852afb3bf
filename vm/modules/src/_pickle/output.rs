//! The bytes of a pickle that were not handed to the file yet, and the frame that is being filled.
//!
//! Invariant: while a frame is open its header's place is reserved in front of its contents.

use super::opcodes::FRAME;

const HEADER: usize = 9;
const SMALLEST_FRAME: usize = 4;
/// How much a frame holds before it is closed; larger contents are written without one.
pub const FRAME_TARGET: usize = 64 * 1024;

/// The bytes.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
    /// Whether what is written is put in frames.
    pub framing: bool,
    frame: Option<usize>,
}

impl Output {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.frame = None;
    }

    /// Appends a part of the pickle.
    #[inline]
    pub fn put(&mut self, part: &[u8]) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; HEADER]);
        }
        self.bytes.extend_from_slice(part);
    }

    /// Closes the frame that is open, if any. One with next to nothing in it loses its header.
    pub fn close_frame(&mut self) {
        let Some(start) = self.frame.take() else {
            return;
        };
        let len = self.bytes.len() - start - HEADER;
        if len < SMALLEST_FRAME {
            self.bytes.drain(start..start + HEADER);
            return;
        }
        self.bytes[start] = FRAME;
        self.bytes[start + 1..start + HEADER].copy_from_slice(&(len as u64).to_le_bytes());
    }

    /// Closes the frame if it is full; whether it was.
    #[inline]
    pub fn close_full_frame(&mut self) -> bool {
        match self.frame {
            Some(start) if self.bytes.len() - start - HEADER >= FRAME_TARGET => {
                self.close_frame();
                true
            }
            _ => false,
        }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
