//! The functions of libexpat, which is the system's.
//!
//! It is loaded at run time and not built in: no kept crate brings a libexpat of this decade, and the system's is the one
//! that gets the fixes that a parser of foreign input needs.

use core::ffi::{c_char, c_float, c_int, c_long, c_uchar, c_uint, c_ulong, c_ulonglong, c_void};

use crate::dynlib::library;

/// `XML_Parser`.
pub type Raw = *mut c_void;
/// A handler of any signature, or none.
pub type AnyHandler = *const c_void;
/// Text in UTF-8.
pub type Text = *const c_char;

/// `XML_Feature`.
#[repr(C)]
pub struct Feature {
    pub feature: c_uint,
    pub name: Text,
    pub value: c_long,
}

/// `XML_Content`: an element's content model.
#[repr(C)]
pub struct Content {
    pub kind: c_uint,
    pub quant: c_uint,
    pub name: Text,
    pub numchildren: c_uint,
    pub children: *const Content,
}

/// `XML_Encoding`: an encoding of single bytes.
#[repr(C)]
pub struct Encoding {
    pub map: [c_int; 256],
    pub data: *mut c_void,
    pub convert: *const c_void,
    pub release: *const c_void,
}

/// `XML_Expat_Version`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Version {
    pub major: c_int,
    pub minor: c_int,
    pub micro: c_int,
}

library! {
    /// The functions of libexpat.
    EXPAT: Expat from [c"libexpat.so.1"];
    fn XML_ErrorString(c_uint) -> Text;
    fn XML_ExpatVersion() -> Text;
    fn XML_ExpatVersionInfo() -> Version;
    fn XML_ExternalEntityParserCreate(Raw, Text, Text) -> Raw;
    fn XML_FreeContentModel(Raw, *mut Content);
    fn XML_GetBase(Raw) -> Text;
    fn XML_GetCurrentByteIndex(Raw) -> c_long;
    fn XML_GetCurrentColumnNumber(Raw) -> c_ulong;
    fn XML_GetCurrentLineNumber(Raw) -> c_ulong;
    fn XML_GetErrorCode(Raw) -> c_uint;
    fn XML_GetFeatureList() -> *const Feature;
    fn XML_GetInputContext(Raw, *mut c_int, *mut c_int) -> Text;
    fn XML_GetSpecifiedAttributeCount(Raw) -> c_int;
    fn XML_Parse(Raw, *const c_char, c_int, c_int) -> c_uint;
    fn XML_ParserCreate_MM(Text, *const c_void, Text) -> Raw;
    fn XML_ParserFree(Raw);
    fn XML_SetAttlistDeclHandler(Raw, AnyHandler);
    fn XML_SetBase(Raw, Text) -> c_uint;
    fn XML_SetCharacterDataHandler(Raw, AnyHandler);
    fn XML_SetCommentHandler(Raw, AnyHandler);
    fn XML_SetDefaultHandler(Raw, AnyHandler);
    fn XML_SetDefaultHandlerExpand(Raw, AnyHandler);
    fn XML_SetElementDeclHandler(Raw, AnyHandler);
    fn XML_SetElementHandler(Raw, AnyHandler, AnyHandler);
    fn XML_SetEncoding(Raw, Text) -> c_uint;
    fn XML_SetEndCdataSectionHandler(Raw, AnyHandler);
    fn XML_SetEndDoctypeDeclHandler(Raw, AnyHandler);
    fn XML_SetEndElementHandler(Raw, AnyHandler);
    fn XML_SetEndNamespaceDeclHandler(Raw, AnyHandler);
    fn XML_SetEntityDeclHandler(Raw, AnyHandler);
    fn XML_SetExternalEntityRefHandler(Raw, AnyHandler);
    fn XML_SetHashSalt(Raw, c_ulong) -> c_int;
    fn XML_SetNamespaceDeclHandler(Raw, AnyHandler, AnyHandler);
    fn XML_SetNotStandaloneHandler(Raw, AnyHandler);
    fn XML_SetNotationDeclHandler(Raw, AnyHandler);
    fn XML_SetParamEntityParsing(Raw, c_uint) -> c_int;
    fn XML_SetProcessingInstructionHandler(Raw, AnyHandler);
    fn XML_SetReturnNSTriplet(Raw, c_int);
    fn XML_SetSkippedEntityHandler(Raw, AnyHandler);
    fn XML_SetStartCdataSectionHandler(Raw, AnyHandler);
    fn XML_SetStartDoctypeDeclHandler(Raw, AnyHandler);
    fn XML_SetStartElementHandler(Raw, AnyHandler);
    fn XML_SetStartNamespaceDeclHandler(Raw, AnyHandler);
    fn XML_SetUnknownEncodingHandler(Raw, AnyHandler, *mut c_void);
    fn XML_SetUnparsedEntityDeclHandler(Raw, AnyHandler);
    fn XML_SetUserData(Raw, *mut c_void);
    fn XML_SetXmlDeclHandler(Raw, AnyHandler);
    fn XML_StopParser(Raw, c_uchar) -> c_uint;
    fn XML_UseForeignDTD(Raw, c_uchar) -> c_uint;
    optional
    fn XML_SetReparseDeferralEnabled(Raw, c_uchar) -> c_uchar;
    fn XML_SetAllocTrackerActivationThreshold(Raw, c_ulonglong) -> c_uchar;
    fn XML_SetAllocTrackerMaximumAmplification(Raw, c_float) -> c_uchar;
    fn XML_SetBillionLaughsAttackProtectionActivationThreshold(Raw, c_ulonglong) -> c_uchar;
    fn XML_SetBillionLaughsAttackProtectionMaximumAmplification(Raw, c_float) -> c_uchar;
    fn XML_SetHashSalt16Bytes(Raw, *const u8) -> c_uchar;
}
