//! The attributes of contexts.

use core::ffi::{c_int, c_long, c_uint};
use core::ptr;

use super::context::{Context, SET_MAX_VERSION, SET_MIN_VERSION, protocol};
use super::{api, unsupported};
use modules::prelude::*;
use vm::types::int::IntExt as _;

fn needed(value: Option<&Obj>) -> Result<&Obj> {
    match value {
        Some(value) => Ok(value),
        None => raise!(AttributeError, "cannot delete attribute"),
    }
}

/// The attributes.
pub static GETSET: &[PyGetSetDef] = &[
    getset!("protocol", |c: &Context| Ok(c.protocol)),
    getset!(
        "options",
        // SAFETY: a live context.
        |c: &Context| Ok(unsafe { (api().SSL_CTX_get_options)(c.raw) }),
        set_options
    ),
    getset!("verify_mode", get_verify_mode, set_verify_mode),
    getset!(
        "verify_flags",
        |c: &Context| Ok(verify_flags(c)),
        set_verify_flags
    ),
    getset!(
        "check_hostname",
        |c: &Context| Ok(c.check_hostname.get()),
        set_check_hostname
    ),
    getset!(
        "_host_flags",
        |c: &Context| Ok(c.host_flags.get()),
        |c: &Context, value: Option<&Obj>| {
            let flags = args::to_i64(needed(value)?)? as c_uint;
            c.host_flags.set(flags);
            // SAFETY: a live context.
            unsafe {
                let param = (api().SSL_CTX_get0_param)(c.raw);
                (api().X509_VERIFY_PARAM_set_hostflags)(param, flags);
            }
            Ok(())
        }
    ),
    getset!(
        "minimum_version",
        |c: &Context| Ok(version(c, GET_MIN_VERSION, MINIMUM)),
        |c: &Context, value: Option<&Obj>| set_version(c, value, SET_MIN_VERSION)
    ),
    getset!(
        "maximum_version",
        |c: &Context| Ok(version(c, GET_MAX_VERSION, MAXIMUM)),
        |c: &Context, value: Option<&Obj>| set_version(c, value, SET_MAX_VERSION)
    ),
    getset!(
        "num_tickets",
        // SAFETY: a live context.
        |c: &Context| Ok(unsafe { (api().SSL_CTX_get_num_tickets)(c.raw) }),
        set_num_tickets
    ),
    getset!(
        "post_handshake_auth",
        |c: &Context| Ok(c.post_handshake_auth.get()),
        |c: &Context, value: Option<&Obj>| {
            c.post_handshake_auth.set(args::to_bool(needed(value)?)?);
            let on = c_int::from(c.post_handshake_auth.get());
            // SAFETY: a live context.
            unsafe { (api().SSL_CTX_set_post_handshake_auth)(c.raw, on) };
            Ok(())
        }
    ),
    getset!("security_level", |c: &Context| {
        // SAFETY: a live context.
        Ok(unsafe { (api().SSL_CTX_get_security_level)(c.raw) })
    }),
    getset!("sni_callback", |_: &Context| Ok(none()), |_: &Context,
                                                       value: Option<
        &Obj,
    >| only_none(
        value,
        "sni_callback"
    )),
    getset!(
        "keylog_filename",
        |_: &Context| Ok(none()),
        |_: &Context, value: Option<&Obj>| only_none(value, "keylog_filename")
    ),
    getset!(
        "_msg_callback",
        |_: &Context| Ok(none()),
        |_: &Context, value: Option<&Obj>| only_none(value, "_msg_callback")
    ),
];

/// Accepts that there is none, for what there cannot be.
fn only_none(value: Option<&Obj>, what: &str) -> Result<()> {
    match needed(value)?.is_none() {
        true => Ok(()),
        false => unsupported(what),
    }
}

fn set_options(c: &Context, value: Option<&Obj>) -> Result<()> {
    let n = number::index_int(needed(value)?)?;
    if n.is_negative() {
        return raise!(ValueError, "can't convert negative value to unsigned int");
    }
    let Some(wanted) = n.to_u64() else {
        return raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        );
    };
    // SAFETY: a live context.
    unsafe {
        let now = (api().SSL_CTX_get_options)(c.raw);
        (api().SSL_CTX_clear_options)(c.raw, now & !wanted);
        (api().SSL_CTX_set_options)(c.raw, wanted & !now);
    }
    Ok(())
}

