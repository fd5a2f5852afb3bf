//! What a class of C data knows about its instances: size, alignment, how libffi sees them, how they become Python objects.
//!
//! Invariant: a class has an [`Info`] from the moment its metaclass's `__init__` ran until it dies. The static classes
//! (`Structure`, `Array`, …) are abstract and have none. The address of `ffi` is that of the class's type for libffi, so
//! an `Info` does not move.

use crate::codes::Code;
use crate::metaclass::{CTYPE, CType};
use crate::prelude::*;
use libffi_sys::{self as ffi, ffi_type};
use std::collections::HashMap;
use std::ffi::CString;

/// Instances are, or hold, pointers.
pub const IS_POINTER: u32 = 0x100;
pub const HAS_POINTER: u32 = 0x200;
/// The class has instances, or is part of another: its fields cannot change any more.
pub const FINAL: u32 = 0x1000;

/// How instances are passed to C functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By their bytes.
    Aggregate,
    /// By the pointer that they hold.
    Pointer,
    /// By their address.
    Array,
    /// By their value, which their code reads.
    Simple,
}

/// What a class of C data knows.
pub struct Info {
    pub kind: Kind,
    pub size: Cell<usize>,
    pub align: Cell<usize>,
    /// How many fields or items there are.
    pub length: Cell<usize>,
    /// The class as libffi sees it.
    ffi: UnsafeCell<ffi_type>,
    /// What `ffi` points to.
    elements: RefCell<Elements>,
    /// The item type of arrays and pointers; the letter of simple types, a str.
    pub proto: Slot,
    /// How simple types read and write.
    pub code: Cell<Option<&'static Code>>,
    pub argtypes: Slot,
    pub converters: Slot,
    pub restype: Slot,
    pub checker: Slot,
    /// `POINTER(class)`, once it was asked for.
    pub pointer_type: Slot,
    pub flags: Cell<u32>,
    /// The format of a buffer of one instance.
    format: RefCell<Option<CString>>,
    shape: RefCell<Vec<isize>>,
    /// Weak references to the array types of this class, by their length.
    pub arrays: RefCell<HashMap<usize, Ref>>,
}

/// The lists of element types that an aggregate's `ffi_type` refers to, each ended by null, and the aggregates made up for
/// arrays in them.
#[derive(Default)]
pub struct Elements {
    pub own: Vec<*mut ffi_type>,
    pub lists: Vec<Vec<*mut ffi_type>>,
    #[expect(clippy::vec_box, reason = "the elements refer to them by address")]
    pub arrays: Vec<Box<ffi_type>>,
}

impl Info {
    /// A class of no size yet.
    pub fn new(kind: Kind) -> Info {
        Info {
            kind,
            size: Cell::new(0),
            align: Cell::new(0),
            length: Cell::new(0),
            ffi: UnsafeCell::new(ffi_type::default()),
            elements: RefCell::default(),
            proto: Slot::empty(),
            code: Cell::new(None),
            argtypes: Slot::empty(),
            converters: Slot::empty(),
            restype: Slot::empty(),
            checker: Slot::empty(),
            pointer_type: Slot::empty(),
            flags: Cell::new(0),
            format: RefCell::new(None),
            shape: RefCell::new(Vec::new()),
            arrays: RefCell::default(),
        }
    }

    /// Takes over what a base class knows, except that it is final.
    pub fn copy_from(&self, base: &Info) {
        self.size.set(base.size.get());
        self.align.set(base.align.get());
        self.length.set(base.length.get());
        self.proto.set(base.proto.get());
        self.code.set(base.code.get());
        self.flags.set(base.flags.get() & !FINAL);
        self.format.replace(base.format.borrow().clone());
        self.shape.replace(base.shape.borrow().clone());
        // SAFETY: our own cell; the base's element types are copied with what they point to.
        unsafe { *self.ffi.get() = *base.ffi.get() };
        let own = base.elements.borrow().own.clone();
        if !own.is_empty() {
            self.set_elements(Elements {
                own,
                ..Elements::default()
            });
        }
    }

    /// The class's type for libffi, which lives as long as the class.
    pub fn ffi(&self) -> *mut ffi_type {
        self.ffi.get()
    }

    /// Is seen by libffi as `tp` is, which is one of libffi's own.
    pub fn set_ffi(&self, tp: *mut ffi_type) {
        // SAFETY: libffi's types are static and never change.
        unsafe { *self.ffi.get() = *tp };
    }

    /// Is seen by libffi as a struct of these elements.
    pub fn set_aggregate(&self, size: usize, align: usize, elements: Elements) {
        // SAFETY: nobody else looks at the cell while it changes.
        let tp = unsafe { &mut *self.ffi.get() };
        tp.type_ = ffi::FFI_TYPE_STRUCT;
        tp.size = size;
        tp.alignment = align as u16;
        self.set_elements(elements);
    }

