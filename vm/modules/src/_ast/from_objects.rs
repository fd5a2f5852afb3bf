//! From Python's trees to the compiler's, with the reference's words for what is not a tree.
//!
//! What is checked here is that every field has a value of its type; whether the tree makes sense, the compiler checks.

use compiler::ast::{Attributes, BASES, Constant, Field, FieldType, Kind, Node, Place, Quantity};
use layout::*;

use vm::err::{Result, raise};
use vm::object::*;
use vm::protocol::call::NativeCall;
use vm::protocol::object;
use vm::types::int::IntExt as _;
use vm::types::list::ListExt as _;
use vm::types::str_::{self, StrExt as _, utf8};
use vm::types::tuple::TupleExt as _;
use vm::types::{complex, float, int, set};
use vm::{intern, types::bytes::BytesExt as _};

use super::classes::Classes;

/// The tree under a module, of a kind that is known.
pub fn module(classes: &Classes, o: &Obj, kind: Kind) -> Result<Node> {
    let _level = NativeCall::enter(" while traversing 'mod' node")?;
    fields(classes, o, kind)
}

fn fields(classes: &Classes, o: &Obj, kind: Kind) -> Result<Node> {
    fields_at(classes, o, kind, Place::default())
}

fn fields_at(classes: &Classes, o: &Obj, kind: Kind, place: Place) -> Result<Node> {
    let row = kind.node_type();
    let mut values = Vec::with_capacity(row.fields.len());
    for field in row.fields {
        let name = str_::intern_str(field.name);
        let value = object::getattr_opt(o, name)?;
        values.push(match (field.quantity, value) {
            (Quantity::Sequence, None) => Field::Sequence(Vec::new()),
            (Quantity::Sequence, Some(value)) => sequence(classes, &value, kind, field)?,
            (Quantity::Optional, None) => Field::None,
            (Quantity::Optional, Some(value)) if value.is_none() => Field::None,
            (Quantity::One, None) => return missing(field.name, kind.name()),
            (_, Some(value)) => element(classes, &value, field)?,
        });
    }
    for (field, value) in row.fields.iter().zip(&values) {
        if field.quantity == Quantity::One && *value == Field::None {
            return raise!(
                ValueError,
                "field '{}' is required for {}",
                field.name,
                kind.name()
            );
        }
    }
    Ok(Node {
        kind,
        place,
        fields: values,
    })
}

fn missing<T>(field: &str, owner: &str) -> Result<T> {
    raise!(TypeError, "required field \"{field}\" missing from {owner}")
}

fn sequence(classes: &Classes, o: &Obj, kind: Kind, field: &FieldType) -> Result<Field> {
    let Some(list) = o.downcast::<PyListObject>() else {
        return raise!(
            TypeError,
            "{} field \"{}\" must be a list, not a {}",
            kind.name(),
            field.name,
            o.tp_name()
        );
    };
    let n = list.len();
    let mut elements = Vec::with_capacity(n);
    for i in 0..n {
        let item = list.get(i).unwrap_or_else(none);
        let value = element(classes, &item, field)?;
        if field.ty == "identifier" && value == Field::None {
            return raise!(TypeError, "AST identifier must be of type str");
        }
        elements.push(value);
        if list.len() != n {
            return raise!(
                RuntimeError,
                "{} field \"{}\" changed size during iteration",
                kind.name(),
                field.name
            );
        }
    }
    Ok(Field::Sequence(elements))
}

/// One value of a field; `Field::None` for None where that may be.
fn element(classes: &Classes, o: &Obj, field: &FieldType) -> Result<Field> {
    match field.ty {
        "identifier" => match o.downcast_exact::<PyUnicodeObject>() {
            Some(name) => Ok(Field::Str(name.as_str()?.into())),
            None if o.is_none() => Ok(Field::None),
            None => raise!(TypeError, "AST identifier must be of type str"),
        },
        "string" => match o.downcast_exact::<PyUnicodeObject>() {
            Some(text) => Ok(Field::Str(text.to_string_lossy().into())),
            None if o.is_exact::<PyBytesObject>() => Ok(Field::Str("".into())),
            None => raise!(TypeError, "AST string must be of type str"),
        },
        "int" => Ok(Field::Int(i64::from(c_int(o)?))),
        "constant" => Ok(Field::Constant(constant(o)?)),
        ty => node(classes, o, ty),
    }
}

