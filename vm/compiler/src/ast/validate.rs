//! Refuses a tree that the grammar allows and the language does not, with the reference's words.
//!
//! Serves `compile()` of trees that programs made: whatever passes here, `write` can convert.

use super::asdl::{Attributes, Kind};
use super::tree::{Constant, Field, Node};
use crate::error::Error;

type Result = std::result::Result<(), Error>;

/// Check a whole tree.
pub(crate) fn validate(tree: &Node) -> Result {
    match tree.kind {
        Kind::Module | Kind::Interactive => stmts(&tree.fields[0]),
        Kind::Expression => expr(&tree.fields[0], Kind::Load),
        Kind::FunctionType => {
            exprs(&tree.fields[0], Kind::Load, false)?;
            expr(&tree.fields[1], Kind::Load)
        }
        other => Err(Error::Type(format!(
            "expected some sort of mod, but got {}",
            other.name()
        ))),
    }
}

fn value_error(message: impl Into<String>) -> Result {
    Err(Error::Value(message.into()))
}

fn elements(field: &Field) -> &[Field] {
    match field {
        Field::Sequence(fields) => fields,
        _ => &[],
    }
}

fn node(field: &Field) -> Option<&Node> {
    match field {
        Field::Node(node) => Some(node),
        _ => None,
    }
}

fn positions(node: &Node) -> Result {
    if node.kind.node_type().attributes == Attributes::None {
        return Ok(());
    }
    let place = node.place;
    let (line, end_line) = (place.lineno, place.end_lineno);
    let (column, end_column) = (place.col_offset, place.end_col_offset);
    if line > end_line {
        return value_error(format!(
            "AST node line range ({line}, {end_line}) is not valid"
        ));
    }
    if line < 0 && end_line != line || column < 0 && column != end_column {
        return value_error(format!(
            "AST node column range ({column}, {end_column}) for line range ({line}, {end_line}) is not valid"
        ));
    }
    if line == end_line && column > end_column {
        return value_error(format!(
            "line {line}, column {column}-{end_column} is not a valid range"
        ));
    }
    Ok(())
}

fn name(field: &Field) -> Result {
    match field {
        Field::Str(text) if matches!(&**text, "None" | "True" | "False") => value_error(format!(
            "identifier field can't represent '{text}' constant"
        )),
        _ => Ok(()),
    }
}

fn not_empty(field: &Field, what: &str, owner: &str) -> Result {
    if elements(field).is_empty() {
        return value_error(format!("empty {what} on {owner}"));
    }
    Ok(())
}

fn body(field: &Field, owner: &str) -> Result {
    not_empty(field, "body", owner)?;
    stmts(field)
}

fn stmts(field: &Field) -> Result {
    elements(field).iter().try_for_each(|field| match field {
        Field::Node(node) => stmt(node),
        _ => value_error("None disallowed in statement list"),
    })
}

fn exprs(field: &Field, context: Kind, none_allowed: bool) -> Result {
    elements(field).iter().try_for_each(|field| match field {
        Field::None if none_allowed => Ok(()),
        Field::None => value_error("None disallowed in expression list"),
        field => expr(field, context),
    })
}

fn loads(fields: &[&Field]) -> Result {
    fields.iter().try_for_each(|field| optional(field))
}

fn optional(field: &Field) -> Result {
    match field {
        Field::None => Ok(()),
        field => expr(field, Kind::Load),
    }
}

fn targets(field: &Field, context: Kind, owner: &str) -> Result {
    not_empty(field, "targets", owner)?;
    exprs(field, context, false)
}

fn each(field: &Field, check: impl Fn(&Node) -> Result) -> Result {
    elements(field).iter().filter_map(node).try_for_each(check)
}

fn is_kind(field: &Field, kind: Kind) -> bool {
    node(field).is_some_and(|node| node.kind == kind)
}

