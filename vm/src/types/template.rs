//! Template strings: `t"..."` makes a `Template` of strings and `Interpolation`s, which a program renders as it likes.
//!
//! Invariant: a template has one string more than interpolations, and they alternate, a string first and last. Both types
//! are `string.templatelib`'s; the interpreter makes their instances with [`template`] and [`interpolation`].

use core::cell::Cell;

use layout::{
    Py_READONLY, Py_T_OBJECT_EX, Py_TPFLAGS_HAVE_GC, PyDictObject, PyMemberDef, PyObject,
    PyTupleObject, PyTypeObject, PyUnicodeObject,
};

use crate::args::Signature;
use crate::err::{Result, raise};
use crate::method::{Methods, class_method, getset, member, noargs, o};
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::str_::{self, StrExt as _};
use crate::types::tuple::{self, TupleExt};
use crate::types::type_::builder::TypeBuilder;

pub static TEMPLATE: PyTypeObject = PyTypeObject::statically_declared();
pub static INTERPOLATION: PyTypeObject = PyTypeObject::statically_declared();
pub static TEMPLATE_ITER: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct Template {
    ob_base: PyObject,
    strings: Slot,
    interpolations: Slot,
}

#[repr(C)]
pub struct Interpolation {
    ob_base: PyObject,
    value: Slot,
    expression: Slot,
    conversion: Slot,
    format_spec: Slot,
}

#[repr(C)]
pub struct TemplateIter {
    ob_base: PyObject,
    template: Slot,
    index: Cell<usize>,
    in_strings: Cell<bool>,
}

impl Layout for Template {
    fn type_object() -> &'static PyTypeObject {
        &TEMPLATE
    }
}

impl Layout for Interpolation {
    fn type_object() -> &'static PyTypeObject {
        &INTERPOLATION
    }
}

impl Layout for TemplateIter {
    fn type_object() -> &'static PyTypeObject {
        &TEMPLATE_ITER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Template>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Template>()
        .tp_new(template_new)
        .tp_traverse(|t: &Template, v: &mut Visitor| {
            v.slot(&t.strings)?;
            v.slot(&t.interpolations)
        })
        .tp_repr(template_repr)
        .tp_iter(template_iter)
        .sq_concat(template_concat)
        .methods(TEMPLATE_METHODS)
        .members(TEMPLATE_MEMBERS)
        .getset(TEMPLATE_GETSET);
}

pub fn define_interpolation(b: &mut TypeBuilder) {
    b.basicsize::<Interpolation>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Interpolation>()
        .tp_new(interpolation_new)
        .tp_traverse(|i: &Interpolation, v: &mut Visitor| {
            v.slot(&i.value)?;
            v.slot(&i.expression)?;
            v.slot(&i.conversion)?;
            v.slot(&i.format_spec)
        })
        .tp_repr(interpolation_repr)
        .methods(INTERPOLATION_METHODS)
        .members(INTERPOLATION_MEMBERS);
}

pub fn define_iter(b: &mut TypeBuilder) {
    b.basicsize::<TemplateIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<TemplateIter>()
        .tp_traverse(|it: &TemplateIter, v: &mut Visitor| v.slot(&it.template))
        .iter_self()
        .tp_iternext(next);
}

/// What the types need once they and `str` are ready.
pub fn finish() -> Result<()> {
    let names = ["value", "expression", "conversion", "format_spec"]
        .map(|name| str_::intern_str(name).new_ref());
    match crate::types::type_::own_dict(&INTERPOLATION) {
        Some(dict) => dict.set_str("__match_args__", tuple::from_vec(names.to_vec()).as_obj()),
        None => Ok(()),
    }
}

// ---- Constructors ----

/// A template of a tuple of strings and a tuple of interpolations that alternate.
pub fn template(strings: Ref, interpolations: Ref) -> Result {
    let t = Template {
        ob_base: header(),
        strings: Slot::new(Some(strings)),
        interpolations: Slot::new(Some(interpolations)),
    };
    Ok(create(&TEMPLATE, t)?.into_obj())
}

