//! The functions of `sys.monitoring`.

use layout::*;

use super::event;
use super::sites;
use super::tools::{self, PUBLIC, TOOLS};
use crate::args;
use crate::err::{Result, raise};
use crate::method::ModuleDef;
use crate::object::*;
use crate::types::dict::{self, DictExt as _};
use crate::types::{int, module, namespace, str_};
use crate::{fastcall, noargs, o};

/// The module.
pub static DEF: ModuleDef = ModuleDef {
    name: "sys.monitoring",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!("use_tool_id", use_tool_id, "($module, tool_id, name, /)"),
    o!("clear_tool_id", clear_tool_id, "($module, tool_id, /)"),
    o!("free_tool_id", free_tool_id, "($module, tool_id, /)"),
    o!("get_tool", get_tool, "($module, tool_id, /)"),
    fastcall!(
        "register_callback",
        register_callback,
        "($module, tool_id, event, func, /)"
    ),
    o!("get_events", get_events, "($module, tool_id, /)"),
    fastcall!("set_events", set_events, "($module, tool_id, event_set, /)"),
    fastcall!(
        "get_local_events",
        get_local_events,
        "($module, tool_id, code, /)"
    ),
    fastcall!(
        "set_local_events",
        set_local_events,
        "($module, tool_id, code, event_set, /)"
    ),
    noargs!("restart_events", |_: &Obj| tools::restart(), "($module, /)"),
    noargs!("_all_events", all_events, "($module, /)"),
];

struct Singletons([core::cell::Cell<*mut PyObject>; 2]);

// SAFETY: used under the lock.
unsafe impl Sync for Singletons {}

static SINGLETONS: Singletons =
    Singletons([const { core::cell::Cell::new(core::ptr::null_mut()) }; 2]);

fn singleton(index: usize) -> Ref {
    let slot = &SINGLETONS.0[index];
    if slot.get().is_null() {
        match alloc::<Obj>(&PyBaseObject_Type) {
            Ok(made) => slot.set_ref(Some(made)),
            Err(_) => crate::fatal("no memory for a singleton"),
        }
    }
    slot.get_ref().unwrap_or_else(none)
}

/// What a callback returns to be called no more for a place.
pub fn disable_object() -> Ref {
    singleton(0)
}

/// The first argument of a call that has none.
pub fn missing_object() -> Ref {
    singleton(1)
}

fn exec(m: &Obj) -> Result<()> {
    let namespace = module::dict_of(m);
    namespace.set_str("DISABLE", &disable_object())?;
    namespace.set_str("MISSING", &missing_object())?;
    for (name, id) in [
        ("DEBUGGER_ID", 0),
        ("COVERAGE_ID", 1),
        ("PROFILER_ID", 2),
        ("OPTIMIZER_ID", 5),
    ] {
        namespace.set_str(name, int::small(id))?;
    }
    let mut events: Vec<(&str, Ref)> = vec![("NO_EVENTS", int::small(0).new_ref())];
    events.extend(
        event::NAMES
            .iter()
            .enumerate()
            .map(|(e, name)| (*name, int::from_i64(1 << e).into_obj())),
    );
    namespace.set_str("events", &*namespace::new(&events)?)
}

fn check_valid(o: &Obj) -> Result<usize> {
    let tool = args::to_i32(o)?;
    match usize::try_from(tool) {
        Ok(tool) if tool < PUBLIC => Ok(tool),
        _ => raise!(
            ValueError,
            "invalid tool {} (must be between 0 and 5)",
            tool
        ),
    }
}

fn check_in_use(o: &Obj) -> Result<usize> {
    let tool = check_valid(o)?;
    if TOOLS.names[tool].get().is_null() {
        return raise!(ValueError, "tool {} is not in use", tool);
    }
    Ok(tool)
}

fn use_tool_id(_: &Obj, given: &[&Obj]) -> Result<()> {
    args::expect("use_tool_id", given, 2..=2)?;
    let tool = check_valid(given[0])?;
    if !given[1].is::<PyUnicodeObject>() {
        return raise!(ValueError, "tool name must be a str");
    }
    if !TOOLS.names[tool].get().is_null() {
        return raise!(ValueError, "tool {} is already in use", tool);
    }
    TOOLS.names[tool].set_ref(Some(given[1].new_ref()));
    Ok(())
}

fn clear(tool: usize) -> Result<()> {
    for callback in &TOOLS.callbacks[tool] {
        callback.set_ref(None);
    }
    tools::set_events(tool, 0)?;
    // What the tool has asked for in single code objects.
    let mut marked = Vec::new();
    gc::for_each_object(|o| {
        // SAFETY: the heap names live objects.
        let o = unsafe { &*o };
        if !o.ob_type.get().is_null() && o.is_exact::<PyCodeObject>() {
            marked.push(o.new_ref());
        }
    });
    for code in &marked {
        // SAFETY: only code objects were collected.
        let code: &PyCodeObject = unsafe { code.cast() };
        if let Some(table) = sites::table(code) {
            table
                .local
                .iter_mut()
                .for_each(|tools| *tools &= !(1 << tool));
        }
    }
    tools::new_version()
}

