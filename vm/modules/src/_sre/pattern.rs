//! `re.Pattern`: a compiled pattern, and its searches.

use core::hash::{Hash, Hasher};
use std::collections::hash_map::DefaultHasher;

use layout::{
    Py_READONLY, Py_T_INT, Py_T_OBJECT_EX, Py_T_PYSSIZET, Py_TPFLAGS_HAVE_GC, PyMemberDef,
    PyObject, PyTypeObject, PyUnicodeObject,
};
use vm::args::to_isize_or;
use vm::err::{self, Raised, Result, raise};
use vm::method::*;
use vm::object::*;

use vm::types::str_::{self, StrExt};
use vm::types::type_::{CompareOp, TypeBuilder};
use vm::types::{genericalias, iterobjects, list, mappingproxy, tuple};

use super::match_::Match;
use super::matcher::{Matcher, Stop, UNSET};
use super::program::{self, Program};
use super::replace;
use super::scanner::Scanner;
use super::subject::Subject;

pub static PATTERN: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct Pattern {
    ob_base: PyObject,
    pattern: Slot,
    flags: core::ffi::c_int,
    groups: isize,
    /// Names to numbers, and numbers to names.
    pub groupindex: Slot,
    pub indexgroup: Slot,
    weakrefs: core::cell::Cell<*mut PyObject>,
    /// Whether the pattern is for bytes; unknown without a pattern.
    is_bytes: Option<bool>,
    code: Box<[u32]>,
    pub program: Box<Program>,
}

impl Layout for Pattern {
    fn type_object() -> &'static PyTypeObject {
        &PATTERN
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Pattern>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .new_disallowed()
        .dealloc_drop::<Pattern>()
        .weaklistoffset(core::mem::offset_of!(Pattern, weakrefs))
        .tp_traverse(|p: &Pattern, v: &mut Visitor| {
            v.slot(&p.pattern)?;
            v.slot(&p.groupindex)?;
            v.slot(&p.indexgroup)
        })
        .tp_repr(repr)
        .tp_hash(hash)
        .tp_richcompare(richcompare)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    keywords!(
        "match",
        |p: &Pattern, args: [Option<&Obj>; 3]| p.once(args, Way::Match),
        "($self, /, string, pos=0, endpos=sys.maxsize)"
    ),
    keywords!(
        "fullmatch",
        |p: &Pattern, args: [Option<&Obj>; 3]| p.once(args, Way::FullMatch),
        "($self, /, string, pos=0, endpos=sys.maxsize)"
    ),
    keywords!(
        "search",
        |p: &Pattern, args: [Option<&Obj>; 3]| p.once(args, Way::Search),
        "($self, /, string, pos=0, endpos=sys.maxsize)"
    ),
    keywords!(
        "sub",
        |p: &Pattern, args: [Option<&Obj>; 3]| Ok(substitute(p, args)?.0),
        "($self, /, repl, string, count=0)"
    ),
    keywords!("subn", subn, "($self, /, repl, string, count=0)"),
    keywords!(
        "findall",
        findall,
        "($self, /, string, pos=0, endpos=sys.maxsize)"
    ),
    keywords!("split", split, "($self, /, string, maxsplit=0)"),
    keywords!(
        "finditer",
        finditer,
        "($self, /, string, pos=0, endpos=sys.maxsize)"
    ),
    keywords!(
        "scanner",
        scanner,
        "($self, /, string, pos=0, endpos=sys.maxsize)"
    ),
    noargs!(
        "__copy__",
        |p: &Pattern| Ok(p.as_obj().new_ref()),
        "($self, /)"
    ),
    o!(
        "__deepcopy__",
        |p: &Pattern, _: &Obj| Ok(p.as_obj().new_ref()),
        "($self, memo, /)"
    ),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("pattern", Pattern, pattern, Py_T_OBJECT_EX, Py_READONLY),
    member!("flags", Pattern, flags, Py_T_INT, Py_READONLY),
    member!("groups", Pattern, groups, Py_T_PYSSIZET, Py_READONLY),
];

static GETSET: &[layout::PyGetSetDef] = &[getset!("groupindex", |p: &Pattern| mappingproxy::new(
    &p.groupindex.get().unwrap_or_else(none)
))];

/// How a single match is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Match,
    FullMatch,
    Search,
}

/// The matcher's way to look at signals.
fn interrupted() -> bool {
    vm::signals::check().is_err()
}

/// The exception for a match that was stopped.
#[cold]
fn stopped(stop: Stop) -> Raised {
    match stop {
        Stop::Interrupted => Raised::assume(),
        Stop::NoMemory => err::no_memory(),
    }
}