    fn set_elements(&self, elements: Elements) {
        let mut place = self.elements.borrow_mut();
        *place = elements;
        // SAFETY: as above; the list stays where it is as long as it is the class's.
        unsafe { (*self.ffi.get()).elements = place.own.as_mut_ptr() };
    }

    /// The element types of an aggregate, without the null at the end.
    pub fn elements(&self) -> Vec<*mut ffi_type> {
        let own = &self.elements.borrow().own;
        own[..own.len().saturating_sub(1)].to_vec()
    }

    pub fn has_flag(&self, flags: u32) -> bool {
        self.flags.get() & flags != 0
    }

    pub fn add_flag(&self, flags: u32) {
        self.flags.set(self.flags.get() | flags);
    }

    pub fn set_format(&self, format: &str) {
        self.format.replace(CString::new(format).ok());
    }

    /// The format, as buffers show it; it lives until it is replaced.
    pub fn format_ptr(&self) -> Option<*const core::ffi::c_char> {
        self.format.borrow().as_ref().map(|f| f.as_ptr())
    }

    pub fn format(&self) -> Option<String> {
        self.format
            .borrow()
            .as_ref()
            .map(|f| f.to_string_lossy().into_owned())
    }

    pub fn set_shape(&self, shape: Vec<isize>) {
        self.shape.replace(shape);
    }

    pub fn shape(&self) -> Vec<isize> {
        self.shape.borrow().clone()
    }

    /// The shape's numbers, or null for a scalar; they live until they are replaced.
    pub fn shape_ptr(&self) -> *mut isize {
        let shape = self.shape.borrow();
        if shape.is_empty() {
            ptr::null_mut()
        } else {
            shape.as_ptr().cast_mut()
        }
    }

    pub fn ndim(&self) -> usize {
        self.shape.borrow().len()
    }

    /// Whether instances read as the simple type of this letter does.
    pub fn reads_as(&self, letter: u8) -> bool {
        self.code.get().is_some_and(|c| c.letter == letter)
    }

    /// The letter of a simple type.
    pub fn letter(&self) -> Option<u8> {
        let proto = str_::of(self.proto.borrow()?)?;
        proto.try_str()?.bytes().next()
    }

    /// The item type of an array or a pointer, or the letter of a simple type.
    pub fn proto(&self) -> &Obj {
        self.proto.borrow().unwrap_or(NONE())
    }

    pub fn visit(&self, v: &mut Visitor) -> Visit {
        for slot in [
            &self.proto,
            &self.argtypes,
            &self.converters,
            &self.restype,
            &self.checker,
            &self.pointer_type,
        ] {
            v.slot(slot)?;
        }
        match self.arrays.try_borrow() {
            Ok(arrays) => arrays.values().try_for_each(|r| v.visit(r)),
            Err(_) => Ok(()),
        }
    }

    pub fn clear(&self) {
        for slot in [
            &self.proto,
            &self.argtypes,
            &self.converters,
            &self.restype,
            &self.checker,
            &self.pointer_type,
        ] {
            slot.set(None);
        }
        drop(self.arrays.take());
    }
}

/// What a class of C data knows; `None` for anything else, and for abstract classes.
pub fn of_class(class: &Obj) -> Option<&Info> {
    let tp = as_class(class)?;
    if !has_flag(tp, Py_TPFLAGS_HEAPTYPE) || !is_instance_of(class, &CTYPE) {
        return None;
    }
    // SAFETY: instances of the metaclass that are no statics have its layout; the class owns its info.
    unsafe { class.cast::<CType>().info.get().as_ref() }
}

/// As [`of_class`], for a type.
pub fn of_type(tp: &PyTypeObject) -> Option<&Info> {
    of_class(tp.as_obj())
}

/// What the class of an instance knows.
pub fn of(o: &Obj) -> Option<&Info> {
    of_type(o.ty())
}

/// As [`of_class`]; an abstract class is an error.
pub fn required(class: &Obj) -> Result<&Info> {
    match of_class(class) {
        Some(info) => Ok(info),
        None => raise!(TypeError, "abstract class"),
    }
}

/// Gives a new class its info.
pub fn init(tp: &PyTypeObject, kind: Kind) -> Result<&Info> {
    if !has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
        return raise!(TypeError, "abstract class");
    }
    if of_type(tp).is_some() {
        return raise!(
            SystemError,
            "StgInfo of '{}' is already initialized.",
            type_name(tp)
        );
    }
    // SAFETY: as in `of_class`.
    let class = unsafe { tp.as_obj().cast::<CType>() };
    class.info.set(Box::into_raw(Box::new(Info::new(kind))));
    // SAFETY: just set.
    Ok(unsafe { &*class.info.get() })
}
