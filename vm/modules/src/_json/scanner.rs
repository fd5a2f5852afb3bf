//! `make_scanner`: a callable that parses one JSON value.

use core::cell::Cell;
use core::mem::offset_of;

use super::parse::Parser;
use super::text_of;
use crate::prelude::*;
use vm::types::dict;
use vm::types::str_::{StrData, StrExt as _};

/// `_json.Scanner`.
#[repr(C)]
pub struct Scanner {
    ob_base: PyObject,
    strict: Cell<u8>,
    /// Called with each dict, unless it is None.
    pub object_hook: Slot,
    /// Called with each object's list of pairs, unless it is None.
    pub object_pairs_hook: Slot,
    /// Makes floats.
    pub parse_float: Slot,
    /// Makes ints.
    pub parse_int: Slot,
    /// Makes what JSON has no numbers for.
    pub parse_constant: Slot,
    vectorcall: vectorcallfunc,
}

static_type!(Scanner, SCANNER);

static MEMBERS: &[PyMemberDef] = &[
    member!("strict", Scanner, strict, Py_T_BOOL, Py_READONLY),
    member!(
        "object_hook",
        Scanner,
        object_hook,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "object_pairs_hook",
        Scanner,
        object_pairs_hook,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "parse_float",
        Scanner,
        parse_float,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("parse_int", Scanner, parse_int, _Py_T_OBJECT, Py_READONLY),
    member!(
        "parse_constant",
        Scanner,
        parse_constant,
        _Py_T_OBJECT,
        Py_READONLY
    ),
];

impl Scanner {
    /// Whether control characters are refused in strings.
    pub fn is_strict(&self) -> bool {
        self.strict.get() != 0
    }

    fn slots(&self) -> [&Slot; 5] {
        [
            &self.object_hook,
            &self.object_pairs_hook,
            &self.parse_float,
            &self.parse_int,
            &self.parse_constant,
        ]
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Scanner>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(Scanner, vectorcall))
        .dealloc_drop::<Scanner>()
        .tp_traverse(|s: &Scanner, v: &mut Visitor| {
            s.slots().into_iter().try_for_each(|slot| v.slot(slot))
        })
        .tp_clear(|s: &Scanner| s.slots().into_iter().for_each(|slot| slot.set(None)))
        .tp_new(new)
        .members(MEMBERS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("make_scanner", "(context)");
    let [context] = SIGNATURE.bind(args, kwargs)?.map(required);
    let strict = proto::is_true(&*proto::getattr(context, intern!("strict"))?)?;
    let scanner = Scanner {
        ob_base: header(),
        strict: Cell::new(strict.into()),
        object_hook: proto::getattr(context, intern!("object_hook"))?.into(),
        object_pairs_hook: proto::getattr(context, intern!("object_pairs_hook"))?.into(),
        parse_float: proto::getattr(context, intern!("parse_float"))?.into(),
        parse_int: proto::getattr(context, intern!("parse_int"))?.into(),
        parse_constant: proto::getattr(context, intern!("parse_constant"))?.into(),
        vectorcall: vectorcall(scan_once),
    };
    Ok(create(tp, scanner)?.into_obj())
}

fn scan_once(s: &Scanner, args: Args<'_>) -> Result {
    static SIGNATURE: Signature = Signature::new("scan_once", "(string, idx)");
    let [text, start] = SIGNATURE.bind_args(&args)?.map(required);
    let start = args::to_isize(start)?;
    let text = text_of(text)?;
    let Ok(start) = usize::try_from(start) else {
        return raise!(ValueError, "idx cannot be negative");
    };
    let (value, end) = match text.data() {
        StrData::Latin1(units) => parse(s, text, units, start),
        StrData::Ucs2(units) => parse(s, text, units, start),
        StrData::Ucs4(units) => parse(s, text, units, start),
    }?;
    Ok(tuple::from_array([value, int::from_usize(end).into_obj()]).into_obj())
}

fn parse<U: super::Unit>(
    scanner: &Scanner,
    text: &PyUnicodeObject,
    units: &[U],
    start: usize,
) -> Result<(Ref, usize)> {
    let keys = dict::try_new()?;
    Parser {
        scanner,
        text,
        units,
        keys: &keys,
    }
    .value(start)
}
