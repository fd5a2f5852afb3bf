//! Warnings: the `_warnings` module, and how native code warns.
//!
//! The filters, the default action and the registry of `once` live here until the `warnings` module is imported; after that
//! its attributes of these names decide, which a program may replace.

use std::sync::{Condvar, Mutex, PoisonError};

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::err_display;
use crate::frame::{self, Frame};
use crate::import;
use crate::intern;
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime;
use crate::state;
use crate::threads;
use crate::types::dict::{self, DictExt as _};
use crate::types::generator::Generator;
use crate::types::int::{self, IntExt as _};
use crate::types::list::{self, ListExt as _};
use crate::types::str_::{self, StrExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::{context, module, type_};
use crate::{keywords, noargs};
use context::ContextVar;

/// The module.
pub static DEF: ModuleDef = ModuleDef {
    name: "_warnings",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "warn",
        warn_function,
        "($module, /, message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())"
    ),
    keywords!(
        "warn_explicit",
        warn_explicit_function,
        "($module, /, message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)"
    ),
    noargs!(
        "_filters_mutated_lock_held",
        filters_mutated,
        "($module, /)"
    ),
    noargs!("_acquire_lock", acquire_lock, "($module, /)"),
    noargs!("_release_lock", release_lock, "($module, /)"),
];

struct State {
    filters: Ref<PyListObject>,
    once: Ref<PyDictObject>,
    default_action: Ref,
    /// Where `catch_warnings` keeps filters that hold in one context.
    context: Ref<ContextVar>,
}

static STATE: Global<Option<&'static State>> = Global::new(None);
/// Counts changes of the filters: a registry of another version is out of date.
static FILTERS_VERSION: Global<i64> = Global::new(0);

fn state() -> &'static State {
    if let Some(made) = STATE.get() {
        return made;
    }
    let filter = |action: &str, category: &PyTypeObject, module: Option<&str>| {
        let module = module.map_or_else(none, |m| str_::intern_str(m).new_ref());
        let action = str_::intern_str(action).new_ref();
        tuple::from_array([
            action,
            none(),
            category.as_obj().new_ref(),
            module,
            int::zero().new_ref(),
        ])
        .into_obj()
    };
    let filters = list::from_vec(vec![
        filter("default", &exc::DeprecationWarning, Some("__main__")),
        filter("ignore", &exc::DeprecationWarning, None),
        filter("ignore", &exc::PendingDeprecationWarning, None),
        filter("ignore", &exc::ImportWarning, None),
        filter("ignore", &exc::ResourceWarning, None),
    ]);
    let default_action = str_::intern_str("default").new_ref();
    let context = match context::var::named("_warnings_context") {
        Ok(var) => var,
        Err(_) => crate::fatal("no memory for the state of warnings"),
    };
    let made: &'static State = Box::leak(Box::new(State {
        filters,
        once: dict::new(),
        default_action,
        context,
    }));
    STATE.set(Some(made));
    made
}

fn exec(m: &Obj) -> Result<()> {
    let state = state();
    module::add(m, "filters", state.filters.as_obj())?;
    module::add(m, "_onceregistry", state.once.as_obj())?;
    module::add(m, "_defaultaction", &state.default_action)?;
    module::add(m, "_warnings_context", state.context.as_obj())
}

// ---- For native code ----

/// Warns. `stacklevel` 1 is the Python code that called; an error means that filters made the warning an exception.
pub fn warn(category: &PyTypeObject, stacklevel: isize, msg: &str) -> Result<()> {
    issue(
        str_::new(msg).as_obj(),
        category,
        stacklevel.max(1),
        None,
        None,
    )
}

/// As [`warn`], about an object: a file that was not closed, a coroutine that was not awaited.
pub fn warn_about(
    source: &Obj,
    category: &PyTypeObject,
    stacklevel: isize,
    msg: &str,
) -> Result<()> {
    issue(
        str_::new(msg).as_obj(),
        category,
        stacklevel.max(1),
        Some(source),
        None,
    )
}

