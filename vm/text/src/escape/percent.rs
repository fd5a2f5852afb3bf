//! The language of `%` formatting: literal text and conversion specifications.
//!
//! Arguments are fetched while a specification is read, so that an error in it is due only after
//! what stands before it: a `PercentSpec` has what was read, and the `Problem` that ended it. The
//! caller looks up the key, takes the width and precision, and then raises the problem. Serves
//! `str.__mod__`, and `bytes.__mod__` through `Str::Latin1`.

use crate::kinds::Str;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PercentPiece {
    Literal(Range<usize>),
    /// `%%`
    Percent,
    Spec(PercentSpec),
}

/// A width or precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amount {
    #[default]
    None,
    /// `*`: the next argument.
    Argument,
    Fixed(usize),
}

/// What ends a specification early: the text of a ValueError.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    IncompleteKey,
    WidthTooBig,
    PrecisionTooBig,
    Incomplete,
}

impl Problem {
    pub fn message(self) -> &'static str {
        match self {
            Self::IncompleteKey => "incomplete format key",
            Self::WidthTooBig => "width too big",
            Self::PrecisionTooBig => "precision too big",
            Self::Incomplete => "incomplete format",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PercentSpec {
    /// The mapping key between parentheses; also set if it is incomplete.
    pub key: Option<Range<usize>>,
    /// `-`
    pub left: bool,
    /// `+`
    pub sign: bool,
    /// A space.
    pub blank: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    pub width: Amount,
    pub precision: Amount,
    /// The conversion's code point and its place; meaningless if there is a problem.
    pub conversion: u32,
    pub index: usize,
    pub problem: Option<Problem>,
}

impl PercentSpec {
    /// The text of the ValueError for a conversion that is none.
    pub fn unsupported(&self) -> String {
        let shown = match self.conversion {
            31..127 => self.conversion as u8 as char,
            _ => '?',
        };
        format!(
            "unsupported format character '{shown}' (0x{:x}) at index {}",
            self.conversion, self.index
        )
    }

    /// A converted number, as ASCII text with its own minus sign and prefix, under the flags and
    /// a width.
    pub fn pad_number(&self, text: &str, width: usize) -> String {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None if self.sign => ("+", text),
            None if self.blank => (" ", text),
            None => ("", text),
        };
        let prefixed =
            self.alternate && matches!(char::from_u32(self.conversion), Some('x' | 'X' | 'o'));
        let (prefix, digits) = rest.split_at(if prefixed { 2 } else { 0 });
        let fill = width.saturating_sub(sign.len() + rest.len());
        let mut out = String::with_capacity(width.max(text.len() + 1));
        let pad = |out: &mut String, fill_char| out.extend(std::iter::repeat_n(fill_char, fill));
        if !self.left && !self.zero {
            pad(&mut out, ' ');
        }
        out.push_str(sign);
        out.push_str(prefix);
        if !self.left && self.zero {
            pad(&mut out, '0');
        }
        out.push_str(digits);
        if self.left {
            pad(&mut out, ' ');
        }
        out
    }
}

/// The pieces of a format, in order; nothing follows a piece with a problem.
#[derive(Clone, Debug)]
pub struct Percent<'a> {
    text: Str<'a>,
    at: usize,
}

impl<'a> Percent<'a> {
    pub fn new(text: Str<'a>) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<char> {
        (self.at < self.text.len())
            .then(|| char::from_u32(self.text.at(self.at)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn amount(&mut self, most: usize, too_big: Problem) -> Result<Amount, Problem> {
        if self.eat('*') {
            return Ok(Amount::Argument);
        }
        let mut amount = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let next = amount
                .unwrap_or(0usize)
                .checked_mul(10)
                .map(|ten| ten.saturating_add(digit as usize));
            amount = Some(next.filter(|&next| next <= most).ok_or(too_big)?);
            self.at += 1;
        }
        Ok(amount.map_or(Amount::None, Amount::Fixed))
    }

    fn key(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut depth = 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(start..self.at - 1);
            }
        }
        None
    }

    fn spec(&mut self, spec: &mut PercentSpec) -> Result<(), Problem> {
        if self.eat('(') {
            let start = self.at;
            spec.key = Some(start..start);
            spec.key = Some(self.key().ok_or(Problem::IncompleteKey)?);
        }
        loop {
            match self.peek() {
                Some('-') => spec.left = true,
                Some('+') => spec.sign = true,
                Some(' ') => spec.blank = true,
                Some('#') => spec.alternate = true,
                Some('0') => spec.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        spec.width = self.amount(isize::MAX as usize, Problem::WidthTooBig)?;
        if self.eat('.') {
            spec.precision = self.amount(i32::MAX as usize, Problem::PrecisionTooBig)?;
            if spec.precision == Amount::None {
                spec.precision = Amount::Fixed(0);
            }
        }
        if matches!(self.peek(), Some('h' | 'l' | 'L')) {
            self.at += 1;
        }
        if self.at >= self.text.len() {
            return Err(Problem::Incomplete);
        }
        spec.index = self.at;
        spec.conversion = self.text.at(self.at);
        self.at += 1;
        Ok(())
    }
}

impl Iterator for Percent<'_> {
    type Item = PercentPiece;

    fn next(&mut self) -> Option<PercentPiece> {
        let start = self.at;
        let rest = self.text.slice(start..self.text.len());
        let len = crate::search::find_char(rest, u32::from('%')).unwrap_or(rest.len());
        if len > 0 {
            self.at += len;
            return Some(PercentPiece::Literal(start..self.at));
        }
        if !self.eat('%') {
            return None;
        }
        if self.eat('%') {
            return Some(PercentPiece::Percent);
        }
        let mut spec = PercentSpec::default();
        if let Err(problem) = self.spec(&mut spec) {
            spec.problem = Some(problem);
            self.at = self.text.len();
        }
        Some(PercentPiece::Spec(spec))
    }
}
