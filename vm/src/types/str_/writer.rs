//! The builder that `repr`, formatting and decoding write into: the `text` crate's, which starts narrow and widens when a
//! wider character comes, with an object at its end.

use layout::PyUnicodeObject;
use text::Builder;

use super::alloc::try_from_data;
use super::data::{StrData, StrExt};
use crate::err::Result;
use crate::object::Ref;

#[derive(Default)]
pub struct Writer(Builder);

impl Writer {
    pub fn new() -> Writer {
        Writer::default()
    }

    pub fn with_capacity(n: usize) -> Writer {
        Writer(Builder::with_capacity(n))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub fn push(&mut self, c: u32) {
        self.0.push(c);
    }

    #[inline]
    pub fn push_ascii(&mut self, s: &str) {
        self.0.push_ascii(s);
    }

    pub fn push_latin1(&mut self, s: &[u8]) {
        self.0.push_latin1(s);
    }

    pub fn push_str(&mut self, s: &str) {
        if s.is_ascii() {
            self.0.push_ascii(s);
        } else {
            s.chars().for_each(|c| self.0.push(u32::from(c)));
        }
    }

    #[inline]
    pub fn push_data(&mut self, data: StrData<'_>) {
        self.0.push_str(data);
    }

    #[inline]
    pub fn push_obj(&mut self, s: &PyUnicodeObject) {
        self.0.push_str(s.data());
    }

    pub fn push_repeated(&mut self, c: u32, n: usize) {
        self.0.push_repeated(c, n);
    }

    pub fn finish(self) -> Result<Ref<PyUnicodeObject>> {
        try_from_data(self.0.finish().as_str())
    }
}

impl core::fmt::Write for Writer {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.push_str(s);
        Ok(())
    }
}