fn clear_tool_id(_: &Obj, tool: &Obj) -> Result<()> {
    let tool = check_valid(tool)?;
    if TOOLS.names[tool].get().is_null() {
        Ok(())
    } else {
        clear(tool)
    }
}

fn free_tool_id(_: &Obj, tool: &Obj) -> Result<()> {
    let tool = check_valid(tool)?;
    if !TOOLS.names[tool].get().is_null() {
        clear(tool)?;
    }
    TOOLS.names[tool].set_ref(None);
    Ok(())
}

fn get_tool(_: &Obj, tool: &Obj) -> Result<Option<Ref>> {
    Ok(TOOLS.names[check_valid(tool)?].get_ref())
}

fn register_callback(_: &Obj, given: &[&Obj]) -> Result<Option<Ref>> {
    args::expect("register_callback", given, 3..=3)?;
    let tool = check_valid(given[0])?;
    let events = args::to_i32(given[1])?;
    if events <= 0 || events.count_ones() != 1 {
        return raise!(
            ValueError,
            "The callback can only be set for one event at a time"
        );
    }
    let kind = events.trailing_zeros() as usize;
    if kind >= event::COUNT {
        return raise!(ValueError, "invalid event {}", events);
    }
    let new = (!given[2].is_none()).then(|| given[2].new_ref());
    let places: &[usize] = if kind == event::BRANCH {
        &[event::BRANCH_LEFT, event::BRANCH_RIGHT, kind]
    } else {
        &[kind]
    };
    let mut old = None;
    for &place in places {
        let slot = &TOOLS.callbacks[tool][place];
        old = slot.get_ref();
        slot.set_ref(new.clone());
    }
    Ok(old)
}

fn get_events(_: &Obj, tool: &Obj) -> Result<i64> {
    Ok(i64::from(tools::events_of(check_in_use(tool)?)))
}

const C_EVENTS: u32 = 1 << event::C_RETURN | 1 << event::C_RAISE;

/// Checks a set of events, and replaces groups by their members.
fn event_set(o: &Obj) -> Result<u32> {
    let given = args::to_i32(o)?;
    let Some(events) = u32::try_from(given).ok().filter(|&e| e < 1 << event::COUNT) else {
        return raise!(ValueError, "invalid event set {:#x}", given);
    };
    if events & C_EVENTS != 0
        && events & (C_EVENTS | 1 << event::CALL) != (C_EVENTS | 1 << event::CALL)
    {
        return raise!(
            ValueError,
            "cannot set C_RETURN or C_RAISE events independently"
        );
    }
    let mut events = events & !C_EVENTS;
    if events & 1 << event::BRANCH != 0 {
        events =
            events & !(1 << event::BRANCH) | 1 << event::BRANCH_LEFT | 1 << event::BRANCH_RIGHT;
    }
    Ok(events)
}

fn set_events(_: &Obj, given: &[&Obj]) -> Result<()> {
    args::expect("set_events", given, 2..=2)?;
    let tool = check_valid(given[0])?;
    let events = event_set(given[1])?;
    let tool = check_in_use(given[0]).map(|_| tool)?;
    tools::set_events(tool, events)
}

fn code_argument(o: &Obj) -> Result<&PyCodeObject> {
    match o.downcast_exact::<PyCodeObject>() {
        Some(code) => Ok(code),
        None => raise!(TypeError, "code must be a code object"),
    }
}

fn get_local_events(_: &Obj, given: &[&Obj]) -> Result<i64> {
    args::expect("get_local_events", given, 2..=2)?;
    let code = code_argument(given[1])?;
    let tool = check_in_use(given[0])?;
    let local = sites::table(code).map_or([0; event::LOCAL], |t| t.local);
    Ok(local
        .iter()
        .enumerate()
        .filter(|(_, tools)| *tools >> tool & 1 != 0)
        .fold(0, |set, (e, _)| set | 1 << e))
}

fn set_local_events(_: &Obj, given: &[&Obj]) -> Result<()> {
    args::expect("set_local_events", given, 3..=3)?;
    let code = code_argument(given[1])?;
    let tool = check_in_use(given[0])?;
    let events = event_set(given[2])?;
    if events >= 1 << event::LOCAL {
        return raise!(ValueError, "invalid local event set {:#x}", events);
    }
    let table = sites::table_or_new(code);
    for (e, tools) in table.local.iter_mut().enumerate() {
        *tools = *tools & !(1 << tool) | ((events >> e & 1) as u8) << tool;
    }
    tools::new_version()?;
    sites::instrument(code)
}

/// For each event that somebody wants everywhere, by its name, the tools as bits.
fn all_events(_: &Obj) -> Result<Ref<PyDictObject>> {
    let found = dict::new();
    for (e, tools) in TOOLS
        .global
        .iter()
        .enumerate()
        .filter(|(_, tools)| tools.get() != 0)
    {
        found.set(
            str_::intern_str(event::NAMES[e]),
            int::from_i64(i64::from(tools.get())).as_obj(),
        )?;
    }
    Ok(found)
}

/// Makes the module, for `sys` to hold.
pub fn make() -> Result {
    module::from_def(&DEF)
}
