//! Integer arithmetic against CPython's results (`int_cases.txt`, written by `int_cases.py`).

use num::digits::{self, Bitwise};
use num::int::{self, Int, Ref};

fn operand(spec: &str) -> Int {
    let (bits, seed) = spec.split_once(':').unwrap();
    let (bits, seed): (u32, u64) = (bits.parse().unwrap(), seed.parse().unwrap());
    let count = bits.div_ceil(30);
    let mut state = seed;
    let mut out = digits::Digits::new();
    for i in 0..count {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mut digit = (state >> 34) as u32;
        match seed % 5 {
            1 => digit = digits::MASK,
            2 if i + 1 < count => digit = 0,
            _ => {}
        }
        if i + 1 == count {
            let top = bits - 30 * i;
            digit = digit & (((1u64 << top) - 1) as u32) | 1 << (top - 1);
        }
        out.push(digit);
    }
    Int::new(seed % 2 == 1, out)
}

fn float(value: Option<f64>) -> String {
    value.map_or("none".into(), num::float::hex)
}

fn hash(value: Int) -> String {
    assert_eq!(
        digits::trim(&value.digits).len(),
        value.digits.len(),
        "leading zeros"
    );
    value.as_ref().hash().to_string()
}

fn run(op: &str, a: Ref, b: Ref, scalar: u64) -> String {
    match op {
        "add" => hash(int::add(a, b)),
        "sub" => hash(int::sub(a, b)),
        "mul" => hash(int::mul(a, b)),
        "and" => hash(int::bitwise(Bitwise::And, a, b)),
        "or" => hash(int::bitwise(Bitwise::Or, a, b)),
        "xor" => hash(int::bitwise(Bitwise::Xor, a, b)),
        "gcd" => hash(int::gcd(a, b)),
        "lcm" => hash(int::lcm(a, b)),
        "divmod" => {
            let (quotient, remainder) = int::divmod(a, b);
            assert_eq!(int::modulo(a, b), remainder);
            format!("{} {}", hash(quotient), hash(remainder))
        }
        "truediv" => float(int::true_divide(a, b)),
        "sqr" => hash(int::mul(a, a)),
        "isqrt" => hash(Int::new(false, digits::isqrt(a.digits))),
        "float" => float(a.to_f64()),
        "invert" => hash(int::invert(a)),
        "decimal" => {
            let text = a.to_decimal();
            let (negative, value) = digits::parse_int(text.as_bytes(), 10, 0).unwrap();
            hash(Int::new(negative, value))
        }
        "radix3" | "radix16" | "radix32" => {
            let base = op[5..].parse().unwrap();
            let text = digits::to_radix(a.digits, base);
            hash(Int::new(
                a.negative,
                digits::parse(text.as_bytes(), base).unwrap(),
            ))
        }
        "bytes" => {
            let mut bytes = vec![0; digits::bit_length(a.digits) as usize / 8 + 1];
            digits::to_bytes((a.negative, a.digits), &mut bytes, false, true).unwrap();
            let (negative, value) = digits::from_bytes(&bytes, false, true);
            hash(Int::new(negative, value))
        }
        "shl" => hash(int::shl(a, scalar)),
        "shr" => hash(int::shr(a, scalar)),
        "round" => hash(int::round_to_ten(a, scalar)),
        "pow" => hash(int::pow(a, scalar % 40)),
        _ => panic!("unknown operation {op}"),
    }
}

#[test]
fn agrees_with_cpython() {
    for line in include_str!("int_cases.txt").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let (a, b) = (operand(words[1]), operand(words[2]));
        if words[0] == "modpow" {
            let m = operand(words[3]);
            let found =
                int::mod_pow(a.as_ref(), b.as_ref(), m.as_ref()).map_or("none".into(), hash);
            assert_eq!(found, words[4], "{line}");
            continue;
        }
        let scalar = words[2].split(':').next().unwrap().parse().unwrap();
        assert_eq!(
            run(words[0], a.as_ref(), b.as_ref(), scalar),
            words[3..].join(" "),
            "{line}"
        );
    }
}

#[test]
fn literals() {
    let parse = |text: &str, base| {
        digits::parse_int(text.as_bytes(), base, 4300)
            .map(|(negative, digits)| Int::new(negative, digits).as_ref().to_i64().unwrap())
            .ok()
    };
    let cases = [
        (" -12_3\n", 10, Some(-123)),
        ("0x_ff", 0, Some(255)),
        ("0xff", 16, Some(255)),
        ("ff", 16, Some(255)),
        ("0_0", 0, Some(0)),
        ("012", 0, None),
        ("012", 10, Some(12)),
        ("1__2", 10, None),
        ("_1", 10, None),
        ("1_", 10, None),
        ("0x", 16, None),
        ("0b12", 0, None),
        ("0b1", 12, Some(11 * 12 + 1)),
        ("0o17", 8, Some(15)),
        ("- 1", 10, None),
        ("+-1", 10, None),
        ("", 10, None),
        ("zZ", 36, Some(35 * 36 + 35)),
    ];
    for (text, base, expected) in cases {
        assert_eq!(parse(text, base), expected, "{text:?} in base {base}");
    }
}

#[test]
fn limits() {
    let text = "1".repeat(4301);
    assert_eq!(
        digits::parse_int(text.as_bytes(), 10, 4300),
        Err(digits::ParseError::TooManyDigits {
            limit: 4300,
            digits: 4301
        })
    );
    let (_, value) = digits::parse_int(text.as_bytes(), 10, 0).unwrap();
    assert!(digits::to_decimal_checked(&value, 4300).is_err());
    assert_eq!(
        digits::to_decimal_checked(&value, 4301).as_deref(),
        Ok(&*text)
    );
}

#[test]
fn bytes_that_do_not_fit() {
    use digits::BytesError::{Negative, TooBig};
    let store = |value: i64, len: usize, signed| {
        let value = Int::from(value);
        let mut out = vec![0xaa; len];
        digits::to_bytes((value.negative, &value.digits), &mut out, true, signed).map(|()| out)
    };
    assert_eq!(store(128, 1, true), Err(TooBig));
    assert_eq!(store(-128, 1, true), Ok(vec![0x80]));
    assert_eq!(store(-129, 1, true), Err(TooBig));
    assert_eq!(store(-1, 1, false), Err(Negative));
    assert_eq!(store(255, 1, false), Ok(vec![255]));
    assert_eq!(store(256, 1, false), Err(TooBig));
    assert_eq!(store(0, 0, false), Ok(vec![]));
    assert_eq!(store(1, 0, false), Err(TooBig));
    assert_eq!(store(-256, 2, true), Ok(vec![0, 0xff]));
}
