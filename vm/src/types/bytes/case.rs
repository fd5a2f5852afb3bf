//! Case and character classes of bytes: ASCII's.

use super::methods::ByteLike;
use crate::err::Result;

/// A copy whose bytes are mapped, each with its index.
fn mapped<S: ByteLike>(s: &S, mut f: impl FnMut(usize, u8) -> u8) -> Result {
    let bytes = s.view();
    S::make_with(bytes.len(), |out| {
        for (i, (to, &b)) in out.iter_mut().zip(bytes).enumerate() {
            *to = f(i, b);
        }
    })
}

pub fn lower<S: ByteLike>(s: &S) -> Result {
    mapped(s, |_, b| b.to_ascii_lowercase())
}

pub fn upper<S: ByteLike>(s: &S) -> Result {
    mapped(s, |_, b| b.to_ascii_uppercase())
}

pub fn swapcase<S: ByteLike>(s: &S) -> Result {
    mapped(s, |_, b| if b.is_ascii_alphabetic() { b ^ 0x20 } else { b })
}

pub fn capitalize<S: ByteLike>(s: &S) -> Result {
    mapped(s, |i, b| {
        if i == 0 {
            b.to_ascii_uppercase()
        } else {
            b.to_ascii_lowercase()
        }
    })
}

pub fn title<S: ByteLike>(s: &S) -> Result {
    let mut in_word = false;
    mapped(s, |_, b| {
        let to = if in_word {
            b.to_ascii_lowercase()
        } else {
            b.to_ascii_uppercase()
        };
        in_word = b.is_ascii_alphabetic();
        to
    })
}

fn all<S: ByteLike>(s: &S, property: impl Fn(&u8) -> bool) -> Result<bool> {
    Ok(!s.view().is_empty() && s.view().iter().all(property))
}

pub fn isalnum<S: ByteLike>(s: &S) -> Result<bool> {
    all(s, u8::is_ascii_alphanumeric)
}

pub fn isalpha<S: ByteLike>(s: &S) -> Result<bool> {
    all(s, u8::is_ascii_alphabetic)
}

pub fn isdigit<S: ByteLike>(s: &S) -> Result<bool> {
    all(s, u8::is_ascii_digit)
}

pub fn isspace<S: ByteLike>(s: &S) -> Result<bool> {
    all(s, |&b| text::search::is_ascii_space(b.into()))
}

pub fn isascii<S: ByteLike>(s: &S) -> Result<bool> {
    Ok(s.view().is_ascii())
}

pub fn islower<S: ByteLike>(s: &S) -> Result<bool> {
    let bytes = s.view();
    Ok(bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase))
}

pub fn isupper<S: ByteLike>(s: &S) -> Result<bool> {
    let bytes = s.view();
    Ok(bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase))
}

pub fn istitle<S: ByteLike>(s: &S) -> Result<bool> {
    let (mut cased, mut in_word) = (false, false);
    for b in s.view() {
        if b.is_ascii_uppercase() && in_word || b.is_ascii_lowercase() && !in_word {
            return Ok(false);
        }
        in_word = b.is_ascii_alphabetic();
        cased |= in_word;
    }
    Ok(cased)
}
