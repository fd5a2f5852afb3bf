//! Frames: the activation records that the interpreter and compiled code share.
//!
//! A frame starts with CPython's `_PyInterpreterFrame` (extensions that switch stacks follow `previous` and read `owner`)
//! and ends with the locals and the evaluation stack. It lives on its thread's data stack, inside a generator, or, when it
//! has outlived its call, inside its frame object. Invariant: between instructions every word of `localsplus` below
//! `stackpointer` is valid, and `instr_ptr` is at the instruction that runs, or that is to run next if the frame does not.

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;

use layout::*;

use crate::err::{Result, no_memory};
use crate::object::*;
use crate::raise;
use crate::stackref::StackRef;
use crate::state::{self, ThreadState};
use crate::types::frameobject::{self, FrameObject};

/// A unit of code: the opcode in the low byte, its argument in the high one.
pub type CodeUnit = u16;

/// Who owns a frame's memory, as C numbers it.
pub mod owner {
    pub const THREAD: u8 = 0;
    pub const GENERATOR: u8 = 1;
    pub const FRAME_OBJECT: u8 = 2;
    /// The base frame of a call from native code: no code runs in it.
    pub const INTERPRETER: u8 = 3;
    pub const C_STACK: u8 = 4;
}

#[repr(C)]
pub struct Frame {
    /// The code object.
    pub executable: StackRef,
    pub previous: *mut Frame,
    /// The function; of a base frame, nothing.
    pub funcobj: StackRef,
    /// Borrowed from the function.
    pub globals: *mut PyObject,
    /// Borrowed from the function.
    pub builtins: *mut PyObject,
    /// The namespace of a module or class body; null in functions.
    pub locals: *mut PyObject,
    /// Owned; null until somebody asks for it.
    pub frame_obj: *mut FrameObject,
    pub instr_ptr: *const CodeUnit,
    pub stackpointer: *mut StackRef,
    /// From `instr_ptr` to where the callee returns to, in units.
    pub return_offset: u16,
    pub owner: u8,
    pub visited: u8,
    /// While a callee runs: not 0 if compiled code called it, which then goes on in compiled code; where, is up to the
    /// [`Tier`](crate::tier::Tier).
    pub resume: u32,
    pub localsplus: [StackRef; 0],
}

/// The words of a frame before its locals.
pub const SPECIALS: usize = size_of::<Frame>() / size_of::<StackRef>();

const _: () = {
    assert!(offset_of!(Frame, previous) == 8);
    assert!(offset_of!(Frame, instr_ptr) == 56);
    assert!(offset_of!(Frame, return_offset) == 72);
    assert!(offset_of!(Frame, owner) == 74);
    assert!(offset_of!(Frame, resume) == 76);
    assert!(offset_of!(Frame, localsplus) == 80);
};

/// The state of a generator's frame, as C numbers it.
pub mod phase {
    pub const CREATED: i8 = -3;
    pub const SUSPENDED: i8 = -2;
    pub const SUSPENDED_YIELD_FROM: i8 = -1;
    pub const EXECUTING: i8 = 0;
    pub const COMPLETED: i8 = 1;
    pub const CLEARED: i8 = 4;
}

impl Frame {
    /// The base frame of a call from native code, which returns to `instr_ptr`.
    pub fn base(previous: *mut Frame, instr_ptr: *const CodeUnit) -> Frame {
        Frame {
            executable: StackRef::borrowed(NONE()),
            previous,
            funcobj: StackRef::NULL,
            globals: ptr::null_mut(),
            builtins: ptr::null_mut(),
            locals: ptr::null_mut(),
            frame_obj: ptr::null_mut(),
            instr_ptr,
            stackpointer: ptr::null_mut(),
            return_offset: 0,
            owner: owner::INTERPRETER,
            visited: 0,
            resume: 0,
            localsplus: [],
        }
    }

    #[inline(always)]
    pub fn code(&self) -> &PyCodeObject {
        // SAFETY: a frame that runs code has a code object here; base frames are never asked.
        unsafe { self.executable.obj().cast() }
    }

    #[inline(always)]
    pub fn function(&self) -> &PyFunctionObject {
        // SAFETY: a frame with a function object was pushed by a call of it.
        unsafe { self.funcobj.obj().cast() }
    }

