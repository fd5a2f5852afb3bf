//! The grammar of the mini-language.

use super::{Error, show_code};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Center,
    /// Between sign and digits.
    Inside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
    Space,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    Comma,
    Underscore,
    /// The underscore of binary, octal and hexadecimal.
    UnderscoreByFour,
}

impl Grouping {
    fn mark(self) -> char {
        if self == Self::Comma { ',' } else { '_' }
    }
}

/// A parsed specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub fill: u32,
    pub align: Align,
    pub sign: Option<Sign>,
    /// `z`
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    pub width: Option<usize>,
    pub grouping: Option<Grouping>,
    pub precision: Option<usize>,
    pub fraction_grouping: Option<Grouping>,
    /// The type's code point, or the default that was given; 0 for none.
    pub code: u32,
}

struct Reader<'a, C, D> {
    text: &'a [C],
    at: usize,
    decimal: D,
}

impl<C: Copy + Into<u32>, D: Fn(u32) -> Option<u32>> Reader<'_, C, D> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text
            .get(self.at + ahead)
            .and_then(|&unit| char::from_u32(unit.into()))
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek(0) == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn align(&self, ahead: usize) -> Option<Align> {
        Some(match self.peek(ahead)? {
            '<' => Align::Left,
            '>' => Align::Right,
            '^' => Align::Center,
            '=' => Align::Inside,
            _ => return None,
        })
    }

    fn sign(&mut self) -> Option<Sign> {
        let sign = match self.peek(0)? {
            '+' => Sign::Plus,
            '-' => Sign::Minus,
            ' ' => Sign::Space,
            _ => return None,
        };
        self.at += 1;
        Some(sign)
    }

    fn number(&mut self) -> Result<Option<usize>, Error> {
        let mut value = None;
        while let Some(digit) = self
            .text
            .get(self.at)
            .and_then(|&unit| (self.decimal)(unit.into()))
        {
            let next = value
                .unwrap_or(0usize)
                .checked_mul(10)
                .and_then(|ten| ten.checked_add(digit as usize));
            match next {
                Some(next) if isize::try_from(next).is_ok() => value = Some(next),
                _ => return Err(Error::value("Too many decimal digits in format string")),
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, Error> {
        let comma = self.eat(',');
        let underscore = self.eat('_');
        if underscore && (comma || self.peek(0) == Some(',')) {
            return Err(Error::value("Cannot specify both ',' and '_'."));
        }
        Ok(match (comma, underscore) {
            (true, _) => Some(Grouping::Comma),
            (_, true) => Some(Grouping::Underscore),
            _ => None,
        })
    }
}

impl Spec {
    /// Parses a specification; `decimal` gives the value of a decimal digit of any script, and
    /// `type_name` is for messages.
    pub fn parse<C: Copy + Into<u32>>(
        text: &[C],
        default_code: u8,
        default_align: Align,
        type_name: &str,
        decimal: impl Fn(u32) -> Option<u32>,
    ) -> Result<Self, Error> {
        let mut reader = Reader {
            text,
            at: 0,
            decimal,
        };
        let mut spec = Self {
            fill: u32::from(' '),
            align: default_align,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: None,
            precision: None,
            fraction_grouping: None,
            code: u32::from(default_code),
        };
        let (mut filled, mut aligned) = (false, false);
        if let Some(align) = reader.align(1) {
            spec.fill = text[0].into();
            spec.align = align;
            (filled, aligned) = (true, true);
            reader.at = 2;
        } else if let Some(align) = reader.align(0) {
            spec.align = align;
            aligned = true;
            reader.at = 1;
        }
        spec.sign = reader.sign();
        spec.no_negative_zero = reader.eat('z');
        spec.alternate = reader.eat('#');
        if !filled && reader.eat('0') {
            spec.fill = u32::from('0');
            if !aligned && default_align == Align::Right {
                spec.align = Align::Inside;
            }
        }
        spec.width = reader.number()?;
        spec.grouping = reader.grouping()?;
        if reader.eat('.') {
            spec.precision = reader.number()?;
            spec.fraction_grouping = reader.grouping()?;
            if spec.precision.is_none() && spec.fraction_grouping.is_none() {
                return Err(Error::value("Format specifier missing precision"));
            }
        }
        match &text[reader.at..] {
            [] => {}
            [code] => spec.code = (*code).into(),
            _ => {
                let text: String = text
                    .iter()
                    .map(|&unit| char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect();
                return Err(Error::value(format!(
                    "Invalid format specifier '{text}' for object of type '{type_name}'"
                )));
            }
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&mut self) -> Result<(), Error> {
        let code = char::from_u32(self.code).unwrap_or(char::REPLACEMENT_CHARACTER);
        let refuse = |grouping: Grouping| {
            let (mark, code) = (grouping.mark(), show_code(self.code));
            Err(Error::value(format!(
                "Cannot specify '{mark}' with '{code}'."
            )))
        };
        match (self.grouping, code) {
            (None, _) | (_, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0') => {}
            (Some(Grouping::Underscore), 'b' | 'o' | 'x' | 'X') => {
                self.grouping = Some(Grouping::UnderscoreByFour)
            }
            (Some(grouping), _) => return refuse(grouping),
        }
        match self.fraction_grouping {
            Some(grouping) if code == 'n' => refuse(grouping),
            _ => Ok(()),
        }
    }

    /// For text of `len` characters: padding before, characters kept, padding after.
    pub fn layout_text(&self, len: usize) -> Result<(usize, usize, usize), Error> {
        let refuse = |what: &str| {
            Err(Error::value(format!(
                "{what} not allowed in string format specifier"
            )))
        };
        if self.code != u32::from('s') {
            return Err(Error::unknown_code(self.code, "str"));
        }
        match self.sign {
            Some(Sign::Space) => return refuse("Space"),
            Some(_) => return refuse("Sign"),
            None => {}
        }
        if self.no_negative_zero {
            return refuse("Negative zero coercion (z)");
        }
        if self.alternate {
            return refuse("Alternate form (#)");
        }
        if self.align == Align::Inside {
            return refuse("'=' alignment");
        }
        let kept = self.precision.unwrap_or(len).min(len);
        let (left, right) = self.padding(kept);
        Ok((left, kept, right))
    }

    /// Padding before and after a field of `len` characters.
    pub(super) fn padding(&self, len: usize) -> (usize, usize) {
        let total = self.width.unwrap_or(0).saturating_sub(len);
        let left = match self.align {
            Align::Right => total,
            Align::Center => total / 2,
            Align::Left | Align::Inside => 0,
        };
        (left, total - left)
    }
}
