//! Text to floats: the grammar of `float()` and of `PyOS_string_to_double`.

/// `inf`, `infinity` or `nan` in any case, without sign.
pub(super) fn special(text: &[u8]) -> Option<f64> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        Some(f64::INFINITY)
    } else if text.eq_ignore_ascii_case(b"nan") {
        Some(f64::NAN)
    } else {
        None
    }
}

/// The float that the whole text spells; nothing may surround it.
pub fn parse(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The float at the start of the text and where it ends.
pub fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let digits = |at: usize| {
        text[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let start = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    for len in [8, 3] {
        if let Some(word) = text.get(start..start + len)
            && special(word).is_some()
        {
            return Some((parse(&text[..start + len])?, start + len));
        }
    }
    let whole = digits(start);
    let mut end = start + whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let first = end + 1 + sign;
        if first < text.len() && digits(first) > 0 {
            end = first + digits(first);
        }
    }
    Some((parse(&text[..end])?, end))
}

/// `float(text)`: white space around and single underscores between digits are allowed.
pub fn parse_literal(text: &[u8]) -> Option<f64> {
    let text = crate::digits::trim_space(text);
    if text.contains(&b'_') {
        parse(&without_underscores(text)?)
    } else {
        parse(text)
    }
}

/// Removes underscores, each of which must stand between two digits.
pub(super) fn without_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let mut kept = Vec::with_capacity(text.len());
    for (at, &byte) in text.iter().enumerate() {
        if byte != b'_' {
            kept.push(byte);
        } else if at == 0 || !is_digit(at - 1) || !is_digit(at + 1) {
            return None;
        }
    }
    Some(kept)
}