impl Pattern {
    pub fn new(
        pattern: Ref,
        flags: i32,
        code: Vec<u32>,
        groups: isize,
        groupindex: Ref,
        indexgroup: Ref,
    ) -> Result {
        let is_bytes = match (pattern.is_none(), pattern.is::<PyUnicodeObject>()) {
            (true, _) => None,
            (_, true) => Some(false),
            _ => {
                drop(Subject::new(&pattern)?);
                Some(true)
            }
        };
        let decoded = usize::try_from(groups)
            .ok()
            .and_then(|groups| program::decode(&code, groups).ok());
        let Some(program) = decoded else {
            return raise!(RuntimeError, "invalid SRE code");
        };
        let new = Pattern {
            ob_base: header(),
            pattern: Slot::new(Some(pattern)),
            flags,
            groups,
            groupindex: Slot::new(Some(groupindex)),
            indexgroup: Slot::new(Some(indexgroup)),
            weakrefs: core::cell::Cell::new(core::ptr::null_mut()),
            is_bytes,
            code: code.into_boxed_slice(),
            program: Box::new(program),
        };
        Ok(create(&PATTERN, new)?.into_obj())
    }

    pub fn group_count(&self) -> usize {
        self.groups as usize
    }

    /// What is to be searched, if its kind is the pattern's.
    pub fn subject(&self, o: &Obj) -> Result<Subject> {
        let subject = Subject::new(o)?;
        match (self.is_bytes, subject.is_bytes()) {
            (Some(false), true) => raise!(
                TypeError,
                "cannot use a string pattern on a bytes-like object"
            ),
            (Some(true), false) => raise!(
                TypeError,
                "cannot use a bytes pattern on a string-like object"
            ),
            _ => Ok(subject),
        }
    }

    /// The subject, `pos` and `endpos` of a call.
    pub fn arguments(
        &self,
        [string, pos, endpos]: [Option<&Obj>; 3],
    ) -> Result<(Subject, usize, usize)> {
        let (pos, endpos) = (to_isize_or(pos, 0)?, to_isize_or(endpos, isize::MAX)?);
        let subject = self.subject(string.unwrap_or(NONE()))?;
        let (pos, endpos) = subject.bounds(pos, endpos);
        Ok((subject, pos, endpos))
    }

    /// Looks for a match, in one way.
    pub fn find(
        &self,
        matcher: &mut Matcher<'_>,
        subject: &Subject,
        from: usize,
        end: usize,
        way: Way,
    ) -> Result<bool> {
        if from > end {
            return Ok(false);
        }
        matcher.whole = way == Way::FullMatch;
        let found = match way {
            Way::Search => matcher.search(subject.text(), from, end, &mut interrupted),
            _ => matcher.match_at(subject.text(), from, end, &mut interrupted),
        };
        found.map_err(stopped)
    }

    fn once(&self, args: [Option<&Obj>; 3], way: Way) -> Result {
        let (subject, pos, end) = self.arguments(args)?;
        let mut matcher = Matcher::new(&self.program);
        if !self.find(&mut matcher, &subject, pos, end, way)? {
            return Ok(none());
        }
        Match::new(self, &subject, &matcher, pos, end)
    }

    /// Calls `f` at each match in turn, at most `max` of them; says how many there were. An empty match may not begin
    /// where the match before it ended.
    pub fn each(
        &self,
        subject: &Subject,
        (pos, end): (usize, usize),
        max: usize,
        mut f: impl FnMut(&Matcher<'_>) -> Result<()>,
    ) -> Result<usize> {
        let mut matcher = Matcher::new(&self.program);
        let (mut from, mut n) = (pos, 0);
        while n < max && self.find(&mut matcher, subject, from, end, Way::Search)? {
            f(&matcher)?;
            n += 1;
            from = matcher.end;
            matcher.advance_from = (matcher.start == matcher.end).then_some(from);
        }
        Ok(n)
    }
}

/// A group's part of the subject, or `None`.
pub fn group(subject: &Subject, matcher: &Matcher<'_>, i: usize) -> Result<Option<Ref>> {
    let (start, end) = (matcher.marks[2 * i], matcher.marks[2 * i + 1]);
    if start == UNSET || end == UNSET || start > end {
        return Ok(None);
    }
    subject.slice(start, end).map(Some)
}

fn findall(p: &Pattern, args: [Option<&Obj>; 3]) -> Result {
    let (subject, pos, end) = p.arguments(args)?;
    let mut items = Vec::new();
    let group_or_empty = |m: &Matcher<'_>, i| match group(&subject, m, i)? {
        Some(part) => Ok(part),
        None => subject.slice(0, 0),
    };
    p.each(&subject, (pos, end), usize::MAX, |m| {
        items.push(match p.group_count() {
            0 => subject.slice(m.start, m.end)?,
            1 => group_or_empty(m, 0)?,
            n => tuple::from_vec(
                (0..n)
                    .map(|i| group_or_empty(m, i))
                    .collect::<Result<Vec<Ref>>>()?,
            )
            .into_obj(),
        });
        Ok(())
    })?;
    Ok(list::new(items).into_obj())
}

