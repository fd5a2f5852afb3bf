//! The abstract grammar of Python 3.14, as one table.
//!
//! The table makes the [`Kind`] of a node and tells the runtime's `_ast` which classes to build: their bases, fields and
//! attributes. Fields of a node are stored in the order in which they stand here.

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    One,
    Optional,
    Sequence,
}

/// What a node's positions look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attributes {
    None,
    /// `lineno`, `col_offset`; `end_lineno` and `end_col_offset` may be None.
    OptionalEnd,
    /// All four are required.
    Required,
}

/// A field of a node class: its name, the ASDL name of its type, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldType {
    pub name: &'static str,
    pub ty: &'static str,
    pub quantity: Quantity,
}

/// A concrete node class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeType {
    pub name: &'static str,
    /// The abstract class it derives from, as `expr`; `AST` for a class that stands alone.
    pub base: &'static str,
    pub fields: &'static [FieldType],
    pub attributes: Attributes,
}

/// The abstract classes, and whether their nodes have positions.
pub const BASES: &[(&str, Attributes)] = &[
    ("mod", Attributes::None),
    ("stmt", Attributes::OptionalEnd),
    ("expr", Attributes::OptionalEnd),
    ("expr_context", Attributes::None),
    ("boolop", Attributes::None),
    ("operator", Attributes::None),
    ("unaryop", Attributes::None),
    ("cmpop", Attributes::None),
    ("excepthandler", Attributes::OptionalEnd),
    ("pattern", Attributes::Required),
    ("type_ignore", Attributes::None),
    ("type_param", Attributes::Required),
];

macro_rules! quantity {
    (.) => {
        Quantity::One
    };
    (?) => {
        Quantity::Optional
    };
    (*) => {
        Quantity::Sequence
    };
}

/// A name that is a word of Rust's has an underscore after it. Rows are `base attributes { Name(field: type quantity, ...) ... }`, a quantity being `.` (one), `?` or `*`.
macro_rules! grammar {
    ($($base:ident $attributes:ident { $($name:ident ( $($field:ident : $ty:ident $quantity:tt),* ))* })*) => {
        /// A concrete node class, by number.
        #[allow(non_camel_case_types)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind { $($($name,)*)* }

        /// Every concrete node class, in the order of [`Kind`].
        pub static NODES: &[NodeType] = &[$($(
            NodeType {
                name: stringify!($name),
                base: grammar!(@name $base),
                fields: &[$(FieldType {
                    name: grammar!(@name $field),
                    ty: stringify!($ty),
                    quantity: quantity!($quantity),
                }),*],
                attributes: Attributes::$attributes,
            },
        )*)*];

        static KINDS: &[Kind] = &[$($(Kind::$name,)*)*];
    };
    (@name type_) => { "type" };
    (@name str_) => { "str" };
    (@name mod_) => { "mod" };
    (@name $field:ident) => { stringify!($field) };
}