    #[inline(always)]
    pub fn globals(&self) -> &PyDictObject {
        // SAFETY: the function keeps its globals, which are a dict.
        unsafe { &*self.globals.cast() }
    }

    #[inline(always)]
    pub fn globals_obj(&self) -> &Obj {
        // SAFETY: as above.
        unsafe { &*self.globals }
    }

    #[inline(always)]
    pub fn builtins(&self) -> &Obj {
        // SAFETY: the function keeps its builtins.
        unsafe { &*self.builtins }
    }

    #[inline(always)]
    pub fn locals(&self) -> Option<&Obj> {
        // SAFETY: null or owned by the frame.
        unsafe { self.locals.as_ref() }
    }

    /// Where the locals, and after them the stack, begin.
    #[inline(always)]
    pub fn locals_start(this: *mut Frame) -> *mut StackRef {
        // The words lie directly behind the struct.
        this.wrapping_add(1).cast()
    }

    #[inline(always)]
    pub fn local(&self, index: usize) -> StackRef {
        debug_assert!(index < self.code().co_nlocalsplus.get() as usize);
        // SAFETY: there are `co_nlocalsplus` words.
        unsafe { *self.localsplus.as_ptr().add(index) }
    }

    /// Overwrites a local without dropping what was there.
    #[inline(always)]
    pub fn set_local(&mut self, index: usize, value: StackRef) {
        // SAFETY: as for `local`.
        unsafe { *self.localsplus.as_mut_ptr().add(index) = value };
    }

    /// The bottom of the evaluation stack.
    #[inline(always)]
    pub fn stack_base(&self) -> *mut StackRef {
        // SAFETY: the stack begins behind the locals.
        unsafe {
            self.localsplus
                .as_ptr()
                .add(self.code().co_nlocalsplus.get() as usize)
                .cast_mut()
        }
    }

    /// The index of the current instruction, in units.
    #[inline]
    pub fn lasti(&self) -> i32 {
        let start = crate::code::instructions(self.code());
        // SAFETY: both are in the same code object.
        unsafe { self.instr_ptr.offset_from(start) as i32 }
    }

    /// The line of the current instruction, if it has one.
    pub fn line(&self) -> Option<i32> {
        crate::code::line_of(self.code(), self.lasti() * 2)
    }

    /// A frame without Python code: a base frame, or one whose first instructions still create its cells.
    pub fn is_incomplete(&self) -> bool {
        if self.owner >= owner::INTERPRETER {
            return true;
        }
        self.owner != owner::GENERATOR && self.lasti() < self.code()._co_firsttraceable.get()
    }

