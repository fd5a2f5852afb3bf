//! `_sre`: regular expressions. `re._compiler` turns a pattern into code words, [`program`] checks and decodes them,
//! [`matcher`] runs them; the objects around that are patterns, matches, scanners and templates.

mod charset;
mod match_;
mod matcher;
mod pattern;
mod program;
mod replace;
mod scanner;
mod subject;

use layout::{
    Py_TPFLAGS_READY, PyDictObject, PyListObject, PyLongObject, PyMethodDef, PyTupleObject,
    PyTypeObject,
};
use vm::args::to_isize;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::int::{self, IntExt};
use vm::types::list::ListExt;
use vm::types::str_::args::{bad_argument, c_int};
use vm::types::type_::{self, TypeBuilder};
use vm::types::{module, str_};

use charset::Fold;
use pattern::Pattern;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_sre",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "compile",
        compile,
        "($module, /, pattern, flags, code, groups, groupindex,\n        indexgroup)"
    ),
    fastcall!(
        "template",
        replace::new_template,
        "($module, pattern, template, /)"
    ),
    noargs!("getcodesize", |_: &Obj| Ok(4i64), "($module, /)"),
    o!(
        "ascii_iscased",
        |_: &Obj, c: &Obj| iscased(c, Fold::Ascii),
        "($module, character, /)"
    ),
    o!(
        "unicode_iscased",
        |_: &Obj, c: &Obj| iscased(c, Fold::Unicode),
        "($module, character, /)"
    ),
    o!(
        "ascii_tolower",
        |_: &Obj, c: &Obj| tolower(c, Fold::Ascii),
        "($module, character, /)"
    ),
    o!(
        "unicode_tolower",
        |_: &Obj, c: &Obj| tolower(c, Fold::Unicode),
        "($module, character, /)"
    ),
];

const MAGIC: i64 = 20230612;

type Define = fn(&mut TypeBuilder);

fn exec(m: &Obj) -> Result<()> {
    let types: [(&'static PyTypeObject, &'static core::ffi::CStr, Define); 4] = [
        (&pattern::PATTERN, c"re.Pattern", pattern::define),
        (&match_::MATCH, c"re.Match", match_::define),
        (&scanner::SCANNER, c"_sre.SRE_Scanner", scanner::define),
        (&replace::TEMPLATE, c"_sre.SRE_Template", replace::define),
    ];
    for (tp, name, define) in types {
        if tp.tp_flags.get() & Py_TPFLAGS_READY == 0 {
            define(&mut TypeBuilder::start(tp, name));
            type_::ready(tp)?;
        }
    }
    module::add(m, "MAGIC", int::from_i64(MAGIC).as_obj())?;
    module::add(m, "CODESIZE", int::from_i64(4).as_obj())?;
    module::add(m, "MAXREPEAT", int::from_i64(u32::MAX.into()).as_obj())?;
    module::add(
        m,
        "MAXGROUPS",
        int::from_i64((i32::MAX / 2).into()).as_obj(),
    )?;
    module::add(
        m,
        "copyright",
        str_::new(" SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ").as_obj(),
    )
}

fn character(c: &Obj) -> Result<u32> {
    Ok(c_int(c)? as u32)
}

fn tolower(c: &Obj, fold: Fold) -> Result<u32> {
    Ok(charset::lower(fold, character(c)?))
}

fn iscased(c: &Obj, fold: Fold) -> Result<bool> {
    let c = character(c)?;
    Ok(match fold {
        Fold::Unicode => c != text::chars::simple_lower(c) || c != text::chars::simple_upper(c),
        _ => u8::try_from(c).is_ok_and(|c| c.is_ascii_alphabetic()),
    })
}

fn compile(
    _: &Obj,
    [pattern, flags, code, groups, groupindex, indexgroup]: [Option<&Obj>; 6],
) -> Result {
    let or_none = |o: Option<&Obj>| o.map_or_else(none, Obj::new_ref);
    let flags = flags.map_or(Ok(0), c_int)?;
    let Some(code) = code.and_then(|o| o.downcast::<PyListObject>()) else {
        return Err(bad_argument(
            "compile",
            "argument 'code'",
            "list",
            &or_none(code),
        ));
    };
    let groups = groups.map_or(Ok(0), to_isize)?;
    if groupindex.is_none_or(|o| !o.is::<PyDictObject>()) {
        return Err(bad_argument(
            "compile",
            "argument 'groupindex'",
            "dict",
            &or_none(groupindex),
        ));
    }
    if indexgroup.is_none_or(|o| !o.is::<PyTupleObject>()) {
        return Err(bad_argument(
            "compile",
            "argument 'indexgroup'",
            "tuple",
            &or_none(indexgroup),
        ));
    }
    let mut words = Vec::with_capacity(code.items().len());
    for word in code.items() {
        let Some(word) = word.downcast::<PyLongObject>() else {
            return raise!(TypeError, "an integer is required");
        };
        match word.to_i64().map(u32::try_from) {
            Some(Ok(word)) => words.push(word),
            _ => return raise!(OverflowError, "regular expression code size limit exceeded"),
        }
    }
    Pattern::new(
        or_none(pattern),
        flags,
        words,
        groups,
        or_none(groupindex),
        or_none(indexgroup),
    )
}
