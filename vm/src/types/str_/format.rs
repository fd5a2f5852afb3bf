//! `str.format`, `format_map`, and `str.__format__`.

use layout::{PyDictObject, PyUnicodeObject};
use num::format_spec::{Align, Error, ErrorKind, Spec};
use text::escape::{AutoNumber, Field, FieldName, Key, Part, Pieces};

use super::data::{StrData, StrExt};
use super::{Writer, from_data};
use crate::err::{Raised, Result, exc, raise};
use crate::method::Args;
use crate::object::*;
use crate::protocol::object as protocol;
use crate::types::dict::{self, DictExt};
use crate::types::int;

/// Where fields find their values.
struct Source<'a> {
    /// `None` for `format_map`, which has no positional arguments.
    positional: Option<&'a [&'a Obj]>,
    named: Option<&'a Obj>,
}

/// How deep specifications may have fields of their own.
const DEPTH: u32 = 2;

pub(super) fn method_format(s: &PyUnicodeObject, args: Args<'_>) -> Result<Ref<PyUnicodeObject>> {
    let named: Option<Ref<PyDictObject>> = if args.keyword_values.is_empty() {
        None
    } else {
        let named = dict::new();
        for (name, value) in args.keywords() {
            named.set(name, value)?;
        }
        Some(named)
    };
    let source = Source {
        positional: Some(args.positional),
        named: named.as_ref().map(|d| d.as_obj()),
    };
    markup(s, &source)
}

pub(super) fn method_format_map(
    s: &PyUnicodeObject,
    mapping: &Obj,
) -> Result<Ref<PyUnicodeObject>> {
    markup(
        s,
        &Source {
            positional: None,
            named: Some(mapping),
        },
    )
}

/// `template.format(*positional, **named)`.
pub fn format_with(
    template: &PyUnicodeObject,
    positional: &[&Obj],
    named: Option<&Obj>,
) -> Result<Ref<PyUnicodeObject>> {
    markup(
        template,
        &Source {
            positional: Some(positional),
            named,
        },
    )
}

fn markup(template: &PyUnicodeObject, source: &Source<'_>) -> Result<Ref<PyUnicodeObject>> {
    let text = template.data();
    if !text
        .codes()
        .any(|c| c == u32::from('{') || c == u32::from('}'))
    {
        return Ok(template.to_ref());
    }
    let mut out = Writer::with_capacity(text.len() + 16);
    expand(text, source, &mut AutoNumber::default(), DEPTH, &mut out)?;
    out.finish()
}

fn complain<T>(result: core::result::Result<T, &'static str>) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(message) => raise!(ValueError, "{message}"),
    }
}

fn expand(
    text: StrData<'_>,
    source: &Source<'_>,
    numbers: &mut AutoNumber,
    depth: u32,
    out: &mut Writer,
) -> Result<()> {
    if depth == 0 {
        return raise!(ValueError, "Max string recursion exceeded");
    }
    for piece in Pieces::new(text) {
        let piece = complain(piece)?;
        out.push_data(text.slice(piece.literal));
        if let Some(field) = piece.field {
            render(text, &field, source, numbers, depth, out)?;
        }
    }
    Ok(())
}

fn render(
    text: StrData<'_>,
    field: &Field,
    source: &Source<'_>,
    numbers: &mut AutoNumber,
    depth: u32,
    out: &mut Writer,
) -> Result<()> {
    let mut value = value_of(text.slice(field.name.clone()), source, numbers)?;
    if let Some(conversion) = field.conversion {
        value = match char::from_u32(conversion) {
            Some('r') => protocol::repr(&value)?,
            Some('s') => protocol::str(&value)?,
            Some('a') => protocol::ascii(&value)?,
            Some(c @ '!'..='~') => return raise!(ValueError, "Unknown conversion specifier {c}"),
            _ => return raise!(ValueError, "Unknown conversion specifier \\x{conversion:x}"),
        };
    }
    let spec = text.slice(field.spec.clone());
    let spec = if field.nested {
        let mut inner = Writer::new();
        expand(spec, source, numbers, depth - 1, &mut inner)?;
        inner.finish()?
    } else {
        from_data(spec)
    };
    let shown = match value.downcast_exact::<PyUnicodeObject>() {
        Some(s) if spec.is_empty() => {
            out.push_obj(s);
            return Ok(());
        }
        _ => protocol::format(&value, Some(spec.as_obj()))?,
    };
    if let Some(s) = super::of(&shown) {
        out.push_obj(s);
    }
    Ok(())
}

