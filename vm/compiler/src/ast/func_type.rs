//! Trees of function types, `(int, *str) -> bool`, as comments of types have them.
//!
//! The front end knows no such thing, so it parses the parts: the arguments as those of a call, the rest as an expression,
//! each at its own place in a text that is blank otherwise.

use super::asdl::Kind;
use super::read;
use super::tree::{Field, Node, Place};
use crate::compile::{Mode, Options, SyntaxWarning, flags};
use crate::error::Error;
use crate::parse;
use crate::syntax::{self, TypeComments};

pub(crate) fn parse(
    source: &str,
    filename: &str,
    options: Options,
    warnings: &mut Vec<SyntaxWarning>,
) -> Result<Node, Error> {
    if let Some(error) = syntax::diagnose(source, filename, Mode::FuncType, options, warnings) {
        return Err(error);
    }
    let Some(parts) = syntax::func_type_parts(source) else {
        return Err(Error::unlocated("invalid syntax"));
    };
    let (before, after) = source.split_at(parts.open);
    let options = Options {
        flags: options.flags & !flags::TYPE_COMMENTS,
        ..options
    };
    let mut expression = |text: String| -> Result<Node, Error> {
        let parsed = parse::parse(&text, filename, Mode::Eval, options, warnings)?;
        let comments = TypeComments::default();
        let mut root = read::read(&parsed.tree, &parsed.source, false, &comments);
        match root.fields.pop() {
            Some(Field::Node(node)) => Ok(*node),
            _ => Err(Error::unlocated("invalid syntax")),
        }
    };
    let inside = &source[parts.open..=parts.close];
    let mut call = expression(format!("{before}f{inside}"))?;
    let line = before.matches('\n').count() as i32 + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    shift(&mut call, line, column as i32);
    let blank: String = after[1..parts.arrow - parts.open]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect();
    let returns = expression(format!("{before}({blank}{}\n)", &source[parts.arrow..]))?;
    Ok(Node::new(
        Kind::FunctionType,
        Place::default(),
        vec![arguments(call), returns.into()],
    ))
}

/// The types among a call's arguments; stars do not show in the tree.
fn arguments(call: Node) -> Field {
    let mut fields = call.fields.into_iter().skip(1);
    let mut next = || match fields.next() {
        Some(Field::Sequence(elements)) => elements,
        _ => Vec::new(),
    };
    let positional = next().into_iter().map(|argument| match argument {
        Field::Node(node) if node.kind == Kind::Starred => first(*node),
        other => other,
    });
    let mut types: Vec<Field> = positional.collect();
    types.extend(next().into_iter().filter_map(|keyword| match keyword {
        Field::Node(node) => node.fields.into_iter().nth(1),
        _ => None,
    }));
    Field::Sequence(types)
}

fn first(node: Node) -> Field {
    node.fields.into_iter().next().unwrap_or(Field::None)
}

/// Moves what stands on `line` behind `column` back by one.
fn shift(node: &mut Node, line: i32, column: i32) {
    let place = &mut node.place;
    if place.lineno == line && place.col_offset > column {
        place.col_offset -= 1;
    }
    if place.end_lineno == line && place.end_col_offset > column {
        place.end_col_offset -= 1;
    }
    node.fields
        .iter_mut()
        .for_each(|field| shift_field(field, line, column));
}

fn shift_field(field: &mut Field, line: i32, column: i32) {
    match field {
        Field::Node(node) => shift(node, line, column),
        Field::Sequence(fields) => fields
            .iter_mut()
            .for_each(|field| shift_field(field, line, column)),
        _ => {}
    }
}
