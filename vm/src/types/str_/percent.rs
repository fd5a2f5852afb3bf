//! `%` formatting, of `str` and (through [`Sink`]) of `bytes`: fetching arguments, converting numbers, padding.

use core::ops::Range;

use layout::{PyLongObject, PyTupleObject, PyUnicodeObject};
use num::float::{Code, Flags};
use text::escape::{Amount, Percent, PercentPiece, PercentSpec};

use super::data::{StrData, StrExt};
use super::{Writer, from_data};
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::protocol::number;
use crate::protocol::object as protocol;
use crate::types::int::{self, IntExt};
use crate::types::tuple::TupleExt;
use crate::types::type_;

/// What a format is written to: the pieces that `str` and `bytes` treat differently.
pub trait Sink {
    /// In "not all arguments converted during … formatting".
    const WHAT: &'static str;
    fn literal(&mut self, range: Range<usize>);
    fn ascii(&mut self, text: &str);
    fn pad(&mut self, n: usize);
    /// A mapping key.
    fn key(&self, range: Range<usize>) -> Result;
    fn float_of(&self, value: &Obj) -> Result<f64>;
    /// A conversion that isn't a number's; padded to the width by the sink.
    fn convert(
        &mut self,
        spec: &PercentSpec,
        value: &Obj,
        width: usize,
        precision: Option<usize>,
    ) -> Result<()>;
}

/// The arguments: a tuple's items in turn, or one object; and a mapping, if that object is one.
struct Arguments<'a> {
    all: &'a Obj,
    tuple: Option<&'a PyTupleObject>,
    next: usize,
    mapping: bool,
    /// What the last key gave, which a conversion takes instead of the next argument.
    keyed: Option<Ref>,
}

impl Arguments<'_> {
    fn next(&mut self) -> Result {
        if let Some(value) = self.keyed.take() {
            return Ok(value);
        }
        let item = match self.tuple {
            Some(tuple) => tuple.items().get(self.next).cloned(),
            None => (self.next == 0).then(|| self.all.new_ref()),
        };
        self.next += 1;
        match item {
            Some(item) => Ok(item),
            None => raise!(TypeError, "not enough arguments for format string"),
        }
    }

    fn left_over(&self) -> bool {
        !self.mapping && self.next < self.tuple.map_or(1, |t| t.items().len())
    }
}

/// Whether an object is subscripted by keys in a format: a mapping that isn't a tuple or text.
fn is_mapping(o: &Obj) -> bool {
    // SAFETY: a type's tables live as long as the type.
    let subscript = unsafe { o.ty().tp_as_mapping.get().as_ref() }
        .is_some_and(|m| m.mp_subscript.get().is_some());
    subscript && !o.is::<PyTupleObject>()
}

/// An integer given for `*`, which C keeps in a `c_type`.
fn star<T: TryFrom<i64>>(o: &Obj, c_type: &str) -> Result<T> {
    let Some(n) = o.downcast::<PyLongObject>() else {
        return raise!(TypeError, "* wants int");
    };
    match n.to_i64().and_then(|n| n.try_into().ok()) {
        Some(n) => Ok(n),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C {c_type}"
        ),
    }
}

/// Runs a format over its arguments. `text_like` says whether the argument is text of the format's kind, which is no
/// mapping here.
pub fn run(format: StrData<'_>, args: &Obj, text_like: bool, sink: &mut impl Sink) -> Result<()> {
    let mut arguments = Arguments {
        all: args,
        tuple: args.downcast::<PyTupleObject>(),
        next: 0,
        mapping: is_mapping(args) && !text_like,
        keyed: None,
    };
    for piece in Percent::new(format) {
        match piece {
            PercentPiece::Literal(range) => sink.literal(range),
            PercentPiece::Percent => sink.ascii("%"),
            PercentPiece::Spec(spec) => one(spec, &mut arguments, sink)?,
        }
    }
    if arguments.left_over() {
        return raise!(
            TypeError,
            "not all arguments converted during {} formatting",
            what(sink)
        );
    }
    Ok(())
}

