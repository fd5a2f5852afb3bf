//! The builder that `repr`, formatting and decoding write into: the `text` crate's, which starts narrow and widens when a
//! wider character comes, with an object at its end.

use layout::PyUnicodeObject;
use text::Builder;

use super::alloc::try_from_data;
use super::data::{StrData, StrExt};
use crate::err::Result;
use crate::object::*;

/// Invariant: the builder is empty while there is a whole.
#[derive(Default)]
pub struct Writer {
    builder: Builder,
    /// All that was written, if that is one object.
    whole: Option<Ref<PyUnicodeObject>>,
}

impl Writer {
    pub fn new() -> Writer {
        Writer::default()
    }

    pub fn with_capacity(n: usize) -> Writer {
        Writer {
            builder: Builder::with_capacity(n),
            whole: None,
        }
    }

    pub fn len(&self) -> usize {
        self.whole.as_ref().map_or(self.builder.len(), |s| s.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    fn builder(&mut self) -> &mut Builder {
        if self.whole.is_some() {
            self.unwrap();
        }
        &mut self.builder
    }

    #[cold]
    fn unwrap(&mut self) {
        if let Some(s) = self.whole.take() {
            self.builder.push_str(s.data());
        }
    }

    #[inline]
    pub fn push(&mut self, c: u32) {
        self.builder().push(c);
    }

    #[inline]
    pub fn push_ascii(&mut self, s: &str) {
        self.builder().push_ascii(s);
    }

    pub fn push_latin1(&mut self, s: &[u8]) {
        self.builder().push_latin1(s);
    }

    pub fn push_str(&mut self, s: &str) {
        if s.is_ascii() {
            self.push_ascii(s);
        } else {
            s.chars().for_each(|c| self.push(u32::from(c)));
        }
    }

    #[inline]
    pub fn push_data(&mut self, data: StrData<'_>) {
        if !data.is_empty() {
            self.builder().push_str(data);
        }
    }

    #[inline]
    pub fn push_obj(&mut self, s: &PyUnicodeObject) {
        if self.is_empty() {
            self.whole = Some(s.to_ref());
        } else {
            self.push_data(s.data());
        }
    }

    pub fn push_repeated(&mut self, c: u32, n: usize) {
        if n > 0 {
            self.builder().push_repeated(c, n);
        }
    }

    pub fn finish(self) -> Result<Ref<PyUnicodeObject>> {
        match self.whole {
            Some(s) => Ok(s),
            None => try_from_data(self.builder.finish().as_str()),
        }
    }
}

impl core::fmt::Write for Writer {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.push_str(s);
        Ok(())
    }
}
