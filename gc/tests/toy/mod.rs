//! A runtime small enough to reason about: three types, weak references, and a log of what the manager did.
//!
//! Serves every manager's tests. A test runs inside `with_gil`, in a process of its own. Objects are known by small numbers, so that no
//! scan takes a test's own bookkeeping for references.

#![allow(dead_code)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::missing_safety_doc,
    reason = "toy objects are made and read here alone"
)]

use core::cell::{Cell, RefCell};
use core::ffi::{c_int, c_void};
use gc::{Gil, Host, Kind};
use layout::{Py_TPFLAGS_HAVE_GC, PyObject, PyTypeObject, visitproc};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub const FIELDS: usize = 4;

/// An object with a number and references.
#[repr(C)]
pub struct Node {
    pub header: PyObject,
    pub number: Cell<usize>,
    pub fields: [Cell<*mut PyObject>; FIELDS],
}

/// A list: its items lie in a buffer.
#[repr(C)]
pub struct List {
    pub header: PyObject,
    pub length: Cell<usize>,
    pub items: Cell<*mut u8>,
}

/// What an extension defines: references in its own body and in a block of native memory, and no `tp_traverse`.
#[repr(C)]
pub struct Foreign {
    pub header: PyObject,
    pub number: Cell<usize>,
    pub body: Cell<*mut PyObject>,
    pub native: Cell<*mut *mut PyObject>,
}

pub static NODE: PyTypeObject = PyTypeObject::statically_declared();
/// Nodes with a finalizer.
pub static MORTAL: PyTypeObject = PyTypeObject::statically_declared();
/// Nodes with the legacy finalizer.
pub static LEGACY: PyTypeObject = PyTypeObject::statically_declared();
pub static LIST: PyTypeObject = PyTypeObject::statically_declared();
pub static FOREIGN: PyTypeObject = PyTypeObject::statically_declared();

struct Runtime {
    log: RefCell<Vec<String>>,
    /// Referents, disguised, and the weak references' numbers.
    weakrefs: RefCell<Vec<(usize, usize)>>,
    garbage: RefCell<Vec<usize>>,
    /// What finalizers resurrect: the number of the object that stores itself here.
    resurrect: Cell<usize>,
    resurrected: Cell<*mut PyObject>,
    requests: Cell<usize>,
    /// What every finalizer does besides.
    chore: Cell<Option<fn()>>,
    /// Numbers of foreign objects whose dealloc keeps the memory.
    hoard: Cell<bool>,
    hoarded: Cell<*mut PyObject>,
}

static RUNTIME: Gil<Runtime> = Gil::new(Runtime {
    log: RefCell::new(Vec::new()),
    weakrefs: RefCell::new(Vec::new()),
    garbage: RefCell::new(Vec::new()),
    resurrect: Cell::new(0),
    resurrected: Cell::new(core::ptr::null_mut()),
    requests: Cell::new(0),
    chore: Cell::new(None),
    hoard: Cell::new(false),
    hoarded: Cell::new(core::ptr::null_mut()),
});

struct Toy;

static LOCK: Mutex<()> = Mutex::new(());

/// Runs a test under `manager`, unless a manager was chosen before, in a child process: its heap is its own, and it has one
/// thread, so that other tests leave no stale words.
pub fn with_gil(manager: &str, test: impl FnOnce()) {
    let _held: MutexGuard<()> = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let child = unsafe { libc::fork() };
    if child == 0 {
        std::panic::set_hook(Box::new(|info| {
            let message = format!("{info}\n");
            unsafe { libc::write(2, message.as_ptr().cast(), message.len()) };
        }));
        let passed = std::panic::catch_unwind(AssertUnwindSafe(|| run(manager, test))).is_ok();
        unsafe { libc::_exit(i32::from(!passed)) };
    }
    let mut status = 0;
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(
        status == 0,
        "the test's process ended with status {status:#x}"
    );
}

fn run(manager: &str, test: impl FnOnce()) {
    let thread = start(manager);
    test();
    gc::unregister_thread(thread);
}

/// Starts the runtime under `manager` in this process, on this thread.
pub fn start(manager: &str) -> &'static gc::ThreadStack {
    if gc::facts().name != manager {
        assert!(gc::init(manager, None, None));
    }
    assert_eq!(gc::facts().name, manager);
    gc::install_host(&Toy);
    define_types();
    gc::register_thread()
}