fn stmt(node: &Node) -> Result {
    positions(node)?;
    let f = &node.fields;
    let owner = node.kind.name();
    match node.kind {
        Kind::FunctionDef | Kind::AsyncFunctionDef => {
            body(&f[2], owner)?;
            type_params(&f[6])?;
            arguments(&f[1])?;
            exprs(&f[3], Kind::Load, false)?;
            optional(&f[4])
        }
        Kind::ClassDef => {
            body(&f[3], owner)?;
            type_params(&f[5])?;
            exprs(&f[1], Kind::Load, false)?;
            keywords(&f[2])?;
            exprs(&f[4], Kind::Load, false)
        }
        Kind::Return => optional(&f[0]),
        Kind::Delete => targets(&f[0], Kind::Del, owner),
        Kind::Assign => {
            targets(&f[0], Kind::Store, owner)?;
            expr(&f[1], Kind::Load)
        }
        Kind::AugAssign => {
            expr(&f[0], Kind::Store)?;
            expr(&f[2], Kind::Load)
        }
        Kind::AnnAssign => {
            if !is_kind(&f[0], Kind::Name) && f[3] != Field::Int(0) {
                return Err(Error::Type(
                    "AnnAssign with simple non-Name target".to_owned(),
                ));
            }
            expr(&f[0], Kind::Store)?;
            optional(&f[2])?;
            expr(&f[1], Kind::Load)
        }
        Kind::TypeAlias => {
            if !is_kind(&f[0], Kind::Name) {
                return Err(Error::Type("TypeAlias with non-Name name".to_owned()));
            }
            expr(&f[0], Kind::Store)?;
            type_params(&f[1])?;
            expr(&f[2], Kind::Load)
        }
        Kind::For | Kind::AsyncFor => {
            expr(&f[0], Kind::Store)?;
            expr(&f[1], Kind::Load)?;
            body(&f[2], owner)?;
            stmts(&f[3])
        }
        Kind::While | Kind::If => {
            expr(&f[0], Kind::Load)?;
            body(&f[1], owner)?;
            stmts(&f[2])
        }
        Kind::With | Kind::AsyncWith => {
            not_empty(&f[0], "items", owner)?;
            each(&f[0], |item| {
                expr(&item.fields[0], Kind::Load)?;
                match &item.fields[1] {
                    Field::None => Ok(()),
                    target => expr(target, Kind::Store),
                }
            })?;
            body(&f[1], owner)
        }
        Kind::Match => {
            expr(&f[0], Kind::Load)?;
            not_empty(&f[1], "cases", owner)?;
            each(&f[1], |case| {
                pattern_field(&case.fields[0], false)?;
                optional(&case.fields[1])?;
                body(&case.fields[2], "match_case")
            })
        }
        Kind::Raise => match (&f[0], &f[1]) {
            (Field::None, Field::None) => Ok(()),
            (Field::None, _) => value_error("Raise with cause but no exception"),
            (exc, cause) => loads(&[exc, cause]),
        },
        Kind::Try | Kind::TryStar => try_statement(node, owner),
        Kind::Assert => loads(&[&f[0], &f[1]]),
        Kind::Import => not_empty(&f[0], "names", owner),
        Kind::ImportFrom => {
            if matches!(f[2], Field::Int(..0)) {
                return value_error("Negative ImportFrom level");
            }
            not_empty(&f[1], "names", owner)
        }
        Kind::Global | Kind::Nonlocal => not_empty(&f[0], "names", owner),
        Kind::Expr => expr(&f[0], Kind::Load),
        _ => Ok(()),
    }
}

fn try_statement(node: &Node, owner: &str) -> Result {
    let [block, handlers, orelse, finalbody] = &node.fields[..] else {
        return Ok(());
    };
    body(block, owner)?;
    if elements(handlers).is_empty() {
        if elements(finalbody).is_empty() {
            return value_error(format!("{owner} has neither handlers nor finalbody"));
        }
        if !elements(orelse).is_empty() {
            return value_error(format!("{owner} has orelse but no except handlers"));
        }
    }
    each(handlers, |handler| {
        positions(handler)?;
        optional(&handler.fields[0])?;
        body(&handler.fields[2], "ExceptHandler")
    })?;
    stmts(finalbody)?;
    stmts(orelse)
}

fn type_params(field: &Field) -> Result {
    each(field, |param| {
        positions(param)?;
        name(&param.fields[0])?;
        param.fields[1..].iter().try_for_each(optional)
    })
}

fn keywords(field: &Field) -> Result {
    each(field, |keyword| {
        positions(keyword)?;
        expr(&keyword.fields[1], Kind::Load)
    })
}

fn arg(node: &Node) -> Result {
    positions(node)?;
    optional(&node.fields[1])
}

fn arguments(field: &Field) -> Result {
    let Some(Node { fields: f, .. }) = node(field) else {
        return Ok(());
    };
    each(&f[0], arg)?;
    each(&f[1], arg)?;
    node(&f[2]).map_or(Ok(()), arg)?;
    each(&f[3], arg)?;
    node(&f[5]).map_or(Ok(()), arg)?;
    if elements(&f[6]).len() > elements(&f[0]).len() + elements(&f[1]).len() {
        return value_error("more positional defaults than args on arguments");
    }
    if elements(&f[4]).len() != elements(&f[3]).len() {
        return value_error("length of kwonlyargs is not the same as kw_defaults on arguments");
    }
    exprs(&f[6], Kind::Load, false)?;
    exprs(&f[4], Kind::Load, true)
}