fn c_int(o: &Obj) -> Result<i32> {
    let Some(n) = o.downcast::<PyLongObject>() else {
        return raise!(ValueError, "invalid integer value: {}", repr_lossy(o));
    };
    match n.to_i64().and_then(|n| i32::try_from(n).ok()) {
        Some(n) => Ok(n),
        None => raise!(OverflowError, "Python int too large to convert to C int"),
    }
}

/// A node of type `ty`: one of the kinds of an abstract class, or the one kind of that name.
fn node(classes: &Classes, o: &Obj, ty: &str) -> Result<Field> {
    let _level = NativeCall::enter(&format!(" while traversing '{ty}' node"))?;
    let Some((_, attributes)) = BASES.iter().find(|(base, _)| *base == ty) else {
        let kind = Kind::named(ty).expect("the table names its own classes");
        let mut node = fields(classes, o, kind)?;
        node.place = place(o, ty, kind.node_type().attributes)?;
        return Ok(Field::Node(Box::new(node)));
    };
    let plain = matches!(
        ty,
        "expr_context" | "boolop" | "operator" | "unaryop" | "cmpop"
    );
    if o.is_none() && !plain {
        return Ok(Field::None);
    }
    let place = place(o, ty, *attributes)?;
    match classes.kind_of(o, ty)? {
        Some(kind) if kind.is_singleton() => Ok(Field::Singleton(kind)),
        Some(kind) => Ok(Field::Node(Box::new(fields_at(classes, o, kind, place)?))),
        None => raise!(
            TypeError,
            "expected some sort of {ty}, but got {}",
            repr_lossy(o)
        ),
    }
}

fn place(o: &Obj, owner: &str, attributes: Attributes) -> Result<Place> {
    if attributes == Attributes::None {
        return Ok(Place::default());
    }
    let required = |name: &'static Obj| match object::getattr_opt(o, name)? {
        Some(value) => c_int(&value),
        None => missing(&str_lossy(name), owner),
    };
    let end = |name: &'static Obj, start: i32| {
        if attributes == Attributes::Required {
            return required(name);
        }
        match object::getattr_opt(o, name)?.filter(|value| !value.is_none()) {
            Some(value) => c_int(&value),
            None => Ok(start),
        }
    };
    let lineno = required(intern!("lineno"))?;
    let col_offset = required(intern!("col_offset"))?;
    Ok(Place {
        lineno,
        col_offset,
        end_lineno: end(intern!("end_lineno"), lineno)?,
        end_col_offset: end(intern!("end_col_offset"), col_offset)?,
    })
}

fn constant(o: &Obj) -> Result<Constant> {
    let _level = NativeCall::enter(" during compilation")?;
    if o.is_none() {
        return Ok(Constant::None);
    }
    if o.is_same(TRUE()) || o.is_same(FALSE()) {
        return Ok(Constant::Bool(o.is_same(TRUE())));
    }
    if o.is_same(ELLIPSIS()) {
        return Ok(Constant::Ellipsis);
    }
    if let Some(n) = o.downcast_exact::<PyLongObject>() {
        return Ok(match n.to_i64() {
            Some(n) => Constant::Int(n),
            None => Constant::BigInt(int::to_text_prefixed(n, 16)?.into()),
        });
    }
    if let Some(x) = o.downcast_exact::<PyFloatObject>() {
        return Ok(Constant::Float(float::value(x)));
    }
    if let Some(z) = o.downcast_exact::<PyComplexObject>() {
        let (real, imag) = complex::parts(z);
        return Ok(Constant::Complex { real, imag });
    }
    if let Some(text) = o.downcast_exact::<PyUnicodeObject>() {
        return Ok(Constant::Str(utf8::to_wtf8(text).into()));
    }
    if let Some(data) = o.downcast_exact::<PyBytesObject>() {
        return Ok(Constant::Bytes(data.as_slice().into()));
    }
    if let Some(items) = o.downcast_exact::<PyTupleObject>() {
        let items = items.items().iter().map(|item| constant(item));
        return Ok(Constant::Tuple(items.collect::<Result<_>>()?));
    }
    if core::ptr::eq(o.ty(), &PyFrozenSet_Type)
        && let Some(items) = set::as_anyset(o)
    {
        let mut values = Vec::new();
        let mut at = 0;
        while let Some(item) = set::SetExt::next(items, &mut at) {
            values.push(constant(&item)?);
        }
        return Ok(Constant::Frozenset(values));
    }
    raise!(
        TypeError,
        "got an invalid type in Constant: {}",
        vm::types::type_::name_of(o.ty())
    )
}
