//! The built-in exceptions, in CPython's order of creation, which `__subclasses__()` shows: a base before its subclasses.
//! `ExceptionGroup` is absent: it has two bases, so it is a heap type that the runtime makes.

use crate::*;

/// Calls `callback! { type symbol, pointer symbol, "name", base's type symbol, Layout; ... }`.
#[macro_export]
macro_rules! for_each_exception {
    ($callback:path) => {
        $callback! {
            _PyExc_BaseException, PyExc_BaseException, "BaseException", PyBaseObject_Type, PyBaseExceptionObject;
            _PyExc_BaseExceptionGroup, PyExc_BaseExceptionGroup, "BaseExceptionGroup", _PyExc_BaseException, PyBaseExceptionGroupObject;
            _PyExc_Exception, PyExc_Exception, "Exception", _PyExc_BaseException, PyBaseExceptionObject;
            _PyExc_GeneratorExit, PyExc_GeneratorExit, "GeneratorExit", _PyExc_BaseException, PyBaseExceptionObject;
            _PyExc_KeyboardInterrupt, PyExc_KeyboardInterrupt, "KeyboardInterrupt", _PyExc_BaseException, PyBaseExceptionObject;
            _PyExc_SystemExit, PyExc_SystemExit, "SystemExit", _PyExc_BaseException, PySystemExitObject;
            _PyExc_ArithmeticError, PyExc_ArithmeticError, "ArithmeticError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_AssertionError, PyExc_AssertionError, "AssertionError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_AttributeError, PyExc_AttributeError, "AttributeError", _PyExc_Exception, PyAttributeErrorObject;
            _PyExc_BufferError, PyExc_BufferError, "BufferError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_EOFError, PyExc_EOFError, "EOFError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_ImportError, PyExc_ImportError, "ImportError", _PyExc_Exception, PyImportErrorObject;
            _PyExc_LookupError, PyExc_LookupError, "LookupError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_MemoryError, PyExc_MemoryError, "MemoryError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_NameError, PyExc_NameError, "NameError", _PyExc_Exception, PyNameErrorObject;
            _PyExc_OSError, PyExc_OSError, "OSError", _PyExc_Exception, PyOSErrorObject;
            _PyExc_ReferenceError, PyExc_ReferenceError, "ReferenceError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_RuntimeError, PyExc_RuntimeError, "RuntimeError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_StopAsyncIteration, PyExc_StopAsyncIteration, "StopAsyncIteration", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_StopIteration, PyExc_StopIteration, "StopIteration", _PyExc_Exception, PyStopIterationObject;
            _PyExc_SyntaxError, PyExc_SyntaxError, "SyntaxError", _PyExc_Exception, PySyntaxErrorObject;
            _PyExc_SystemError, PyExc_SystemError, "SystemError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_TypeError, PyExc_TypeError, "TypeError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_ValueError, PyExc_ValueError, "ValueError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_Warning, PyExc_Warning, "Warning", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_FloatingPointError, PyExc_FloatingPointError, "FloatingPointError", _PyExc_ArithmeticError, PyBaseExceptionObject;
            _PyExc_OverflowError, PyExc_OverflowError, "OverflowError", _PyExc_ArithmeticError, PyBaseExceptionObject;
            _PyExc_ZeroDivisionError, PyExc_ZeroDivisionError, "ZeroDivisionError", _PyExc_ArithmeticError, PyBaseExceptionObject;
            _PyExc_BytesWarning, PyExc_BytesWarning, "BytesWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_DeprecationWarning, PyExc_DeprecationWarning, "DeprecationWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_EncodingWarning, PyExc_EncodingWarning, "EncodingWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_FutureWarning, PyExc_FutureWarning, "FutureWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_ImportWarning, PyExc_ImportWarning, "ImportWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_PendingDeprecationWarning, PyExc_PendingDeprecationWarning, "PendingDeprecationWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_ResourceWarning, PyExc_ResourceWarning, "ResourceWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_RuntimeWarning, PyExc_RuntimeWarning, "RuntimeWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_SyntaxWarning, PyExc_SyntaxWarning, "SyntaxWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_UnicodeWarning, PyExc_UnicodeWarning, "UnicodeWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_UserWarning, PyExc_UserWarning, "UserWarning", _PyExc_Warning, PyBaseExceptionObject;
            _PyExc_BlockingIOError, PyExc_BlockingIOError, "BlockingIOError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_ChildProcessError, PyExc_ChildProcessError, "ChildProcessError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_ConnectionError, PyExc_ConnectionError, "ConnectionError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_FileExistsError, PyExc_FileExistsError, "FileExistsError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_FileNotFoundError, PyExc_FileNotFoundError, "FileNotFoundError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_InterruptedError, PyExc_InterruptedError, "InterruptedError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_IsADirectoryError, PyExc_IsADirectoryError, "IsADirectoryError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_NotADirectoryError, PyExc_NotADirectoryError, "NotADirectoryError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_PermissionError, PyExc_PermissionError, "PermissionError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_ProcessLookupError, PyExc_ProcessLookupError, "ProcessLookupError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_TimeoutError, PyExc_TimeoutError, "TimeoutError", _PyExc_OSError, PyOSErrorObject;
            _PyExc_IndentationError, PyExc_IndentationError, "IndentationError", _PyExc_SyntaxError, PySyntaxErrorObject;
            _PyExc_IncompleteInputError, PyExc_IncompleteInputError, "_IncompleteInputError", _PyExc_SyntaxError, PySyntaxErrorObject;
            _PyExc_IndexError, PyExc_IndexError, "IndexError", _PyExc_LookupError, PyBaseExceptionObject;
            _PyExc_KeyError, PyExc_KeyError, "KeyError", _PyExc_LookupError, PyBaseExceptionObject;
            _PyExc_ModuleNotFoundError, PyExc_ModuleNotFoundError, "ModuleNotFoundError", _PyExc_ImportError, PyImportErrorObject;
            _PyExc_NotImplementedError, PyExc_NotImplementedError, "NotImplementedError", _PyExc_RuntimeError, PyBaseExceptionObject;
            _PyExc_PythonFinalizationError, PyExc_PythonFinalizationError, "PythonFinalizationError", _PyExc_RuntimeError, PyBaseExceptionObject;
            _PyExc_RecursionError, PyExc_RecursionError, "RecursionError", _PyExc_RuntimeError, PyBaseExceptionObject;
            _PyExc_UnboundLocalError, PyExc_UnboundLocalError, "UnboundLocalError", _PyExc_NameError, PyNameErrorObject;
            _PyExc_UnicodeError, PyExc_UnicodeError, "UnicodeError", _PyExc_ValueError, PyBaseExceptionObject;
            _PyExc_BrokenPipeError, PyExc_BrokenPipeError, "BrokenPipeError", _PyExc_ConnectionError, PyOSErrorObject;
            _PyExc_ConnectionAbortedError, PyExc_ConnectionAbortedError, "ConnectionAbortedError", _PyExc_ConnectionError, PyOSErrorObject;
            _PyExc_ConnectionRefusedError, PyExc_ConnectionRefusedError, "ConnectionRefusedError", _PyExc_ConnectionError, PyOSErrorObject;
            _PyExc_ConnectionResetError, PyExc_ConnectionResetError, "ConnectionResetError", _PyExc_ConnectionError, PyOSErrorObject;
            _PyExc_TabError, PyExc_TabError, "TabError", _PyExc_IndentationError, PySyntaxErrorObject;
            _PyExc_UnicodeDecodeError, PyExc_UnicodeDecodeError, "UnicodeDecodeError", _PyExc_UnicodeError, PyUnicodeErrorObject;
            _PyExc_UnicodeEncodeError, PyExc_UnicodeEncodeError, "UnicodeEncodeError", _PyExc_UnicodeError, PyUnicodeErrorObject;
            _PyExc_UnicodeTranslateError, PyExc_UnicodeTranslateError, "UnicodeTranslateError", _PyExc_UnicodeError, PyUnicodeErrorObject;
        }
    };
}