/// The library's bits for each of `CERT_NONE`, `CERT_OPTIONAL` and `CERT_REQUIRED`.
const VERIFY: [c_int; 3] = [0, 1, 3];

fn get_verify_mode(c: &Context) -> Result<i32> {
    // SAFETY: a live context.
    let bits = unsafe { (api().SSL_CTX_get_verify_mode)(c.raw) } & 3;
    let mode = VERIFY.iter().position(|v| *v == bits);
    Ok(mode.unwrap_or(0) as i32)
}

fn verify(c: &Context, mode: usize) {
    // SAFETY: a live context.
    unsafe { (api().SSL_CTX_set_verify)(c.raw, VERIFY[mode], ptr::null()) };
}

fn set_verify_mode(c: &Context, value: Option<&Obj>) -> Result<()> {
    let mode = args::to_i32(needed(value)?)?;
    if mode == 0 && c.check_hostname.get() {
        return raise!(
            ValueError,
            "Cannot set verify_mode to CERT_NONE when check_hostname is enabled."
        );
    }
    match mode {
        0..=2 => Ok(verify(c, mode as usize)),
        _ => raise!(ValueError, "invalid value for verify_mode"),
    }
}

fn set_check_hostname(c: &Context, value: Option<&Obj>) -> Result<()> {
    let check = args::to_bool(needed(value)?)?;
    if check && get_verify_mode(c)? == 0 {
        verify(c, 2);
    }
    c.check_hostname.set(check);
    Ok(())
}

fn verify_flags(c: &Context) -> u64 {
    // SAFETY: a live context.
    unsafe { (api().X509_VERIFY_PARAM_get_flags)((api().SSL_CTX_get0_param)(c.raw)) }
}

fn set_verify_flags(c: &Context, value: Option<&Obj>) -> Result<()> {
    let wanted = args::to_i64(needed(value)?)? as u64;
    let now = verify_flags(c);
    // SAFETY: a live context.
    unsafe {
        let param = (api().SSL_CTX_get0_param)(c.raw);
        (api().X509_VERIFY_PARAM_clear_flags)(param, now & !wanted);
        (api().X509_VERIFY_PARAM_set_flags)(param, wanted & !now);
    }
    Ok(())
}

const GET_MIN_VERSION: c_int = 130;
const GET_MAX_VERSION: c_int = 131;
const MINIMUM: c_long = -2;
const MAXIMUM: c_long = -1;
const VERSIONS: core::ops::RangeInclusive<c_long> = 0x301..=0x304;

fn version(c: &Context, which: c_int, any: c_long) -> i64 {
    // SAFETY: a live context, asked for a number.
    match unsafe { (api().SSL_CTX_ctrl)(c.raw, which, 0, ptr::null_mut()) } {
        0 => any,
        version => version,
    }
}

fn set_version(c: &Context, value: Option<&Obj>, which: c_int) -> Result<()> {
    let value = args::to_i64(needed(value)?)?;
    if !matches!(
        c.protocol,
        protocol::TLS | protocol::CLIENT | protocol::SERVER
    ) {
        return raise!(
            ValueError,
            "The context's protocol doesn't support modification of highest and lowest version."
        );
    }
    let wanted = match (value, which) {
        (MINIMUM, _) => *VERSIONS.start(),
        (MAXIMUM, SET_MAX_VERSION) => 0,
        (MAXIMUM, _) => *VERSIONS.end(),
        (version, _) => version,
    };
    // SAFETY: a live context.
    let done = (wanted == 0 || VERSIONS.contains(&wanted))
        && unsafe { (api().SSL_CTX_ctrl)(c.raw, which, wanted, ptr::null_mut()) } == 1;
    match done {
        true => Ok(()),
        false => raise!(ValueError, "Unsupported protocol version 0x{value:x}"),
    }
}

fn set_num_tickets(c: &Context, value: Option<&Obj>) -> Result<()> {
    let n = args::to_i64(needed(value)?)?;
    if n < 0 {
        return raise!(ValueError, "value must be non-negative");
    }
    if c.protocol != protocol::SERVER {
        return raise!(ValueError, "SSLContext is not a server context.");
    }
    // SAFETY: a live context.
    match unsafe { (api().SSL_CTX_set_num_tickets)(c.raw, n as usize) } {
        1 => Ok(()),
        _ => raise!(ValueError, "failed to set num tickets."),
    }
}
