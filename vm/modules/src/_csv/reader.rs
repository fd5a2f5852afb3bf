//! `reader`: an iterator over the records of an iterable of lines.

use core::cell::Cell;

use super::dialect::{self, Dialect};
use super::error;
use super::parse::Record;
use crate::prelude::*;
use vm::types::list;
use vm::types::str_::StrExt as _;

/// A reader.
#[repr(C)]
pub struct Reader {
    ob_base: PyObject,
    lines: Slot,
    dialect: Slot,
    line_number: Cell<usize>,
}

static_type!(Reader, READER);

static MEMBERS: &[PyMemberDef] = &[
    member!("dialect", Reader, dialect, _Py_T_OBJECT, Py_READONLY),
    member!("line_num", Reader, line_number, Py_T_ULONG, Py_READONLY),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Reader>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<Reader>()
        .tp_traverse(|r: &Reader, v: &mut Visitor| {
            v.slot(&r.lines)?;
            v.slot(&r.dialect)
        })
        .tp_clear(|r: &Reader| {
            r.lines.set(None);
            r.dialect.set(None);
        })
        .iter_self()
        .tp_iternext(next)
        .new_disallowed()
        .members(MEMBERS);
}

/// `reader(iterable, /, dialect='excel', **fmtparams)`.
pub fn reader(_: &Obj, args: Args<'_>) -> Result {
    args::expect("reader", args.positional, 1..=2)?;
    let lines = proto::iter(args.positional[0])?;
    let dialect = dialect::from_call(args.positional.get(1).copied(), &args)?;
    let r = Reader {
        ob_base: header(),
        lines: lines.into(),
        dialect: dialect.into_obj().into(),
        line_number: Cell::new(0),
    };
    Ok(create(&READER, r)?.into_obj())
}

fn next(r: &Reader) -> Result<Option<Ref>> {
    let (Some(lines), Some(dialect)) = (r.lines.get(), r.dialect.get()) else {
        return Ok(None);
    };
    // SAFETY: only dialects are stored.
    let d = unsafe { dialect.cast::<Dialect>() };
    let mut record = Record::default();
    loop {
        let Some(line) = proto::next(&lines)? else {
            if !record.is_cut_off() {
                return Ok(None);
            }
            if d.is_strict() {
                return Err(error("unexpected end of data"));
            }
            record.save_field(d)?;
            break;
        };
        let Some(text) = str_::of(&line) else {
            return Err(error(&format!(
                "iterator should return strings, not {} (the file should be opened in text mode)",
                line.tp_name()
            )));
        };
        r.line_number.set(r.line_number.get() + 1);
        record.push_line(d, text.chars())?;
        if record.is_complete() {
            break;
        }
    }
    Ok(Some(list::from_vec(record.into_fields()).into_obj()))
}
