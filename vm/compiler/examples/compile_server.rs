//! Compiles what it reads from standard input, so that a script running on the reference can compare the two compilers.
//!
//! A request is a line `mode optimize flags length filename` and then `length` bytes of source. An answer is a line
//! `kind length` and then that many bytes: marshal for `code`, a Python literal for `error`; warnings come before it.

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
        let mode = match field().as_str() {
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
        answer(&mut output, &source, &field(), mode, options)?;
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
) -> io::Result<()> {
    let mut warnings = Vec::new();
    // As for `compile()`, text that was never bytes says so with PyCF_IGNORE_COOKIE.
    let decoded = match std::str::from_utf8(source) {
        Ok(text) if options.flags & 0x800 != 0 => Ok(Decoded::Text(text.into())),
        _ => decode_source(source),
    };
    let result = decoded.and_then(|decoded| match decoded {
        Decoded::Text(text) => compiler::compile(&text, filename, mode, options, &mut |warning| {
            warnings.push(warning.clone());
            Ok(())
        }),
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
        Ok(code) => reply(output, "code", &code),
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