fn define_types() {
    for tp in [&NODE, &MORTAL, &LEGACY] {
        tp.tp_name.set(c"node".as_ptr());
        tp.tp_flags.set(Py_TPFLAGS_HAVE_GC);
        tp.tp_traverse.set(Some(traverse_node));
        tp.tp_clear.set(Some(clear_node));
        tp.tp_dealloc.set(Some(dealloc_node));
    }
    MORTAL.tp_finalize.set(Some(finalize_node));
    LEGACY.tp_del.set(Some(finalize_node));
    LIST.tp_name.set(c"list".as_ptr());
    LIST.tp_traverse.set(Some(traverse_list));
    LIST.tp_clear.set(Some(clear_list));
    LIST.tp_dealloc.set(Some(dealloc_list));
    FOREIGN.tp_name.set(c"foreign".as_ptr());
    FOREIGN.tp_dealloc.set(Some(dealloc_foreign));
}

pub fn take_log() -> Vec<String> {
    RUNTIME.log.take()
}

fn log(line: String) {
    RUNTIME.log.borrow_mut().push(line);
}

pub fn garbage() -> Vec<usize> {
    RUNTIME.garbage.take()
}

pub fn requests() -> usize {
    RUNTIME.requests.take()
}

pub fn resurrect(number: usize) {
    RUNTIME.resurrect.set(number);
}

pub fn set_chore(chore: Option<fn()>) {
    RUNTIME.chore.set(chore);
}

pub fn take_resurrected() -> *mut PyObject {
    RUNTIME.resurrected.replace(core::ptr::null_mut())
}

pub fn hoard(on: bool) {
    RUNTIME.hoard.set(on);
}

pub fn take_hoarded() -> *mut PyObject {
    RUNTIME.hoarded.replace(core::ptr::null_mut())
}

pub fn incref(object: *mut PyObject) -> *mut PyObject {
    if let Some(header) = unsafe { object.as_ref() }
        && !header.is_immortal()
    {
        header.ob_refcnt.set(header.ob_refcnt.get() + 1);
    }
    object
}

pub fn decref(object: *mut PyObject) {
    let Some(header) = (unsafe { object.as_ref() }) else {
        return;
    };
    if header.is_immortal() {
        return;
    }
    assert!(header.ob_refcnt.get() > 0, "freed twice");
    header.ob_refcnt.set(header.ob_refcnt.get() - 1);
    if header.ob_refcnt.get() == 0 {
        Toy.dealloc(object);
    }
}

fn allocate(tp: &'static PyTypeObject, size: usize, prefix: usize, kind: Kind) -> *mut PyObject {
    let object = gc::allocate_object(size, prefix, kind);
    assert!(!object.is_null() && (object as usize).is_multiple_of(16));
    unsafe { (*object).ob_type.set((&raw const *tp).cast_mut()) };
    object
}

/// A new node; the caller owns one count.
pub fn node(tp: &'static PyTypeObject, number: usize) -> &'static Node {
    let kind = if tp.tp_finalize.get().is_some() {
        Kind::Destructible
    } else {
        Kind::Plain
    };
    let object = allocate(
        tp,
        size_of::<Node>(),
        if number.is_multiple_of(2) { 16 } else { 0 },
        kind,
    );
    let node = unsafe { &*object.cast::<Node>() };
    node.number.set(number);
    gc::track(object);
    node
}

impl Node {
    pub fn object(&self) -> *mut PyObject {
        (&raw const *self).cast_mut().cast()
    }

    /// Stores a new reference.
    pub fn set(&self, field: usize, target: *mut PyObject) {
        incref(target);
        decref(self.fields[field].replace(target));
    }
}

pub fn as_node<'a>(object: *mut PyObject) -> &'a Node {
    unsafe { &*object.cast::<Node>() }
}

/// A new list of `items`, to each of which it takes a new reference.
pub fn list(items: &[*mut PyObject]) -> &'static List {
    let object = allocate(&LIST, size_of::<List>(), 0, Kind::Plain);
    let list = unsafe { &*object.cast::<List>() };
    items.iter().for_each(|&item| list.append(item));
    gc::track(object);
    list
}

