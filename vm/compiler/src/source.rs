//! From source bytes to text: byte-order mark, encoding cookie (PEP 263), and the two encodings that need no codec.
//!
//! Serves `compile()` of bytes, the import system and the reading of script files. Other encodings are named to the
//! caller, whose codecs decode them.

use crate::error::{Error, Location, SyntaxError, SyntaxErrorKind};
use std::borrow::Cow;

/// What the head of a source file says about its encoding, applied as far as it can be here.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// The text, without its byte-order mark.
    Text(Cow<'a, str>),
    /// The caller decodes `body` with its codec `encoding` (strictly), then compiles the text.
    Encoded { encoding: String, body: &'a [u8] },
}

/// Decode Python source as the tokenizer does: UTF-8 unless a cookie in the first two lines says otherwise.
/// `file` is where it came from, if that is to be told.
pub fn decode_source<'a>(source: &'a [u8], file: Option<&str>) -> Result<Decoded<'a>, Error> {
    if source.contains(&0) {
        return Err(Error::unlocated(
            "source code string cannot contain null bytes",
        ));
    }
    let (body, bom) = match source.strip_prefix(b"\xef\xbb\xbf") {
        Some(body) => (body, true),
        None => (source, false),
    };
    let Some((encoding, line)) = encoding_cookie(body) else {
        return utf8(body, file);
    };
    if bom && encoding != "utf-8" {
        return Err(bom_conflict(body, line, &encoding));
    }
    match encoding.as_str() {
        "utf-8" => utf8(body, file),
        "iso-8859-1" => Ok(Decoded::Text(body.iter().map(|&b| char::from(b)).collect())),
        _ => Ok(Decoded::Encoded { encoding, body }),
    }
}

/// The name in the cookie, normalised as the tokenizer normalises it, and the index of its line.
fn encoding_cookie(body: &[u8]) -> Option<(String, usize)> {
    for (index, line) in lines(body).take(2).enumerate() {
        let code = line.iter().position(|b| !b" \t\x0c".contains(b));
        match code.map(|i| line[i]) {
            Some(b'#') => {
                if let Some(name) = cookie_in_comment(line) {
                    return Some((normalise(name), index));
                }
            }
            Some(b'\n' | b'\r') | None => {}
            // A cookie on the second line counts only if the first holds no code.
            Some(_) => return None,
        }
    }
    None
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = match rest.iter().position(|&b| b == b'\n' || b == b'\r') {
            Some(i) if rest[i] == b'\r' && rest.get(i + 1) == Some(&b'\n') => i + 2,
            Some(i) => i + 1,
            None => rest.len(),
        };
        let (line, tail) = rest.split_at(end);
        rest = tail;
        Some(line)
    })
}

/// Finds `coding[:=]\s*([-\w.]+)` in a comment line.
fn cookie_in_comment(line: &[u8]) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = line[from..].windows(6).position(|w| w == b"coding") {
        let mut at = from + at + 6;
        from = at;
        if !matches!(line.get(at), Some(b':' | b'=')) {
            continue;
        }
        at += 1;
        while matches!(line.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        let len = line[at..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
            .count();
        if len > 0 {
            return std::str::from_utf8(&line[at..at + len]).ok();
        }
    }
    None
}

/// `utf-8*` and the common spellings of Latin-1 are recognised whatever follows them; other names stay as written.
fn normalise(name: &str) -> String {
    let head: String = name
        .chars()
        .take(12)
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let is =
        |stem: &str| head == stem || head.strip_prefix(stem).is_some_and(|t| t.starts_with('-'));
    if is("utf-8") {
        "utf-8".to_owned()
    } else if [
        "latin-1",
        "iso-8859-1",
        "iso-latin-1",
        "latin1",
        "iso8859-1",
        "l1",
    ]
    .into_iter()
    .any(is)
    {
        "iso-8859-1".to_owned()
    } else {
        name.to_owned()
    }
}

fn utf8<'a>(body: &'a [u8], file: Option<&str>) -> Result<Decoded<'a>, Error> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(Decoded::Text(Cow::Borrowed(text))),
        Err(error) => Err(not_utf8(body, error.valid_up_to(), file)),
    }
}

fn not_utf8(body: &[u8], at: usize, file: Option<&str>) -> Error {
    let place = file.map_or_else(String::new, |name| format!(" in file {name}"));
    let line = 1 + body[..at].iter().filter(|&&b| b == b'\n').count();
    let start = body[..at]
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |i| i + 1);
    let end = body[at..]
        .iter()
        .position(|&b| b == b'\n')
        .map_or(body.len(), |i| at + i);
    let offset = 1 + String::from_utf8_lossy(&body[start..at]).chars().count() as i64;
    located(
        format!(
            "Non-UTF-8 code starting with '\\x{:02x}'{place} on line {line}, but no encoding declared; \
             see https://peps.python.org/pep-0263/ for details",
            body[at]
        ),
        Location {
            filename: None,
            lineno: line as i64,
            offset,
            text: Some(String::from_utf8_lossy(&body[start..end]).into_owned()),
            end: Some((line as i64, offset)),
        },
    )
}

fn bom_conflict(body: &[u8], line: usize, encoding: &str) -> Error {
    let text = lines(body).nth(line).unwrap_or_default();
    let text = String::from_utf8_lossy(text)
        .trim_end_matches(['\n', '\r'])
        .to_owned();
    let lineno = line as i64 + 1;
    located(
        format!("encoding problem: {encoding} with BOM"),
        Location {
            filename: None,
            lineno,
            offset: 0,
            end: Some((lineno, text.chars().count() as i64)),
            text: Some(text),
        },
    )
}

fn located(msg: String, location: Location) -> Error {
    Error::Syntax(Box::new(SyntaxError {
        kind: SyntaxErrorKind::Syntax,
        msg,
        location: Some(location),
    }))
}
