//! A context's own certificate and key, and the certificates that it trusts.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use std::ffi::CString;

use super::certificate;
use super::context::Context;
use super::openssl::{Callback, P};
use super::{api, errors};
use crate::codec::bytes_of;
use modules::posix::convert::fs_string;
use modules::prelude::*;
use vm::protocol::buffer;
use vm::types::dict::{self, DictExt as _};
use vm::types::list;
use vm::types::str_::StrExt as _;

/// What answers when a key's password is asked for.
struct Password<'a> {
    given: Option<&'a Obj>,
    raised: bool,
}

/// A password's bytes.
fn password_bytes(o: &Obj, wrong: &str) -> Result<Vec<u8>> {
    if let Some(text) = str_::of(o) {
        return Ok(text.as_str()?.as_bytes().to_vec());
    }
    if o.is::<PyBytesObject>() || o.is::<PyByteArrayObject>() {
        return Ok(bytes_of(o)?.to_vec());
    }
    raise!(TypeError, "{wrong}")
}

impl Password<'_> {
    fn bytes(&self, room: usize) -> Result<Vec<u8>> {
        let Some(given) = self.given else {
            return raise!(ValueError, "no password");
        };
        let bytes = match proto::is_callable(given) {
            true => password_bytes(
                &*call::call0(given)?,
                "password callback must return a string",
            )?,
            false => password_bytes(given, "password should be a string or callable")?,
        };
        match bytes.len() > room {
            true => raise!(ValueError, "password cannot be longer than {room} bytes"),
            false => Ok(bytes),
        }
    }
}

/// Answers with the password. The lock is held: loading a key does not give it up.
unsafe extern "C" fn ask_password(
    room: *mut c_char,
    size: c_int,
    _: c_int,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the library hands back what it was given, and as much room as it says.
    unsafe {
        let password = &mut *data.cast::<Password<'_>>();
        match password.bytes(size as usize) {
            Ok(bytes) => {
                ptr::copy_nonoverlapping(bytes.as_ptr().cast(), room, bytes.len());
                bytes.len() as c_int
            }
            Err(_) => {
                password.raised = true;
                -1
            }
        }
    }
}

/// Raises for a file that could not be loaded: what the system said goes first.
fn file_error(default: &str) -> err::Raised {
    match std::io::Error::last_os_error().raw_os_error() {
        Some(errno) if errno != 0 => {
            errors::clear();
            err::errno(errno, None)
        }
        _ => errors::last(default),
    }
}

fn forget_errno() {
    // SAFETY: this thread's own.
    unsafe { *libc::__errno_location() = 0 };
    errors::clear();
}

/// `load_cert_chain(certfile, keyfile=None, password=None)`.
pub fn load_cert_chain(
    c: &Context,
    [certfile, keyfile, password]: [Option<&Obj>; 3],
) -> Result<()> {
    let certfile = fs_string(required(certfile))?;
    let keyfile = match keyfile.filter(|o| !o.is_none()) {
        Some(keyfile) => fs_string(keyfile)?,
        None => certfile.clone(),
    };
    let mut password = Password {
        given: password.filter(|o| !o.is_none()),
        raised: false,
    };
    if let Some(given) = password.given
        && !proto::is_callable(given)
    {
        password_bytes(given, "password should be a string or callable")?;
    }
    let loaded = load(c, &certfile, &keyfile, &mut password);
    // SAFETY: a live context, which forgets the password's place.
    unsafe {
        (api().SSL_CTX_set_default_passwd_cb)(c.raw, ptr::null());
        (api().SSL_CTX_set_default_passwd_cb_userdata)(c.raw, ptr::null_mut());
    }
    loaded
}

const TYPE_PEM: c_int = 1;

fn load(c: &Context, certfile: &CStr, keyfile: &CStr, password: &mut Password<'_>) -> Result<()> {
    let asked = password.given.is_some();
    let password: *mut Password<'_> = password;
    // SAFETY: a live context, valid paths, and a place for the password that lasts until it is forgotten.
    unsafe {
        let api = api();
        if asked {
            let ask = ask_password as *const () as Callback;
            (api.SSL_CTX_set_default_passwd_cb)(c.raw, ask);
            (api.SSL_CTX_set_default_passwd_cb_userdata)(c.raw, password.cast());
        }
        forget_errno();
        let done = (api.SSL_CTX_use_certificate_chain_file)(c.raw, certfile.as_ptr());
        if done != 1 {
            return match (*password).raised {
                true => Err(err::Raised::assume()),
                false => Err(file_error("cannot load the certificate")),
            };
        }
        forget_errno();
        let done = (api.SSL_CTX_use_PrivateKey_file)(c.raw, keyfile.as_ptr(), TYPE_PEM);
        if done != 1 {
            return match (*password).raised {
                true => Err(err::Raised::assume()),
                false => Err(file_error("cannot load the key")),
            };
        }
        match (api.SSL_CTX_check_private_key)(c.raw) {
            1 => Ok(()),
            _ => Err(errors::last("the key is not the certificate's")),
        }
    }
}