/// One replacement field. `conversion` is `None` or a string of one letter.
pub fn interpolation(value: Ref, expression: Ref, conversion: Ref, format_spec: Ref) -> Result {
    let i = Interpolation {
        ob_base: header(),
        value: Slot::new(Some(value)),
        expression: Slot::new(Some(expression)),
        conversion: Slot::new(Some(conversion)),
        format_spec: Slot::new(Some(format_spec)),
    };
    Ok(create(&INTERPOLATION, i)?.into_obj())
}

fn template_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if kwargs.is_some_and(|k| !k.is_empty()) {
        return raise!(TypeError, "Template.__new__ only accepts *args arguments");
    }
    let _ = tp;
    let (mut strings, mut interpolations) = (Vec::new(), Vec::new());
    let mut text: Option<Ref<PyUnicodeObject>> = None;
    for item in args.items() {
        if let Some(s) = item.downcast::<PyUnicodeObject>() {
            text = Some(match text {
                Some(before) => str_::concat(&before, s)?,
                None => s.to_ref(),
            });
        } else if item.is_exact::<Interpolation>() {
            strings.push(text.take().unwrap_or_else(str_::empty).into_obj());
            interpolations.push(item.clone());
        } else {
            return raise!(
                TypeError,
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                item.tp_name()
            );
        }
    }
    strings.push(text.unwrap_or_else(str_::empty).into_obj());
    template(
        tuple::from_vec(strings).into_obj(),
        tuple::from_vec(interpolations).into_obj(),
    )
}

fn interpolation_new(
    _: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    static SIG: Signature = Signature::new(
        "Interpolation",
        "(value, expression='', conversion=None, format_spec='')",
    );
    let [value, expression, conversion, spec] = SIG.bind(args, kwargs)?;
    let string = |o: Option<&Obj>, name: &str| match o {
        Some(o) => str_::args::string("Interpolation", &format!("argument '{name}'"), o)
            .map(|s| s.as_obj().new_ref()),
        None => Ok(str_::empty().into_obj()),
    };
    let expression = string(expression, "expression")?;
    let conversion = match conversion.filter(|o| !o.is_none()) {
        None => none(),
        Some(o) => {
            let Some(s) = o.downcast::<PyUnicodeObject>() else {
                return raise!(
                    TypeError,
                    "Interpolation() argument 'conversion' must be str, not {}",
                    o.tp_name()
                );
            };
            if !["s", "r", "a"].into_iter().any(|c| str_::eq_str(s, c)) {
                return raise!(
                    ValueError,
                    "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'"
                );
            }
            o.new_ref()
        }
    };
    interpolation(
        value.unwrap_or(NONE()).new_ref(),
        expression,
        conversion,
        string(spec, "format_spec")?,
    )
}

// ---- Template ----

fn items(slot: &Slot) -> &[Ref] {
    slot.borrow()
        .and_then(|o| o.downcast::<PyTupleObject>())
        .map_or(&[], TupleExt::items)
}

fn part(slot: &Slot) -> Ref {
    slot.get().unwrap_or_else(none)
}

fn template_repr(t: &Template) -> Result {
    let strings = crate::protocol::object::repr(&part(&t.strings))?;
    let interpolations = crate::protocol::object::repr(&part(&t.interpolations))?;
    let mut out = str_::Writer::new();
    out.push_ascii("Template(strings=");
    push(&mut out, &strings);
    out.push_ascii(", interpolations=");
    push(&mut out, &interpolations);
    out.push_ascii(")");
    Ok(out.finish()?.into_obj())
}

fn push(out: &mut str_::Writer, o: &Obj) {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        out.push_obj(s);
    }
}

/// The strings meet: the last of one template and the first of the other become one.
fn template_concat(a: &Template, b: &Obj) -> Result {
    let Some(b) = b.downcast_exact::<Template>() else {
        return raise!(
            TypeError,
            "can only concatenate string.templatelib.Template (not \"{}\") to string.templatelib.Template",
            b.tp_name()
        );
    };
    let (left, right) = (items(&a.strings), items(&b.strings));
    let mut strings = left.to_vec();
    if let (Some(last), Some(first)) = (strings.pop(), right.first()) {
        strings.push(str_::concat_objects(&last, first)?);
        strings.extend_from_slice(&right[1..]);
    }
    let interpolations = [items(&a.interpolations), items(&b.interpolations)].concat();
    template(
        tuple::from_vec(strings).into_obj(),
        tuple::from_vec(interpolations).into_obj(),
    )
}

