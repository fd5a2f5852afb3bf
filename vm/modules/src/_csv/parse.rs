//! The automaton that takes lines apart into fields.

use super::dialect::Dialect;
use super::{FIELD_LIMIT, error, quoting};
use crate::prelude::*;
use vm::types::float;

/// Where in a record the automaton is.
#[derive(Clone, Copy, PartialEq, Default)]
enum State {
    #[default]
    StartRecord,
    StartField,
    /// Behind an escape in a field without quotes.
    Escaped,
    /// Behind an escaped line end.
    EscapedLineEnd,
    InField,
    InQuotedField,
    EscapedInQuotedField,
    /// Behind a quote that ends the field, or is the first of two.
    QuoteInQuotedField,
    /// In the characters that end a line.
    LineEnd,
}
use State::*;

/// A record being read.
#[derive(Default)]
pub struct Record {
    state: State,
    /// The fields so far.
    fields: Vec<Ref>,
    /// The characters of the present field.
    field: Vec<u32>,
    /// No quote has begun the present field.
    is_unquoted: bool,
}

const LINE_FEED: u32 = b'\n' as u32;
const RETURN: u32 = b'\r' as u32;

impl Record {
    /// Takes the fields of a finished record.
    pub fn into_fields(self) -> Vec<Ref> {
        self.fields
    }

    /// Whether the last line has ended the record.
    pub fn is_complete(&self) -> bool {
        self.state == StartRecord
    }

    /// Whether a field has been begun that the end of the input cuts off.
    pub fn is_cut_off(&self) -> bool {
        !self.field.is_empty() || self.state == InQuotedField
    }

    /// Reads a line.
    pub fn push_line(&mut self, d: &Dialect, characters: impl Iterator<Item = u32>) -> Result<()> {
        for c in characters {
            self.push(d, Some(c))?;
        }
        self.push(d, None)
    }

    /// Ends the present field.
    pub fn save_field(&mut self, d: &Dialect) -> Result<()> {
        let characters = core::mem::take(&mut self.field);
        let is_number = matches!(d.quoting, quoting::NONNUMERIC | quoting::STRINGS);
        let has_null = matches!(d.quoting, quoting::NOTNULL | quoting::STRINGS);
        let field = if self.is_unquoted && characters.is_empty() && has_null {
            none()
        } else {
            let text = str_::from_chars(&characters).into_obj();
            match self.is_unquoted && !characters.is_empty() && is_number {
                true => float::new(float::parse_object(&text)?).into_obj(),
                false => text,
            }
        };
        self.fields.push(field);
        Ok(())
    }

    fn add(&mut self, c: u32) -> Result<()> {
        let limit = FIELD_LIMIT.get();
        if self.field.len() >= limit {
            return Err(error(&format!("field larger than field limit ({limit})")));
        }
        self.field.push(c);
        Ok(())
    }

    fn add_then(&mut self, c: u32, state: State) -> Result<()> {
        self.state = state;
        self.add(c)
    }

    /// Ends the field, and what `c` ends with it: the line, or the record.
    fn end_field(&mut self, d: &Dialect, c: Option<u32>) -> Result<()> {
        self.save_field(d)?;
        self.state = match c {
            None => StartRecord,
            Some(LINE_FEED | RETURN) => LineEnd,
            Some(_) => StartField,
        };
        Ok(())
    }

    /// Takes the next character, or the end of the line.
    fn push(&mut self, d: &Dialect, c: Option<u32>) -> Result<()> {
        let ends_line = matches!(c, None | Some(LINE_FEED | RETURN));
        let is_quote = d.quotes() && c.is_some() && c == d.quote;
        let is_escape = c.is_some() && c == d.escape;
        let is_delimiter = c == Some(d.delimiter);
        match (self.state, c) {
            (StartRecord, None) => Ok(()),
            (StartRecord, Some(LINE_FEED | RETURN)) => {
                self.state = LineEnd;
                Ok(())
            }
            (StartRecord | StartField, _) => {
                self.start_field(d, c, (ends_line, is_quote, is_escape))
            }
            (Escaped, Some(c @ (LINE_FEED | RETURN))) => self.add_then(c, EscapedLineEnd),
            (Escaped, c) => self.add_then(c.unwrap_or(LINE_FEED), InField),
            (EscapedLineEnd, None) => Ok(()),
            (EscapedLineEnd | InField, c) => {
                if ends_line || is_delimiter && !is_escape {
                    self.end_field(d, c)
                } else if is_escape {
                    self.state = Escaped;
                    Ok(())
                } else {
                    self.add_then(c.unwrap_or(LINE_FEED), InField)
                }
            }
            (InQuotedField, None) => Ok(()),
            (InQuotedField, Some(c)) => {
                self.state = if is_escape {
                    EscapedInQuotedField
                } else if is_quote && d.doubles_quotes() {
                    QuoteInQuotedField
                } else if is_quote {
                    InField
                } else {
                    return self.add(c);
                };
                Ok(())
            }
            (EscapedInQuotedField, c) => self.add_then(c.unwrap_or(LINE_FEED), InQuotedField),
            (QuoteInQuotedField, Some(c)) if is_quote => self.add_then(c, InQuotedField),
            (QuoteInQuotedField, c) if is_delimiter || ends_line => self.end_field(d, c),
            (QuoteInQuotedField, Some(c)) if !d.is_strict() => self.add_then(c, InField),
            (QuoteInQuotedField, _) => {
                let shown = |c: Option<u32>| {
                    c.and_then(char::from_u32)
                        .map(String::from)
                        .unwrap_or_default()
                };
                Err(error(&format!(
                    "'{}' expected after '{}'",
                    shown(Some(d.delimiter)),
                    shown(d.quote)
                )))
            }
            (LineEnd, Some(LINE_FEED | RETURN)) => Ok(()),
            (LineEnd, None) => {
                self.state = StartRecord;
                Ok(())
            }
            (LineEnd, Some(_)) => Err(error(
                "new-line character seen in unquoted field - do you need to open the file with newline=''?",
            )),
        }
    }

    fn start_field(
        &mut self,
        d: &Dialect,
        c: Option<u32>,
        (ends_line, is_quote, is_escape): (bool, bool, bool),
    ) -> Result<()> {
        self.is_unquoted = true;
        match c {
            _ if ends_line => return self.end_field(d, c),
            _ if is_quote => {
                self.is_unquoted = false;
                self.state = InQuotedField;
            }
            _ if is_escape => self.state = Escaped,
            Some(c) if c == u32::from(b' ') && d.skips_initial_space() => self.state = StartField,
            Some(c) if c == d.delimiter => return self.end_field(d, Some(c)),
            Some(c) => return self.add_then(c, InField),
            None => {}
        }
        Ok(())
    }
}