/// Warns about a place in a file: what the compiler finds.
pub fn warn_explicit(
    category: &PyTypeObject,
    message: &str,
    filename: &str,
    lineno: i32,
) -> Result<()> {
    let (message, filename) = (str_::new(message), str_::new(filename));
    let place = Place {
        filename: filename.into_obj(),
        lineno: i64::from(lineno),
        module: None,
        registry: None,
    };
    explicit(message.as_obj(), category, &place, None, None)
}

/// Says that a coroutine dies that nobody awaited: through the `warnings` module, or, where that fails, by own means.
pub fn unawaited_coroutine(g: &Generator) {
    let coroutine = g.as_obj();
    let complain = || {
        let text = format!(
            "Exception ignored while finalizing coroutine {}",
            repr_lossy(coroutine)
        );
        err::write_unraisable(None, Some(&text));
    };
    let told = match attribute("_warn_unawaited_coroutine", true) {
        Ok(Some(f)) => match call::call1(&f, coroutine) {
            Ok(_) => true,
            Err(_) => err::matches(&exc::RuntimeWarning),
        },
        _ => false,
    };
    if err::occurred() {
        complain();
    }
    if told {
        return;
    }
    let name = g.qualname.borrow_obj().map_or_else(String::new, str_lossy);
    let message = format!("coroutine '{name}' was never awaited");
    if warn_about(coroutine, &exc::RuntimeWarning, 1, &message).is_err() {
        complain();
    }
}

// ---- The module's functions ----

fn warn_function(_: &Obj, args: [Option<&Obj>; 5]) -> Result<()> {
    let [message, category, stacklevel, source, skip] = args;
    let message = message.expect("required");
    let mut stacklevel = args::to_isize_or(stacklevel, 1)?;
    let skip = match skip {
        None => None,
        Some(s) => match s.downcast::<PyTupleObject>() {
            Some(t) => Some(t),
            None => {
                return raise!(
                    TypeError,
                    "warn() argument 'skip_file_prefixes' must be tuple, not {}",
                    s.tp_name()
                );
            }
        },
    };
    let skip = skip.filter(|t| !t.items().is_empty());
    let category = category_of(message, category)?;
    if let Some(prefixes) = skip {
        stacklevel = stacklevel.max(2);
        for prefix in prefixes.items() {
            if !prefix.is::<PyUnicodeObject>() {
                return raise!(
                    TypeError,
                    "Found non-str '{}' in skip_file_prefixes.",
                    prefix.tp_name()
                );
            }
        }
    }
    issue(
        message,
        category,
        stacklevel,
        source.filter(|s| !s.is_none()),
        skip,
    )
}

/// The class of a warning: a message that is one knows its own.
fn category_of<'a>(message: &'a Obj, category: Option<&'a Obj>) -> Result<&'a PyTypeObject> {
    if object::is_instance(message, exc::Warning.as_obj())? {
        return Ok(message.ty());
    }
    let Some(category) = category.filter(|c| !c.is_none()) else {
        return Ok(&exc::UserWarning);
    };
    match category.downcast::<PyTypeObject>() {
        Some(tp) if type_::is_subtype(tp, &exc::Warning) => Ok(tp),
        Some(tp) => {
            raise!(
                TypeError,
                "category must be a Warning subclass, not class '{}'",
                type_::fully_qualified_name(tp)
            )
        }
        None => raise!(
            TypeError,
            "category must be a Warning subclass, not '{}'",
            type_::fully_qualified_name(category.ty())
        ),
    }
}

