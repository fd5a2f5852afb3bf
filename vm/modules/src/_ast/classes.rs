//! One class for each kind of node, made from the compiler's table as `type()` would make it.

use compiler::ast::{Attributes, BASES, FieldType, Kind, NODES, NodeType, Quantity};
use layout::*;

use vm::err::Result;
use vm::object::*;
use vm::protocol::object;
use vm::types::dict::{self, DictExt as _};
use vm::types::type_::new_type;
use vm::types::{genericalias, str_, tuple, union_};

use super::node;

const POSITIONS: &[&str] = &["lineno", "col_offset", "end_lineno", "end_col_offset"];

/// The classes, in the order of the table; they live as long as the process.
pub struct Classes {
    bases: Vec<Ref<PyTypeObject>>,
    kinds: Vec<Ref<PyTypeObject>>,
    /// The instances of kinds that need only one.
    singletons: Vec<Option<Ref>>,
}

static CLASSES: Global<Option<&'static Classes>> = Global::new(None);

impl Classes {
    /// The classes, made at the first call.
    pub fn get() -> Result<&'static Classes> {
        if let Some(classes) = CLASSES.get() {
            return Ok(classes);
        }
        node::ready()?;
        let classes: &'static Classes = Box::leak(Box::new(Classes::new()?));
        CLASSES.set(Some(classes));
        Ok(classes)
    }

    fn new() -> Result<Classes> {
        let mut classes = Classes {
            bases: Vec::new(),
            kinds: Vec::new(),
            singletons: Vec::new(),
        };
        for (name, attributes) in BASES {
            let class = class(name, &node::AST, &[], &base_doc(name))?;
            add_attributes(&class, *attributes)?;
            classes.bases.push(class);
        }
        for row in NODES {
            let base = classes.base(row.base).unwrap_or(&node::AST);
            let class = class(row.name, base, row.fields, &node_doc(row))?;
            if row.base == "AST" {
                add_attributes(&class, row.attributes)?;
            }
            for field in row.fields {
                if field.quantity == Quantity::Optional {
                    set(&class, field.name, NONE())?;
                }
            }
            classes.kinds.push(class);
        }
        for (row, class) in NODES.iter().zip(&classes.kinds) {
            let types = dict::new();
            for field in row.fields {
                types.set(str_::intern_str(field.name), &*classes.field_type(field)?)?;
            }
            set(class, "_field_types", types.as_obj())?;
            set(class, "__annotations__", types.as_obj())?;
        }
        for (number, class) in classes.kinds.iter().enumerate() {
            let kind = Kind::numbered(number as u8);
            let one = kind.is_some_and(Kind::is_singleton);
            let instance = one.then(|| node::new(class, dict::new())).transpose()?;
            classes.singletons.push(instance);
        }
        Ok(classes)
    }

    /// Every class but `AST`.
    pub fn all(&self) -> impl Iterator<Item = &PyTypeObject> {
        self.bases.iter().chain(&self.kinds).map(|class| &**class)
    }

    /// The class of a kind.
    pub fn of(&self, kind: Kind) -> &PyTypeObject {
        &self.kinds[kind as usize]
    }

    /// The instance of a kind without fields.
    pub fn singleton(&self, kind: Kind) -> Ref {
        match &self.singletons[kind as usize] {
            Some(instance) => instance.clone(),
            None => unreachable!("{} has fields", kind.name()),
        }
    }

    /// The abstract class with that name.
    pub fn base(&self, name: &str) -> Option<&PyTypeObject> {
        let at = BASES.iter().position(|(base, _)| *base == name)?;
        Some(&self.bases[at])
    }

    /// The kind of an instance of a class derived from `base`; the first in the table if it is several.
    pub fn kind_of(&self, o: &Obj, base: &str) -> Result<Option<Kind>> {
        let kinds = || {
            (0..NODES.len())
                .filter_map(|number| Kind::numbered(number as u8))
                .filter(|kind| kind.base() == base)
        };
        if let Some(kind) = kinds().find(|kind| core::ptr::eq(self.of(*kind), o.ty())) {
            return Ok(Some(kind));
        }
        for kind in kinds() {
            if object::is_instance(o, self.of(kind).as_obj())? {
                return Ok(Some(kind));
            }
        }
        Ok(None)
    }

    fn named(&self, name: &str) -> &PyTypeObject {
        match self.base(name) {
            Some(class) => class,
            None => self.of(Kind::named(name).expect("the table names its own classes")),
        }
    }

    /// What a field holds, as an annotation.
    fn field_type(&self, field: &FieldType) -> Result {
        let class = match field.ty {
            "identifier" | "string" => &PyUnicode_Type,
            "int" => &PyLong_Type,
            "constant" => &PyBaseObject_Type,
            name => self.named(name),
        };
        match field.quantity {
            Quantity::One => Ok(class.as_obj().new_ref()),
            Quantity::Optional => union_::or(class.as_obj(), NONE()),
            Quantity::Sequence => genericalias::new(PyList_Type.as_obj(), class.as_obj()),
        }
    }
}

