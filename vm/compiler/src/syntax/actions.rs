//! What rules do that takes more than a place and a text.

use super::grammar::Kind;
use super::parser::{Node, Parser, Span, Value};
use super::unescape;
use crate::error::SyntaxErrorKind;
use std::rc::Rc;

/// Called with the token at which the alternative begins, the named values, and the text. None turns the rule down; what
/// is raised besides is the error.
pub(super) type Do = fn(&mut Parser<'_>, usize, &[Value], &str) -> Option<Value>;

pub(super) const DO: &[(&str, Do)] = &[
    ("nothing", |_, _, _, _| None),
    ("real", real),
    ("imaginary", imaginary),
    ("not_equal", not_equal),
    ("legacy_not_equal", legacy_not_equal),
    ("number", number),
    ("text", text),
    ("conversion", conversion),
    ("string", string),
    ("concatenate", concatenate),
    ("generator", generator),
    ("generator_among", generator_among),
    ("positional_follows", positional_follows),
    ("assign_to_word", assign_to_word),
    ("legacy", legacy),
    ("comma", comma),
    ("star_target", star_target),
    ("for_target", for_target),
    ("del_target", del_target),
    ("range_of", range_of),
    ("colon_after", colon_after),
    ("bound", bound),
];

fn token_text(parser: &Parser<'_>, value: &Value) -> String {
    match value {
        Value::Token(index) => {
            String::from_utf8_lossy(parser.text(parser.tokens[*index])).into_owned()
        }
        _ => String::new(),
    }
}

fn node(value: &Value) -> Option<&Rc<Node>> {
    match value {
        Value::Node(node) => Some(node),
        _ => None,
    }
}

/// The elements of a sequence, with the sequences inside it laid out.
fn flat(value: &Value) -> Vec<Value> {
    match value {
        Value::None => Vec::new(),
        Value::List(values) => values.iter().flat_map(flat).collect(),
        Value::Node(node) if matches!(node.kind, Kind::Sequence | Kind::Arguments) => {
            node.children.iter().flat_map(flat).collect()
        }
        other => vec![other.clone()],
    }
}

fn real(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    if token_text(parser, &about[0]).ends_with(['j', 'J']) {
        let span = parser.span(&about[0]);
        parser.raise_span("real number required in complex literal".to_owned(), span);
        return None;
    }
    number(parser, begin, about, "")
}

fn imaginary(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    if !token_text(parser, &about[0]).ends_with(['j', 'J']) {
        let span = parser.span(&about[0]);
        parser.raise_span(
            "imaginary number required in complex literal".to_owned(),
            span,
        );
        return None;
    }
    number(parser, begin, about, "")
}

fn not_equal(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    if parser.barry {
        let msg = "with Barry as BDFL, use '<>' instead of '!='";
        parser.raise_at_last(SyntaxErrorKind::Syntax, msg.to_owned());
        return None;
    }
    Some(about[0].clone())
}

fn legacy_not_equal(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    let (less, greater) = (parser.span(&about[0]), parser.span(&about[1]));
    if less.lineno != greater.lineno || less.end_col_offset != greater.col_offset {
        return None;
    }
    if !parser.barry {
        parser.raise_span(
            "invalid syntax.  Maybe you meant '!=' instead of '<>'?".to_owned(),
            less.to(greater),
        );
        return None;
    }
    Some(about[0].clone())
}

fn number(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    let text = token_text(parser, &about[0]);
    if parser.feature_version < 6 && text.contains('_') {
        let span = parser.span(&about[0]);
        parser.raise_span(
            "Underscores in numeric literals are only supported in Python 3.6 and greater"
                .to_owned(),
            span,
        );
        return None;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let decimal = text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if decimal && parser.max_str_digits > 0 && digits > parser.max_str_digits {
        let msg = format!(
            "Exceeds the limit ({} digits) for integer string conversion: value has {digits} digits; \
             use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals \
             to avoid decimal conversion limits.",
            parser.max_str_digits
        );
        let span = parser.span(&about[0]);
        parser.raise(
            SyntaxErrorKind::Syntax,
            msg,
            (span.lineno, 0),
            (span.end_lineno, 0),
        );
        return None;
    }
    Some(parser.node(Kind::Number, begin, Vec::new()))
}

/// Text between the fields of an interpolated string.
fn text(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    let Value::Token(index) = about[0] else {
        return None;
    };
    let token = parser.tokens[index];
    if !token.raw
        && let Err(problem) = unescape::check_text(&token_text(parser, &about[0]))
    {
        parser.raise_at_last(SyntaxErrorKind::Syntax, problem);
        return None;
    }
    Some(parser.node(Kind::Str, begin, Vec::new()))
}

fn conversion(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    let letter = parser.lexer.string_letter();
    let (mark, name) = (parser.span(&about[0]), parser.span(&about[1]));
    if mark.lineno != name.lineno || mark.end_col_offset != name.col_offset {
        let msg =
            format!("{letter}-string: conversion type must come right after the exclamation mark");
        parser.raise_span(msg, mark.to(name));
        return None;
    }
    let text = token_text(parser, &about[1]);
    if !matches!(&*text, "s" | "r" | "a") {
        let msg = format!(
            "{letter}-string: invalid conversion character '{text}': expected 's', 'r', or 'a'"
        );
        parser.raise_span(msg, name);
        return None;
    }
    Some(parser.node(Kind::Other, begin, Vec::new()))
}

fn string(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    parser.note_string(&about[0]);
    let text = token_text(parser, &about[0]);
    let quote = text.find(['"', '\'']).unwrap_or(0);
    let (prefix, body) = text.split_at(quote);
    let size = if body.len() >= 6 && body.as_bytes()[..3] == body[..1].repeat(3).into_bytes()[..] {
        3
    } else {
        1
    };
    let body = body.get(size..body.len() - size).unwrap_or_default();
    let bytes = prefix.contains(['b', 'B']);
    let raw = prefix.contains(['r', 'R']);
    if bytes && !body.is_ascii() {
        let span = parser.span(&about[0]);
        parser.raise_span(
            "bytes can only contain ASCII literal characters".to_owned(),
            span,
        );
        return None;
    }
    let checked = match (raw, bytes) {
        (true, _) => Ok(()),
        (_, true) => unescape::check_bytes(body),
        _ => unescape::check_text(body),
    };
    if let Err(problem) = checked {
        parser.raise_at_last(SyntaxErrorKind::Syntax, problem);
        return None;
    }
    Some(parser.node(
        if bytes { Kind::Bytes } else { Kind::Str },
        begin,
        Vec::new(),
    ))
}

/// Strings side by side are one, unless text meets bytes.
fn concatenate(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    let kinds: Vec<Kind> = flat(&about[0])
        .iter()
        .filter_map(|part| node(part).map(|node| node.kind))
        .collect();
    let bytes = kinds.iter().filter(|kind| **kind == Kind::Bytes).count();
    if bytes > 0 && bytes < kinds.len() {
        parser.raise_at_last(
            SyntaxErrorKind::Syntax,
            "cannot mix bytes and nonbytes literals".to_owned(),
        );
        return None;
    }
    let kind = match kinds.iter().find(|kind| **kind == Kind::JoinedStr) {
        Some(joined) => *joined,
        None => kinds.first().copied().unwrap_or(Kind::Str),
    };
    Some(parser.node(kind, begin, Vec::new()))
}

/// The end of the last comprehension: its last condition, or what it runs over.
fn comprehension_end(parser: &Parser<'_>, comprehensions: &Value) -> Option<Span> {
    let last = flat(comprehensions).pop()?;
    let children = &node(&last)?.children;
    let conditions = flat(children.get(1)?);
    Some(parser.span(conditions.last().or(children.first())?))
}

fn generator(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    let end = comprehension_end(parser, &about[1])?;
    let span = parser.span(&about[0]).to(end);
    parser.raise_span(
        "Generator expression must be parenthesized".to_owned(),
        span,
    );
    None
}

/// `f(x, y for y in z)`: the arguments have swallowed what the generator begins with.
fn generator_among(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    let positional = positional(&about[0]);
    if positional.len() <= 1 {
        return None;
    }
    let end = comprehension_end(parser, &about[1])?;
    let span = parser.span(positional.last()?).to(end);
    parser.raise_span(
        "Generator expression must be parenthesized".to_owned(),
        span,
    );
    None
}

fn positional(value: &Value) -> Vec<Value> {
    let mut all = flat(value);
    all.retain(|argument| {
        !node(argument).is_some_and(|node| matches!(node.kind, Kind::Keyword | Kind::DoubleStarred))
    });
    all
}

fn positional_follows(
    parser: &mut Parser<'_>,
    _: usize,
    about: &[Value],
    _: &str,
) -> Option<Value> {
    let unpacking = flat(&about[0])
        .iter()
        .any(|argument| node(argument).is_some_and(|node| node.kind == Kind::DoubleStarred));
    let msg = if unpacking {
        "positional argument follows keyword argument unpacking"
    } else {
        "positional argument follows keyword argument"
    };
    parser.raise_at_last(SyntaxErrorKind::Syntax, msg.to_owned());
    None
}

fn assign_to_word(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    let msg = format!("cannot assign to {}", token_text(parser, &about[0]));
    let span = parser.span(&about[0]).to(parser.span(&about[1]));
    parser.raise_span(msg, span);
    None
}

fn is_legacy(text: &str) -> bool {
    matches!(text, "print" | "exec")
}

fn legacy(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    let name = token_text(parser, &about[0]);
    if is_legacy(&name) {
        let msg = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
        let span = parser.span(&about[0]).to(parser.span(&about[1]));
        parser.raise_span(msg, span);
    }
    None
}

/// Two expressions side by side inside brackets.
fn comma(parser: &mut Parser<'_>, begin: usize, about: &[Value], _: &str) -> Option<Value> {
    let is_name = node(&about[0]).is_some_and(|node| node.kind == Kind::Name);
    if is_name && is_legacy(&token_text(parser, &Value::Token(begin)))
        || parser.tokens[parser.mark - 1].level == 0
    {
        return None;
    }
    let span = parser.span(&about[0]).to(parser.span(&about[1]));
    parser.raise_span(
        "invalid syntax. Perhaps you forgot a comma?".to_owned(),
        span,
    );
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Targets {
    Star,
    For,
    Del,
}

/// The part of a target that cannot be one.
fn invalid_target(value: &Value, targets: Targets) -> Option<Rc<Node>> {
    let node = node(value)?;
    match node.kind {
        Kind::List | Kind::Tuple => node
            .children
            .iter()
            .flat_map(flat)
            .find_map(|element| invalid_target(&element, targets)),
        Kind::Starred if targets == Targets::Del => Some(node.clone()),
        Kind::Starred => invalid_target(node.children.first()?, targets),
        // In `for x in y`, the target and the word after it look like a comparison.
        Kind::Compare if targets == Targets::For => {
            let first = flat(&node.children[1]).into_iter().next();
            let is_in = first
                .is_some_and(|pair| self::node(&pair).is_some_and(|pair| pair.kind == Kind::In));
            if is_in {
                invalid_target(&node.children[0], targets)
            } else {
                None
            }
        }
        Kind::Name | Kind::Subscript | Kind::Attribute => None,
        _ => Some(node.clone()),
    }
}

fn raise_target(parser: &mut Parser<'_>, value: &Value, targets: Targets) -> Option<Value> {
    let target = invalid_target(value, targets)?;
    let verb = if targets == Targets::Del {
        "delete"
    } else {
        "assign to"
    };
    parser.raise_span(format!("cannot {verb} {}", target.kind.name()), target.span);
    None
}

fn star_target(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    raise_target(parser, &about[0], Targets::Star)
}

fn for_target(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    raise_target(parser, &about[0], Targets::For)
}

fn del_target(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    raise_target(parser, &about[0], Targets::Del)
}

/// From the first element of one sequence to the last of another.
fn range_of(parser: &mut Parser<'_>, _: usize, about: &[Value], msg: &str) -> Option<Value> {
    let span = parser.span(&about[0]).to(parser.span(&about[1]));
    parser.raise_span(msg.to_owned(), span);
    None
}

fn colon_after(parser: &mut Parser<'_>, _: usize, about: &[Value], _: &str) -> Option<Value> {
    let span = parser.span(&about[0]);
    let msg = "':' expected after dictionary key".to_owned();
    parser.raise(
        SyntaxErrorKind::Syntax,
        msg,
        (span.lineno, span.end_col_offset),
        (span.end_lineno, 0),
    );
    None
}

fn bound(parser: &mut Parser<'_>, _: usize, about: &[Value], what: &str) -> Option<Value> {
    let tuple = node(&about[1]).is_some_and(|node| node.kind == Kind::Tuple);
    let msg = format!(
        "cannot use {} with {what}",
        if tuple { "constraints" } else { "bound" }
    );
    parser.raise_since(msg, &about[0]);
    None
}