    /// The nearest frame from `frame` downwards that Python code may see.
    ///
    /// # Safety
    /// `frame` is null or starts a chain of live frames.
    pub unsafe fn first_complete(mut frame: *mut Frame) -> Option<&'static mut Frame> {
        // SAFETY: the caller's.
        unsafe {
            while let Some(this) = frame.as_mut() {
                if !this.is_incomplete() {
                    return Some(this);
                }
                frame = this.previous;
            }
        }
        None
    }

    /// The frame object, made on first demand; the frame keeps it.
    pub fn object(&mut self) -> Result<Ref<FrameObject>> {
        if self.frame_obj.is_null() {
            let made = frameobject::new(self)?;
            self.frame_obj = made.into_raw().cast();
        }
        // SAFETY: the frame owns it.
        Ok(unsafe { Ref::from_borrowed(self.frame_obj) })
    }

    /// Visits what the frame holds.
    pub fn traverse(&self, v: &mut Visitor) -> Visit {
        v.visit_ptr(self.frame_obj.cast())?;
        v.visit_ptr(self.locals)?;
        visit_word(v, self.funcobj)?;
        visit_word(v, self.executable)?;
        let mut word = self.localsplus.as_ptr();
        while word < self.stackpointer.cast_const() {
            // SAFETY: the words below the stack pointer are valid.
            unsafe {
                visit_word(v, *word)?;
                word = word.add(1);
            }
        }
        Ok(())
    }

    /// Drops the locals and the stack.
    ///
    /// # Safety
    /// The frame does not run.
    pub unsafe fn clear_locals(this: *mut Frame) {
        // SAFETY: the words below the stack pointer are valid; the frame forgets them before they die.
        unsafe {
            let start = Frame::locals_start(this);
            let end = (*this).stackpointer;
            (*this).stackpointer = start;
            let mut word = start;
            while word < end {
                let value = *word;
                *word = StackRef::NULL;
                value.close();
                word = word.add(1);
            }
            let locals = core::mem::replace(&mut (*this).locals, ptr::null_mut());
            drop(Ref::from_owned_opt(locals));
        }
    }

    /// Ends a frame's life: its frame object takes its contents over if anybody still holds it. All but the code object
    /// is dropped.
    ///
    /// # Safety
    /// The frame does not run, and is not used afterwards.
    pub unsafe fn clear_except_code(this: *mut Frame) {
        // SAFETY: the caller's; the frame object is the frame's own.
        unsafe {
            let object = core::mem::replace(&mut (*this).frame_obj, ptr::null_mut());
            if !object.is_null() {
                let object = Ref::from_owned(object);
                if object.as_obj().ob_refcnt.get() > 1 {
                    frameobject::take_over(&object, this);
                    return;
                }
                frameobject::forget(&object);
            }
            Frame::clear_locals(this);
            core::mem::replace(&mut (*this).funcobj, StackRef::NULL).close();
        }
    }

    /// As [`clear_except_code`](Self::clear_except_code), with the code object.
    ///
    /// # Safety
    /// The same.
    pub unsafe fn clear(this: *mut Frame) {
        // SAFETY: the caller's.
        unsafe {
            let executable = (*this).executable;
            Frame::clear_except_code(this);
            executable.close();
        }
    }
}

/// Visits a word of a frame. What it only borrows is somebody else's to visit, but marking must see it.
#[inline]
fn visit_word(v: &mut Visitor, word: StackRef) -> Visit {
    if word.is_integer() || word.bits() & 1 != 0 {
        Ok(())
    } else {
        v.visit_ptr(word.as_ptr())
    }
}

// ---- The data stack ----

const CHUNK: usize = 16 * 1024;
const CHUNK_HEADER: usize = offset_of!(_PyStackChunk, data);

/// Makes room for `words` words on top of the thread's data stack.
#[inline(always)]
pub fn push(ts: &ThreadState, words: usize) -> Result<*mut Frame> {
    match push_near(ts, words) {
        Some(frame) => Ok(frame),
        None => push_slow(ts, words),
    }
}

/// As [`push`], where the topmost chunk has room.
#[inline(always)]
pub fn push_near(ts: &ThreadState, words: usize) -> Option<*mut Frame> {
    let top = ts.base.datastack_top.get();
    let room =
        (ts.base.datastack_limit.get() as usize).wrapping_sub(top as usize) / size_of::<usize>();
    if top.is_null() || words >= room {
        return None;
    }
    // SAFETY: there is room below the limit.
    ts.base.datastack_top.set(unsafe { top.add(words) });
    Some(top.cast())
}

#[cold]
#[inline(never)]
fn push_slow(ts: &ThreadState, words: usize) -> Result<*mut Frame> {
    let mut size = CHUNK;
    while size < (words + 32) * size_of::<usize>() {
        size *= 2;
    }
    let previous = ts.base.datastack_chunk.get();
    let cached = ts.base.datastack_cached_chunk.replace(ptr::null_mut());
    // SAFETY: a chunk's header holds its size; chunks come from malloc.
    let chunk = unsafe {
        if !cached.is_null() && (*cached).size.get() >= size {
            cached
        } else {
            libc::free(cached.cast());
            libc::malloc(size).cast::<_PyStackChunk>()
        }
    };
    if chunk.is_null() {
        return Err(no_memory());
    }
    // SAFETY: fresh memory of at least `size` bytes; the previous chunk is alive.
    unsafe {
        if cached != chunk {
            (*chunk).size.set(size);
        }
        (*chunk).previous.set(previous);
        (*chunk).top.set(0);
        if let Some(previous) = previous.as_ref() {
            let start = previous.data.as_ptr() as usize;
            previous
                .top
                .set((ts.base.datastack_top.get() as usize - start) / size_of::<usize>());
        }
        let data = chunk.cast::<u8>().add(CHUNK_HEADER).cast::<*mut PyObject>();
        // The first chunk stays when it is empty: one word keeps every frame off its start.
        let start = if previous.is_null() {
            data.add(1)
        } else {
            data
        };
        ts.base.datastack_chunk.set(chunk);
        ts.base
            .datastack_limit
            .set(chunk.cast::<u8>().add((*chunk).size.get()).cast());
        ts.base.datastack_top.set(start.add(words));
        Ok(start.cast())
    }
}