fn class(
    name: &str,
    base: &PyTypeObject,
    fields: &[FieldType],
    doc: &str,
) -> Result<Ref<PyTypeObject>> {
    let names = fields
        .iter()
        .map(|field| str_::intern_str(field.name).new_ref());
    let names = tuple::from_vec(names.collect()).into_obj();
    let namespace = dict::new();
    namespace.set_str("_fields", &names)?;
    namespace.set_str("__match_args__", &names)?;
    namespace.set_str("__module__", str_::intern_str("ast"))?;
    namespace.set_str("__doc__", str_::new(doc).as_obj())?;
    let class = new_type(name, &[base], &namespace)?;
    // SAFETY: `type()` makes types.
    Ok(unsafe { class.into_cast() })
}

fn set(class: &PyTypeObject, name: &str, value: &Obj) -> Result<()> {
    object::setattr(class.as_obj(), str_::intern_str(name), Some(value))
}

fn add_attributes(class: &PyTypeObject, attributes: Attributes) -> Result<()> {
    let names = if attributes == Attributes::None {
        &[]
    } else {
        POSITIONS
    };
    let names = names.iter().map(|name| str_::intern_str(name).new_ref());
    set(
        class,
        "_attributes",
        tuple::from_vec(names.collect()).as_obj(),
    )?;
    if attributes == Attributes::OptionalEnd {
        set(class, "end_lineno", NONE())?;
        set(class, "end_col_offset", NONE())?;
    }
    Ok(())
}

/// A node as the grammar writes it: `Name(identifier id, expr_context ctx)`.
fn node_doc(row: &NodeType) -> String {
    if row.fields.is_empty() {
        return row.name.to_owned();
    }
    let fields = row.fields.iter().map(|field| {
        let quantity = match field.quantity {
            Quantity::One => "",
            Quantity::Optional => "?",
            // Here None stands for an element that is not there.
            Quantity::Sequence
                if matches!(
                    (row.name, field.name),
                    ("Dict", "keys") | ("arguments", "kw_defaults")
                ) =>
            {
                "?*"
            }
            Quantity::Sequence => "*",
        };
        format!("{}{quantity} {}", field.ty, field.name)
    });
    format!("{}({})", row.name, fields.collect::<Vec<_>>().join(", "))
}

/// An abstract class as the grammar writes it: its alternatives, on lines of their own if any has fields.
fn base_doc(name: &str) -> String {
    let rows = || NODES.iter().filter(|row| row.base == name);
    let separator = if rows().all(|row| row.fields.is_empty()) {
        " | ".to_owned()
    } else {
        format!("\n{} | ", " ".repeat(name.len()))
    };
    let alternatives: Vec<_> = rows().map(node_doc).collect();
    format!("{name} = {}", alternatives.join(&separator))
}