fn split(p: &Pattern, [string, maxsplit]: [Option<&Obj>; 2]) -> Result {
    let max = match to_isize_or(maxsplit, 0)? {
        0 => usize::MAX,
        n => usize::try_from(n).unwrap_or(usize::MAX),
    };
    let subject = p.subject(string.unwrap_or(NONE()))?;
    let (mut pieces, mut last) = (Vec::new(), 0);
    p.each(&subject, (0, subject.len()), max, |m| {
        pieces.push(subject.slice(last, m.start)?);
        for i in 0..p.group_count() {
            pieces.push(group(&subject, m, i)?.unwrap_or_else(none));
        }
        last = m.end;
        Ok(())
    })?;
    pieces.push(subject.slice(last, subject.len())?);
    Ok(list::new(pieces).into_obj())
}

fn substitute(p: &Pattern, [template, string, count]: [Option<&Obj>; 3]) -> Result<(Ref, usize)> {
    let max = match to_isize_or(count, 0)? {
        0 => usize::MAX,
        n => usize::try_from(n).unwrap_or(usize::MAX),
    };
    let replacement = replace::Replacement::new(p, template.unwrap_or(NONE()))?;
    let subject = p.subject(string.unwrap_or(NONE()))?;
    let end = subject.len();
    let (mut pieces, mut last) = (Vec::new(), 0);
    let n = p.each(&subject, (0, end), max, |m| {
        if last < m.start {
            pieces.push(subject.slice(last, m.start)?);
        }
        let item = replacement.item(p, &subject, m, (0, end))?;
        if !item.is_none() {
            pieces.push(item);
        }
        last = m.end;
        Ok(())
    })?;
    if last < end {
        pieces.push(subject.slice(last, end)?);
    }
    let joined = if pieces.is_empty() {
        subject.slice(0, 0)?
    } else {
        subject.join(&pieces)?
    };
    Ok((joined, n))
}

fn subn(p: &Pattern, args: [Option<&Obj>; 3]) -> Result {
    let (text, n) = substitute(p, args)?;
    Ok(tuple::pair(&text, vm::types::int::from_usize(n).as_obj()).into_obj())
}

fn scanner(p: &Pattern, args: [Option<&Obj>; 3]) -> Result {
    let (subject, pos, end) = p.arguments(args)?;
    Scanner::new(p, subject, pos, end)
}

/// An iterator that calls a scanner's `search` until there is no more.
fn finditer(p: &Pattern, args: [Option<&Obj>; 3]) -> Result {
    let scanner = scanner(p, args)?;
    let search = vm::protocol::object::getattr_str(&scanner, "search")?;
    iterobjects::callable_iter(&search, NONE())
}

const FLAGS: [(&str, i32); 7] = [
    ("re.IGNORECASE", 2),
    ("re.LOCALE", 4),
    ("re.MULTILINE", 8),
    ("re.DOTALL", 16),
    ("re.VERBOSE", 64),
    ("re.DEBUG", 128),
    ("re.ASCII", 256),
];
const UNICODE: i32 = 32;

fn repr(p: &Pattern) -> Result {
    let pattern = p.pattern.get().unwrap_or_else(none);
    let shown = vm::protocol::object::repr(&pattern)?;
    let mut flags = p.flags;
    // Unicode matching is what a string pattern does unasked.
    if pattern.is::<PyUnicodeObject>() && flags & (4 | UNICODE | 256) == UNICODE {
        flags &= !UNICODE;
    }
    let mut names: Vec<String> = Vec::new();
    for (name, bit) in FLAGS {
        if flags & bit != 0 {
            names.push(name.into());
            flags &= !bit;
        }
    }
    if flags != 0 {
        names.push(format!("0x{flags:x}"));
    }
    let mut out = str_::Writer::new();
    out.push_ascii("re.compile(");
    if let Some(s) = str_::of(&shown) {
        out.push_data(s.data().slice(0..s.len().min(200)));
    }
    if !names.is_empty() {
        out.push_ascii(", ");
        out.push_ascii(&names.join("|"));
    }
    out.push_ascii(")");
    Ok(out.finish()?.into_obj())
}

fn hash(p: &Pattern) -> Result<isize> {
    let pattern = vm::protocol::object::hash(&p.pattern.get().unwrap_or_else(none))?;
    let mut hasher = DefaultHasher::new();
    (pattern, p.flags, p.is_bytes, p.groups, &p.code).hash(&mut hasher);
    Ok(hasher.finish() as isize)
}

fn richcompare(a: &Pattern, b: &Obj, op: CompareOp) -> Result {
    let (Some(b), CompareOp::Eq | CompareOp::Ne) = (b.downcast_exact::<Pattern>(), op) else {
        return Ok(not_implemented());
    };
    let alike = a.flags == b.flags && a.is_bytes == b.is_bytes && a.code == b.code;
    let equal = core::ptr::eq(a, b)
        || alike
            && vm::protocol::object::rich_compare_bool(
                &a.pattern.get().unwrap_or_else(none),
                &b.pattern.get().unwrap_or_else(none),
                CompareOp::Eq,
            )?;
    Ok(bool_(equal == (op == CompareOp::Eq)))
}
