//! Names of the library's Python modules that native ones use, each looked up at its first use.

use crate::prelude::*;
use core::ptr;
use vm::import;

/// A name of a module, looked up once.
pub struct Imported {
    module: &'static str,
    name: &'static str,
    found: Global<*mut PyObject>,
}

impl Imported {
    /// Nothing is imported yet.
    pub const fn new(module: &'static str, name: &'static str) -> Imported {
        Imported {
            module,
            name,
            found: Global::new(ptr::null_mut()),
        }
    }

    /// The object.
    #[inline]
    pub fn get(&self) -> Result<&'static Obj> {
        // SAFETY: what was found is kept for ever.
        match unsafe { self.found.get().as_ref() } {
            Some(o) => Ok(o),
            None => self.find(),
        }
    }

    /// The object, which is a dict.
    pub fn dict(&self) -> Result<&'static PyDictObject> {
        match self.get()?.downcast::<PyDictObject>() {
            Some(d) => Ok(d),
            None => raise!(
                RuntimeError,
                "{}.{} should be a dict, not {:.200}",
                self.module,
                self.name,
                self.get()?.tp_name()
            ),
        }
    }

    #[cold]
    fn find(&self) -> Result<&'static Obj> {
        let module = import::import(self.module)?;
        let o = proto::getattr(&module, str_::intern_str(self.name))?.into_raw();
        self.found.set(o);
        // SAFETY: its reference is never given up.
        Ok(unsafe { &*o })
    }
}

/// Declares statics: `NAME = "module" "name";`
#[macro_export]
macro_rules! imported {
    ($($constant:ident = $module:literal $name:literal;)*) => {$(
        pub static $constant: $crate::imported::Imported = $crate::imported::Imported::new($module, $name);
    )*};
}
pub use crate::imported;