fn what<S: Sink>(_: &S) -> &'static str {
    S::WHAT
}

fn one<S: Sink>(mut spec: PercentSpec, arguments: &mut Arguments<'_>, sink: &mut S) -> Result<()> {
    if let Some(key) = &spec.key {
        if !arguments.mapping {
            return raise!(TypeError, "format requires a mapping");
        }
        if spec.problem != Some(text::escape::Problem::IncompleteKey) {
            arguments.keyed = Some(protocol::getitem(arguments.all, &*sink.key(key.clone())?)?);
        }
    }
    let width = match spec.width {
        Amount::None => 0,
        Amount::Fixed(n) => n,
        Amount::Argument => {
            let n: i64 = star(&*arguments.next()?, "ssize_t")?;
            spec.left |= n < 0;
            if n == i64::MIN {
                return raise!(OverflowError, "width too big");
            }
            n.unsigned_abs() as usize
        }
    };
    let precision = match spec.precision {
        Amount::None => None,
        Amount::Fixed(n) => Some(n),
        Amount::Argument => {
            let n: i32 = star(&*arguments.next()?, "int")?;
            Some(n.max(0) as usize)
        }
    };
    if let Some(problem) = spec.problem {
        return raise!(ValueError, "{}", problem.message());
    }
    let value = arguments.next()?;
    if width > isize::MAX as usize / 8 {
        return Err(err::no_memory());
    }
    let text = match char::from_u32(spec.conversion) {
        Some('d' | 'i' | 'u' | 'o' | 'x' | 'X') => integer(&spec, &value, precision)?,
        Some(c @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G')) => {
            if precision.is_some_and(|n| n > num::float::MAX_PRECISION) {
                return raise!(ValueError, "precision too big");
            }
            float(&spec, c, sink.float_of(&value)?, precision)
        }
        _ => return sink.convert(&spec, &value, width, precision),
    };
    sink.ascii(&spec.pad_number(&text, width));
    Ok(())
}

/// The text of an integer, with a minus sign and, in alternate form, a prefix; at least `precision` digits.
fn integer(spec: &PercentSpec, value: &Obj, precision: Option<usize>) -> Result<String> {
    let c = char::from_u32(spec.conversion).unwrap_or('d');
    let strict = matches!(c, 'o' | 'x' | 'X');
    let wrong = || {
        let wanted = if strict {
            "an integer"
        } else {
            "a real number"
        };
        raise!(
            TypeError,
            "%{c} format: {wanted} is required, not {:.200}",
            value.tp_name()
        )
    };
    if !number::is_number(value) {
        return wrong();
    }
    let n = if value.is::<PyLongObject>() {
        Ok(value.new_ref())
    } else if strict {
        number::index(value)
    } else {
        number::as_long(value)
    };
    let n = match n {
        Ok(n) => n,
        Err(_) if err::clear_if(&exc::TypeError) => return wrong(),
        Err(raised) => return Err(raised),
    };
    let Some(n) = n.downcast::<PyLongObject>() else {
        return wrong();
    };
    let base = match c {
        'o' => 8,
        'x' | 'X' => 16,
        _ => 10,
    };
    let text = int::to_text_prefixed(n, base)?;
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", &text[..]), |rest| ("-", rest));
    let (prefix, digits) = text.split_at(if base == 10 { 0 } else { 2 });
    let prefix = if spec.alternate { prefix } else { "" };
    let zeros = precision.unwrap_or(0).saturating_sub(digits.len());
    if zeros > isize::MAX as usize / 8 {
        return Err(err::no_memory());
    }
    let text = format!("{sign}{prefix}{}{digits}", "0".repeat(zeros));
    Ok(if c == 'X' {
        text.to_ascii_uppercase()
    } else {
        text
    })
}