impl List {
    pub fn object(&self) -> *mut PyObject {
        (&raw const *self).cast_mut().cast()
    }

    pub fn append(&self, item: *mut PyObject) {
        let length = self.length.get();
        let bytes = (length + 1) * size_of::<usize>();
        if gc::buffer_capacity(self.items.get()) < bytes {
            self.items
                .set(unsafe { gc::realloc_buffer(self.items.get(), bytes * 2) });
        }
        unsafe {
            self.items
                .get()
                .cast::<*mut PyObject>()
                .add(length)
                .write(incref(item))
        };
        self.length.set(length + 1);
    }

    pub fn items(&self) -> &[*mut PyObject] {
        if self.length.get() == 0 {
            return &[];
        }
        unsafe { core::slice::from_raw_parts(self.items.get().cast(), self.length.get()) }
    }
}

/// A new foreign object that refers to `body`, and through native memory to `native`.
pub fn foreign(number: usize, body: *mut PyObject, native: *mut PyObject) -> &'static Foreign {
    let object = allocate(&FOREIGN, size_of::<Foreign>(), 0, Kind::Destructible);
    let foreign = unsafe { &*object.cast::<Foreign>() };
    foreign.number.set(number);
    foreign.body.set(incref(body));
    let block = unsafe { libc::malloc(64).cast::<*mut PyObject>() };
    unsafe { block.add(3).write(incref(native)) };
    foreign.native.set(block);
    foreign
}

impl Foreign {
    pub fn object(&self) -> *mut PyObject {
        (&raw const *self).cast_mut().cast()
    }
}

/// Makes a weak reference.
pub fn weakref(object: *mut PyObject, number: usize) {
    gc::note_weakref(object);
    RUNTIME
        .weakrefs
        .borrow_mut()
        .push((!(object as usize), number));
}

pub fn read_weakref(number: usize) -> Option<*mut PyObject> {
    let found = RUNTIME
        .weakrefs
        .borrow()
        .iter()
        .find(|weak| weak.1 == number)
        .copied();
    let object = !found?.0 as *mut PyObject;
    gc::weakref_read(object);
    Some(object)
}

fn is_alive(object: *mut PyObject) -> bool {
    RUNTIME
        .weakrefs
        .borrow()
        .iter()
        .any(|weak| weak.0 == !(object as usize))
}

fn drop_weakrefs(object: *mut PyObject) -> Vec<usize> {
    let mut dropped = Vec::new();
    RUNTIME.weakrefs.borrow_mut().retain(|&(referent, number)| {
        let dead = referent == !(object as usize);
        if dead {
            dropped.push(number);
        }
        !dead
    });
    dropped
}

unsafe extern "C" fn traverse_node(
    object: *mut PyObject,
    visit: visitproc,
    argument: *mut c_void,
) -> c_int {
    for field in as_node(object)
        .fields
        .iter()
        .filter(|field| !field.get().is_null())
    {
        unsafe { visit(field.get(), argument) };
    }
    0
}

unsafe extern "C" fn clear_node(object: *mut PyObject) -> c_int {
    for field in &as_node(object).fields {
        decref(field.replace(core::ptr::null_mut()));
    }
    0
}

unsafe extern "C" fn finalize_node(object: *mut PyObject) {
    let number = as_node(object).number.get();
    let weak = if is_alive(object) { " weak" } else { "" };
    log(format!("del {number}{weak}"));
    if let Some(chore) = RUNTIME.chore.get() {
        chore();
    }
    if RUNTIME.resurrect.get() == number {
        RUNTIME.resurrect.set(0);
        RUNTIME.resurrected.set(incref(object));
    }
}

unsafe extern "C" fn dealloc_node(object: *mut PyObject) {
    let tp = unsafe { &*(*object).ob_type.get() };
    if let (Some(finalize), false) = (tp.tp_finalize.get(), gc::is_finalized(object)) {
        gc::set_finalized(object);
        incref(object);
        unsafe { finalize(object) };
        let header = unsafe { &*object };
        header.ob_refcnt.set(header.ob_refcnt.get() - 1);
        if header.ob_refcnt.get() != 0 {
            return;
        }
    }
    drop_weakrefs(object)
        .iter()
        .for_each(|number| log(format!("callback {number}")));
    gc::untrack(object);
    unsafe { clear_node(object) };
    unsafe { gc::free_object(object) };
}

