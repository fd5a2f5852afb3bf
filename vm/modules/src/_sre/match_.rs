//! `re.Match`: where a pattern matched, and what its groups did.

use layout::{
    Py_READONLY, Py_T_OBJECT_EX, Py_T_PYSSIZET, Py_TPFLAGS_HAVE_GC, PyDictObject, PyMemberDef,
    PyObject, PyTypeObject,
};
use vm::err::{self, Raised, Result, exc};
use vm::method::*;
use vm::object::*;
use vm::protocol::number::{index_isize, is_index};
use vm::types::dict::{self, DictExt};
use vm::types::tuple::TupleExt;
use vm::types::type_::TypeBuilder;
use vm::types::{genericalias, int, str_, tuple};

use super::matcher::{Matcher, UNSET};
use super::pattern::Pattern;
use super::replace;
use super::subject::Subject;

pub static MATCH: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct Match {
    ob_base: PyObject,
    string: Slot,
    pattern: Slot,
    /// The tuple of all spans, once it was asked for.
    regs: Slot,
    pos: isize,
    endpos: isize,
    last_index: usize,
    /// Start and end of the whole match, then of each group.
    marks: Box<[usize]>,
}

impl Layout for Match {
    fn type_object() -> &'static PyTypeObject {
        &MATCH
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Match>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .new_disallowed()
        .dealloc_drop::<Match>()
        .tp_traverse(|m: &Match, v: &mut Visitor| {
            v.slot(&m.string)?;
            v.slot(&m.pattern)?;
            v.slot(&m.regs)
        })
        .tp_repr(repr)
        .mp_subscript(|m: &Match, key: &Obj| m.group(key, NONE()))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    fastcall!("group", group, ""),
    fastcall!(
        "start",
        |m: &Match, args: &[&Obj]| m.one("start", args).map(|i| m.bounds(i).0),
        "($self, group=0, /)"
    ),
    fastcall!(
        "end",
        |m: &Match, args: &[&Obj]| m.one("end", args).map(|i| m.bounds(i).1),
        "($self, group=0, /)"
    ),
    fastcall!(
        "span",
        |m: &Match, args: &[&Obj]| m.one("span", args).map(|i| m.span(i)),
        "($self, group=0, /)"
    ),
    keywords!("groups", groups, "($self, /, default=None)"),
    keywords!("groupdict", groupdict, "($self, /, default=None)"),
    keywords!("expand", expand, "($self, /, template)"),
    noargs!(
        "__copy__",
        |m: &Match| Ok(m.as_obj().new_ref()),
        "($self, /)"
    ),
    o!(
        "__deepcopy__",
        |m: &Match, _: &Obj| Ok(m.as_obj().new_ref()),
        "($self, memo, /)"
    ),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("string", Match, string, Py_T_OBJECT_EX, Py_READONLY),
    member!("re", Match, pattern, Py_T_OBJECT_EX, Py_READONLY),
    member!("pos", Match, pos, Py_T_PYSSIZET, Py_READONLY),
    member!("endpos", Match, endpos, Py_T_PYSSIZET, Py_READONLY),
];

static GETSET: &[layout::PyGetSetDef] = &[
    getset!("lastindex", |m: &Match| Ok(
        (m.last_index > 0).then_some(m.last_index)
    )),
    getset!("lastgroup", lastgroup),
    getset!("regs", regs),
];

impl Match {
    pub fn new(
        p: &Pattern,
        subject: &Subject,
        matcher: &Matcher<'_>,
        pos: usize,
        endpos: usize,
    ) -> Result {
        let mut marks = Vec::with_capacity(matcher.marks.len() + 2);
        marks.extend([matcher.start, matcher.end]);
        for group in matcher.marks.chunks_exact(2) {
            let set = group[0] != UNSET && group[1] != UNSET && group[0] <= group[1];
            marks.extend(if set {
                [group[0], group[1]]
            } else {
                [UNSET, UNSET]
            });
        }
        let m = Match {
            ob_base: header(),
            string: Slot::new(Some(subject.object.clone())),
            pattern: Slot::new(Some(p.as_obj().new_ref())),
            regs: Slot::empty(),
            pos: pos as isize,
            endpos: endpos as isize,
            last_index: matcher.last_index,
            marks: marks.into_boxed_slice(),
        };
        Ok(create(&MATCH, m)?.into_obj())
    }

    fn pattern(&self) -> Option<&Pattern> {
        self.pattern.borrow().and_then(|o| o.downcast())
    }

    pub fn group_count(&self) -> usize {
        self.marks.len() / 2 - 1
    }

    pub fn subject(&self) -> Result<Subject> {
        Subject::new(&self.string.get().unwrap_or_else(none))
    }

