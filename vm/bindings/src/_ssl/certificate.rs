//! Certificates: as objects, as bytes, and as the dicts that `getpeercert` gives.

use core::ffi::{CStr, c_char, c_int, c_uchar};
use core::{ptr, slice};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::openssl::P;
use super::{api, errors};
use modules::posix::convert::fs_string;
use modules::prelude::*;
use vm::types::bytes;
use vm::types::dict::{self, DictExt as _};

/// `_ssl.Certificate`.
#[repr(C)]
pub struct Certificate {
    ob_base: PyObject,
    raw: P,
}

static_type!(Certificate, CERTIFICATE);

const PEM: i32 = 1;
const DER: i32 = 2;

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "get_info",
        // SAFETY: a live certificate.
        |c: &Certificate| unsafe { info(c.raw) },
        "($self, /)"
    ),
    keywords!(
        "public_bytes",
        public_bytes,
        "($self, /, format=Encoding.PEM)"
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Certificate>()
        .destructible()
        .dealloc_drop::<Certificate>()
        .new_disallowed()
        .tp_hash(|c: &Certificate| proto::hash(der(c.raw)?.as_obj()))
        .tp_richcompare(|c: &Certificate, other: &Obj, op: CompareOp| {
            let Some(other) = other.downcast::<Certificate>() else {
                return Ok(not_implemented());
            };
            proto::rich_compare(der(c.raw)?.as_obj(), der(other.raw)?.as_obj(), op)
        })
        .methods(METHODS);
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: this object's share of it, not used again.
        unsafe { (api().X509_free)(self.raw) };
    }
}

/// An object for a certificate, with a share of its own.
pub fn make(raw: P) -> Result {
    // SAFETY: a live certificate.
    unsafe { (api().X509_up_ref)(raw) };
    let certificate = Certificate {
        ob_base: header(),
        raw,
    };
    Ok(create(&CERTIFICATE, certificate)?.into_obj())
}

fn public_bytes(c: &Certificate, [format]: [Option<&Obj>; 1]) -> Result {
    match format.map_or(Ok(PEM), args::to_i32)? {
        DER => Ok(der(c.raw)?.into_obj()),
        PEM => {
            let text = Memory::new()?;
            // SAFETY: a live certificate and a place for its text.
            match unsafe { (api().PEM_write_bio_X509)(text.0, c.raw) } {
                1 => Ok(str_::new(&text.text()).into_obj()),
                _ => Err(errors::last("cannot write the certificate")),
            }
        }
        _ => raise!(ValueError, "Unsupported format"),
    }
}

/// A place in memory that the library writes to.
struct Memory(P);

impl Memory {
    fn new() -> Result<Memory> {
        // SAFETY: a method of the library's own.
        let raw = unsafe { (api().BIO_new)((api().BIO_s_mem)()) };
        match raw.is_null() {
            true => Err(err::no_memory()),
            false => Ok(Memory(raw)),
        }
    }