fn warn_explicit_function(_: &Obj, args: [Option<&Obj>; 8]) -> Result<()> {
    let [
        message,
        category,
        filename,
        lineno,
        module,
        registry,
        module_globals,
        source,
    ] = args;
    let (message, category) = (message.expect("required"), category.expect("required"));
    let (filename, lineno) = (filename.expect("required"), lineno.expect("required"));
    if !filename.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "warn_explicit() argument 'filename' must be str, not {}",
            filename.tp_name()
        );
    }
    let lineno = i64::from(args::to_i32(lineno)?);
    let category = category_of(message, Some(category))?;
    let line = match module_globals.filter(|g| !g.is_none()) {
        None => None,
        Some(globals) => match globals.downcast::<PyDictObject>() {
            Some(globals) => source_line(globals, lineno)?,
            None => {
                return raise!(
                    TypeError,
                    "module_globals must be a dict, not '{}'",
                    globals.tp_name()
                );
            }
        },
    };
    let place = Place {
        filename: filename.new_ref(),
        lineno,
        module: module.map(Obj::new_ref),
        registry: registry.map(Obj::new_ref),
    };
    explicit(
        message,
        category,
        &place,
        line.as_deref(),
        source.filter(|s| !s.is_none()),
    )
}

/// The line that a module's loader knows.
fn source_line(globals: &PyDictObject, lineno: i64) -> Result<Option<String>> {
    let external = match import::bootstrap_external() {
        Some(external) => external,
        None => return Ok(None),
    };
    let bless = object::getattr_str(&external, "_bless_my_loader")?;
    let loader = call::call1(&bless, globals.as_obj())?;
    let Some(name) = globals.get(intern!("__name__"))? else {
        return Ok(None);
    };
    if loader.is_none() {
        return Ok(None);
    }
    let Some(get_source) = object::getattr_opt(&loader, intern!("get_source"))? else {
        return Ok(None);
    };
    let source = call::call1(&get_source, &name)?;
    let Some(text) = source.downcast::<PyUnicodeObject>() else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    Ok(usize::try_from(lineno - 1)
        .ok()
        .and_then(|i| text.lines().nth(i))
        .map(str::to_owned))
}

fn filters_mutated(_: &Obj) -> Result<()> {
    if !LOCK.is_mine() {
        return raise!(
            RuntimeError,
            "warnings._filters_mutated_lock_held() called without holding the lock"
        );
    }
    FILTERS_VERSION.set(FILTERS_VERSION.get() + 1);
    Ok(())
}

// ---- The lock that the `warnings` module takes ----

/// A lock that its owner may take again: the owner's state, and how often it has it.
struct Reentrant {
    owner: Mutex<(usize, usize)>,
    free: Condvar,
}

static LOCK: Reentrant = Reentrant {
    owner: Mutex::new((0, 0)),
    free: Condvar::new(),
};

impl Reentrant {
    fn me() -> usize {
        state::current_ptr() as usize
    }

    fn is_mine(&self) -> bool {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).0 == Self::me()
    }

    /// Takes it if that needs no waiting.
    fn try_acquire(&self, me: usize) -> bool {
        let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        if owner.0 != 0 && owner.0 != me {
            return false;
        }
        *owner = (me, owner.1 + 1);
        true
    }

    fn acquire(&self) {
        let me = Self::me();
        if self.try_acquire(me) {
            return;
        }
        threads::allow(|| {
            let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
            while owner.0 != 0 {
                owner = self
                    .free
                    .wait(owner)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            *owner = (me, 1);
        });
    }

    fn release(&self) -> bool {
        let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        if owner.0 != Self::me() {
            return false;
        }
        owner.1 -= 1;
        if owner.1 == 0 {
            owner.0 = 0;
            drop(owner);
            self.free.notify_one();
        }
        true
    }
}

fn acquire_lock(_: &Obj) -> Result<()> {
    LOCK.acquire();
    Ok(())
}

fn release_lock(_: &Obj) -> Result<()> {
    if LOCK.release() {
        Ok(())
    } else {
        raise!(RuntimeError, "cannot release un-acquired lock")
    }
}

// ---- Where the warning is ----

struct Place {
    filename: Ref,
    lineno: i64,
    /// `None` if it is to be made from the file's name.
    module: Option<Ref>,
    registry: Option<Ref>,
}

fn issue(
    message: &Obj,
    category: &PyTypeObject,
    stacklevel: isize,
    source: Option<&Obj>,
    skip: Option<&PyTupleObject>,
) -> Result<()> {
    let place = find_place(stacklevel, skip)?;
    explicit(message, category, &place, None, source)
}