fn comprehensions(field: &Field) -> Result {
    if elements(field).is_empty() {
        return value_error("comprehension with no generators");
    }
    each(field, |generator| {
        expr(&generator.fields[0], Kind::Store)?;
        expr(&generator.fields[1], Kind::Load)?;
        exprs(&generator.fields[2], Kind::Load, false)
    })
}

fn context_of(node: &Node) -> Option<Kind> {
    match node.kind {
        Kind::Attribute
        | Kind::Subscript
        | Kind::Starred
        | Kind::Name
        | Kind::List
        | Kind::Tuple => match node.fields.last() {
            Some(Field::Singleton(kind)) => Some(*kind),
            Some(Field::Node(context)) => Some(context.kind),
            _ => None,
        },
        _ => None,
    }
}

fn expr(field: &Field, context: Kind) -> Result {
    let Some(node) = node(field) else {
        return value_error("None disallowed in expression list");
    };
    positions(node)?;
    let f = &node.fields;
    match context_of(node) {
        Some(actual) => {
            if node.kind == Kind::Name {
                name(&f[0])?;
            }
            if actual != context {
                return value_error(format!(
                    "expression must have {} context but has {} instead",
                    context.name(),
                    actual.name()
                ));
            }
        }
        None if context != Kind::Load => {
            return value_error(format!(
                "expression which can't be assigned to in {} context",
                context.name()
            ));
        }
        None => {}
    }
    match node.kind {
        Kind::BoolOp => {
            if elements(&f[1]).len() < 2 {
                return value_error("BoolOp with less than 2 values");
            }
            exprs(&f[1], Kind::Load, false)
        }
        Kind::NamedExpr => {
            if !is_kind(&f[0], Kind::Name) {
                return Err(Error::Type("NamedExpr target must be a Name".to_owned()));
            }
            expr(&f[1], Kind::Load)
        }
        Kind::BinOp => loads(&[&f[0], &f[2]]),
        Kind::UnaryOp => expr(&f[1], Kind::Load),
        Kind::Lambda => {
            arguments(&f[0])?;
            expr(&f[1], Kind::Load)
        }
        Kind::IfExp => loads(&[&f[0], &f[1], &f[2]]),
        Kind::Dict => {
            if elements(&f[0]).len() != elements(&f[1]).len() {
                return value_error("Dict doesn't have the same number of keys as values");
            }
            exprs(&f[0], Kind::Load, true)?;
            exprs(&f[1], Kind::Load, false)
        }
        Kind::Set | Kind::JoinedStr | Kind::TemplateStr => exprs(&f[0], Kind::Load, false),
        Kind::ListComp | Kind::SetComp | Kind::GeneratorExp => {
            comprehensions(&f[1])?;
            expr(&f[0], Kind::Load)
        }
        Kind::DictComp => {
            comprehensions(&f[2])?;
            loads(&[&f[0], &f[1]])
        }
        Kind::Await | Kind::YieldFrom | Kind::Attribute => expr(&f[0], Kind::Load),
        Kind::Yield => optional(&f[0]),
        Kind::Compare => {
            if elements(&f[2]).is_empty() {
                return value_error("Compare with no comparators");
            }
            if elements(&f[2]).len() != elements(&f[1]).len() {
                return value_error("Compare has a different number of comparators and operands");
            }
            exprs(&f[2], Kind::Load, false)?;
            expr(&f[0], Kind::Load)
        }
        Kind::Call => {
            expr(&f[0], Kind::Load)?;
            exprs(&f[1], Kind::Load, false)?;
            keywords(&f[2])
        }
        Kind::FormattedValue => loads(&[&f[0], &f[2]]),
        Kind::Interpolation => loads(&[&f[0], &f[3]]),
        Kind::Subscript => loads(&[&f[1], &f[0]]),
        Kind::Starred => expr(&f[0], context),
        Kind::List | Kind::Tuple => exprs(&f[0], context, false),
        Kind::Slice => loads(&[&f[0], &f[1], &f[2]]),
        _ => Ok(()),
    }
}

fn patterns(field: &Field, star_allowed: bool) -> Result {
    elements(field)
        .iter()
        .try_for_each(|field| pattern_field(field, star_allowed))
}

