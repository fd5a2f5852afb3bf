//! Numbers as `%` formats convert them, before sign flags and padding.

use crate::digits;
use crate::int::Ref;

/// An integer under `d`, `i`, `u`, `o`, `x` or `X`, with its minus sign, its prefix if
/// `alternate`, and zeros up to `precision` digits. `limit` is that of
/// `sys.set_int_max_str_digits` (0: none).
pub fn convert_int(
    value: Ref,
    conversion: u8,
    alternate: bool,
    precision: usize,
    limit: usize,
) -> Result<String, digits::TooManyDigits> {
    let (prefix, text) = match conversion {
        b'o' => ("0o", digits::to_radix(value.digits, 8)),
        b'x' => ("0x", digits::to_radix(value.digits, 16)),
        b'X' => (
            "0X",
            digits::to_radix(value.digits, 16).to_ascii_uppercase(),
        ),
        _ => ("", digits::to_decimal_checked(value.digits, limit)?),
    };
    let sign = if value.negative { "-" } else { "" };
    let prefix = if alternate { prefix } else { "" };
    let zeros = precision.saturating_sub(text.len());
    let mut out = String::with_capacity(sign.len() + prefix.len() + zeros + text.len());
    out.push_str(sign);
    out.push_str(prefix);
    out.extend(std::iter::repeat_n('0', zeros));
    out.push_str(&text);
    Ok(out)
}