fn filename_of(f: &Frame) -> Ref {
    f.code().co_filename.get_ref().unwrap_or_else(none)
}

/// The import system's own frames.
fn is_internal(f: &Frame) -> bool {
    let name = filename_of(f);
    let Some(name) = name.downcast::<PyUnicodeObject>() else {
        return false;
    };
    let name = name.to_string_lossy();
    name.contains("importlib") && name.contains("_bootstrap")
}

fn is_skipped(f: &Frame, skip: Option<&PyTupleObject>) -> bool {
    let Some(prefixes) = skip else { return false };
    let name = str_lossy(&filename_of(f));
    prefixes
        .items()
        .iter()
        .any(|p| name.starts_with(&*str_lossy(p)))
}

fn back(f: &Frame) -> Option<&'static mut Frame> {
    // SAFETY: frames are chained to live frames.
    unsafe { Frame::first_complete(f.previous) }
}

fn find_place(stacklevel: isize, skip: Option<&PyTupleObject>) -> Result<Place> {
    let mut f = frame::innermost(state::current());
    let plain = stacklevel <= 0 || f.as_ref().is_some_and(|f| is_internal(f));
    for _ in 1..stacklevel {
        let Some(this) = f else { break };
        f = back(this);
        if plain {
            continue;
        }
        while let Some(next) = f.take() {
            if !is_internal(next) && !is_skipped(next, skip) {
                f = Some(next);
                break;
            }
            f = back(next);
        }
    }
    let (globals, filename, lineno) = match f {
        Some(f) => {
            // SAFETY: a frame's globals are a dict that its function keeps.
            let globals = unsafe { Ref::<PyDictObject>::from_borrowed(f.globals.cast()) };
            (globals, filename_of(f), i64::from(f.line().unwrap_or(0)))
        }
        None => (
            module::dict_of(runtime::sys()),
            str_::intern_str("<sys>").new_ref(),
            0,
        ),
    };
    let registry = match globals.get(intern!("__warningregistry__"))? {
        Some(registry) => registry,
        None => {
            let made = dict::new();
            globals.set(intern!("__warningregistry__"), made.as_obj())?;
            made.into_obj()
        }
    };
    let module = globals
        .get(intern!("__name__"))?
        .filter(|name| name.is_none() || name.is::<PyUnicodeObject>());
    let module = module.unwrap_or_else(|| str_::intern_str("<string>").new_ref());
    Ok(Place {
        filename,
        lineno,
        module: Some(module),
        registry: Some(registry),
    })
}

/// A module's name made of its file's.
fn module_from(filename: &Obj) -> Ref {
    let name = str_lossy(filename);
    let module = match name.strip_suffix(".py") {
        _ if name.is_empty() => "<unknown>",
        Some(stem) => stem,
        None => &name,
    };
    str_::new(module).into_obj()
}

// ---- What to do about it ----

