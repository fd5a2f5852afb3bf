//! `complex.__format__`.

use super::float::magnitude;
use super::layout::{number, pad, sign};
use super::{Align, Conventions, Error, Locale, Padded, Sign, Spec};

/// Formats a complex number under a specification whose default code is none. `locale` is asked
/// for `n` only.
pub fn format_complex(
    spec: &Spec,
    real: f64,
    imag: f64,
    locale: impl FnOnce() -> Locale,
) -> Result<Padded, Error> {
    let (real_negative, real_text) = magnitude(spec, real, "complex")?;
    let (imag_negative, imag_text) = magnitude(spec, imag, "complex")?;
    if spec.fill == u32::from('0') {
        return Err(Error::value(
            "Zero padding is not allowed in complex format specifier",
        ));
    }
    if spec.align == Align::Inside {
        return Err(Error::value(
            "'=' alignment flag is not allowed in complex format specifier",
        ));
    }
    let own;
    let style = if spec.code == u32::from('n') {
        own = locale();
        own.conventions()
    } else {
        Conventions::of(spec.grouping)
    };
    let part = Spec {
        width: None,
        ..spec.clone()
    };
    let show = |sign_shown, negative, text: String| {
        let part = number(&part, sign(sign_shown, negative).into(), text, style);
        part.head + &part.body
    };

    // Without a code the parts read as in `repr`.
    let plain = spec.code == 0;
    if plain && real == 0.0 && real.is_sign_positive() {
        let body = show(spec.sign, imag_negative, imag_text);
        return Ok(pad(spec, String::new(), body + "j", None));
    }
    let body = show(spec.sign, real_negative, real_text)
        + &show(Some(Sign::Plus), imag_negative, imag_text)
        + "j";
    let body = if plain { format!("({body})") } else { body };
    Ok(pad(spec, String::new(), body, None))
}
