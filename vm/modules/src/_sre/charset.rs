//! Sets of characters: the code words of `IN`, with the answers for Latin-1 worked out in advance.

use text::chars;

use super::program::Words;

/// How case is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    None,
    Ascii,
    Locale,
    Unicode,
}

mod code {
    pub const FAILURE: u32 = 0;
    pub const CATEGORY: u32 = 8;
    pub const CHARSET: u32 = 9;
    pub const BIGCHARSET: u32 = 10;
    pub const LITERAL: u32 = 16;
    pub const NEGATE: u32 = 21;
    pub const RANGE: u32 = 22;
    pub const RANGE_UNI_IGNORE: u32 = 42;
}
use code::*;

/// A set, and the case folding of the characters that are looked up in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    words: Box<[u32]>,
    fold: Fold,
    /// A bit for each Latin-1 character; not used if the set depends on the locale.
    low: [u64; 4],
    by_locale: bool,
}

impl Set {
    /// Checks the words, which end in `FAILURE`.
    pub fn decode(words: &[u32], fold: Fold) -> Option<Set> {
        let (mut at, mut by_locale) = (0, fold == Fold::Locale);
        loop {
            at += match *words.get(at)? {
                FAILURE if at + 1 == words.len() => break,
                NEGATE => 1,
                LITERAL => 2,
                RANGE | RANGE_UNI_IGNORE => 3,
                CHARSET => 9,
                BIGCHARSET => {
                    let blocks = *words.get(at + 1)? as usize;
                    let index = words.get(at + 2..at + 66)?;
                    if index
                        .iter()
                        .flat_map(|w| w.to_le_bytes())
                        .any(|block| usize::from(block) >= blocks)
                    {
                        return None;
                    }
                    66usize.checked_add(blocks.checked_mul(8)?)?
                }
                CATEGORY => {
                    let category = *words.get(at + 1)?;
                    by_locale |= matches!(category, 8 | 9);
                    if category > 17 {
                        return None;
                    }
                    2
                }
                _ => return None,
            };
        }
        let mut set = Set {
            words: words.into(),
            fold,
            low: [0; 4],
            by_locale,
        };
        if !by_locale {
            for c in 0..256u32 {
                set.low[c as usize / 64] |= u64::from(set.has_slow(c)) << (c % 64);
            }
        }
        Some(set)
    }

    #[inline]
    pub fn has(&self, c: u32) -> bool {
        if c < 256 && !self.by_locale {
            return self.low[c as usize / 64] >> (c % 64) & 1 != 0;
        }
        self.has_slow(c)
    }

    fn has_slow(&self, c: u32) -> bool {
        match self.fold {
            Fold::Locale => {
                // A negated set has a character if both cases are absent from what it negates.
                let (lower, upper) = (lower_locale(c), upper_locale(c));
                if self.words[0] == NEGATE {
                    self.listed(lower) && self.listed(upper)
                } else {
                    self.listed(lower) || self.listed(upper)
                }
            }
            fold => self.listed(lower(fold, c)),
        }
    }

    fn listed(&self, c: u32) -> bool {
        let words = &self.words[..];
        let (mut at, mut answer) = (0, true);
        loop {
            let (found, len) = match words[at] {
                NEGATE => {
                    answer = !answer;
                    (false, 1)
                }
                LITERAL => (words[at + 1] == c, 2),
                RANGE => ((words[at + 1]..=words[at + 2]).contains(&c), 3),
                RANGE_UNI_IGNORE => {
                    let range = words[at + 1]..=words[at + 2];
                    (
                        range.contains(&c) || range.contains(&chars::simple_upper(c)),
                        3,
                    )
                }
                CHARSET => (
                    c < 256 && words[at + 1 + c as usize / 32] >> (c & 31) & 1 != 0,
                    9,
                ),
                BIGCHARSET => {
                    let blocks = words[at + 1] as usize;
                    let hit = c < 0x1_0000 && {
                        let block = words[at + 2 + c as usize / 1024] >> (c / 256 % 4 * 8) & 0xff;
                        words[at + 66 + block as usize * 8 + c as usize % 256 / 32] >> (c & 31) & 1
                            != 0
                    };
                    (hit, 66 + blocks * 8)
                }
                CATEGORY => (category(words[at + 1], c), 2),
                _ => return !answer,
            };
            if found {
                return answer;
            }
            at += len;
        }
    }
}

fn category(category: u32, c: u32) -> bool {
    let ascii = |test: fn(&u8) -> bool| u8::try_from(c).is_ok_and(|c| test(&c));
    let positive = match category & !1 {
        0 => ascii(u8::is_ascii_digit),
        2 => matches!(c, 9..=13 | 32),
        4 => is_word(Words::Ascii, c),
        6 => c == 10,
        8 => is_word(Words::Locale, c),
        10 => chars::is_decimal(c),
        12 => chars::is_space(c),
        14 => is_word(Words::Unicode, c),
        _ => chars::is_line_break(c),
    };
    positive == (category & 1 == 0)
}

#[inline]
pub fn is_word(words: Words, c: u32) -> bool {
    if c == u32::from('_') {
        return true;
    }
    match words {
        Words::Ascii => u8::try_from(c).is_ok_and(|c| c.is_ascii_alphanumeric()),
        // SAFETY: any byte is an argument of `isalnum`.
        Words::Locale => c < 256 && unsafe { libc::isalnum(c as i32) } != 0,
        Words::Unicode => chars::is_alnum(c),
    }
}

pub fn lower_locale(c: u32) -> u32 {
    if c < 256 {
        // SAFETY: any byte is an argument of `tolower`.
        unsafe { libc::tolower(c as i32) as u32 }
    } else {
        c
    }
}

pub fn upper_locale(c: u32) -> u32 {
    if c < 256 {
        // SAFETY: any byte is an argument of `toupper`.
        unsafe { libc::toupper(c as i32) as u32 }
    } else {
        c
    }
}

pub fn lower(fold: Fold, c: u32) -> u32 {
    match fold {
        Fold::None => c,
        Fold::Ascii => match c {
            0x41..=0x5a => c + 32,
            _ => c,
        },
        Fold::Locale => lower_locale(c),
        Fold::Unicode => chars::simple_lower(c),
    }
}

/// Whether a character is one that the pattern has, case ignored; the pattern's is folded already.
#[inline]
pub fn same(fold: Fold, pattern: u32, c: u32) -> bool {
    match fold {
        Fold::Locale => c == pattern || lower_locale(c) == pattern || upper_locale(c) == pattern,
        _ => lower(fold, c) == pattern,
    }
}