fn float(spec: &PercentSpec, c: char, x: f64, precision: Option<usize>) -> String {
    let code = match c.to_ascii_lowercase() {
        'e' => Code::Exponent,
        'f' => Code::Fixed,
        _ => Code::General,
    };
    let flags = Flags {
        alternate: spec.alternate,
        upper: c.is_ascii_uppercase(),
        ..Flags::default()
    };
    num::float::format(x, code, precision.unwrap_or(6), flags)
}

// ---- str ----

struct Text<'a> {
    format: &'a PyUnicodeObject,
    out: Writer,
}

impl Text<'_> {
    fn padded(&mut self, spec: &PercentSpec, data: StrData<'_>, width: usize) {
        let fill = width.saturating_sub(data.len());
        if !spec.left {
            self.pad(fill);
        }
        self.out.push_data(data);
        if spec.left {
            self.pad(fill);
        }
    }
}

impl Sink for Text<'_> {
    const WHAT: &'static str = "string";

    fn literal(&mut self, range: Range<usize>) {
        if range == (0..self.format.len()) {
            self.out.push_obj(self.format);
        } else {
            self.out.push_data(self.format.data().slice(range));
        }
    }

    fn ascii(&mut self, text: &str) {
        self.out.push_ascii(text);
    }

    fn pad(&mut self, n: usize) {
        self.out.push_repeated(u32::from(' '), n);
    }

    fn key(&self, range: Range<usize>) -> Result {
        Ok(from_data(self.format.data().slice(range)).into_obj())
    }

    fn float_of(&self, value: &Obj) -> Result<f64> {
        number::as_f64(value)
    }

    fn convert(
        &mut self,
        spec: &PercentSpec,
        value: &Obj,
        width: usize,
        precision: Option<usize>,
    ) -> Result<()> {
        let text = match char::from_u32(spec.conversion) {
            Some('s') => protocol::str(value)?,
            Some('r') => protocol::repr(value)?,
            Some('a') => protocol::ascii(value)?,
            Some('c') => {
                let c = character(value)?;
                self.padded(spec, StrData::Ucs4(&[c]), width);
                return Ok(());
            }
            _ => return raise!(ValueError, "{}", spec.unsupported()),
        };
        let Some(text) = text.downcast::<PyUnicodeObject>() else {
            return raise!(TypeError, "expected str, got {}", text.tp_name());
        };
        let kept = precision.map_or(text.len(), |n| n.min(text.len()));
        if kept == text.len() && width <= kept {
            self.out.push_obj(text);
        } else {
            self.padded(spec, text.data().slice(0..kept), width);
        }
        Ok(())
    }
}

/// The character that `%c` shows: a string of one, or a number.
fn character(value: &Obj) -> Result<u32> {
    if let Some(s) = value.downcast::<PyUnicodeObject>() {
        if s.len() == 1 {
            return Ok(s.char_at(0));
        }
        return raise!(
            TypeError,
            "%c requires an int or a unicode character, not a string of length {}",
            s.len()
        );
    }
    if !number::is_index(value) {
        return raise!(
            TypeError,
            "%c requires an int or a unicode character, not {}",
            type_::fully_qualified_name(value.ty())
        );
    }
    let n = number::index(value)?;
    match n
        .downcast::<PyLongObject>()
        .and_then(IntExt::to_i64)
        .and_then(|n| u32::try_from(n).ok())
        .filter(|&c| c <= 0x10ffff)
    {
        Some(c) => Ok(c),
        None => raise!(OverflowError, "%c arg not in range(0x110000)"),
    }
}

/// `format % args`.
pub fn format(format: &PyUnicodeObject, args: &Obj) -> Result<Ref<PyUnicodeObject>> {
    let mut sink = Text {
        format,
        out: Writer::with_capacity(format.len() + 16),
    };
    run(format.data(), args, args.is::<PyUnicodeObject>(), &mut sink)?;
    sink.out.finish()
}

/// The `%` operator of strings.
pub fn remainder(a: &Obj, b: &Obj) -> Result {
    match a.downcast::<PyUnicodeObject>() {
        Some(text) => Ok(format(text, b)?.into_obj()),
        None => Ok(not_implemented()),
    }
}
