//! Search against CPython's results (`search_cases.txt`, written by `search_cases.py`).

use std::convert::Infallible;
use std::ops::Range;
use text::search::{self, Sides};
use text::{Buf, Str, chars};

fn decode(codes: &str) -> Vec<u32> {
    match codes {
        "-" => vec![],
        _ => codes
            .split('.')
            .map(|code| u32::from_str_radix(code, 16).unwrap())
            .collect(),
    }
}

fn encode(text: Str<'_>) -> String {
    if text.is_empty() {
        return "-".into();
    }
    text.codes()
        .map(|code| format!("{code:x}"))
        .collect::<Vec<_>>()
        .join(".")
}

fn place(found: Option<usize>) -> String {
    found.map_or("-1".into(), |at| at.to_string())
}

type Report<'a> = &'a mut dyn FnMut(Range<usize>) -> Result<(), Infallible>;

fn pieces(
    hay: Str<'_>,
    reverse: bool,
    run: impl FnOnce(Report) -> Result<(), Infallible>,
) -> String {
    let mut found = vec![];
    let Ok(()) = run(&mut |range| {
        found.push(encode(hay.slice(range)));
        Ok(())
    });
    if reverse {
        found.reverse();
    }
    found.join("|")
}

fn check(line: &str, hay: Str<'_>, needle: Str<'_>, new: Str<'_>) {
    let fields: Vec<&str> = line.split('\t').collect();
    let max = fields[3]
        .parse::<i64>()
        .unwrap()
        .try_into()
        .unwrap_or(usize::MAX);
    let mut results = vec![
        place(search::find(hay, needle)),
        place(search::rfind(hay, needle)),
        search::count(hay, needle, usize::MAX).to_string(),
        search::replace(hay, needle, new, max).map_or(encode(hay), |buf| encode(buf.as_str())),
        pieces(hay, false, |report| {
            search::split_space(hay, max, chars::is_space, report)
        }),
        pieces(hay, true, |report| {
            search::rsplit_space(hay, max, chars::is_space, report)
        }),
        pieces(hay, false, |report| {
            search::splitlines(hay, false, chars::is_line_break, report)
        }),
        pieces(hay, false, |report| {
            search::splitlines(hay, true, chars::is_line_break, report)
        }),
        encode(hay.slice(search::strip(hay, Sides::Both, chars::is_space))),
        encode(hay.slice(search::strip(hay, Sides::Both, |code| {
            search::find_char(needle, code).is_some()
        }))),
    ];
    if needle.is_empty() {
        results.extend(["".into(), "".into()]);
    } else {
        results.push(pieces(hay, false, |report| {
            search::split(hay, needle, max, report)
        }));
        results.push(pieces(hay, true, |report| {
            search::rsplit(hay, needle, max, report)
        }));
    }
    for (at, (found, expected)) in results.iter().zip(&fields[4..]).enumerate() {
        assert_eq!(found, expected, "result {at} of {line}");
    }
}

#[test]
fn agrees_with_cpython() {
    for line in include_str!("search_cases.txt").lines() {
        let mut fields = line.split('\t').map(decode);
        let [hay, needle, new] = std::array::from_fn(|_| fields.next().unwrap());
        let canonical = [&hay, &needle, &new].map(|codes| Buf::from_codes(codes.iter().copied()));
        let [a, b, c] = canonical.each_ref().map(Buf::as_str);
        check(line, a, b, c);
        check(line, Str::Ucs4(&hay), b, c);
        check(line, a, Str::Ucs4(&needle), Str::Ucs4(&new));
    }
}
