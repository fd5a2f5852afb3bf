//! `_sre.SRE_Scanner`: one match after the other over the same text.

use core::cell::Cell;

use layout::{
    Py_READONLY, Py_T_OBJECT_EX, Py_TPFLAGS_HAVE_GC, PyMemberDef, PyObject, PyTypeObject,
};
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::type_::TypeBuilder;

use super::match_::Match;
use super::matcher::Matcher;
use super::pattern::{Pattern, Way};
use super::subject::Subject;

pub static SCANNER: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct Scanner {
    ob_base: PyObject,
    pattern: Slot,
    subject: Subject,
    pos: usize,
    end: usize,
    /// Where the next match may begin; `None` after the last.
    next: Cell<Option<usize>>,
    advance_from: Cell<Option<usize>>,
    /// Whether a match is being looked for: looking at signals may run code that calls us again.
    busy: Cell<bool>,
}

impl Layout for Scanner {
    fn type_object() -> &'static PyTypeObject {
        &SCANNER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Scanner>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .new_disallowed()
        .dealloc_drop::<Scanner>()
        .tp_traverse(|s: &Scanner, v: &mut Visitor| {
            v.slot(&s.pattern)?;
            v.visit(&s.subject.object)
        })
        .methods(METHODS)
        .members(MEMBERS);
}

static METHODS: Methods = &[
    noargs!("match", |s: &Scanner| s.step(Way::Match), "($self, /)"),
    noargs!("search", |s: &Scanner| s.step(Way::Search), "($self, /)"),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "pattern",
    Scanner,
    pattern,
    Py_T_OBJECT_EX,
    Py_READONLY
)];

impl Scanner {
    pub fn new(p: &Pattern, subject: Subject, pos: usize, end: usize) -> Result {
        let scanner = Scanner {
            ob_base: header(),
            pattern: Slot::new(Some(p.as_obj().new_ref())),
            subject,
            pos,
            end,
            next: Cell::new(Some(pos)),
            advance_from: Cell::new(None),
            busy: Cell::new(false),
        };
        Ok(create(&SCANNER, scanner)?.into_obj())
    }

    fn step(&self, way: Way) -> Result {
        let (Some(p), Some(from)) = (
            self.pattern.borrow().and_then(|o| o.downcast::<Pattern>()),
            self.next.get(),
        ) else {
            return Ok(none());
        };
        if self.busy.replace(true) {
            return raise!(ValueError, "regular expression scanner already executing");
        }
        let mut matcher = Matcher::new(&p.program);
        matcher.advance_from = self.advance_from.get();
        let found = p.find(&mut matcher, &self.subject, from, self.end, way);
        self.busy.set(false);
        if !found? {
            self.next.set(None);
            return Ok(none());
        }
        self.advance_from
            .set((matcher.start == matcher.end).then_some(matcher.end));
        self.next.set(Some(matcher.end));
        Match::new(p, &self.subject, &matcher, self.pos, self.end)
    }
}