fn as_list<'a>(object: *mut PyObject) -> &'a List {
    unsafe { &*object.cast::<List>() }
}

unsafe extern "C" fn traverse_list(
    object: *mut PyObject,
    visit: visitproc,
    argument: *mut c_void,
) -> c_int {
    let list = as_list(object);
    gc::mark_buffer(list.items.get());
    for &item in list.items() {
        unsafe { visit(item, argument) };
    }
    0
}

unsafe extern "C" fn clear_list(object: *mut PyObject) -> c_int {
    let list = as_list(object);
    let (items, length) = (
        list.items.replace(core::ptr::null_mut()),
        list.length.replace(0),
    );
    for index in 0..length {
        decref(unsafe { items.cast::<*mut PyObject>().add(index).read() });
    }
    unsafe { gc::free_buffer(items) };
    0
}

unsafe extern "C" fn dealloc_list(object: *mut PyObject) {
    gc::untrack(object);
    unsafe {
        clear_list(object);
        gc::free_object(object);
    }
}

unsafe extern "C" fn dealloc_foreign(object: *mut PyObject) {
    let foreign = unsafe { &*object.cast::<Foreign>() };
    log(format!("dealloc {}", foreign.number.get()));
    decref(foreign.body.replace(core::ptr::null_mut()));
    let block = foreign.native.replace(core::ptr::null_mut());
    decref(unsafe { block.add(3).read() });
    unsafe { libc::free(block.cast()) };
    if RUNTIME.hoard.get() {
        RUNTIME.hoarded.set(object);
    } else {
        unsafe { gc::free_object(object) };
    }
}

impl Host for Toy {
    fn is_precise(&self, tp: *const PyTypeObject) -> bool {
        !core::ptr::eq(tp, &FOREIGN)
    }

    fn has_weakrefs(&self, object: *mut PyObject) -> bool {
        is_alive(object)
    }

    fn handle_weakrefs(&self, dead: &[*mut PyObject], _: &dyn Fn(*mut PyObject) -> bool) {
        let numbers: Vec<usize> = dead
            .iter()
            .flat_map(|&object| drop_weakrefs(object))
            .collect();
        numbers
            .iter()
            .for_each(|number| log(format!("callback {number}")));
    }

    fn clear_weakrefs_quietly(&self, dead: &[*mut PyObject]) {
        dead.iter().for_each(|&object| drop(drop_weakrefs(object)));
    }

    fn append_garbage(&self, object: *mut PyObject) {
        RUNTIME
            .garbage
            .borrow_mut()
            .push(as_node(object).number.get());
    }

    fn request(&self) {
        RUNTIME.requests.set(RUNTIME.requests.get() + 1);
    }
}

/// The numbers of all live nodes, ascending.
pub fn live_nodes() -> Vec<usize> {
    let mut numbers = Vec::new();
    gc::for_each_object(|object| {
        let tp = unsafe { (*object).ob_type.get() }.cast_const();
        if [&NODE, &MORTAL, &LEGACY]
            .into_iter()
            .any(|node| core::ptr::eq(tp, node))
        {
            numbers.push(as_node(object).number.get());
        }
    });
    numbers.sort_unstable();
    numbers
}

/// Runs `f` in frames that are gone and overwritten when this returns.
#[inline(never)]
pub fn in_dead_frames(f: impl FnOnce()) {
    #[inline(never)]
    fn call(f: impl FnOnce()) {
        let padding = core::hint::black_box([0usize; 256]);
        f();
        core::hint::black_box(&padding);
    }
    call(f);
    let overwrite = core::hint::black_box([0usize; 4096]);
    core::hint::black_box(&overwrite);
}

/// A small generator of random numbers, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

/// Which of the shadow's objects the roots lead to.
pub fn reachable(
    roots: &[usize],
    fields: &std::collections::HashMap<usize, [usize; FIELDS]>,
) -> Vec<usize> {
    let mut found: std::collections::BTreeSet<usize> = Default::default();
    let mut work: Vec<usize> = roots.to_vec();
    while let Some(number) = work.pop() {
        if number != 0 && found.insert(number) {
            work.extend(fields[&number]);
        }
    }
    found.into_iter().collect()
}
