//! Compiles what it reads from standard input, so that a script running on the reference can compare the two compilers.
//!
//! A request is a line `mode optimize flags length filename` and then `length` bytes of source. An answer is a line
//! `kind length` and then that many bytes: marshal for `code` and `ast`, a Python literal for `error`; warnings come
//! before it. `ast-MODE` asks for the tree, as nested tuples
//! (class, place, fields); `round-MODE` for code by way of the tree.

use compiler::ast::{Attributes, Constant, Field, Node};
use compiler::{Decoded, Error, Mode, Options, decode_source};
use std::fmt::Write as _;
use std::io::{self, BufRead, Read, Write};

fn main() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut line = String::new();
    while {
        line.clear();
        input.read_line(&mut line)? > 0
    } {
        let mut fields = line.trim_end_matches('\n').splitn(5, ' ');
        let mut field = || fields.next().unwrap_or_default().to_owned();
        let mode = field();
        let (wish, mode) = mode.split_once('-').unwrap_or(("code", &mode));
        let mode = match mode {
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            _ => Mode::Exec,
        };
        let options = Options {
            optimize: field().parse().unwrap_or(0),
            flags: field().parse().unwrap_or(0),
            ..Options::default()
        };
        let mut source = vec![0; field().parse().unwrap_or(0)];
        input.read_exact(&mut source)?;
        answer(&mut output, &source, &field(), mode, options, wish)?;
        output.flush()?;
    }
    Ok(())
}

fn answer(
    output: &mut impl Write,
    source: &[u8],
    filename: &str,
    mode: Mode,
    options: Options,
    wish: &str,
) -> io::Result<()> {
    let mut warnings = Vec::new();
    // As for `compile()`, text that was never bytes says so with PyCF_IGNORE_COOKIE.
    let decoded = match std::str::from_utf8(source) {
        Ok(text) if options.flags & 0x800 != 0 => Ok(Decoded::Text(text.into())),
        _ => decode_source(source, None),
    };
    let result = decoded.and_then(|decoded| match decoded {
        Decoded::Text(text) => {
            let mut warn = |warning: &compiler::SyntaxWarning| {
                warnings.push(warning.clone());
                Ok(())
            };
            match wish {
                "ast" => {
                    compiler::parse_to_ast(&text, filename, mode, options, &mut warn).map(|tree| {
                        let mut out = Vec::new();
                        marshal_node(&mut out, &tree);
                        ("ast", out)
                    })
                }
                "round" => compiler::parse_to_ast(&text, filename, mode, options, &mut warn)
                    .and_then(|tree| compiler::compile_ast(tree, filename, options, &mut warn))
                    .map(|code| ("code", code)),
                "symtable" => {
                    compiler::symtable::symtable(&text, filename, mode, options).map(|block| {
                        let mut out = Vec::new();
                        marshal_block(&mut out, &block);
                        ("ast", out)
                    })
                }
                "tokens" => Ok(("ast", marshal_tokens(&text))),
                _ => compiler::compile(&text, filename, mode, options, &mut warn)
                    .map(|code| ("code", code)),
            }
        }
        Decoded::Encoded { encoding, .. } => Err(Error::Value(format!("encoding {encoding}"))),
    });
    for warning in warnings {
        let error = error_literal(&Error::Syntax(Box::new(warning.as_error)));
        let text = format!(
            "({}, {}, {error})",
            literal(&warning.message),
            warning.lineno
        );
        reply(output, "warning", text.as_bytes())?;
    }
    match result {
        Ok((kind, body)) => reply(output, kind, &body),
        Err(error) => reply(output, "error", error_literal(&error).as_bytes()),
    }
}

fn reply(output: &mut impl Write, kind: &str, body: &[u8]) -> io::Result<()> {
    writeln!(output, "{kind} {}", body.len())?;
    output.write_all(body)
}

fn error_literal(error: &Error) -> String {
    let (class, msg) = match error {
        Error::Syntax(error) => {
            let Some(place) = &error.location else {
                return format!(
                    "({:?}, {})",
                    format!("{:?}", error.kind),
                    literal(&error.msg)
                );
            };
            let mut text = format!(
                "({:?}, {}, {}, {}, {}, {}",
                format!("{:?}", error.kind),
                literal(&error.msg),
                optional(place.filename.as_deref()),
                place.lineno,
                place.offset,
                optional(place.text.as_deref()),
            );
            if let Some((lineno, offset)) = place.end {
                let _ = write!(text, ", {lineno}, {offset}");
            }
            return text + ")";
        }
        Error::Recursion(msg) => ("Recursion", msg.as_str()),
        Error::Memory(msg) => ("Memory", msg.as_str()),
        Error::Value(msg) => ("Value", msg.as_str()),
        Error::Overflow(msg) => ("Overflow", msg.as_str()),
        Error::Type(msg) => ("Type", msg.as_str()),
        Error::System(msg) => ("System", msg.as_str()),
        Error::Aborted => ("Aborted", ""),
    };
    format!("({class:?}, {})", literal(msg))
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), literal)
}

