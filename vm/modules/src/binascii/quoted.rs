//! Quoted-printable.

/// Longest line, its soft line break included.
const LINE: usize = 76;

fn hex(c: u8) -> Option<u8> {
    (c as char).to_digit(16).map(|d| d as u8)
}

/// With `header`, an underscore is a space.
pub fn decode(text: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&c, after)) = rest.split_first() {
        rest = after;
        match (c, rest) {
            (b'=', []) => break,
            // A soft line break: nothing, up to the end of the line.
            (b'=', [b'\n' | b'\r', ..]) => {
                let end = rest
                    .iter()
                    .position(|&c| c == b'\n')
                    .map_or(rest.len(), |i| i + 1);
                rest = &rest[end..];
            }
            (b'=', [b'=', after @ ..]) => {
                out.push(b'=');
                rest = after;
            }
            (b'=', [a, b, after @ ..]) if hex(*a).is_some() && hex(*b).is_some() => {
                out.push(hex(*a).unwrap_or(0) << 4 | hex(*b).unwrap_or(0));
                rest = after;
            }
            (b'_', _) if header => out.push(b' '),
            _ => out.push(c),
        }
    }
    out
}

#[derive(Clone, Copy)]
pub struct Style {
    /// White space is quoted too.
    pub tabs: bool,
    /// Line ends are line ends.
    pub text: bool,
    /// A space is an underscore.
    pub header: bool,
}

struct Encoder {
    out: Vec<u8>,
    column: usize,
    crlf: bool,
}

impl Encoder {
    fn line_end(&mut self) {
        self.out
            .extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
        self.column = 0;
    }

    fn soft_break(&mut self) {
        self.out.push(b'=');
        self.line_end();
    }

    fn quote(&mut self, c: u8) {
        self.out.extend_from_slice(format!("={c:02X}").as_bytes());
    }
}

pub fn encode(data: &[u8], style: Style) -> Vec<u8> {
    // The first line end tells which kind the others are.
    let crlf = memchr(data, b'\n').is_some_and(|i| i > 0 && data[i - 1] == b'\r');
    let mut e = Encoder {
        out: Vec::with_capacity(data.len() + data.len() / 8),
        column: 0,
        crlf,
    };
    let mut i = 0;
    while i < data.len() {
        let (c, next) = (data[i], data.get(i + 1).copied());
        if must_quote(c, next, e.column, style) {
            if e.column + 3 >= LINE {
                e.soft_break();
            }
            e.quote(c);
            e.column += 3;
            i += 1;
        } else if style.text && (c == b'\n' || c == b'\r' && next == Some(b'\n')) {
            // White space at the end of a line would get lost.
            if let Some(&last @ (b' ' | b'\t')) = e.out.last() {
                e.out.pop();
                e.quote(last);
            }
            e.line_end();
            i += if c == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some_and(|next| next != b'\n') && e.column + 1 >= LINE {
                e.soft_break();
            }
            e.column += 1;
            e.out.push(if style.header && c == b' ' { b'_' } else { c });
            i += 1;
        }
    }
    e.out
}

fn memchr(data: &[u8], c: u8) -> Option<usize> {
    data.iter().position(|&x| x == c)
}

fn must_quote(c: u8, next: Option<u8>, column: usize, style: Style) -> bool {
    match c {
        b'=' | 127.. => true,
        b'_' => style.header,
        // A dot alone on a line ends a mail.
        b'.' => column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)),
        b'\r' | b'\n' => !style.text,
        b'\t' | b' ' => next.is_none() || style.tabs,
        _ => c < 33,
    }
}