    /// All that has been written.
    fn text(&self) -> String {
        let mut out = Vec::new();
        let mut piece = [0u8; 1024];
        loop {
            let room = piece.len() as c_int;
            // SAFETY: room for as many bytes.
            let n = unsafe { (api().BIO_read)(self.0, piece.as_mut_ptr().cast(), room) };
            if n <= 0 {
                return String::from_utf8_lossy(&out).into_owned();
            }
            out.extend_from_slice(&piece[..n as usize]);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again.
        unsafe { (api().BIO_free)(self.0) };
    }
}

/// Gives up what the library has allocated.
fn release(at: P) {
    // SAFETY: allocated by the library, and not used again.
    unsafe { (api().CRYPTO_free)(at, ptr::null(), 0) };
}

/// A certificate's bytes.
pub fn der(raw: P) -> Result<Ref<PyBytesObject>> {
    let mut at: *mut c_uchar = ptr::null_mut();
    // SAFETY: a live certificate; the library allocates the bytes.
    let n = unsafe { (api().i2d_X509)(raw, &mut at) };
    if n < 0 {
        return Err(errors::last("cannot encode the certificate"));
    }
    // SAFETY: as many bytes as the library says.
    let out = bytes::try_new(unsafe { slice::from_raw_parts(at, n as usize) });
    release(at.cast());
    out
}

/// An object identifier's digits.
pub fn digits_of(object: P) -> String {
    let mut room = [0 as c_char; 128];
    // SAFETY: a valid object and as much room as is said.
    unsafe {
        (api().OBJ_obj2txt)(room.as_mut_ptr(), room.len() as c_int, object, 1);
        CStr::from_ptr(room.as_ptr()).to_string_lossy().into_owned()
    }
}

/// An object identifier's name, or its digits if it has none.
fn name_of(object: P) -> String {
    // SAFETY: a valid object; the name is the library's.
    unsafe {
        let name = (api().OBJ_nid2ln)((api().OBJ_obj2nid)(object));
        match (api().OBJ_obj2nid)(object) == 0 || name.is_null() {
            true => digits_of(object),
            false => CStr::from_ptr(name).to_string_lossy().into_owned(),
        }
    }
}

fn string(s: &str) -> Ref {
    str_::new(s).into_obj()
}

/// A name as a tuple of sets, each a tuple of pairs.
///
/// # Safety
/// A live name.
unsafe fn name(raw: P) -> Result {
    let mut sets: Vec<Ref> = Vec::new();
    let mut pairs: Vec<Ref> = Vec::new();
    let mut current = -1;
    // SAFETY: the caller's; entries are the name's own.
    unsafe {
        for i in 0..(api().X509_NAME_entry_count)(raw) {
            let entry = (api().X509_NAME_get_entry)(raw, i);
            let set = (api().X509_NAME_ENTRY_set)(entry);
            if current >= 0 && set != current {
                sets.push(tuple::from_vec(core::mem::take(&mut pairs)).into_obj());
            }
            current = set;
            let kind = name_of((api().X509_NAME_ENTRY_get_object)(entry));
            let mut at: *mut c_uchar = ptr::null_mut();
            let data = (api().X509_NAME_ENTRY_get_data)(entry);
            let n = (api().ASN1_STRING_to_UTF8)(&mut at, data);
            if n < 0 {
                return Err(errors::last("cannot decode a name"));
            }
            let value = String::from_utf8_lossy(slice::from_raw_parts(at, n as usize)).into_owned();
            release(at.cast());
            pairs.push(tuple::from_array([string(&kind), string(&value)]).into_obj());
        }
    }
    if !pairs.is_empty() {
        sets.push(tuple::from_vec(pairs).into_obj());
    }
    Ok(tuple::from_vec(sets).into_obj())
}

fn time(raw: P) -> Result {
    let text = Memory::new()?;
    // SAFETY: a live time and a place for its text.
    unsafe { (api().ASN1_TIME_print)(text.0, raw) };
    Ok(string(&text.text()))
}

/// What a certificate says, as `getpeercert` gives it.
///
/// # Safety
/// A live certificate.
pub unsafe fn info(raw: P) -> Result {
    let out = dict::new();
    // SAFETY: the caller's; the parts are the certificate's own, but for the serial number's text.
    unsafe {
        out.set_str("subject", &*name((api().X509_get_subject_name)(raw))?)?;
        out.set_str("issuer", &*name((api().X509_get_issuer_name)(raw))?)?;
        let version = (api().X509_get_version)(raw) + 1;
        out.set_str("version", int::from_i64(version).as_obj())?;
        let number =
            (api().ASN1_INTEGER_to_BN)((api().X509_get_serialNumber)(raw), ptr::null_mut());
        let hex = (api().BN_bn2hex)(number);
        out.set_str(
            "serialNumber",
            &string(&CStr::from_ptr(hex).to_string_lossy()),
        )?;
        release(hex.cast());
        (api().BN_free)(number);
        out.set_str("notBefore", &*time((api().X509_get0_notBefore)(raw))?)?;
        out.set_str("notAfter", &*time((api().X509_get0_notAfter)(raw))?)?;
        let names = alternative_names(raw)?;
        if !names.is_empty() {
            out.set_str("subjectAltName", tuple::from_vec(names).as_obj())?;
        }
    }
    Ok(out.into_obj())
}

const SUBJECT_ALT_NAME: c_int = 85;

/// The other names of a certificate's subject, as pairs.
///
/// # Safety
/// A live certificate.
unsafe fn alternative_names(raw: P) -> Result<Vec<Ref>> {
    let mut out = Vec::new();
    // SAFETY: the caller's; the list is ours to give up, and its names are its own.
    unsafe {
        let (api, none) = (api(), ptr::null_mut::<c_int>());
        let names = (api.X509_get_ext_d2i)(raw, SUBJECT_ALT_NAME, none, none);
        if names.is_null() {
            return Ok(out);
        }
        for i in 0..(api.OPENSSL_sk_num)(names) {
            let mut kind: c_int = -1;
            let value = (api.GENERAL_NAME_get0_value)((api.OPENSSL_sk_value)(names, i), &mut kind);
            let data = || {
                let n = (api.ASN1_STRING_length)(value) as usize;
                slice::from_raw_parts((api.ASN1_STRING_get0_data)(value), n)
            };
            let text = || string(&String::from_utf8_lossy(data()));
            let (kind, value) = match kind {
                1 => ("email", text()),
                2 => ("DNS", text()),
                4 => ("DirName", name(value)?),
                6 => ("URI", text()),
                7 => ("IP Address", string(&address(data()))),
                8 => ("Registered ID", string(&digits_of(value))),
                _ => continue,
            };
            out.push(tuple::from_array([string(kind), value]).into_obj());
        }
        (api.GENERAL_NAMES_free)(names);
    }
    Ok(out)
}

/// An address in the form that certificates' dicts have.
fn address(data: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(data) {
        return Ipv4Addr::from(v4).to_string();
    }
    match <[u8; 16]>::try_from(data) {
        Ok(v6) => {
            let parts = Ipv6Addr::from(v6).segments();
            parts.map(|part| format!("{part:X}")).join(":")
        }
        Err(_) => "<invalid>".to_owned(),
    }
}

/// `_test_decode_cert(path)`.
pub fn decode_file(_: &Obj, path: &Obj) -> Result {
    let path = fs_string(path)?;
    // SAFETY: a valid path and mode; what is read is given up.
    unsafe {
        let file = (api().BIO_new_file)(path.as_ptr(), c"r".as_ptr());
        if file.is_null() {
            return Err(errors::own("Can't open file"));
        }
        let file = Memory(file);
        let raw = (api().PEM_read_bio_X509)(file.0, ptr::null_mut(), ptr::null(), ptr::null_mut());
        if raw.is_null() {
            return Err(errors::own("Error decoding PEM-encoded file"));
        }
        let out = info(raw);
        (api().X509_free)(raw);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_of_both_kinds() {
        assert_eq!(address(&[127, 0, 0, 1]), "127.0.0.1");
        assert_eq!(
            address(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 1]),
            "0:0:0:0:0:0:0:AB01"
        );
        assert_eq!(address(&[1]), "<invalid>");
    }
}