fn literal(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        let _ = write!(out, "\\U{:08x}", u32::from(c));
    }
    out + "'"
}

fn marshal_node(out: &mut Vec<u8>, node: &Node) {
    head(out, 3);
    marshal_str(out, node.kind.name().as_bytes());
    if node.kind.node_type().attributes == Attributes::None {
        out.push(b'N');
    } else {
        head(out, 4);
        let place = node.place;
        for n in [
            place.lineno,
            place.col_offset,
            place.end_lineno,
            place.end_col_offset,
        ] {
            marshal_str(out, n.to_string().as_bytes());
        }
    }
    head(out, node.fields.len());
    node.fields
        .iter()
        .for_each(|field| marshal_field(out, field));
}

fn marshal_field(out: &mut Vec<u8>, field: &Field) {
    match field {
        Field::None => out.push(b'N'),
        Field::Node(node) => marshal_node(out, node),
        Field::Singleton(kind) => marshal_str(out, kind.name().as_bytes()),
        Field::Sequence(fields) => {
            out.push(b'[');
            out.extend_from_slice(&(fields.len() as u32).to_le_bytes());
            fields.iter().for_each(|field| marshal_field(out, field));
        }
        Field::Str(text) => marshal_str(out, text.as_bytes()),
        Field::Int(value) => marshal_str(out, value.to_string().as_bytes()),
        Field::Constant(value) => {
            head(out, 2);
            marshal_constant(out, value);
        }
    }
}

/// A constant is its class and its value; numbers are text, which the script reads.
fn marshal_constant(out: &mut Vec<u8>, value: &Constant) {
    let mut pair = |class: &str, text: &[u8]| {
        marshal_str(out, class.as_bytes());
        marshal_str(out, text);
    };
    match value {
        Constant::None => pair("const", b"None"),
        Constant::Bool(value) => pair("const", if *value { b"True" } else { b"False" }),
        Constant::Ellipsis => pair("const", b"Ellipsis"),
        Constant::Int(value) => pair("#int", value.to_string().as_bytes()),
        Constant::BigInt(value) => pair("#int", value.as_bytes()),
        Constant::Float(value) => pair("float", value.to_bits().to_string().as_bytes()),
        Constant::Complex { imag, .. } => pair("complex", imag.to_bits().to_string().as_bytes()),
        Constant::Str(value) => pair("str", value),
        Constant::Bytes(value) => {
            marshal_str(out, b"bytes");
            out.push(b's');
            out.extend_from_slice(&(value.len() as u32).to_le_bytes());
            out.extend_from_slice(value);
        }
        Constant::Tuple(_) | Constant::Frozenset(_) => pair("const", b"sequence"),
    }
}

fn head(out: &mut Vec<u8>, len: usize) {
    out.push(b'(');
    out.extend_from_slice(&(len as u32).to_le_bytes());
}

fn marshal_str(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'u');
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}

/// The tokens as a list; an error is the last element.
fn marshal_tokens(text: &str) -> Vec<u8> {
    let tokens: Vec<_> = compiler::syntax::tokenize(text, true).collect();
    let mut out = vec![b'['];
    out.extend_from_slice(&(tokens.len() as u32).to_le_bytes());
    for token in tokens {
        match token {
            Ok(token) => {
                head(&mut out, 7);
                let (start, end) = (token.start, token.end);
                for number in [i64::from(token.kind as u8), start.0, start.1, end.0, end.1] {
                    marshal_str(&mut out, number.to_string().as_bytes());
                }
                marshal_str(&mut out, token.string.as_bytes());
                marshal_str(&mut out, token.line.as_bytes());
            }
            Err(error) => marshal_str(&mut out, error_literal(&error).as_bytes()),
        }
    }
    out
}

fn marshal_block(out: &mut Vec<u8>, block: &compiler::symtable::Block) {
    head(out, 6);
    marshal_str(out, block.name.as_bytes());
    let numbers = [i64::from(block.kind), i64::from(block.nested), block.lineno];
    marshal_str(out, format!("{numbers:?}").as_bytes());
    head(out, block.symbols.len());
    for (name, flags) in &block.symbols {
        marshal_str(out, format!("{name} {flags}").as_bytes());
    }
    head(out, block.varnames.len());
    block
        .varnames
        .iter()
        .for_each(|name| marshal_str(out, name.as_bytes()));
    head(out, block.children.len());
    block
        .children
        .iter()
        .for_each(|child| marshal_block(out, child));
    out.push(b'N');
}
