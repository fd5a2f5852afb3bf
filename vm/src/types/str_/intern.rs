//! Interned strings: one object for each text that names something, so that a lookup can compare addresses.
//!
//! The table holds addresses, not counted references. Under a manager that counts, a string interned by a program leaves
//! the table when it dies (`forget`); under one that traces, the table lies in memory the trace reaches, so what is
//! interned stays. What `intern!` makes is immortal everywhere.

use core::cell::{Cell, UnsafeCell};
use core::ptr::null_mut;

use layout::{_Py_IMMORTAL_INITIAL_REFCNT, PyObject, PyUnicodeObject};

use super::alloc::{empty, latin1_single, new};
use super::data::{StrData, StrExt, eq, state};
use crate::object::{AsObj, Obj, ObjExt, Ref};

/// Open addressing with linear probes. A slot is free (null), a grave, or the address of a string.
struct Table {
    slots: Vec<*mut PyUnicodeObject>,
    used: usize,
    graves: usize,
}

const GRAVE: *mut PyUnicodeObject = core::ptr::without_provenance_mut(1);

struct Global(UnsafeCell<Table>);
// SAFETY: used with the GIL held, and no reference into it outlives a call.
unsafe impl Sync for Global {}

static TABLE: Global = Global(UnsafeCell::new(Table {
    slots: Vec::new(),
    used: 0,
    graves: 0,
}));

impl Table {
    /// The slot of an equal string, or the first one where it could go.
    fn find(&self, s: &PyUnicodeObject) -> core::result::Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut at = s.hash() as usize & mask;
        let mut free = None;
        loop {
            match self.slots[at] {
                p if p.is_null() => return Err(free.unwrap_or(at)),
                p if p == GRAVE => free = free.or(Some(at)),
                // SAFETY: a string leaves the table before its memory is given back.
                p if eq(unsafe { &*p }, s) => return Ok(at),
                _ => {}
            }
            at = (at + 1) & mask;
        }
    }

    fn reserve(&mut self) {
        if (self.used + self.graves + 1) * 3 <= self.slots.len() * 2 {
            return;
        }
        let size = ((self.used + 1) * 4).next_power_of_two().max(4096);
        let old = core::mem::replace(&mut self.slots, vec![null_mut(); size]);
        self.graves = 0;
        for p in old {
            if !p.is_null() && p != GRAVE {
                // SAFETY: see `find`.
                let (Ok(at) | Err(at)) = self.find(unsafe { &*p });
                self.slots[at] = p;
            }
        }
    }
}

fn table() -> &'static mut Table {
    // SAFETY: the GIL is held, nothing here runs Python code, and each caller is done with it before the next.
    unsafe { &mut *TABLE.0.get() }
}

fn set_state(s: &PyUnicodeObject, interned: u32) {
    s.ascii_header()
        .state
        .bits
        .set(s.state() & !state::INTERNED | interned);
}

/// Whether an object is an interned string.
#[inline]
pub fn is_interned(o: &Obj) -> bool {
    o.downcast_exact::<PyUnicodeObject>()
        .is_some_and(|s| s.state() & state::INTERNED != 0)
}

/// A name, interned if it is a string.
#[inline]
pub fn interned(name: &Obj) -> Ref {
    name.downcast::<PyUnicodeObject>()
        .map_or_else(|| name.new_ref(), |s| intern(s).into_obj())
}

/// The one string of this text. An instance of a subclass is replaced by an exact `str`.
#[inline]
pub fn intern(s: &PyUnicodeObject) -> Ref<PyUnicodeObject> {
    if s.state() & state::INTERNED != 0 {
        s.to_ref()
    } else {
        intern_slow(s)
    }
}

fn intern_slow(s: &PyUnicodeObject) -> Ref<PyUnicodeObject> {
    match s.data() {
        StrData::Latin1([]) => return empty(),
        StrData::Latin1(&[c]) => return latin1_single(c),
        _ => {}
    }
    let table = table();
    table.reserve();
    match table.find(s) {
        // SAFETY: the table's strings are alive.
        Ok(at) => unsafe { Ref::from_borrowed(table.slots[at]) },
        Err(at) => {
            let s = s.to_exact();
            if table.slots[at] == GRAVE {
                table.graves -= 1;
            }
            table.slots[at] = s.as_ptr().cast();
            table.used += 1;
            set_state(&s, state::INTERNED_MORTAL);
            s
        }
    }
}

/// The same, and the string never dies.
pub fn intern_immortal(s: &PyUnicodeObject) -> Ref<PyUnicodeObject> {
    let s = intern(s);
    if s.state() & state::INTERNED == state::INTERNED_MORTAL {
        set_state(&s, state::INTERNED_IMMORTAL);
        s.as_obj().ob_refcnt.set(_Py_IMMORTAL_INITIAL_REFCNT);
    }
    s
}

/// The interned, immortal string of a text.
pub fn intern_str(s: &str) -> &'static Obj {
    let s = intern_immortal(&new(s));
    // SAFETY: immortal.
    unsafe { &*s.into_raw() }
}

/// Takes a dying string out of the table.
pub(super) fn forget(s: &PyUnicodeObject) {
    let table = table();
    if table.slots.is_empty() {
        return;
    }
    if let Ok(at) = table.find(s)
        && core::ptr::eq(table.slots[at], s)
    {
        table.slots[at] = GRAVE;
        table.used -= 1;
        table.graves += 1;
    }
}

/// How many strings are interned, for `sys._debugmallocstats`-like reports.
pub fn count() -> usize {
    table().used
}

/// What a use of `intern!` expands to: a text and, once it was asked for, its string.
pub struct Site {
    text: &'static str,
    string: Cell<*mut PyObject>,
}

// SAFETY: read and written with the GIL held.
unsafe impl Sync for Site {}

impl Site {
    pub const fn new(text: &'static str) -> Site {
        Site {
            text,
            string: Cell::new(null_mut()),
        }
    }

    #[inline(always)]
    pub fn get(&self) -> &'static Obj {
        let p = self.string.get();
        if p.is_null() {
            return self.get_slow();
        }
        // SAFETY: immortal.
        unsafe { &*p }
    }

    #[cold]
    fn get_slow(&self) -> &'static Obj {
        let s = intern_str(self.text);
        self.string.set(s.as_ptr());
        s
    }
}

/// The interned string of a literal, as `&'static Obj`: one static for each use.
#[macro_export]
macro_rules! intern {
    ($text:expr) => {{
        static SITE: $crate::types::str_::Site = $crate::types::str_::Site::new($text);
        SITE.get()
    }};
}
