//! The language of `str.format`: literal text and replacement fields, and the names in fields.
//!
//! Everything is a range of the text it came from. An error is the text of a ValueError. Serves
//! `str.format`, `format_map` and `_string`.

use crate::chars;
use crate::kinds::Str;
use std::ops::Range;

type Error = &'static str;

/// Literal text and the field after it, if one follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub literal: Range<usize>,
    pub field: Option<Field>,
}

/// `{name!conversion:spec}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Range<usize>,
    pub conversion: Option<u32>,
    pub spec: Range<usize>,
    /// The specification has fields of its own.
    pub nested: bool,
}

/// The pieces of a format string, in order.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    text: Str<'a>,
    at: usize,
}

impl<'a> Pieces<'a> {
    pub fn new(text: Str<'a>) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<char> {
        // A lone surrogate means nothing in this language.
        (self.at < self.text.len())
            .then(|| char::from_u32(self.text.at(self.at)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn piece(&mut self) -> Result<Piece, Error> {
        let start = self.at;
        let brace = loop {
            match self.peek() {
                None => {
                    return Ok(Piece {
                        literal: start..self.at,
                        field: None,
                    });
                }
                Some(brace @ ('{' | '}')) => break brace,
                Some(_) => self.at += 1,
            }
        };
        let literal = start..self.at;
        self.at += 1;
        match self.peek() {
            // A doubled brace: one of the two belongs to the literal.
            Some(next) if next == brace => {
                self.at += 1;
                Ok(Piece {
                    literal: start..self.at - 1,
                    field: None,
                })
            }
            _ if brace == '}' => Err("Single '}' encountered in format string"),
            None => Err("Single '{' encountered in format string"),
            Some(_) => Ok(Piece {
                literal,
                field: Some(self.field()?),
            }),
        }
    }

    fn field(&mut self) -> Result<Field, Error> {
        let start = self.at;
        let end = loop {
            match self.peek() {
                None => return Err("expected '}' before end of string"),
                Some('{') => return Err("unexpected '{' in field name"),
                Some('}' | ':' | '!') => break self.at,
                Some('[') => {
                    while self.peek().is_some_and(|c| c != ']') {
                        self.at += 1;
                    }
                }
                Some(_) => self.at += 1,
            }
        };
        let mut field = Field {
            name: start..end,
            conversion: None,
            spec: end..end,
            nested: false,
        };
        let mark = self.peek();
        self.at += 1;
        match mark {
            Some('!') => {
                if self.peek().is_none() {
                    return Err("end of string while looking for conversion specifier");
                }
                field.conversion = Some(self.text.at(self.at));
                self.at += 1;
                match self.peek() {
                    Some('}') => {
                        field.spec = self.at..self.at;
                        self.at += 1;
                        return Ok(field);
                    }
                    Some(':') => self.at += 1,
                    Some(_) => return Err("expected ':' after conversion specifier"),
                    None => {}
                }
            }
            Some(':') => {}
            _ => return Ok(field),
        }
        (field.spec, field.nested) = self.spec()?;
        Ok(field)
    }

    fn spec(&mut self) -> Result<(Range<usize>, bool), Error> {
        let start = self.at;
        let (mut depth, mut nested) = (1, false);
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '{' => {
                    depth += 1;
                    nested = true;
                }
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok((start..self.at - 1, nested));
                    }
                }
                _ => {}
            }
        }
        Err("unmatched '{' in format spec")
    }
}

impl Iterator for Pieces<'_> {
    type Item = Result<Piece, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.at = self.text.len();
        }
        Some(piece)
    }
}

/// What is looked up: a number, or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Index(usize),
    Name(Range<usize>),
}

/// One step after the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Attribute(Range<usize>),
    Item(Key),
}

/// A field's name, `first.attribute[item]...`: its first key, then an iterator over its parts.
#[derive(Clone, Debug)]
pub struct FieldName<'a> {
    text: Str<'a>,
    at: usize,
}

impl<'a> FieldName<'a> {
    /// The first key; the empty name asks for automatic numbering.
    pub fn split(text: Str<'a>) -> Result<(Key, Self), Error> {
        let end = text.codes().position(is_step).unwrap_or(text.len());
        let first = key(text, 0..end)?;
        Ok((first, Self { text, at: end }))
    }

    fn part(&mut self) -> Result<Part, Error> {
        let mark = self.text.at(self.at);
        let start = self.at + 1;
        let rest = self.text.slice(start..self.text.len());
        if mark == u32::from('.') {
            let end = rest
                .codes()
                .position(is_step)
                .map_or(self.text.len(), |len| start + len);
            self.at = end;
            non_empty(start..end).map(Part::Attribute)
        } else if mark == u32::from('[') {
            let close = rest.codes().position(|code| code == u32::from(']'));
            let end = start + close.ok_or("Missing ']' in format string")?;
            self.at = end + 1;
            Ok(Part::Item(key(self.text, non_empty(start..end)?)?))
        } else {
            Err("Only '.' or '[' may follow ']' in format field specifier")
        }
    }
}

impl Iterator for FieldName<'_> {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let part = self.part();
        if part.is_err() {
            self.at = self.text.len();
        }
        Some(part)
    }
}

fn is_step(code: u32) -> bool {
    code == u32::from('.') || code == u32::from('[')
}

fn non_empty(range: Range<usize>) -> Result<Range<usize>, Error> {
    if range.is_empty() {
        Err("Empty attribute in format string")
    } else {
        Ok(range)
    }
}

/// A number if it is all decimal digits, in any script.
fn key(text: Str<'_>, range: Range<usize>) -> Result<Key, Error> {
    let mut value = 0usize;
    for code in text.slice(range.clone()).codes() {
        let Some(digit) = chars::decimal_value(code) else {
            return Ok(Key::Name(range));
        };
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit as usize))
            .filter(|&value| isize::try_from(value).is_ok())
            .ok_or("Too many decimal digits in format string")?;
    }
    Ok(if range.is_empty() {
        Key::Name(range)
    } else {
        Key::Index(value)
    })
}

/// Numbering of fields: automatic or manual, never both.
#[derive(Clone, Copy, Debug, Default)]
pub struct AutoNumber {
    next: usize,
    manual: Option<bool>,
}

impl AutoNumber {
    /// The number of a field without name.
    pub fn automatic(&mut self) -> Result<usize, Error> {
        if *self.manual.get_or_insert(false) {
            return Err(
                "cannot switch from manual field specification to automatic field numbering",
            );
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// A field that gives its number.
    pub fn manual(&mut self) -> Result<(), Error> {
        if *self.manual.get_or_insert(true) {
            return Ok(());
        }
        Err("cannot switch from automatic field numbering to manual field specification")
    }
}