fn explicit(
    message: &Obj,
    category: &PyTypeObject,
    place: &Place,
    line: Option<&str>,
    source: Option<&Obj>,
) -> Result<()> {
    let module = match &place.module {
        Some(module) if module.is_none() => return Ok(()),
        Some(module) => module.clone(),
        None => module_from(&place.filename),
    };
    let registry = match place.registry.as_deref().filter(|r| !r.is_none()) {
        None => None,
        Some(r) => match r.downcast::<PyDictObject>() {
            Some(d) => Some(d),
            None => return raise!(TypeError, "'registry' must be a dict or None"),
        },
    };
    let (text, message, category) = if object::is_instance(message, exc::Warning.as_obj())? {
        (
            object::str(message)?,
            message.new_ref(),
            message.ty().to_ref(),
        )
    } else {
        (
            message.new_ref(),
            call::call1(category.as_obj(), message)?,
            category.to_ref(),
        )
    };
    let lineno = int::from_i64(place.lineno).into_obj();
    let key = tuple::from_slice(&[&text, category.as_obj(), &lineno]);
    if let Some(registry) = registry
        && has_warned(registry, key.as_obj(), false)?
    {
        return Ok(());
    }
    let (action, item) = action_for(category.as_obj(), &text, place.lineno, &module)?;
    match &*str_lossy(&action) {
        "error" => return Err(err::set_object(message.ty(), &message)),
        "ignore" => return Ok(()),
        "always" | "all" => {}
        action_text => {
            if let Some(registry) = registry {
                registry.set(key.as_obj(), TRUE())?;
            }
            let seen = match action_text {
                "once" => {
                    let once = match registry {
                        Some(registry) => registry.to_ref(),
                        None => once_registry()?,
                    };
                    has_warned(
                        &once,
                        tuple::from_slice(&[&text, category.as_obj()]).as_obj(),
                        true,
                    )?
                }
                "module" => match registry {
                    Some(registry) => {
                        let key = tuple::from_slice(&[&text, category.as_obj(), int::zero()]);
                        has_warned(registry, key.as_obj(), true)?
                    }
                    None => false,
                },
                "default" => false,
                _ => {
                    return raise!(
                        RuntimeError,
                        "Unrecognized action ({}) in warnings.filters:\n {}",
                        repr_lossy(&action),
                        repr_lossy(item.as_deref().unwrap_or(NONE()))
                    );
                }
            };
            if seen {
                return Ok(());
            }
        }
    }
    show(category.as_obj(), &text, &message, place, line, source)
}

/// Whether a registry has a key; a registry of other filters is emptied first.
fn has_warned(registry: &PyDictObject, key: &Obj, enter: bool) -> Result<bool> {
    let version = registry.get(intern!("version"))?;
    let current = FILTERS_VERSION.get();
    let is_current = version
        .as_deref()
        .and_then(|v| v.downcast_exact::<PyLongObject>())
        .is_some_and(|v| v.to_i64() == Some(current));
    if is_current {
        if let Some(found) = registry.get(key)?
            && object::is_true(&found)?
        {
            return Ok(true);
        }
    } else {
        registry.clear();
        registry.set(intern!("version"), int::from_i64(current).as_obj())?;
    }
    if enter {
        registry.set(key, TRUE())?;
    }
    Ok(false)
}

/// An attribute of the `warnings` module, if that is loaded (or may be loaded now).
fn attribute(name: &str, import_it: bool) -> Result<Option<Ref>> {
    if !runtime::is_started() || threads::is_finalizing() {
        return Ok(None);
    }
    let module = if import_it {
        match err::suppress(import::import("warnings"), &exc::ImportError)? {
            Some(m) => m,
            None => return Ok(None),
        }
    } else {
        match runtime::modules_get("warnings") {
            Some(m) => m,
            None => return Ok(None),
        }
    };
    object::getattr_opt(&module, str_::intern_str(name))
}

fn once_registry() -> Result<Ref<PyDictObject>> {
    let Some(registry) = attribute("onceregistry", false)? else {
        return Ok(state().once.clone());
    };
    match registry.downcast_ref::<PyDictObject>() {
        Ok(d) => Ok(d),
        Err(other) => raise!(
            TypeError,
            "_warnings.onceregistry must be a dict, not '{}'",
            other.tp_name()
        ),
    }
}

/// The action that the filters choose, and the filter.
fn action_for(category: &Obj, text: &Obj, lineno: i64, module: &Obj) -> Result<(Ref, Option<Ref>)> {
    if let Some(filters) = context_filters()?
        && let Some(found) = search(&filters, "warnings_context", category, text, lineno, module)?
    {
        return Ok(found);
    }
    let filters =
        attribute("filters", false)?.unwrap_or_else(|| state().filters.clone().into_obj());
    if let Some(found) = search(&filters, "_warnings", category, text, lineno, module)? {
        return Ok(found);
    }
    let action = match attribute("defaultaction", false)? {
        None => state().default_action.clone(),
        Some(action) if action.is::<PyUnicodeObject>() => action,
        Some(other) => {
            return raise!(
                TypeError,
                "_warnings.defaultaction must be a string, not '{}'",
                other.tp_name()
            );
        }
    };
    Ok((action, None))
}

