//! A syntax tree as plain data: what goes between the runtime's `ast` objects and the compiler.
//!
//! Invariant: the fields of a node are those of its row in [`asdl`](super::asdl), in that order. A tree that comes from a
//! program may break every other rule of the grammar; `validate` finds out.

use super::asdl::Kind;

/// A node with fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: Kind,
    /// Meaningless for kinds without attributes.
    pub place: Place,
    pub fields: Vec<Field>,
}

/// Where a node stands. Lines count from 1, columns from 0 in UTF-8 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub lineno: i32,
    pub col_offset: i32,
    pub end_lineno: i32,
    pub end_col_offset: i32,
}

/// The value of a field, or one element of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    None,
    Node(Box<Node>),
    /// A node without fields: a context or an operator.
    Singleton(Kind),
    Sequence(Vec<Field>),
    /// `identifier` and `string`.
    Str(Box<str>),
    Int(i64),
    Constant(Constant),
}

/// The value of a `Constant`, and of what else the grammar calls constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    None,
    Bool(bool),
    Ellipsis,
    Int(i64),
    /// An integer beyond `Int`: decimal digits, or hexadecimal, octal or binary ones behind their prefix.
    BigInt(Box<str>),
    Float(f64),
    Complex {
        real: f64,
        imag: f64,
    },
    /// UTF-8, with surrogates encoded as they would be if they were characters.
    Str(Box<[u8]>),
    Bytes(Box<[u8]>),
    Tuple(Vec<Constant>),
    Frozenset(Vec<Constant>),
}

impl Node {
    pub(crate) fn new(kind: Kind, place: Place, fields: Vec<Field>) -> Node {
        debug_assert_eq!(kind.node_type().fields.len(), fields.len(), "{kind:?}");
        Node {
            kind,
            place,
            fields,
        }
    }
}

impl From<Node> for Field {
    fn from(node: Node) -> Field {
        Field::Node(Box::new(node))
    }
}

impl From<Option<Node>> for Field {
    fn from(node: Option<Node>) -> Field {
        node.map_or(Field::None, Field::from)
    }
}

impl From<Vec<Node>> for Field {
    fn from(nodes: Vec<Node>) -> Field {
        Field::Sequence(nodes.into_iter().map(Field::from).collect())
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Field {
        Field::Str(text.into())
    }
}

impl From<Option<&str>> for Field {
    fn from(text: Option<&str>) -> Field {
        text.map_or(Field::None, Field::from)
    }
}

impl From<Kind> for Field {
    fn from(kind: Kind) -> Field {
        Field::Singleton(kind)
    }
}
