//! `SSLSession`: what a later connection can go on from.

use core::ffi::c_uint;
use core::slice;

use super::api;
use super::openssl::P;
use modules::prelude::*;
use vm::types::bytes;

/// `_ssl.SSLSession`.
#[repr(C)]
pub struct Session {
    ob_base: PyObject,
    pub raw: P,
    /// The context that it belongs to.
    pub context: Slot,
}

static_type!(Session, SESSION);

/// An attribute that the library answers.
macro_rules! asked {
    ($name:literal, $function:ident) => {
        // SAFETY: a live session.
        getset!($name, |s: &Session| Ok(unsafe { (api().$function)(s.raw) }))
    };
}

static GETSET: &[PyGetSetDef] = &[
    getset!("has_ticket", |s: &Session| {
        // SAFETY: a live session.
        Ok(unsafe { (api().SSL_SESSION_has_ticket)(s.raw) } != 0)
    }),
    getset!("id", |s: &Session| bytes::try_new(s.id())),
    asked!("ticket_lifetime_hint", SSL_SESSION_get_ticket_lifetime_hint),
    asked!("time", SSL_SESSION_get_time),
    asked!("timeout", SSL_SESSION_get_timeout),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Session>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Session>()
        .tp_traverse(|s: &Session, v: &mut Visitor| v.slot(&s.context))
        .new_disallowed()
        .unhashable()
        .tp_richcompare(|s: &Session, other: &Obj, op: CompareOp| {
            match (other.downcast::<Session>(), op) {
                (Some(other), CompareOp::Eq) => Ok(bool_(s.id() == other.id())),
                (Some(other), CompareOp::Ne) => Ok(bool_(s.id() != other.id())),
                _ => Ok(not_implemented()),
            }
        })
        .getset(GETSET);
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: this object's share of it, not used again.
        unsafe { (api().SSL_SESSION_free)(self.raw) };
    }
}

/// The object of a session, whose share it takes.
pub fn make(raw: P, context: &Obj) -> Result {
    let session = Session {
        ob_base: header(),
        raw,
        context: holding(context),
    };
    Ok(create(&SESSION, session)?.into_obj())
}

impl Session {
    fn id(&self) -> &[u8] {
        let mut n: c_uint = 0;
        // SAFETY: a live session, whose id is its own.
        unsafe {
            let at = (api().SSL_SESSION_get_id)(self.raw, &mut n);
            match at.is_null() || n == 0 {
                true => &[],
                false => slice::from_raw_parts(at, n as usize),
            }
        }
    }
}