fn values(t: &Template) -> Result {
    let values = items(&t.interpolations)
        .iter()
        .map(|i| {
            i.downcast::<Interpolation>()
                .map_or_else(none, |i| part(&i.value))
        })
        .collect();
    Ok(tuple::from_vec(values).into_obj())
}

fn template_reduce(t: &Template) -> Result {
    let module = crate::import::import("string.templatelib")?;
    let rebuild = crate::protocol::object::getattr_str(&module, "_template_unpickle")?;
    Ok(tuple::pair(
        &rebuild,
        tuple::pair(&part(&t.strings), &part(&t.interpolations)).as_obj(),
    )
    .into_obj())
}

static TEMPLATE_METHODS: Methods = &[
    noargs!("__reduce__", template_reduce, "($self, /)"),
    class_method(o!(
        "__class_getitem__",
        crate::types::genericalias::class_getitem,
        "($type, object, /)"
    )),
];

static TEMPLATE_MEMBERS: &[PyMemberDef] = &[
    member!("strings", Template, strings, Py_T_OBJECT_EX, Py_READONLY),
    member!(
        "interpolations",
        Template,
        interpolations,
        Py_T_OBJECT_EX,
        Py_READONLY
    ),
];

static TEMPLATE_GETSET: &[layout::PyGetSetDef] = &[getset!("values", values)];

// ---- Iterator ----

fn template_iter(t: &Template) -> Result {
    let it = TemplateIter {
        ob_base: header(),
        template: Slot::new(Some(t.as_obj().new_ref())),
        index: Cell::new(0),
        in_strings: Cell::new(true),
    };
    Ok(create(&TEMPLATE_ITER, it)?.into_obj())
}

/// Strings and interpolations in turn; empty strings are passed over.
fn next(it: &TemplateIter) -> Result<Option<Ref>> {
    let Some(t) = it.template.borrow().and_then(|o| o.downcast::<Template>()) else {
        return Ok(None);
    };
    loop {
        let i = it.index.get();
        if it.in_strings.replace(!it.in_strings.get()) {
            match items(&t.strings).get(i) {
                Some(s)
                    if s.downcast::<PyUnicodeObject>()
                        .is_some_and(|s| s.is_empty()) => {}
                other => return Ok(other.cloned()),
            }
        } else {
            it.index.set(i + 1);
            return Ok(items(&t.interpolations).get(i).cloned());
        }
    }
}

// ---- Interpolation ----

fn interpolation_repr(i: &Interpolation) -> Result {
    let mut out = str_::Writer::new();
    out.push_ascii("Interpolation(");
    for (n, slot) in [&i.value, &i.expression, &i.conversion, &i.format_spec]
        .into_iter()
        .enumerate()
    {
        if n > 0 {
            out.push_ascii(", ");
        }
        push(&mut out, &*crate::protocol::object::repr(&part(slot))?);
    }
    out.push_ascii(")");
    Ok(out.finish()?.into_obj())
}

fn interpolation_reduce(i: &Interpolation) -> Result {
    let fields = [&i.value, &i.expression, &i.conversion, &i.format_spec].map(part);
    Ok(tuple::pair(
        INTERPOLATION.as_obj(),
        tuple::from_vec(fields.to_vec()).as_obj(),
    )
    .into_obj())
}

static INTERPOLATION_METHODS: Methods = &[
    noargs!("__reduce__", interpolation_reduce, "($self, /)"),
    class_method(o!(
        "__class_getitem__",
        crate::types::genericalias::class_getitem,
        "($type, object, /)"
    )),
];

static INTERPOLATION_MEMBERS: &[PyMemberDef] = &[
    member!("value", Interpolation, value, Py_T_OBJECT_EX, Py_READONLY),
    member!(
        "expression",
        Interpolation,
        expression,
        Py_T_OBJECT_EX,
        Py_READONLY
    ),
    member!(
        "conversion",
        Interpolation,
        conversion,
        Py_T_OBJECT_EX,
        Py_READONLY
    ),
    member!(
        "format_spec",
        Interpolation,
        format_spec,
        Py_T_OBJECT_EX,
        Py_READONLY
    ),
];
