//! From the compiler's trees to Python's.

use compiler::ast::{Attributes, Constant, Field, Node};

use vm::err::Result;
use vm::intern;
use vm::object::*;
use vm::protocol::call::NativeCall;
use vm::types::dict::{self, DictExt as _};
use vm::types::{bytes, complex, float, int, list, set, str_, tuple};

use super::classes::Classes;
use super::node as ast_node;

/// The object for a node and all that is below it.
pub fn node(classes: &Classes, tree: &Node) -> Result {
    let _level = NativeCall::enter(" during ast construction")?;
    let row = tree.kind.node_type();
    let fields = dict::new();
    for (field, value) in row.fields.iter().zip(&tree.fields) {
        fields.set(str_::intern_str(field.name), &*object_of(classes, value)?)?;
    }
    if row.attributes != Attributes::None {
        let place = tree.place;
        let positions = [
            (intern!("lineno"), place.lineno),
            (intern!("col_offset"), place.col_offset),
            (intern!("end_lineno"), place.end_lineno),
            (intern!("end_col_offset"), place.end_col_offset),
        ];
        for (name, value) in positions {
            fields.set(name, int::from_i64(i64::from(value)).as_obj())?;
        }
    }
    ast_node::new(classes.of(tree.kind), fields)
}

fn object_of(classes: &Classes, field: &Field) -> Result {
    Ok(match field {
        Field::None => none(),
        Field::Node(tree) => return node(classes, tree),
        Field::Singleton(kind) => classes.singleton(*kind),
        Field::Sequence(fields) => {
            let items = fields.iter().map(|field| object_of(classes, field));
            list::new(items.collect::<Result<_>>()?).into_obj()
        }
        Field::Str(text) => str_::intern_str(text).new_ref(),
        Field::Int(n) => int::from_i64(*n).into_obj(),
        Field::Constant(value) => return constant(value),
    })
}

fn constant(value: &Constant) -> Result {
    let all = |values: &[Constant]| values.iter().map(constant).collect::<Result<Vec<_>>>();
    Ok(match value {
        Constant::None => none(),
        Constant::Bool(b) => bool_(*b),
        Constant::Ellipsis => ellipsis(),
        Constant::Int(n) => int::from_i64(*n).into_obj(),
        Constant::BigInt(digits) => int::from_byte_text(digits.as_bytes(), 0)?.into_obj(),
        Constant::Float(x) => float::new(*x).into_obj(),
        Constant::Complex { real, imag } => complex::new(*real, *imag).into_obj(),
        Constant::Str(text) => match str_::from_wtf8(text) {
            Some(text) => text.into_obj(),
            None => str_::new(&String::from_utf8_lossy(text)).into_obj(),
        },
        Constant::Bytes(data) => bytes::new(data).into_obj(),
        Constant::Tuple(values) => tuple::from_vec(all(values)?).into_obj(),
        Constant::Frozenset(values) => {
            set::new_frozenset(Some(list::new(all(values)?).as_obj()))?.into_obj()
        }
    })
}
