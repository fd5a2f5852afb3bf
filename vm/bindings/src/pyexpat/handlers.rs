//! The table of handlers: an attribute of parsers each, and a function of the library that installs its callback.

use super::api;
use super::callbacks::*;
use super::expat::{AnyHandler, Expat, Raw};
use modules::prelude::*;

use super::parser::Parser;

/// A kind of event.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    StartElement,
    EndElement,
    ProcessingInstruction,
    CharacterData,
    UnparsedEntityDecl,
    NotationDecl,
    StartNamespaceDecl,
    EndNamespaceDecl,
    Comment,
    StartCdataSection,
    EndCdataSection,
    Default,
    DefaultHandlerExpand,
    NotStandalone,
    ExternalEntityRef,
    StartDoctypeDecl,
    EndDoctypeDecl,
    EntityDecl,
    XmlDecl,
    ElementDecl,
    AttlistDecl,
    SkippedEntity,
}

/// How many kinds of event there are.
pub const COUNT: usize = 22;

type Setter = unsafe extern "C" fn(Raw, AnyHandler);

/// What is to be known of an event.
pub struct Row {
    /// The name of the function that calls the handler, for tracebacks.
    pub name: &'static str,
    setter: fn(&Expat) -> Setter,
    callback: fn() -> AnyHandler,
}

macro_rules! rows {
    ($($name:literal $setter:ident $callback:ident;)*) => {
        [$(Row {
            name: $name,
            setter: |api| api.$setter,
            callback: || $callback as *const () as AnyHandler,
        }),*]
    };
}

/// The rows, in the order of [`Event`].
pub static ROWS: [Row; COUNT] = rows! {
    "StartElement" XML_SetStartElementHandler start_element;
    "EndElement" XML_SetEndElementHandler end_element;
    "ProcessingInstruction" XML_SetProcessingInstructionHandler processing_instruction;
    "CharacterData" XML_SetCharacterDataHandler character_data;
    "UnparsedEntityDecl" XML_SetUnparsedEntityDeclHandler unparsed_entity_decl;
    "NotationDecl" XML_SetNotationDeclHandler notation_decl;
    "StartNamespaceDecl" XML_SetStartNamespaceDeclHandler start_namespace_decl;
    "EndNamespaceDecl" XML_SetEndNamespaceDeclHandler end_namespace_decl;
    "Comment" XML_SetCommentHandler comment;
    "StartCdataSection" XML_SetStartCdataSectionHandler start_cdata_section;
    "EndCdataSection" XML_SetEndCdataSectionHandler end_cdata_section;
    "Default" XML_SetDefaultHandler default;
    "DefaultHandlerExpand" XML_SetDefaultHandlerExpand default_expand;
    "NotStandalone" XML_SetNotStandaloneHandler not_standalone;
    "ExternalEntityRef" XML_SetExternalEntityRefHandler external_entity_ref;
    "StartDoctypeDecl" XML_SetStartDoctypeDeclHandler start_doctype_decl;
    "EndDoctypeDecl" XML_SetEndDoctypeDeclHandler end_doctype_decl;
    "EntityDecl" XML_SetEntityDeclHandler entity_decl;
    "XmlDecl" XML_SetXmlDeclHandler xml_decl;
    "ElementDecl" XML_SetElementDeclHandler element_decl;
    "AttlistDecl" XML_SetAttlistDeclHandler attlist_decl;
    "SkippedEntity" XML_SetSkippedEntityHandler skipped_entity;
};

/// Installs the callback of row `i`, or none.
pub fn install(raw: Raw, i: usize, on: bool) {
    let row = &ROWS[i];
    let callback = if on {
        (row.callback)()
    } else {
        core::ptr::null()
    };
    // SAFETY: a live parser, and the callback that the function is for.
    unsafe { (row.setter)(api())(raw, callback) };
}

/// As a handler of text that goes nowhere: while the parser runs, it must not see its handler vanish.
pub fn install_deaf(raw: Raw) {
    let callback = ignored_character_data as *const () as AnyHandler;
    // SAFETY: as above.
    unsafe { (api().XML_SetCharacterDataHandler)(raw, callback) };
}

macro_rules! attribute {
    ($name:literal, $event:ident) => {
        getset!(
            $name,
            |p: &Parser| Ok(p.handlers[Event::$event as usize].get()),
            |p: &Parser, value: Option<&Obj>| p.set_handler(Event::$event, value)
        )
    };
}

/// The handlers as attributes.
pub const GETSET: [PyGetSetDef; COUNT] = [
    attribute!("StartElementHandler", StartElement),
    attribute!("EndElementHandler", EndElement),
    attribute!("ProcessingInstructionHandler", ProcessingInstruction),
    attribute!("CharacterDataHandler", CharacterData),
    attribute!("UnparsedEntityDeclHandler", UnparsedEntityDecl),
    attribute!("NotationDeclHandler", NotationDecl),
    attribute!("StartNamespaceDeclHandler", StartNamespaceDecl),
    attribute!("EndNamespaceDeclHandler", EndNamespaceDecl),
    attribute!("CommentHandler", Comment),
    attribute!("StartCdataSectionHandler", StartCdataSection),
    attribute!("EndCdataSectionHandler", EndCdataSection),
    attribute!("DefaultHandler", Default),
    attribute!("DefaultHandlerExpand", DefaultHandlerExpand),
    attribute!("NotStandaloneHandler", NotStandalone),
    attribute!("ExternalEntityRefHandler", ExternalEntityRef),
    attribute!("StartDoctypeDeclHandler", StartDoctypeDecl),
    attribute!("EndDoctypeDeclHandler", EndDoctypeDecl),
    attribute!("EntityDeclHandler", EntityDecl),
    attribute!("XmlDeclHandler", XmlDecl),
    attribute!("ElementDeclHandler", ElementDecl),
    attribute!("AttlistDeclHandler", AttlistDecl),
    attribute!("SkippedEntityHandler", SkippedEntity),
];