/// The same for the exceptions of `concurrent.interpreters`, which live in no public namespace.
#[macro_export]
macro_rules! for_each_interpreter_exception {
    ($callback:path) => {
        $callback! {
            _PyExc_InterpreterError, PyExc_InterpreterError, "concurrent.interpreters.InterpreterError", _PyExc_Exception, PyBaseExceptionObject;
            _PyExc_InterpreterNotFoundError, PyExc_InterpreterNotFoundError, "concurrent.interpreters.InterpreterNotFoundError", _PyExc_InterpreterError, PyBaseExceptionObject;
        }
    };
}

macro_rules! declare {
    ($($type:ident, $pointer:ident, $name:literal, $base:ident, $layout:ident;)*) => {
        $(
            // Exported for the one of them that CPython exports, `_PyExc_IncompleteInputError`; harmless for the others.
            #[unsafe(no_mangle)]
            pub static $type: PyTypeObject = PyTypeObject::statically_declared();
            #[unsafe(no_mangle)]
            pub static $pointer: Global<*mut PyObject> =
                Global::new((&raw const $type).cast_mut().cast());
        )*
    };
}

for_each_exception!(declare);
for_each_interpreter_exception!(declare);

#[unsafe(no_mangle)]
pub static PyExc_EnvironmentError: Global<*mut PyObject> =
    Global::new((&raw const _PyExc_OSError).cast_mut().cast());
#[unsafe(no_mangle)]
pub static PyExc_IOError: Global<*mut PyObject> =
    Global::new((&raw const _PyExc_OSError).cast_mut().cast());

macro_rules! layouts_of {
    ($($type:ident: $layout:ident;)*) => {
        $(
            impl Layout for $layout {
                #[inline(always)]
                fn type_object() -> &'static PyTypeObject {
                    &$type
                }
            }
        )*
    };
}

// The type that introduces each struct: its subclasses share it.
layouts_of! {
    _PyExc_BaseException: PyBaseExceptionObject;
    _PyExc_BaseExceptionGroup: PyBaseExceptionGroupObject;
    _PyExc_SyntaxError: PySyntaxErrorObject;
    _PyExc_ImportError: PyImportErrorObject;
    _PyExc_SystemExit: PySystemExitObject;
    _PyExc_OSError: PyOSErrorObject;
    _PyExc_StopIteration: PyStopIterationObject;
    _PyExc_NameError: PyNameErrorObject;
    _PyExc_AttributeError: PyAttributeErrorObject;
}
