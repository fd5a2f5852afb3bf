//! `SyntaxError` and its relatives: where in the source the error is.

use layout::*;

use super::base;
use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::object;
use crate::types::int::IntExt as _;
use crate::types::str_;
use crate::types::tuple;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::TypeBuilder;
use crate::{exception_fields, member};

/// Fills in `SyntaxError`.
pub fn define(b: &mut TypeBuilder) {
    static MEMBERS: &[PyMemberDef] = &[
        member!("msg", PySyntaxErrorObject, msg, _Py_T_OBJECT, 0),
        member!("filename", PySyntaxErrorObject, filename, _Py_T_OBJECT, 0),
        member!("lineno", PySyntaxErrorObject, lineno, _Py_T_OBJECT, 0),
        member!("offset", PySyntaxErrorObject, offset, _Py_T_OBJECT, 0),
        member!("text", PySyntaxErrorObject, text, _Py_T_OBJECT, 0),
        member!(
            "end_lineno",
            PySyntaxErrorObject,
            end_lineno,
            _Py_T_OBJECT,
            0
        ),
        member!(
            "end_offset",
            PySyntaxErrorObject,
            end_offset,
            _Py_T_OBJECT,
            0
        ),
        member!(
            "print_file_and_line",
            PySyntaxErrorObject,
            print_file_and_line,
            _Py_T_OBJECT,
            0
        ),
        member!("_metadata", PySyntaxErrorObject, metadata, _Py_T_OBJECT, 0),
    ];
    exception_fields!(b, PySyntaxErrorObject,
        msg filename lineno offset end_lineno end_offset text print_file_and_line metadata)
    .tp_init(init)
    .tp_str(text)
    .members(MEMBERS);
}

/// Fills in `_IncompleteInputError`.
pub fn define_incomplete(b: &mut TypeBuilder) {
    define(b);
}

fn init(
    e: &PySyntaxErrorObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    base::init(base::base(e.as_obj()), args, kwargs)?;
    let items = args.items();
    if let Some(msg) = items.first() {
        e.msg.set_ref(Some(msg.clone()));
    }
    if items.len() != 2 {
        return Ok(());
    }
    let info = tuple::from_vec(object::to_vec(&items[1])?);
    let given: Vec<&Obj> = info.items().iter().map(|i| i.as_obj()).collect();
    if given.len() < 4 || given.len() > 7 {
        let (how, limit) = if given.len() < 4 {
            ("at least", 4)
        } else {
            ("at most", 7)
        };
        return raise!(
            TypeError,
            "function takes {how} {limit} arguments ({} given)",
            given.len()
        );
    }
    let fields = [
        &e.filename,
        &e.lineno,
        &e.offset,
        &e.text,
        &e.end_lineno,
        &e.end_offset,
        &e.metadata,
    ];
    for (i, field) in fields.into_iter().enumerate() {
        field.set_ref(given.get(i).map(|o| (*o).new_ref()));
    }
    if given.len() == 5 {
        return raise!(
            TypeError,
            "end_offset must be provided when end_lineno is provided"
        );
    }
    Ok(())
}

fn text(e: &PySyntaxErrorObject) -> Result {
    let msg = e
        .msg
        .get_ref()
        .map_or_else(|| Ok(str_::new("None").into_obj()), |m| object::str(&m))?;
    let file = e
        .filename
        .get_ref()
        .filter(|f| f.is::<PyUnicodeObject>())
        .map(|f| {
            let path = str_::to_string_lossy(&f);
            path.rsplit('/').next().unwrap_or_default().to_owned()
        });
    let line = e
        .lineno
        .get_ref()
        .and_then(|n| n.downcast_exact::<PyLongObject>().and_then(|n| n.to_i64()));
    let msg_text = str_::to_string_lossy(&msg);
    let text = match (file, line) {
        (Some(f), Some(n)) => format!("{msg_text} ({f}, line {n})"),
        (Some(f), None) => format!("{msg_text} ({f})"),
        (None, Some(n)) => format!("{msg_text} (line {n})"),
        (None, None) => return Ok(msg),
    };
    Ok(str_::new(&text).into_obj())
}
