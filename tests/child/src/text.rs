//! What a child printed, beside what it should have.

/// Where two texts part, with a few lines of each.
pub fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let (expected, actual): (Vec<_>, Vec<_>) =
        (expected.lines().collect(), actual.lines().collect());
    let same = expected
        .iter()
        .zip(&actual)
        .take_while(|(left, right)| left == right)
        .count();
    let show = |mark: char, lines: &[&str]| {
        let rest = lines.iter().skip(same).take(5);
        let shown: Vec<_> = rest.map(|line| format!("{mark} {line}")).collect();
        if shown.is_empty() {
            format!("{mark} (ends here)")
        } else {
            shown.join("\n")
        }
    };
    let before = if same == 0 {
        String::new()
    } else {
        format!("  {}\n", expected[same - 1])
    };
    Some(format!(
        "line {}:\n{before}{}\n{}",
        same + 1,
        show('-', &expected),
        show('+', &actual)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_shows_where_texts_part() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(
            difference("a\nb\n", "a\nc\n").as_deref(),
            Some("line 2:\n  a\n- b\n+ c")
        );
        assert_eq!(
            difference("a\n", "").as_deref(),
            Some("line 1:\n- a\n+ (ends here)")
        );
    }
}