grammar! {
    mod_ None {
        Module(body: stmt *, type_ignores: type_ignore *)
        Interactive(body: stmt *)
        Expression(body: expr .)
        FunctionType(argtypes: expr *, returns: expr .)
    }
    stmt OptionalEnd {
        FunctionDef(name: identifier ., args: arguments ., body: stmt *, decorator_list: expr *, returns: expr ?,
            type_comment: string ?, type_params: type_param *)
        AsyncFunctionDef(name: identifier ., args: arguments ., body: stmt *, decorator_list: expr *, returns: expr ?,
            type_comment: string ?, type_params: type_param *)
        ClassDef(name: identifier ., bases: expr *, keywords: keyword *, body: stmt *, decorator_list: expr *,
            type_params: type_param *)
        Return(value: expr ?)
        Delete(targets: expr *)
        Assign(targets: expr *, value: expr ., type_comment: string ?)
        TypeAlias(name: expr ., type_params: type_param *, value: expr .)
        AugAssign(target: expr ., op: operator ., value: expr .)
        AnnAssign(target: expr ., annotation: expr ., value: expr ?, simple: int .)
        For(target: expr ., iter: expr ., body: stmt *, orelse: stmt *, type_comment: string ?)
        AsyncFor(target: expr ., iter: expr ., body: stmt *, orelse: stmt *, type_comment: string ?)
        While(test: expr ., body: stmt *, orelse: stmt *)
        If(test: expr ., body: stmt *, orelse: stmt *)
        With(items: withitem *, body: stmt *, type_comment: string ?)
        AsyncWith(items: withitem *, body: stmt *, type_comment: string ?)
        Match(subject: expr ., cases: match_case *)
        Raise(exc: expr ?, cause: expr ?)
        Try(body: stmt *, handlers: excepthandler *, orelse: stmt *, finalbody: stmt *)
        TryStar(body: stmt *, handlers: excepthandler *, orelse: stmt *, finalbody: stmt *)
        Assert(test: expr ., msg: expr ?)
        Import(names: alias *)
        ImportFrom(module: identifier ?, names: alias *, level: int ?)
        Global(names: identifier *)
        Nonlocal(names: identifier *)
        Expr(value: expr .)
        Pass()
        Break()
        Continue()
    }
    expr OptionalEnd {
        BoolOp(op: boolop ., values: expr *)
        NamedExpr(target: expr ., value: expr .)
        BinOp(left: expr ., op: operator ., right: expr .)
        UnaryOp(op: unaryop ., operand: expr .)
        Lambda(args: arguments ., body: expr .)
        IfExp(test: expr ., body: expr ., orelse: expr .)
        Dict(keys: expr *, values: expr *)
        Set(elts: expr *)
        ListComp(elt: expr ., generators: comprehension *)
        SetComp(elt: expr ., generators: comprehension *)
        DictComp(key: expr ., value: expr ., generators: comprehension *)
        GeneratorExp(elt: expr ., generators: comprehension *)
        Await(value: expr .)
        Yield(value: expr ?)
        YieldFrom(value: expr .)
        Compare(left: expr ., ops: cmpop *, comparators: expr *)
        Call(func: expr ., args: expr *, keywords: keyword *)
        FormattedValue(value: expr ., conversion: int ., format_spec: expr ?)
        Interpolation(value: expr ., str_: constant ., conversion: int ., format_spec: expr ?)
        JoinedStr(values: expr *)
        TemplateStr(values: expr *)
        Constant(value: constant ., kind: string ?)
        Attribute(value: expr ., attr: identifier ., ctx: expr_context .)
        Subscript(value: expr ., slice: expr ., ctx: expr_context .)
        Starred(value: expr ., ctx: expr_context .)
        Name(id: identifier ., ctx: expr_context .)
        List(elts: expr *, ctx: expr_context .)
        Tuple(elts: expr *, ctx: expr_context .)
        Slice(lower: expr ?, upper: expr ?, step: expr ?)
    }
    expr_context None { Load() Store() Del() }
    boolop None { And() Or() }
    operator None {
        Add() Sub() Mult() MatMult() Div() Mod() Pow() LShift() RShift() BitOr() BitXor() BitAnd() FloorDiv()
    }
    unaryop None { Invert() Not() UAdd() USub() }
    cmpop None { Eq() NotEq() Lt() LtE() Gt() GtE() Is() IsNot() In() NotIn() }
    AST None {
        comprehension(target: expr ., iter: expr ., ifs: expr *, is_async: int .)
    }
    excepthandler OptionalEnd {
        ExceptHandler(type_: expr ?, name: identifier ?, body: stmt *)
    }
    AST None {
        arguments(posonlyargs: arg *, args: arg *, vararg: arg ?, kwonlyargs: arg *, kw_defaults: expr *,
            kwarg: arg ?, defaults: expr *)
    }
    AST OptionalEnd {
        arg(arg: identifier ., annotation: expr ?, type_comment: string ?)
        keyword(arg: identifier ?, value: expr .)
        alias(name: identifier ., asname: identifier ?)
    }
    AST None {
        withitem(context_expr: expr ., optional_vars: expr ?)
        match_case(pattern: pattern ., guard: expr ?, body: stmt *)
    }
    pattern Required {
        MatchValue(value: expr .)
        MatchSingleton(value: constant .)
        MatchSequence(patterns: pattern *)
        MatchMapping(keys: expr *, patterns: pattern *, rest: identifier ?)
        MatchClass(cls: expr ., patterns: pattern *, kwd_attrs: identifier *, kwd_patterns: pattern *)
        MatchStar(name: identifier ?)
        MatchAs(pattern: pattern ?, name: identifier ?)
        MatchOr(patterns: pattern *)
    }
    type_ignore None {
        TypeIgnore(lineno: int ., tag: string .)
    }
    type_param Required {
        TypeVar(name: identifier ., bound: expr ?, default_value: expr ?)
        ParamSpec(name: identifier ., default_value: expr ?)
        TypeVarTuple(name: identifier ., default_value: expr ?)
    }
}

impl Kind {
    /// The row of the table.
    pub fn node_type(self) -> &'static NodeType {
        &NODES[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.node_type().name
    }

    /// The abstract class, as `expr`.
    pub fn base(self) -> &'static str {
        self.node_type().base
    }

    /// The class of that name.
    pub fn named(name: &str) -> Option<Kind> {
        KINDS.iter().copied().find(|kind| kind.name() == name)
    }

    /// The class with this number, the inverse of `kind as u8`.
    pub fn numbered(number: u8) -> Option<Kind> {
        KINDS.get(usize::from(number)).copied()
    }

    /// Nodes without fields or positions (contexts and operators) are one object for each class.
    pub fn is_singleton(self) -> bool {
        let row = self.node_type();
        row.fields.is_empty() && row.attributes == Attributes::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_rows_agree() {
        assert_eq!(Kind::BinOp.name(), "BinOp");
        assert_eq!(Kind::Module.base(), "mod");
        assert_eq!(
            Kind::named("ExceptHandler").map(|kind| kind.node_type().fields[0].name),
            Some("type")
        );
        assert_eq!(
            Kind::numbered(Kind::TypeVarTuple as u8),
            Some(Kind::TypeVarTuple)
        );
        assert!(Kind::Load.is_singleton() && !Kind::Pass.is_singleton());
        for node in NODES {
            assert!(node.base == "AST" || BASES.iter().any(|(base, _)| *base == node.base));
        }
    }
}