/// The filters of the current context, where `catch_warnings` is to be local to one.
fn context_filters() -> Result<Option<Ref>> {
    match context::var::get(&state().context, None)? {
        Some(c) => object::getattr(&c, intern!("_filters")).map(Some),
        None => Ok(None),
    }
}

type Found = Option<(Ref, Option<Ref>)>;

fn search(
    filters: &Obj,
    owner: &str,
    category: &Obj,
    text: &Obj,
    lineno: i64,
    module: &Obj,
) -> Result<Found> {
    let Some(filters) = filters.downcast::<PyListObject>() else {
        return raise!(ValueError, "{owner}.filters must be a list");
    };
    let mut i = 0;
    // The list may change while patterns are tried.
    while let Some(item) = filters.items().get(i).cloned() {
        let Some([action, message, class, from, line]) = item
            .downcast::<PyTupleObject>()
            .map(crate::types::tuple::TupleExt::items)
        else {
            return raise!(ValueError, "{owner}.filters item {i} isn't a 5-tuple");
        };
        if !action.is::<PyUnicodeObject>() {
            return raise!(
                TypeError,
                "action must be a string, not '{}'",
                action.tp_name()
            );
        }
        let is_hit = matches(message, text)?
            && matches(from, module)?
            && object::is_subclass(category, class)?
            && {
                let line = args::to_isize(line)?;
                line == 0 || line as i64 == lineno
            };
        if is_hit {
            return Ok(Some((action.clone(), Some(item.clone()))));
        }
        i += 1;
    }
    Ok(None)
}

/// Whether a filter's pattern takes a text: None takes all, a plain str itself, others have a `match` method.
fn matches(pattern: &Obj, text: &Obj) -> Result<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if pattern.is_exact::<PyUnicodeObject>() {
        return object::rich_compare_bool(pattern, text, type_::CompareOp::Eq);
    }
    object::is_true(&*call::call_method(pattern, "match", &[text])?)
}

// ---- Showing ----

fn show(
    category: &Obj,
    text: &Obj,
    message: &Obj,
    place: &Place,
    line: Option<&str>,
    source: Option<&Obj>,
) -> Result<()> {
    // A source can have a traceback of its allocation, which the library shows.
    let Some(show) = attribute("_showwarnmsg", source.is_some())? else {
        show_natively(category, text, place, line);
        return Ok(());
    };
    if !object::is_callable(&show) {
        return raise!(
            TypeError,
            "warnings._showwarnmsg() must be set to a callable"
        );
    }
    let Some(class) = attribute("WarningMessage", false)? else {
        return raise!(RuntimeError, "unable to get warnings.WarningMessage");
    };
    let lineno = int::from_i64(place.lineno);
    let source = source.unwrap_or(NONE());
    let made = call::call(
        &class,
        &[
            message,
            category,
            &place.filename,
            lineno.as_obj(),
            NONE(),
            NONE(),
            source,
        ],
    )?;
    call::call1(&show, &made).map(drop)
}

/// Before the `warnings` module is loaded: `file:line: Category: text`, and the line.
fn show_natively(category: &Obj, text: &Obj, place: &Place, line: Option<&str>) {
    let class = category
        .downcast::<PyTypeObject>()
        .map(type_::name_of)
        .unwrap_or_default();
    let filename = str_lossy(&place.filename);
    let mut out = format!(
        "{filename}:{}: {class}: {}\n",
        place.lineno,
        str_lossy(text)
    );
    let found = match line {
        Some(line) => Some(line.to_owned()),
        None => line_of_file(&filename, place.lineno),
    };
    if let Some(line) = found {
        out.push_str(&format!("  {}\n", line.trim()));
    }
    err_display::write_stderr(&out);
}

fn line_of_file(filename: &str, lineno: i64) -> Option<String> {
    let index = usize::try_from(lineno.checked_sub(1)?).ok()?;
    let text = std::fs::read(filename).ok()?;
    String::from_utf8_lossy(&text)
        .lines()
        .nth(index)
        .map(str::to_owned)
}
