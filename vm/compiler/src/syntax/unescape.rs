//! Looks for what is wrong with the escape sequences of a literal.

/// What is wrong with the text of a string, in the words of the reference's decoder.
pub(super) fn check_text(body: &str) -> Result<(), String> {
    // The reference decodes a form of the text in which every other character is an escape of ten bytes.
    let mut position = 0;
    let mut rest = body;
    while let Some(c) = rest.chars().next() {
        if c != '\\' {
            position += if c.is_ascii() { 1 } else { 10 };
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let Some(escape) = rest[1..].chars().next() else {
            return Ok(());
        };
        let after = &rest[1 + escape.len_utf8()..];
        let length = match escape {
            'x' => hex(after, 2, position, "truncated \\xXX escape")?,
            'u' => hex(after, 4, position, "truncated \\uXXXX escape")?,
            'U' => hex(after, 8, position, "truncated \\UXXXXXXXX escape")?,
            'N' => named(after, position)?,
            _ => 0,
        };
        let consumed = 1 + escape.len_utf8() + length;
        position += if escape.is_ascii() { consumed } else { 16 };
        rest = &rest[consumed..];
    }
    Ok(())
}

fn hex(after: &str, digits: usize, position: usize, message: &str) -> Result<usize, String> {
    let found = after
        .bytes()
        .take(digits)
        .take_while(u8::is_ascii_hexdigit)
        .count();
    if found < digits {
        return Err(problem(position, 2 + found, message));
    }
    if digits == 8 && u32::from_str_radix(&after[..8], 16).is_ok_and(|code| code > 0x10_ffff) {
        return Err(problem(position, 10, "illegal Unicode character"));
    }
    Ok(digits)
}

fn named(after: &str, position: usize) -> Result<usize, String> {
    let malformed = |length| problem(position, length, "malformed \\N character escape");
    if !after.starts_with('{') {
        return Err(malformed(2));
    }
    let Some(end) = after.find('}') else {
        return Err(malformed(2 + width(after)));
    };
    let name = &after[1..end];
    if name.is_empty() {
        return Err(malformed(3));
    }
    if text::names::lookup(name).is_some() {
        return Ok(end + 1);
    }
    Err(problem(
        position,
        3 + width(name) + 1,
        "unknown Unicode character name",
    ))
}

fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if c.is_ascii() { 1 } else { 10 })
        .sum()
}

fn problem(position: usize, length: usize, message: &str) -> String {
    if length == 1 {
        return format!(
            "(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {position}: {message}"
        );
    }
    let end = position + length - 1;
    format!(
        "(unicode error) 'unicodeescape' codec can't decode bytes in position {position}-{end}: {message}"
    )
}

/// What is wrong with the text of a bytes literal.
pub(super) fn check_bytes(body: &str) -> Result<(), String> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        let escape = at + found;
        if bytes.get(escape + 1) == Some(&b'x') {
            let digits = bytes[escape + 2..]
                .iter()
                .take(2)
                .take_while(|b| b.is_ascii_hexdigit())
                .count();
            if digits < 2 {
                return Err(format!(
                    "(value error) invalid \\x escape at position {escape}"
                ));
            }
        }
        at = (escape + 2).min(bytes.len());
    }
    Ok(())
}
