//! Measures where malachite overtakes the simple algorithms: run the ignored test in a release
//! build and read its table. Serves the thresholds in `mul`, `div`, `show`, `parse` and `power`.

use super::natural::{from_natural, to_natural};
use super::*;
use malachite_base::num::arithmetic::traits::{DivMod, Square};
use std::hint::black_box;
use std::time::Instant;

fn operand(len: usize, seed: u64) -> Vec<u32> {
    let mut state = seed;
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 34) as u32 | 1
        })
        .collect()
}

/// Nanoseconds a call, the best of several rounds.
fn time<T>(mut run: impl FnMut() -> T) -> u128 {
    let round = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..200).for_each(|_| run());
        start.elapsed().as_nanos() / 200
    };
    let mut run = || {
        black_box(run());
    };
    (0..7).map(|_| round(&mut run)).min().unwrap_or(0)
}

#[test]
#[ignore = "a measurement"]
fn simple_against_malachite() {
    println!("digits |  mul          |  sqr          |  div 2n/n     |  decimal      |  parse");
    for len in [
        4, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 80, 100, 128, 200, 300,
    ] {
        let (a, b) = (operand(len, 1), operand(len, 2));
        let wide = operand(2 * len, 3);
        let text = show::decimal_simple(&a);
        let mut out = vec![0; 2 * len];
        let pairs = [
            (
                time(|| mul_into(&mut out, &a, &b)),
                time(|| from_natural(to_natural(&a) * to_natural(&b))),
            ),
            (
                time(|| mul::sqr_simple(&a)),
                time(|| from_natural(to_natural(&a).square())),
            ),
            (
                time(|| div::knuth(&wide, &b)),
                time(|| {
                    let (quotient, remainder) = to_natural(&wide).div_mod(to_natural(&b));
                    (from_natural(quotient), from_natural(remainder))
                }),
            ),
            (
                time(|| show::decimal_simple(&a)),
                time(|| to_natural(&a).to_string()),
            ),
            (
                time(|| parse::parse_simple(text.as_bytes(), 10)),
                time(|| from_natural(text.parse().unwrap_or_default())),
            ),
        ];
        let row: Vec<String> = pairs
            .iter()
            .map(|(simple, big)| format!("{simple:6} {big:6}"))
            .collect();
        println!("{len:6} | {}", row.join(" | "));
    }
}