/// The object that a field's name means: `first.attribute[item]...`.
fn value_of(name: StrData<'_>, source: &Source<'_>, numbers: &mut AutoNumber) -> Result {
    let (first, parts) = complain(FieldName::split(name))?;
    let mut value = match first {
        Key::Name(range) if range.is_empty() => positional(source, complain(numbers.automatic())?)?,
        Key::Index(i) => {
            complain(numbers.manual())?;
            positional(source, i)?
        }
        Key::Name(range) => {
            let key = from_data(name.slice(range));
            match source.named {
                Some(named) => protocol::getitem(named, key.as_obj())?,
                None => return Err(crate::err::key_error(key.as_obj())),
            }
        }
    };
    for part in parts {
        value = match complain(part)? {
            Part::Attribute(range) => {
                protocol::getattr(&value, from_data(name.slice(range)).as_obj())?
            }
            Part::Item(Key::Index(i)) => protocol::getitem(&value, int::from_usize(i).as_obj())?,
            Part::Item(Key::Name(range)) => {
                protocol::getitem(&value, from_data(name.slice(range)).as_obj())?
            }
        };
    }
    Ok(value)
}

fn positional(source: &Source<'_>, i: usize) -> Result {
    let Some(positional) = source.positional else {
        return raise!(ValueError, "Format string contains positional fields");
    };
    match positional.get(i) {
        Some(value) => Ok(value.new_ref()),
        None => raise!(
            IndexError,
            "Replacement index {i} out of range for positional args tuple"
        ),
    }
}

/// The exception for a format specification that doesn't hold.
#[cold]
pub fn spec_error(e: &Error) -> Raised {
    let tp = match e.kind {
        ErrorKind::Value => &exc::ValueError,
        ErrorKind::Overflow => &exc::OverflowError,
    };
    crate::err::new(tp, format_args!("{}", e.message))
}

/// A parsed specification; `code` and `align` are the defaults of the type.
pub fn parse_spec(spec: &PyUnicodeObject, code: u8, align: Align, type_name: &str) -> Result<Spec> {
    let parsed = match spec.data() {
        StrData::Latin1(chars) => {
            Spec::parse(chars, code, align, type_name, text::chars::decimal_value)
        }
        StrData::Ucs2(chars) => {
            Spec::parse(chars, code, align, type_name, text::chars::decimal_value)
        }
        StrData::Ucs4(chars) => {
            Spec::parse(chars, code, align, type_name, text::chars::decimal_value)
        }
    };
    parsed.map_err(|e| spec_error(&e))
}

/// `format(s, spec)` of a string.
pub fn format_str(s: &PyUnicodeObject, spec: &PyUnicodeObject) -> Result<Ref<PyUnicodeObject>> {
    let spec = parse_spec(spec, b's', Align::Left, s.as_obj().tp_name())?;
    let (left, kept, right) = spec.layout_text(s.len()).map_err(|e| spec_error(&e))?;
    if left == 0 && right == 0 {
        return Ok(if kept == s.len() {
            s.to_ref()
        } else {
            super::substring(s, 0, kept)
        });
    }
    if left.max(right) > isize::MAX as usize / 8 {
        return Err(crate::err::no_memory());
    }
    let mut out = Writer::with_capacity(left + kept + right);
    out.push_repeated(spec.fill, left);
    out.push_data(s.data().slice(0..kept));
    out.push_repeated(spec.fill, right);
    out.finish()
}
