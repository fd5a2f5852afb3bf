//! `writer`: writes records to anything with a `write` method.

use super::dialect::{self, Dialect};
use super::{error, quoting};
use crate::prelude::*;
use vm::types::str_::{StrExt as _, Writer as Text};

/// A writer.
#[repr(C)]
pub struct Writer {
    ob_base: PyObject,
    write: Slot,
    dialect: Slot,
}

static_type!(Writer, WRITER);

static METHODS: &[PyMethodDef] = &[
    o!("writerow", write_row, "($self, row, /)"),
    o!("writerows", write_rows, "($self, rows, /)"),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "dialect",
    Writer,
    dialect,
    _Py_T_OBJECT,
    Py_READONLY
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Writer>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<Writer>()
        .tp_traverse(|w: &Writer, v: &mut Visitor| {
            v.slot(&w.write)?;
            v.slot(&w.dialect)
        })
        .tp_clear(|w: &Writer| {
            w.write.set(None);
            w.dialect.set(None);
        })
        .new_disallowed()
        .methods(METHODS)
        .members(MEMBERS);
}

/// `writer(fileobj, /, dialect='excel', **fmtparams)`.
pub fn writer(_: &Obj, args: Args<'_>) -> Result {
    args::expect("writer", args.positional, 1..=2)?;
    let dialect = dialect::from_call(args.positional.get(1).copied(), &args)?;
    let write = proto::getattr_opt(args.positional[0], intern!("write"))?;
    let Some(write) = write.filter(|write| proto::is_callable(write)) else {
        return raise!(TypeError, "argument 1 must have a \"write\" method");
    };
    let w = Writer {
        ob_base: header(),
        write: write.into(),
        dialect: dialect.into_obj().into(),
    };
    Ok(create(&WRITER, w)?.into_obj())
}

fn write_rows(w: &Writer, rows: &Obj) -> Result<()> {
    proto::for_each(rows, |row| write_row(w, &row).map(drop))
}

/// Writes one record; the answer is that of the file's `write`.
fn write_row(w: &Writer, row: &Obj) -> Result {
    let it = match proto::iter(row) {
        Ok(it) => it,
        Err(raised) => {
            if err::clear_if(&exc::TypeError) {
                return Err(error(&format!("iterable expected, not {}", row.tp_name())));
            }
            return Err(raised);
        }
    };
    let dialect = held(&w.dialect).new_ref();
    let Some(d) = dialect.downcast::<Dialect>() else {
        return raise!(
            RuntimeError,
            "the writer was cleared by the garbage collector"
        );
    };
    let mut record = Record {
        d,
        text: Text::new(),
        fields: 0,
    };
    let mut last_is_null = false;
    while let Some(field) = proto::next(&it)? {
        last_is_null = field.is_none();
        record.push(&field)?;
    }
    if record.fields > 0 && record.text.is_empty() {
        // An empty line would be read as a record without fields.
        if d.quoting == quoting::NONE || (last_is_null && quotes_no_null(d)) {
            return Err(error("single empty field record must be quoted"));
        }
        record.fields = 0;
        record.push_text(None, true)?;
    }
    record.text.push_obj(d.line_terminator());
    let line = record.text.finish()?;
    call::call1(held(&w.write), line.as_obj())
}

fn quotes_no_null(d: &Dialect) -> bool {
    matches!(d.quoting, quoting::STRINGS | quoting::NOTNULL)
}

/// A record being put together.
struct Record<'a> {
    d: &'a Dialect,
    text: Text,
    fields: usize,
}

impl Record<'_> {
    fn push(&mut self, field: &Obj) -> Result<()> {
        let quoted = match self.d.quoting {
            quoting::ALL => true,
            quoting::NONNUMERIC => !number::is_number(field),
            quoting::STRINGS => field.is::<PyUnicodeObject>(),
            quoting::NOTNULL => !field.is_none(),
            _ => false,
        };
        if field.is_none() {
            return self.push_text(None, quoted);
        }
        let text = proto::str(field)?;
        self.push_text(str_::of(&text), quoted)
    }

    /// Appends a field; none for null.
    fn push_text(&mut self, field: Option<&PyUnicodeObject>, quoted: bool) -> Result<()> {
        let d = self.d;
        let is_empty = field.is_none_or(|f| f.is_empty());
        let lost = is_empty && d.delimiter == u32::from(b' ') && d.skips_initial_space();
        if lost && (d.quoting == quoting::NONE || (field.is_none() && quotes_no_null(d))) {
            return Err(error(
                "empty field must be quoted if delimiter is a space and skipinitialspace is true",
            ));
        }
        let mut quoted = quoted || lost;
        let mut body = Text::new();
        for c in field.map(|f| f.chars()).into_iter().flatten() {
            if self.is_special(c) {
                let doubled = d.quotes() && Some(c) == d.quote && d.doubles_quotes();
                let escaped =
                    !d.quotes() || Some(c) == d.escape || (Some(c) == d.quote && !doubled);
                if escaped {
                    let Some(escape) = d.escape else {
                        return Err(error("need to escape, but no escapechar set"));
                    };
                    body.push(escape);
                } else {
                    quoted = true;
                }
                if doubled {
                    body.push(c);
                }
            }
            body.push(c);
        }
        if self.fields > 0 {
            self.text.push(d.delimiter);
        }
        let quote = d.quote.filter(|_| quoted);
        quote.inspect(|q| self.text.push(*q));
        self.text.push_obj(&*body.finish()?);
        quote.inspect(|q| self.text.push(*q));
        self.fields += 1;
        Ok(())
    }

    /// Whether a character could be taken for something else than part of a field.
    fn is_special(&self, c: u32) -> bool {
        let d = self.d;
        c == d.delimiter
            || Some(c) == d.escape
            || Some(c) == d.quote
            || c == u32::from(b'\n')
            || c == u32::from(b'\r')
            || d.line_terminator().chars().any(|end| end == c)
    }
}