fn pattern_field(field: &Field, star_allowed: bool) -> Result {
    match field {
        Field::Node(node) => pattern(node, star_allowed),
        _ => value_error("None disallowed in pattern list"),
    }
}

fn capture(field: &Field) -> Result {
    match field {
        Field::Str(text) if &**text == "_" => value_error("can't capture name '_' in patterns"),
        field => name(field),
    }
}

fn pattern(node: &Node, star_allowed: bool) -> Result {
    positions(node)?;
    let f = &node.fields;
    match node.kind {
        Kind::MatchValue => match_value(&f[0]),
        Kind::MatchSingleton => match &f[0] {
            Field::Constant(Constant::None | Constant::Bool(_)) => Ok(()),
            _ => value_error("MatchSingleton can only contain True, False and None"),
        },
        Kind::MatchSequence => patterns(&f[0], true),
        Kind::MatchMapping => {
            if elements(&f[0]).len() != elements(&f[1]).len() {
                return value_error(
                    "MatchMapping doesn't have the same number of keys as patterns",
                );
            }
            capture(&f[2])?;
            for key in elements(&f[0]) {
                if !matches!(constant(key), Some(Constant::None | Constant::Bool(_))) {
                    match_value(key)?;
                }
            }
            patterns(&f[1], false)
        }
        Kind::MatchClass => {
            if elements(&f[2]).len() != elements(&f[3]).len() {
                return value_error(
                    "MatchClass doesn't have the same number of keyword attributes as patterns",
                );
            }
            expr(&f[0], Kind::Load)?;
            let mut class = &f[0];
            loop {
                match self::node(class) {
                    Some(node) if node.kind == Kind::Name => break,
                    Some(node) if node.kind == Kind::Attribute => class = &node.fields[0],
                    _ => {
                        return value_error(
                            "MatchClass cls field can only contain Name or Attribute nodes.",
                        );
                    }
                }
            }
            elements(&f[2]).iter().try_for_each(name)?;
            patterns(&f[1], false)?;
            patterns(&f[3], false)
        }
        Kind::MatchStar => {
            if !star_allowed {
                return value_error("can't use MatchStar here");
            }
            capture(&f[0])
        }
        Kind::MatchAs => {
            capture(&f[1])?;
            match (&f[0], &f[1]) {
                (Field::None, _) => Ok(()),
                (_, Field::None) => {
                    value_error("MatchAs must specify a target name if a pattern is given")
                }
                (inner, _) => pattern_field(inner, false),
            }
        }
        Kind::MatchOr => {
            if elements(&f[0]).len() < 2 {
                return value_error("MatchOr requires at least 2 patterns");
            }
            patterns(&f[0], false)
        }
        _ => Ok(()),
    }
}

fn constant(field: &Field) -> Option<&Constant> {
    match node(field)? {
        Node {
            kind: Kind::Constant,
            fields,
            ..
        } => match &fields[0] {
            Field::Constant(constant) => Some(constant),
            _ => None,
        },
        _ => None,
    }
}

fn match_value(field: &Field) -> Result {
    expr(field, Kind::Load)?;
    let literal = match constant(field) {
        Some(
            Constant::None
            | Constant::Bool(_)
            | Constant::Ellipsis
            | Constant::Tuple(_)
            | Constant::Frozenset(_),
        ) => {
            return value_error("unexpected constant inside of a literal pattern");
        }
        Some(_) => true,
        None => node(field).is_some_and(|node| match node.kind {
            Kind::Attribute | Kind::JoinedStr | Kind::TemplateStr => true,
            Kind::UnaryOp => is_negative_number(node, true),
            Kind::BinOp => is_complex_number(node),
            _ => false,
        }),
    };
    if literal {
        return Ok(());
    }
    value_error("patterns may only match literals and attribute lookups")
}

fn is_real(field: &Field) -> bool {
    matches!(
        constant(field),
        Some(Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_))
    )
}

fn is_imaginary(field: &Field) -> bool {
    matches!(constant(field), Some(Constant::Complex { .. }))
}

fn is_negative_number(node: &Node, imaginary_allowed: bool) -> bool {
    node.kind == Kind::UnaryOp
        && node.fields[0] == Field::Singleton(Kind::USub)
        && (is_real(&node.fields[1]) || imaginary_allowed && is_imaginary(&node.fields[1]))
}

fn is_complex_number(operation: &Node) -> bool {
    let f = &operation.fields;
    matches!(f[1], Field::Singleton(Kind::Add | Kind::Sub))
        && (is_real(&f[0]) || node(&f[0]).is_some_and(|left| is_negative_number(left, false)))
        && is_imaginary(&f[2])
}