/// Gives back the room of `frame`, the topmost.
#[inline(always)]
pub fn pop(ts: &ThreadState, frame: *mut Frame) {
    let chunk = ts.base.datastack_chunk.get();
    if frame as usize == chunk as usize + CHUNK_HEADER {
        // SAFETY: the arguments are what the function wants.
        unsafe { gc::call_quietly(pop_quietly, ptr::from_ref(ts) as usize, chunk as usize) };
        return;
    }
    ts.base.datastack_top.set(frame.cast());
}

unsafe extern "C" fn pop_quietly(ts: usize, chunk: usize) -> usize {
    // SAFETY: the caller passes its thread state.
    pop_slow(
        unsafe { &*(ts as *const ThreadState) },
        chunk as *mut _PyStackChunk,
    );
    0
}

#[cold]
#[inline(never)]
fn pop_slow(ts: &ThreadState, chunk: *mut _PyStackChunk) {
    // SAFETY: the chunk is the thread's topmost, it is empty, and it is not the first.
    unsafe {
        let previous = (*chunk).previous.get();
        let data = previous
            .cast::<u8>()
            .add(CHUNK_HEADER)
            .cast::<*mut PyObject>();
        ts.base.datastack_chunk.set(previous);
        ts.base.datastack_top.set(data.add((*previous).top.get()));
        ts.base
            .datastack_limit
            .set(previous.cast::<u8>().add((*previous).size.get()).cast());
        let old = ts.base.datastack_cached_chunk.replace(chunk);
        libc::free(old.cast::<c_void>());
    }
}

/// Frees the chunks of a thread that has ended.
pub fn free_data_stack(ts: &ThreadState) {
    let mut chunk = ts.base.datastack_chunk.replace(ptr::null_mut());
    ts.base.datastack_top.set(ptr::null_mut());
    ts.base.datastack_limit.set(ptr::null_mut());
    // SAFETY: no frame of the thread is left.
    unsafe {
        while !chunk.is_null() {
            let previous = (*chunk).previous.get();
            libc::free(chunk.cast());
            chunk = previous;
        }
        libc::free(
            ts.base
                .datastack_cached_chunk
                .replace(ptr::null_mut())
                .cast(),
        );
    }
}

/// Calls `f` with each part of the thread's data stack that is in use: start and length in bytes.
pub fn for_each_data_stack_range(ts: &ThreadState, f: &mut dyn FnMut(*const u8, usize)) {
    let mut chunk = ts.base.datastack_chunk.get();
    let mut end = ts.base.datastack_top.get() as usize;
    // SAFETY: the thread's chunks are alive, and each but the topmost knows where it stopped.
    unsafe {
        while !chunk.is_null() {
            let start = chunk as usize + CHUNK_HEADER;
            f(start as *const u8, end.saturating_sub(start));
            chunk = (*chunk).previous.get();
            if !chunk.is_null() {
                end = chunk as usize + CHUNK_HEADER + (*chunk).top.get() * size_of::<usize>();
            }
        }
    }
}

// ---- Pushing frames ----

