//! What replaces a match: a literal, a template with groups in it, or what a function returns.

use layout::{
    Py_TPFLAGS_HAVE_GC, PyBytesObject, PyListObject, PyLongObject, PyObject, PyTypeObject,
    PyUnicodeObject,
};
use text::search::find_char;
use vm::err::{Result, raise};
use vm::object::*;
use vm::protocol::buffer::{self, has_buffer};
use vm::protocol::call::call1;
use vm::types::bytes::BytesExt;
use vm::types::list::ListExt;
use vm::types::str_::StrExt;
use vm::types::str_::args::bad_argument;
use vm::types::tuple;
use vm::types::tuple::TupleExt;
use vm::types::type_::TypeBuilder;

use super::match_::Match;
use super::matcher::Matcher;
use super::pattern::Pattern;
use super::subject::Subject;

pub static TEMPLATE: PyTypeObject = PyTypeObject::statically_declared();

/// Literal text, then groups with the text that follows each of them.
#[repr(C)]
pub struct Template {
    ob_base: PyObject,
    literal: Slot,
    /// A tuple of the texts; `None` for an empty one.
    texts: Slot,
    groups: Box<[usize]>,
}

impl Layout for Template {
    fn type_object() -> &'static PyTypeObject {
        &TEMPLATE
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Template>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .new_disallowed()
        .dealloc_drop::<Template>()
        .tp_traverse(|t: &Template, v: &mut Visitor| {
            v.slot(&t.literal)?;
            v.slot(&t.texts)
        });
}

/// `_sre.template(pattern, [literal, group, literal, ...])`.
pub fn new_template(_: &Obj, args: &[&Obj]) -> Result {
    vm::args::expect("template", args, 2..=2)?;
    let Some(parts) = args[1].downcast::<PyListObject>() else {
        return Err(bad_argument("template", "argument 2", "list", args[1]));
    };
    let parts = parts.items().to_vec();
    let [literal, rest @ ..] = &parts[..] else {
        return raise!(TypeError, "invalid template");
    };
    if rest.len() % 2 != 0 {
        return raise!(TypeError, "invalid template");
    }
    let (mut texts, mut groups) = (Vec::new(), Vec::new());
    for pair in rest.chunks_exact(2) {
        if !pair[0].is::<PyLongObject>() {
            return raise!(TypeError, "an integer is required");
        }
        let Ok(group) = usize::try_from(vm::args::to_isize(&pair[0])?) else {
            return raise!(TypeError, "invalid template");
        };
        groups.push(group);
        texts.push(if is_empty(&pair[1]) {
            none()
        } else {
            pair[1].clone()
        });
    }
    let template = Template {
        ob_base: header(),
        literal: Slot::new(Some(literal.clone())),
        texts: Slot::new(Some(tuple::from_vec(texts).into_obj())),
        groups: groups.into_boxed_slice(),
    };
    Ok(create(&TEMPLATE, template)?.into_obj())
}

fn is_empty(o: &Obj) -> bool {
    o.downcast::<PyUnicodeObject>()
        .is_some_and(StrExt::is_empty)
        || o.downcast::<PyBytesObject>()
            .is_some_and(|b| b.as_slice().is_empty())
}

impl Template {
    fn literal(&self) -> Ref {
        self.literal.get().unwrap_or_else(none)
    }

    /// The template with a match's groups in it.
    fn expand(&self, m: &Match) -> Result {
        if self.groups.is_empty() {
            return Ok(self.literal());
        }
        let mut parts = Vec::with_capacity(2 * self.groups.len() + 1);
        if !is_empty(&self.literal()) {
            parts.push(self.literal());
        }
        let texts = self
            .texts
            .borrow()
            .and_then(|o| o.downcast::<layout::PyTupleObject>())
            .map_or(&[][..], TupleExt::items);
        for (&group, text) in self.groups.iter().zip(texts) {
            if group > m.group_count() {
                return raise!(IndexError, "no such group");
            }
            if let Some(part) = m.slice(group)? {
                parts.push(part);
            }
            if !text.is_none() {
                parts.push(text.clone());
            }
        }
        m.subject()?.join(&parts)
    }
}

/// The template that `re` compiles of a text, or the text without its escapes.
fn compiled(p: &Pattern, template: &Obj) -> Result {
    let re = vm::import::import("re")?;
    vm::protocol::call::call_method(&re, "_compile_template", &[p.as_obj(), template])
}

/// `match.expand(template)`.
pub fn expand(p: &Pattern, m: &Match, template: &Obj) -> Result {
    let filter = compiled(p, template)?;
    match filter.downcast_exact::<Template>() {
        Some(template) => template.expand(m),
        None => Ok(filter),
    }
}

/// What `sub` puts in place of each match.
pub enum Replacement {
    Literal(Ref),
    Template(Ref<Template>),
    Function(Ref),
}

impl Replacement {
    pub fn new(p: &Pattern, given: &Obj) -> Result<Replacement> {
        if vm::protocol::object::is_callable(given) {
            return Ok(Replacement::Function(given.new_ref()));
        }
        if is_literal(given)? {
            return Ok(Replacement::Literal(given.new_ref()));
        }
        let filter = compiled(p, given)?;
        match filter.downcast_ref::<Template>() {
            Ok(template) if template.groups.is_empty() => {
                Ok(Replacement::Literal(template.literal()))
            }
            Ok(template) => Ok(Replacement::Template(template)),
            Err(other) if vm::protocol::object::is_callable(&other) => {
                Ok(Replacement::Function(other))
            }
            Err(literal) => Ok(Replacement::Literal(literal)),
        }
    }

    pub fn item(
        &self,
        p: &Pattern,
        subject: &Subject,
        matcher: &Matcher<'_>,
        (pos, end): (usize, usize),
    ) -> Result {
        let new_match = || Match::new(p, subject, matcher, pos, end);
        match self {
            Replacement::Literal(literal) => Ok(literal.clone()),
            Replacement::Function(f) => call1(f, &*new_match()?),
            Replacement::Template(template) => match new_match()?.downcast::<Match>() {
                Some(m) => template.expand(m),
                None => Ok(none()),
            },
        }
    }
}

/// Whether the text has nothing that needs to be compiled.
fn is_literal(given: &Obj) -> Result<bool> {
    if let Some(s) = given.downcast::<PyUnicodeObject>() {
        return Ok(find_char(s.data(), u32::from('\\')).is_none());
    }
    Ok(has_buffer(given) && !buffer::simple(given)?.bytes().contains(&b'\\'))
}