    /// The part that a group matched; `None` if it did not.
    pub fn slice(&self, i: usize) -> Result<Option<Ref>> {
        let (start, end) = (self.marks[2 * i], self.marks[2 * i + 1]);
        if start == UNSET {
            return Ok(None);
        }
        let subject = self.subject()?;
        // A bytearray may have shrunk since.
        let len = subject.len();
        subject.slice(start.min(len), end.min(len)).map(Some)
    }

    /// A group's number, from a number or a name.
    fn index(&self, key: &Obj) -> Result<usize> {
        let number = if is_index(key) {
            index_isize(key, None)?
        } else {
            let names = self.pattern().and_then(|p| p.groupindex.get());
            match names
                .as_deref()
                .and_then(|o| o.downcast::<PyDictObject>())
                .map(|d| d.get(key))
            {
                Some(Ok(Some(number))) => index_isize(&number, None)?,
                Some(Err(raised)) if !err::matches(&exc::TypeError) => return Err(raised),
                _ => {
                    err::clear();
                    -1
                }
            }
        };
        usize::try_from(number)
            .ok()
            .filter(|&i| i <= self.group_count())
            .ok_or_else(no_such_group)
    }

    fn group(&self, key: &Obj, default: &Obj) -> Result {
        let i = self.index(key)?;
        Ok(self.slice(i)?.unwrap_or_else(|| default.new_ref()))
    }

    /// The group that a method's optional argument names.
    fn one(&self, name: &str, args: &[&Obj]) -> Result<usize> {
        vm::args::expect(name, args, 0..=1)?;
        args.first().map_or(Ok(0), |key| self.index(key))
    }

    fn bounds(&self, i: usize) -> (isize, isize) {
        // An unset mark is -1 as a signed number.
        (self.marks[2 * i] as isize, self.marks[2 * i + 1] as isize)
    }

    fn span(&self, i: usize) -> Ref {
        let (start, end) = self.bounds(i);
        tuple::pair(
            int::from_isize(start).as_obj(),
            int::from_isize(end).as_obj(),
        )
        .into_obj()
    }
}

#[cold]
fn no_such_group() -> Raised {
    err::new(&exc::IndexError, format_args!("no such group"))
}

fn group(m: &Match, keys: &[&Obj]) -> Result {
    match keys {
        [] => Ok(m.slice(0)?.unwrap_or_else(none)),
        [key] => m.group(key, NONE()),
        keys => {
            let parts = keys
                .iter()
                .map(|key| m.group(key, NONE()))
                .collect::<Result<Vec<Ref>>>()?;
            Ok(tuple::from_vec(parts).into_obj())
        }
    }
}

fn groups(m: &Match, [default]: [Option<&Obj>; 1]) -> Result {
    let default = default.unwrap_or(NONE());
    let mut parts = Vec::with_capacity(m.group_count());
    for i in 1..=m.group_count() {
        parts.push(m.slice(i)?.unwrap_or_else(|| default.new_ref()));
    }
    Ok(tuple::from_vec(parts).into_obj())
}

fn groupdict(m: &Match, [default]: [Option<&Obj>; 1]) -> Result {
    let default = default.unwrap_or(NONE());
    let result = dict::new();
    let names = m.pattern().and_then(|p| p.groupindex.get());
    for (name, _) in names
        .as_deref()
        .and_then(|o| o.downcast::<PyDictObject>())
        .map(DictExt::entries)
        .unwrap_or_default()
    {
        let part = m.group(&name, default)?;
        result.set(&name, &part)?;
    }
    Ok(result.into_obj())
}

fn expand(m: &Match, [template]: [Option<&Obj>; 1]) -> Result {
    match m.pattern() {
        Some(p) => replace::expand(p, m, template.unwrap_or(NONE())),
        None => Ok(none()),
    }
}

fn lastgroup(m: &Match) -> Result<Option<Ref>> {
    let names = m.pattern().and_then(|p| p.indexgroup.get());
    let names = names
        .as_deref()
        .and_then(|o| o.downcast::<layout::PyTupleObject>());
    Ok(names
        .filter(|_| m.last_index > 0)
        .and_then(|names| names.items().get(m.last_index).cloned()))
}

fn regs(m: &Match) -> Result {
    if let Some(known) = m.regs.get() {
        return Ok(known);
    }
    let spans = tuple::from_vec((0..=m.group_count()).map(|i| m.span(i)).collect()).into_obj();
    m.regs.set(Some(spans.clone()));
    Ok(spans)
}

fn repr(m: &Match) -> Result {
    let (start, end) = m.bounds(0);
    let whole = m.slice(0)?.unwrap_or_else(none);
    let shown = vm::protocol::object::repr(&whole)?;
    let mut out = str_::Writer::new();
    out.push_ascii(&format!(
        "<{} object; span=({start}, {end}), match=",
        m.as_obj().tp_name()
    ));
    if let Some(s) = str_::of(&shown) {
        out.push_obj(s);
    }
    out.push_ascii(">");
    Ok(out.finish()?.into_obj())
}
