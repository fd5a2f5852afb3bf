//! How a future ends, and what it answers then.

use super::future::{CANCELLED, FINISHED, Future, PENDING};
use super::imports::{self, CANCELLED_ERROR};
use crate::prelude::*;
use vm::types::exceptions::base;

/// What a future that is asked for its result has.
pub enum Outcome {
    Result(Ref),
    Exception(Ref),
}

impl Future {
    fn check_pending(&self) -> Result<()> {
        if self.state.get() == PENDING {
            return Ok(());
        }
        Err(imports::invalid_state("invalid state"))
    }

    /// Ends the future with a result.
    pub fn set_result(&self, value: &Obj) -> Result<()> {
        self.check_pending()?;
        self.result.set(Some(value.new_ref()));
        self.state.set(FINISHED);
        self.schedule_callbacks()
    }

    /// Ends the future with an exception, or a class of one.
    pub fn set_exception(&self, given: &Obj) -> Result<()> {
        self.check_pending()?;
        let class = given.downcast::<PyTypeObject>();
        let is_class = class.is_some_and(|c| has_flag(c, Py_TPFLAGS_BASE_EXC_SUBCLASS));
        let mut e = if is_class {
            call::call0(given)?
        } else {
            given.new_ref()
        };
        if !e.is::<PyBaseExceptionObject>() {
            return raise!(TypeError, "invalid exception object");
        }
        if is_instance_of(&e, &exc::StopIteration) {
            let text =
                "StopIteration interacts badly with generators and cannot be raised into a Future";
            let other = call::call1(exc::RuntimeError.as_obj(), str_::new(text).as_obj())?;
            base::set_cause(&other, Some(e.clone()));
            base::set_context(&other, Some(e));
            e = other;
        }
        self.exception_tb.set(base::traceback_of(&e));
        self.exception.set(Some(e));
        self.state.set(FINISHED);
        self.schedule_callbacks()?;
        self.log_traceback.set(true);
        Ok(())
    }

    /// Cancels the future; whether that was possible.
    pub fn cancel(&self, message: Option<&Obj>) -> Result<bool> {
        self.log_traceback.set(false);
        if self.state.get() != PENDING {
            return Ok(false);
        }
        self.state.set(CANCELLED);
        self.cancel_message.set(message.map(Obj::new_ref));
        self.schedule_callbacks()?;
        Ok(true)
    }

    /// The exception that tells of the cancellation; one that was kept is given once.
    pub fn make_cancelled_error(&self) -> Result {
        if let Some(e) = self.cancelled_error.take() {
            return Ok(e);
        }
        let class = CANCELLED_ERROR.get()?;
        match self.cancel_message.get().filter(|m| !m.is_none()) {
            Some(message) => call::call1(class, &message),
            None => call::call0(class),
        }
    }

    fn cancelled(&self) -> err::Raised {
        match self.make_cancelled_error() {
            Ok(e) => err::set_exception(e),
            Err(raised) => raised,
        }
    }

    /// The result or the exception; an error if there is neither.
    pub fn outcome(&self) -> Result<Outcome> {
        match self.state.get() {
            CANCELLED => return Err(self.cancelled()),
            PENDING => return Err(imports::invalid_state("Result is not set.")),
            _ => {}
        }
        self.log_traceback.set(false);
        let Some(e) = self.exception.get() else {
            return Ok(Outcome::Result(held(&self.result).new_ref()));
        };
        base::base(&e).traceback.set_ref(self.exception_tb.take());
        Ok(Outcome::Exception(e))
    }

    /// The result; its exception is raised.
    pub fn value(&self) -> Result {
        match self.outcome()? {
            Outcome::Result(value) => Ok(value),
            Outcome::Exception(e) => Err(err::set_exception(e)),
        }
    }
}

/// The method `result`.
pub fn result(f: &Future) -> Result {
    if !f.is_initialised() {
        return Err(imports::invalid_state("Future object is not initialized."));
    }
    f.value()
}

/// The method `exception`.
pub fn exception(f: &Future) -> Result<Option<Ref>> {
    if !f.is_initialised() {
        return Err(imports::invalid_state("Future object is not initialized."));
    }
    match f.state.get() {
        CANCELLED => return Err(f.cancelled()),
        PENDING => return Err(imports::invalid_state("Exception is not set.")),
        _ => {}
    }
    f.log_traceback.set(false);
    Ok(f.exception.get())
}
