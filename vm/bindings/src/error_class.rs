//! Exception classes of modules: made once, when their module first runs.

use core::fmt;

use modules::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::type_;

/// An exception class that its module makes.
pub struct ErrorClass(Global<Option<&'static PyTypeObject>>);

impl ErrorClass {
    /// Not made yet.
    pub const fn new() -> ErrorClass {
        ErrorClass(Global::new(None))
    }

    /// Makes the class `module.name` with these bases if there is none yet, and adds it to its module.
    pub fn add(&self, m: &Obj, module: &str, name: &str, bases: &[&PyTypeObject]) -> Result<()> {
        if self.0.get().is_none() {
            let attributes = dict::new();
            attributes.set_str("__module__", str_::new(module).as_obj())?;
            let made = type_::new_type(name, bases, &attributes)?;
            // SAFETY: a class, whose reference is kept for ever.
            self.0.set(Some(unsafe { &*made.into_raw().cast() }));
        }
        module::add(m, name, self.get().as_obj())
    }

    /// The class.
    pub fn get(&self) -> &'static PyTypeObject {
        self.0.get().unwrap_or(&exc::Exception)
    }

    /// Raises it.
    #[cold]
    pub fn raise(&self, message: fmt::Arguments<'_>) -> err::Raised {
        err::new(self.get(), message)
    }
}
