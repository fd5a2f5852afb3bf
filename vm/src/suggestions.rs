//! "Did you mean ...?": the name most like a misspelled one, by CPython's edit distance.

use layout::*;

use crate::object::*;
use crate::types::str_::StrExt;

const MOVE: usize = 2;
const CASE: usize = 1;
const MAX_CANDIDATES: usize = 750;
const MAX_LENGTH: usize = 40;

fn substitution(a: u32, b: u32) -> usize {
    let lower = |c: u32| if (65..=90).contains(&c) { c + 32 } else { c };
    if a == b {
        0
    } else if lower(a) == lower(b) {
        CASE
    } else {
        MOVE
    }
}

/// The cost of turning one text into the other, or more than `limit`.
pub fn distance(a: &[u32], b: &[u32], limit: usize) -> usize {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE;
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH {
        return limit + 1;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if (b.len() - a.len()) * MOVE > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|n| n * MOVE).collect();
    let mut result = 0;
    for (y, &to) in b.iter().enumerate() {
        let mut diagonal = y * MOVE;
        result = diagonal;
        let mut least = usize::MAX;
        for (x, &from) in a.iter().enumerate() {
            let substituted = diagonal + substitution(to, from);
            diagonal = row[x];
            let moved = result.min(diagonal) + MOVE;
            result = substituted.min(moved);
            row[x] = result;
            least = least.min(result);
        }
        if least > limit {
            return limit + 1;
        }
    }
    result
}

fn characters(o: &Obj) -> Option<Vec<u32>> {
    let s: &PyUnicodeObject = o.downcast()?;
    Some((0..s.len()).map(|at| s.char_at(at)).collect())
}

/// The candidate that is most like `name`, if one is like enough.
pub fn best(candidates: &[Ref], name: &Obj) -> Option<Ref> {
    if candidates.len() >= MAX_CANDIDATES {
        return None;
    }
    let wanted = characters(name)?;
    let mut best: Option<(usize, &Ref)> = None;
    for candidate in candidates {
        let Some(text) = characters(candidate) else {
            continue;
        };
        if text == wanted {
            continue;
        }
        // No more than a third of the characters may change.
        let mut limit = (wanted.len() + text.len() + 3) * MOVE / 6;
        if let Some((found, _)) = best {
            limit = limit.min(found.saturating_sub(1));
        }
        let cost = distance(&wanted, &text, limit);
        if cost <= limit {
            best = Some((cost, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(a: &str, b: &str) -> usize {
        let of = |s: &str| s.chars().map(u32::from).collect::<Vec<_>>();
        distance(&of(a), &of(b), 1000)
    }

    #[test]
    fn distances() {
        assert_eq!(cost("", "abc"), 6);
        assert_eq!(cost("abc", "abc"), 0);
        assert_eq!(cost("abc", "aBc"), 1);
        assert_eq!(cost("kitten", "sitting"), 6);
        assert_eq!(cost("flaw", "lawn"), 4);
    }
}
