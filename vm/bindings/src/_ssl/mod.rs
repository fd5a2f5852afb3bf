//! `_ssl`: TLS by OpenSSL, over sockets and over memory.

mod certificate;
mod constants;
mod context;
mod context_attributes;
mod credentials;
mod errors;
mod memory_bio;
mod openssl;
mod session;
mod socket;
mod socket_io;

use core::ffi::{CStr, c_int};
use std::ffi::CString;

use crate::codec::{bytes_of, type_in_message};
use modules::prelude::*;
use openssl::{OPENSSL, OpenSsl, Text};
use vm::types::bytes;
use vm::types::str_::StrExt as _;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_ssl",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!("RAND_add", rand_add, "($module, string, entropy, /)"),
    o!("RAND_bytes", rand_bytes, "($module, n, /)"),
    noargs!(
        "RAND_status",
        // SAFETY: no arguments.
        |_: &Obj| Ok(unsafe { (api().RAND_status)() } == 1),
        "($module, /)"
    ),
    o!("nid2obj", nid2obj, "($module, nid, /)"),
    keywords!("txt2obj", txt2obj, "($module, /, txt, name=False)"),
    noargs!(
        "get_default_verify_paths",
        get_default_verify_paths,
        "($module, /)"
    ),
    o!(
        "_test_decode_cert",
        certificate::decode_file,
        "($module, path, /)"
    ),
];

fn api() -> &'static OpenSsl {
    OPENSSL.get()
}

/// A text of the library's, or None for null.
fn text_or_none(text: Text) -> Ref {
    match text.is_null() {
        true => none(),
        // SAFETY: the library's texts end with a NUL.
        false => str_::new(&unsafe { CStr::from_ptr(text) }.to_string_lossy()).into_obj(),
    }
}

static TYPES: &[TypeRow] = &[
    (
        &certificate::CERTIFICATE,
        c"_ssl.Certificate",
        certificate::define,
    ),
    (
        &memory_bio::MEMORY_BIO,
        c"_ssl.MemoryBIO",
        memory_bio::define,
    ),
    (&session::SESSION, c"_ssl.SSLSession", session::define),
    (&context::CONTEXT, c"_ssl._SSLContext", context::define),
    (&socket::SOCKET, c"_ssl._SSLSocket", socket::define),
];

fn exec(m: &Obj) -> Result<()> {
    let api = match OpenSsl::load() {
        Ok(api) => api,
        Err(why) => return raise!(ImportError, "_ssl needs OpenSSL 3: {why}"),
    };
    errors::add(m)?;
    add_types(m, TYPES)?;
    for (name, value) in constants::NUMBERS {
        module::add(m, name, int::from_i64(value).as_obj())?;
    }
    for (name, value) in constants::FLAGS {
        module::add(m, name, if value { TRUE() } else { FALSE() })?;
    }
    module::add(m, "_DEFAULT_CIPHERS", str_::new("DEFAULT").as_obj())?;
    // SAFETY: a number that it knows, and none.
    let (text, number) = unsafe { ((api.OpenSSL_version)(0), (api.OpenSSL_version_num)()) };
    module::add(m, "OPENSSL_VERSION", &text_or_none(text))?;
    module::add(m, "OPENSSL_VERSION_NUMBER", int::from_u64(number).as_obj())?;
    let parts = [28, 20, 12, 4, 0].map(|shift| {
        let mask = if matches!(shift, 28 | 0) { 0xf } else { 0xff };
        int::from_u64(number >> shift & mask).into_obj()
    });
    let version = tuple::from_array(parts);
    module::add(m, "OPENSSL_VERSION_INFO", version.as_obj())?;
    module::add(m, "_OPENSSL_API_VERSION", version.as_obj())
}

fn rand_add(_: &Obj, a: &[&Obj]) -> Result<()> {
    args::expect("RAND_add", a, 2..=2)?;
    let entropy = args::to_f64(a[1])?;
    let data = match str_::of(a[0]) {
        Some(text) => text.as_str()?.as_bytes().to_vec(),
        None => bytes_of(a[0])?.to_vec(),
    };
    // SAFETY: valid bytes.
    unsafe { (api().RAND_add)(data.as_ptr().cast(), data.len() as c_int, entropy) };
    Ok(())
}

fn rand_bytes(_: &Obj, n: &Obj) -> Result {
    let n = args::to_i32(n)?;
    if n < 0 {
        return raise!(ValueError, "num must be positive");
    }
    let mut out = vec![0; n as usize];
    // SAFETY: room for as many bytes.
    match unsafe { (api().RAND_bytes)(out.as_mut_ptr(), n) } {
        1 => Ok(bytes::new(&out).into_obj()),
        _ => Err(errors::last("no random bytes")),
    }
}

/// An object identifier: its number, its short and long names, and its digits.
fn object(object: openssl::P) -> Result {
    // SAFETY: a valid object; the texts are the library's.
    unsafe {
        let nid = (api().OBJ_obj2nid)(object);
        if nid == 0 {
            return raise!(ValueError, "Unknown object");
        }
        Ok(tuple::from_array([
            int::from_i64(nid.into()).into_obj(),
            text_or_none((api().OBJ_nid2sn)(nid)),
            text_or_none((api().OBJ_nid2ln)(nid)),
            str_::new(&certificate::digits_of(object)).into_obj(),
        ])
        .into_obj())
    }
}

fn nid2obj(_: &Obj, nid: &Obj) -> Result {
    let nid = args::to_i32(nid)?;
    if nid < 0 {
        return raise!(ValueError, "NID must be positive");
    }
    // SAFETY: takes any number; the objects are the library's own.
    let found = unsafe { (api().OBJ_nid2obj)(nid) };
    match found.is_null() {
        true => raise!(ValueError, "unknown NID {nid}"),
        false => object(found),
    }
}

fn txt2obj(_: &Obj, [txt, name]: [Option<&Obj>; 2]) -> Result {
    let txt = str_::text_argument("txt2obj", "txt", required(txt))?;
    let names_too = name.map_or(Ok(false), args::to_bool)?;
    let Ok(text) = CString::new(txt) else {
        return raise!(ValueError, "embedded null character");
    };
    // SAFETY: a valid text.
    let found = unsafe { (api().OBJ_txt2obj)(text.as_ptr(), (!names_too).into()) };
    match found.is_null() {
        true => raise!(ValueError, "unknown object '{txt:.100}'"),
        // Known objects are the library's own and need not be given up.
        false => object(found),
    }
}

fn get_default_verify_paths(_: &Obj) -> Result {
    let api = api();
    // SAFETY: no arguments; the texts are the library's.
    let texts = unsafe {
        [
            (api.X509_get_default_cert_file_env)(),
            (api.X509_get_default_cert_file)(),
            (api.X509_get_default_cert_dir_env)(),
            (api.X509_get_default_cert_dir)(),
        ]
    };
    Ok(tuple::from_array(texts.map(text_or_none)).into_obj())
}

/// What this module does not do, by name.
#[cold]
fn unsupported<T>(what: &str) -> Result<T> {
    raise!(NotImplementedError, "{what} is not supported")
}

/// A wrong argument.
#[cold]
fn wrong<T>(function: &str, name: &str, wanted: &str, o: &Obj) -> Result<T> {
    raise!(
        TypeError,
        "{function}() argument '{name}' must be {wanted}, not {}",
        type_in_message(o)
    )
}