/// `load_verify_locations(cafile=None, capath=None, cadata=None)`.
pub fn load_verify_locations(
    c: &Context,
    [cafile, capath, cadata]: [Option<&Obj>; 3],
) -> Result<()> {
    let given = |o: Option<&'_ Obj>| o.filter(|o| !o.is_none()).map(Obj::new_ref);
    let [cafile, capath, cadata] = [cafile, capath, cadata].map(given);
    if cafile.is_none() && capath.is_none() && cadata.is_none() {
        return raise!(TypeError, "cafile, capath and cadata cannot be all omitted");
    }
    let path = |o: Option<Ref>, name: &str| -> Result<Option<CString>> {
        let Some(o) = o else { return Ok(None) };
        match fs_string(&o) {
            Ok(path) => Ok(Some(path)),
            Err(raised) => {
                if err::clear_if(&exc::TypeError) {
                    return raise!(TypeError, "{name} should be a valid filesystem path");
                }
                Err(raised)
            }
        }
    };
    let (cafile, capath) = (path(cafile, "cafile")?, path(capath, "capath")?);
    if let Some(cadata) = cadata {
        match str_::of(&cadata) {
            Some(text) if text.is_ascii() => trust(c, text.as_str()?.as_bytes(), TYPE_PEM)?,
            None if buffer::has_buffer(&cadata) => {
                trust(c, bytes_of(&cadata)?.bytes(), TYPE_DER)?;
            }
            _ => {
                return raise!(
                    TypeError,
                    "cadata should be an ASCII string or a bytes-like object"
                );
            }
        }
    }
    if cafile.is_none() && capath.is_none() {
        return Ok(());
    }
    let address = |path: &Option<CString>| path.as_deref().map_or(ptr::null(), CStr::as_ptr);
    forget_errno();
    // SAFETY: a live context, and valid paths or null.
    match unsafe {
        (api().SSL_CTX_load_verify_locations)(c.raw, address(&cafile), address(&capath))
    } {
        1 => Ok(()),
        _ => Err(file_error("cannot load the certificates")),
    }
}

const TYPE_DER: c_int = 2;

/// Adds the certificates in some bytes to those that are trusted.
fn trust(c: &Context, data: &[u8], kind: c_int) -> Result<()> {
    let Ok(n) = c_int::try_from(data.len()) else {
        return raise!(OverflowError, "Certificate data is too long.");
    };
    if n == 0 {
        return raise!(ValueError, "Empty certificate data");
    }
    let mut loaded = 0;
    // SAFETY: valid bytes; what is read is given up once the store has its share.
    unsafe {
        let api = api();
        let store = (api.SSL_CTX_get_cert_store)(c.raw);
        let source = (api.BIO_new_mem_buf)(data.as_ptr().cast(), n);
        if source.is_null() {
            return Err(errors::last("Can't allocate buffer"));
        }
        loop {
            let none: *mut P = ptr::null_mut();
            let raw = match kind {
                TYPE_DER => (api.d2i_X509_bio)(source, none),
                _ => (api.PEM_read_bio_X509)(source, none, ptr::null(), ptr::null_mut()),
            };
            if raw.is_null() {
                break;
            }
            (api.X509_STORE_add_cert)(store, raw);
            (api.X509_free)(raw);
            loaded += 1;
        }
        (api.BIO_free)(source);
    }
    if loaded > 0 {
        // The end of the bytes looks like an error.
        errors::clear();
        return Ok(());
    }
    Err(errors::own(match kind {
        TYPE_DER => "not enough data: cadata does not contain a certificate",
        _ => "no start line: cadata does not contain a certificate",
    }))
}

const OBJECT_CERTIFICATE: c_int = 1;
const OBJECT_CRL: c_int = 2;

/// Looks at everything in a context's store.
fn for_each_trusted(c: &Context, mut f: impl FnMut(c_int, P) -> Result<()>) -> Result<()> {
    // SAFETY: a live context, whose store does not change meanwhile.
    unsafe {
        let api = api();
        let objects = (api.X509_STORE_get0_objects)((api.SSL_CTX_get_cert_store)(c.raw));
        for i in 0..(api.OPENSSL_sk_num)(objects) {
            let object = (api.OPENSSL_sk_value)(objects, i);
            let kind = (api.X509_OBJECT_get_type)(object);
            f(kind, (api.X509_OBJECT_get0_X509)(object))?;
        }
    }
    Ok(())
}

fn is_authority(raw: P) -> bool {
    // SAFETY: a live certificate.
    unsafe { (api().X509_check_ca)(raw) != 0 }
}

/// `cert_store_stats()`.
pub fn cert_store_stats(c: &Context) -> Result {
    let (mut certificates, mut authorities, mut crls) = (0, 0, 0);
    for_each_trusted(c, |kind, raw| {
        match kind {
            OBJECT_CERTIFICATE => {
                certificates += 1;
                authorities += i64::from(is_authority(raw));
            }
            OBJECT_CRL => crls += 1,
            _ => {}
        }
        Ok(())
    })?;
    let out = dict::new();
    for (name, n) in [
        ("x509", certificates),
        ("crl", crls),
        ("x509_ca", authorities),
    ] {
        out.set_str(name, int::from_i64(n).as_obj())?;
    }
    Ok(out.into_obj())
}

/// `get_ca_certs(binary_form=False)`.
pub fn get_ca_certs(c: &Context, [binary]: [Option<&Obj>; 1]) -> Result {
    let binary = binary.map_or(Ok(false), args::to_bool)?;
    let mut out = Vec::new();
    for_each_trusted(c, |kind, raw| {
        if kind == OBJECT_CERTIFICATE && is_authority(raw) {
            out.push(match binary {
                true => certificate::der(raw)?.into_obj(),
                // SAFETY: a live certificate.
                false => unsafe { certificate::info(raw)? },
            });
        }
        Ok(())
    })?;
    Ok(list::from_vec(out).into_obj())
}