/// Fills in a fresh frame for a call of `function`, whose arguments in `localsplus[..given]` the caller has written or
/// will write.
///
/// # Safety
/// `frame` has room for the code's locals and stack; `function` is a function.
#[inline(always)]
pub unsafe fn initialize(
    frame: *mut Frame,
    function: StackRef,
    code: &PyCodeObject,
    given: usize,
    previous: *mut Frame,
) {
    // SAFETY: the caller's.
    unsafe {
        let f: &PyFunctionObject = function.obj().cast();
        (&raw mut (*frame).executable).write(StackRef::owned(code.as_obj().new_ref()));
        (*frame).previous = previous;
        (&raw mut (*frame).funcobj).write(function);
        (*frame).globals = f.func_globals.get();
        (*frame).builtins = f.func_builtins.get();
        (*frame).locals = ptr::null_mut();
        (*frame).frame_obj = ptr::null_mut();
        (*frame).instr_ptr = crate::code::instructions(code);
        (*frame).return_offset = 0;
        (*frame).owner = owner::THREAD;
        (*frame).visited = 0;
        (*frame).resume = 0;
        let locals = Frame::locals_start(frame);
        let count = code.co_nlocalsplus.get() as usize;
        (*frame).stackpointer = locals.add(count);
        let mut index = given;
        while index < count {
            // Volatile, to keep the loop as short as it is: most calls have few locals.
            locals.add(index).write_volatile(StackRef::NULL);
            index += 1;
        }
    }
}

/// The frame that runs now.
#[inline(always)]
pub fn current(ts: &ThreadState) -> *mut Frame {
    ts.base.current_frame.get().cast()
}

/// Makes `frame` the one that runs.
#[inline(always)]
pub fn set_current(ts: &ThreadState, frame: *mut Frame) {
    ts.base.current_frame.set(frame.cast());
}

/// The innermost frame of Python code of the calling thread.
pub fn innermost(ts: &ThreadState) -> Option<&'static mut Frame> {
    // SAFETY: the current frame starts a chain of live frames.
    unsafe { Frame::first_complete(current(ts)) }
}

// ---- What native code asks of the caller's frame ----

/// The globals of the innermost Python code.
pub fn current_globals() -> Option<Ref> {
    innermost(state::current()).map(|frame| frame.globals_obj().new_ref())
}

/// The builtins of the innermost Python code.
pub fn current_builtins() -> Option<Ref> {
    innermost(state::current()).map(|frame| frame.builtins().new_ref())
}

/// The innermost code object.
pub fn current_code() -> Option<Ref<PyCodeObject>> {
    innermost(state::current()).map(|frame| frame.code().to_ref())
}

/// What `locals()` answers in the innermost Python code.
pub fn current_locals() -> Result {
    match innermost(state::current()) {
        Some(frame) => frameobject::locals_of(frame),
        None => raise!(SystemError, "frame does not exist"),
    }
}

/// The innermost frame as an object.
pub fn current_frame_object() -> Option<Ref> {
    let frame = innermost(state::current())?;
    match frame.object() {
        Ok(object) => Some(object.into_obj()),
        Err(_) => {
            crate::err::clear();
            None
        }
    }
}

/// What `super()` stands for: the class that the running method was defined in, and the method's first argument.
pub fn super_arguments() -> Result<(Ref<PyTypeObject>, Ref)> {
    let ts = state::current();
    // SAFETY: the current frame is null or alive.
    let Some(frame) = (unsafe { Frame::first_complete(current(ts)) }) else {
        return raise!(RuntimeError, "super(): no current frame");
    };
    let code = frame.code();
    if code.co_argcount.get() == 0 {
        return raise!(RuntimeError, "super(): no arguments");
    }
    let Some(this) = frameobject::proxy::value_at(frame, 0) else {
        return raise!(RuntimeError, "super(): arg[0] deleted");
    };
    let count = code.co_nlocalsplus.get() as usize;
    for index in count - code.co_nfreevars.get() as usize..count {
        if str_lossy(&crate::code::type_::variable_name(code, index)) != "__class__" {
            continue;
        }
        let Some(cell) = frame
            .local(index)
            .opt()
            .and_then(|o| o.downcast_exact::<PyCellObject>())
        else {
            return raise!(RuntimeError, "super(): bad __class__ cell");
        };
        let Some(class) = cell.ob_ref.get_ref() else {
            return raise!(RuntimeError, "super(): empty __class__ cell");
        };
        return match class.downcast_ref::<PyTypeObject>() {
            Ok(class) => Ok((class, this)),
            Err(other) => raise!(
                RuntimeError,
                "super(): __class__ is not a type ({})",
                other.tp_name()
            ),
        };
    }
    raise!(RuntimeError, "super(): __class__ cell not found")
}
