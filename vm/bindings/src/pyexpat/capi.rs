//! `pyexpat.expat_CAPI`: the library's functions for other extensions, so that all use one libexpat.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use super::api;
use super::callbacks;
use super::expat::{Encoding, Text, Version};
use modules::prelude::*;
use vm::types::capsule;

/// `struct PyExpat_CAPI`; its functions are kept as addresses, null where the library is too old.
#[repr(C)]
struct Table {
    magic: *const c_char,
    size: c_int,
    major: c_int,
    minor: c_int,
    micro: c_int,
    functions: [*const c_void; 17],
    default_unknown_encoding: unsafe extern "C" fn(*mut c_void, Text, *mut Encoding) -> c_int,
    newer: [*const c_void; 7],
}

/// The capsule; its table lives as long as the process.
pub fn capsule(version: Version) -> Result {
    let api = api();
    macro_rules! addresses {
        ($($f:ident)*) => { [$(api.$f as *const c_void),*] };
    }
    macro_rules! addresses_if_any {
        ($($f:ident)*) => { [$(api.$f.map_or(ptr::null(), |f| f as *const c_void)),*] };
    }
    let [
        alloc_threshold,
        alloc_amplification,
        laughs_threshold,
        laughs_amplification,
        salt,
        deferral,
    ] = addresses_if_any!(
        XML_SetAllocTrackerActivationThreshold
        XML_SetAllocTrackerMaximumAmplification
        XML_SetBillionLaughsAttackProtectionActivationThreshold
        XML_SetBillionLaughsAttackProtectionMaximumAmplification
        XML_SetHashSalt16Bytes
        XML_SetReparseDeferralEnabled
    );
    let table = Table {
        magic: c"pyexpat.expat_CAPI 1.1".as_ptr(),
        size: size_of::<Table>() as c_int,
        major: version.major,
        minor: version.minor,
        micro: version.micro,
        functions: addresses!(
            XML_ErrorString
            XML_GetErrorCode
            XML_GetCurrentColumnNumber
            XML_GetCurrentLineNumber
            XML_Parse
            XML_ParserCreate_MM
            XML_ParserFree
            XML_SetCharacterDataHandler
            XML_SetCommentHandler
            XML_SetDefaultHandlerExpand
            XML_SetElementHandler
            XML_SetNamespaceDeclHandler
            XML_SetProcessingInstructionHandler
            XML_SetUnknownEncodingHandler
            XML_SetUserData
            XML_SetStartDoctypeDeclHandler
            XML_SetEncoding
        ),
        default_unknown_encoding: callbacks::unknown_encoding,
        newer: [
            api.XML_SetHashSalt as *const c_void,
            deferral,
            alloc_threshold,
            alloc_amplification,
            laughs_threshold,
            laughs_amplification,
            salt,
        ],
    };
    let table = Box::leak(Box::new(table));
    let capsule = capsule::new(
        ptr::from_mut(table).cast(),
        c"pyexpat.expat_CAPI".as_ptr(),
        None,
    )?;
    Ok(capsule.into_obj())
}
