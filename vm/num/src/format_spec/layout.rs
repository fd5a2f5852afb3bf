//! Laying out a number: sign, prefix, grouped digits, point, fraction, and padding.

use super::{Align, Conventions, Sign, Spec};

/// A formatted object: `left` fills, `head`, `inner` fills, `body`, `tail`, `right` fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padded {
    pub fill: u32,
    pub left: usize,
    /// Sign and prefix.
    pub head: String,
    pub inner: usize,
    pub body: String,
    /// The character of `c`, which may be a surrogate.
    pub tail: Option<u32>,
    pub right: usize,
}

impl Padded {
    pub fn len(&self) -> usize {
        let text = self.head.chars().count()
            + self.body.chars().count()
            + usize::from(self.tail.is_some());
        self.left + self.inner + self.right + text
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn codes(&self) -> impl Iterator<Item = u32> + '_ {
        let fill = |count| std::iter::repeat_n(self.fill, count);
        fill(self.left)
            .chain(self.head.chars().map(u32::from))
            .chain(fill(self.inner))
            .chain(self.body.chars().map(u32::from))
            .chain(self.tail)
            .chain(fill(self.right))
    }

    /// The whole, if it is ASCII.
    pub fn into_ascii(self) -> Result<String, Self> {
        let pads = self.left + self.inner + self.right;
        if (pads > 0 && self.fill >= 128) || self.tail.is_some() || !self.body.is_ascii() {
            return Err(self);
        }
        if pads == 0 {
            return Ok(if self.head.is_empty() {
                self.body
            } else {
                self.head + &self.body
            });
        }
        let fill = self.fill as u8 as char;
        let mut out = String::with_capacity(
            self.left + self.inner + self.right + self.head.len() + self.body.len(),
        );
        out.extend(std::iter::repeat_n(fill, self.left));
        out.push_str(&self.head);
        out.extend(std::iter::repeat_n(fill, self.inner));
        out.push_str(&self.body);
        out.extend(std::iter::repeat_n(fill, self.right));
        Ok(out)
    }
}

/// The sign to show.
pub(super) fn sign(sign: Option<Sign>, negative: bool) -> &'static str {
    match (negative, sign) {
        (true, _) => "-",
        (false, Some(Sign::Plus)) => "+",
        (false, Some(Sign::Space)) => " ",
        (false, _) => "",
    }
}

/// Pads a finished field.
pub(super) fn pad(spec: &Spec, head: String, body: String, tail: Option<u32>) -> Padded {
    let len = head.len() + body.chars().count() + usize::from(tail.is_some());
    let (left, right) = spec.padding(len);
    let (inner, right) = if spec.align == Align::Inside {
        (right, 0)
    } else {
        (0, right)
    };
    Padded {
        fill: spec.fill,
        left,
        head,
        inner,
        body,
        tail,
        right,
    }
}

/// Lays out the ASCII text of an unsigned float: its point becomes the locale's, its fraction is
/// grouped on its own, its digits as `whole` does.
pub(super) fn number(spec: &Spec, head: String, text: String, style: Conventions<'_>) -> Padded {
    let plain = !style.groups() && spec.fraction_grouping.is_none() && style.point == ".";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if plain || digits == 0 {
        return pad(spec, head, text, None);
    }
    let (digits, rest) = text.split_at(digits);
    let mut tail = String::new();
    match rest.strip_prefix('.') {
        None => tail.push_str(rest),
        Some(rest) => {
            tail.push_str(style.point);
            let len = rest.bytes().take_while(u8::is_ascii_digit).count();
            let separator = Conventions::of(spec.fraction_grouping).separator;
            for (i, group) in rest.as_bytes()[..len].chunks(3).enumerate() {
                if i > 0 {
                    tail.push_str(separator);
                }
                tail.extend(group.iter().map(|&digit| digit as char));
            }
            tail.push_str(&rest[len..]);
        }
    }
    whole(spec, head, digits, &tail, style)
}

/// Lays out digits, grouped, and what follows them; with zero fill, grouped zeros pad them.
pub(super) fn whole(
    spec: &Spec,
    head: String,
    digits: &str,
    tail: &str,
    style: Conventions<'_>,
) -> Padded {
    if !style.groups() {
        // Zero fill is then plain padding, and need not be made here.
        return pad(spec, head, format!("{digits}{tail}"), None);
    }
    let mut min_width = 0;
    if spec.fill == u32::from('0') && spec.align == Align::Inside {
        let others = head.len() + tail.chars().count();
        min_width = spec.width.unwrap_or(0).saturating_sub(others);
    }
    let mut body = group(digits, min_width, style);
    body.push_str(tail);
    pad(spec, head, body, None)
}

/// Digits with separators, and zeros before them up to a width of at least `min_width`.
fn group(digits: &str, min_width: usize, style: Conventions<'_>) -> String {
    let digits = digits.as_bytes();
    let separator_len = style.separator.chars().count();
    let (mut left, mut min_width) = (digits.len(), min_width);
    let mut groups = Vec::new();
    let mut sizes = style.sizes.iter().map(|&size| usize::from(size)).peekable();
    let mut size = sizes.next().unwrap_or(0);
    loop {
        // 0 repeats the size before it, 127 (CHAR_MAX) leaves the rest ungrouped.
        let wanted = left.max(min_width).max(1);
        let take = if size == 0 || size == 127 {
            wanted
        } else {
            size.min(wanted)
        };
        let chars = take.min(left);
        let zeros = take - chars;
        let mut text = "0".repeat(zeros);
        text.extend(
            digits[left - chars..left]
                .iter()
                .map(|&digit| digit as char),
        );
        groups.push(text);
        left -= chars;
        min_width = min_width.saturating_sub(take);
        if left == 0 && min_width == 0 {
            break;
        }
        min_width = min_width.saturating_sub(separator_len);
        if let Some(next) = sizes.next_if(|&next| next != 0) {
            size = next;
        }
    }
    groups.reverse();
    groups.join(style.separator)
}
