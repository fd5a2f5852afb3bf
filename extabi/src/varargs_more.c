/* The rest of the variadic functions: formatted bytes, formatted errors, and second names of those in varargs.c. */

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef struct _object PyObject;

extern PyObject *PyExc_SystemError, *PyExc_OverflowError;
void PyErr_SetString(PyObject *, const char *);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_GetRaisedException(void);
void PyErr_SetRaisedException(PyObject *);
PyObject *PyErr_Format(PyObject *, const char *, ...);
PyObject *PyBytes_FromStringAndSize(const char *, ssize_t);
PyObject *PyUnicode_FromFormatV(const char *, va_list);
const char *PyUnicode_AsUTF8(PyObject *);
int PyUnicodeWriter_WriteStr(void *, PyObject *);
int PyErr_WarnExplicit(PyObject *, const char *, const char *, int, const char *, PyObject *);
PyObject *PyObject_Call(PyObject *, PyObject *, PyObject *);
PyObject *PyObject_GetAttrString(PyObject *, const char *);
PyObject *PyTuple_New(ssize_t);
int PyTuple_SetItem(PyObject *, ssize_t, PyObject *);
int _Tandem_IsKind(PyObject *, int);
PyObject *Py_VaBuildValue(const char *, va_list);
int PyArg_VaParse(PyObject *, const char *, va_list);
int PyArg_VaParseTupleAndKeywords(PyObject *, PyObject *, const char *, char *const *, va_list);
void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
void _Tandem_Unraisable(PyObject *);
void _Tandem_RaiseFromCause(PyObject *, PyObject *);

/* ---- Formatted bytes ---- */

typedef struct {
    char *data;
    size_t used, room;
} Bytes;

static int put(Bytes *out, const char *p, size_t n) {
    if (out->used + n > out->room) {
        size_t room = (out->used + n) * 2 + 64;
        char *data = realloc(out->data, room);
        if (data == NULL)
            return -1;
        out->data = data;
        out->room = room;
    }
    memcpy(out->data + out->used, p, n);
    out->used += n;
    return 0;
}

/* One conversion: what follows a percent sign. Answers where it ends, or null if it is not known. */
static const char *convert(Bytes *out, const char *p, va_list args, int *failed) {
    ssize_t precision = -1;
    while (*p >= '0' && *p <= '9')
        p++;
    if (*p == '.') {
        precision = 0;
        for (p++; *p >= '0' && *p <= '9'; p++)
            precision = precision * 10 + (*p - '0');
    }
    int is_long = 0, is_size = 0;
    if (*p == 'l' && (p[1] == 'd' || p[1] == 'u')) { is_long = 1; p++; }
    else if (*p == 'z' && (p[1] == 'd' || p[1] == 'u')) { is_size = 1; p++; }
    char number[64];
    int n = 0;
    switch (*p) {
    case 'c': {
        int c = va_arg(args, int);
        if (c < 0 || c > 255) {
            PyErr_SetString(PyExc_OverflowError, "PyBytes_FromFormatV(): %c format expects an integer in range [0; 255]");
            *failed = 1;
            return p + 1;
        }
        number[0] = (char)c;
        n = 1;
        break;
    }
    case 'd':
        n = is_long ? snprintf(number, sizeof number, "%ld", va_arg(args, long))
            : is_size ? snprintf(number, sizeof number, "%zd", va_arg(args, ssize_t))
                      : snprintf(number, sizeof number, "%d", va_arg(args, int));
        break;
    case 'u':
        n = is_long ? snprintf(number, sizeof number, "%lu", va_arg(args, unsigned long))
            : is_size ? snprintf(number, sizeof number, "%zu", va_arg(args, size_t))
                      : snprintf(number, sizeof number, "%u", va_arg(args, unsigned));
        break;
    case 'i': n = snprintf(number, sizeof number, "%i", va_arg(args, int)); break;
    case 'x': n = snprintf(number, sizeof number, "%x", va_arg(args, int)); break;
    case 'p': n = snprintf(number, sizeof number, "%p", va_arg(args, void *)); break;
    case 's': {
        const char *text = va_arg(args, const char *);
        size_t length = precision < 0 ? strlen(text) : strnlen(text, (size_t)precision);
        *failed |= put(out, text, length);
        return p + 1;
    }
    case '%': number[0] = '%'; n = 1; break;
    default: return NULL;
    }
    *failed |= put(out, number, (size_t)n);
    return p + 1;
}

PyObject *PyBytes_FromFormatV(const char *format, va_list given) {
    va_list args;
    va_copy(args, given);
    Bytes out = {NULL, 0, 0};
    int failed = 0;
    const char *p = format;
    while (*p && !failed) {
        const char *start = p;
        while (*p && *p != '%')
            p++;
        failed |= put(&out, start, (size_t)(p - start));
        if (*p == '%') {
            const char *end = convert(&out, p + 1, args, &failed);
            if (end == NULL) {
                /* What is not known ends the work: the rest is copied as it is. */
                failed |= put(&out, p, strlen(p));
                break;
            }
            p = end;
        }
    }
    va_end(args);
    PyObject *made = failed ? NULL : PyBytes_FromStringAndSize(out.data ? out.data : "", (ssize_t)out.used);
    free(out.data);
    return made;
}

PyObject *PyBytes_FromFormat(const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *made = PyBytes_FromFormatV(format, args);
    va_end(args);
    return made;
}

/* ---- Formatted errors ---- */

void PyErr_FormatUnraisable(const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *message = format ? PyUnicode_FromFormatV(format, args) : NULL;
    va_end(args);
    PyErr_SetRaisedException(raised); /* Not what is wrong with the format. */
    _Tandem_Unraisable(message);
    if (message != NULL)
        Py_DecRef(message);
}

PyObject *_PyErr_FormatFromCause(PyObject *type, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *message = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (message != NULL) {
        _Tandem_RaiseFromCause(type, message);
        Py_DecRef(message);
    }
    return NULL;
}

int PyErr_WarnExplicitFormat(PyObject *category, const char *file, int line, const char *module, PyObject *registry,
                             const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *message = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (message == NULL)
        return -1;
    int status = PyErr_WarnExplicit(category, PyUnicode_AsUTF8(message), file, line, module, registry);
    Py_DecRef(message);
    return status;
}

int PyUnicodeWriter_Format(void *writer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *message = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (message == NULL)
        return -1;
    int status = PyUnicodeWriter_WriteStr(writer, message);
    Py_DecRef(message);
    return status;
}

/* ---- Second names ---- */

static PyObject *call_built(PyObject *callable, const char *format, va_list args) {
    PyObject *built = format && *format ? Py_VaBuildValue(format, args) : PyTuple_New(0);
    if (built == NULL)
        return NULL;
    if (!_Tandem_IsKind(built, 3)) {
        PyObject *one = PyTuple_New(1);
        if (one == NULL) {
            Py_DecRef(built);
            return NULL;
        }
        PyTuple_SetItem(one, 0, built);
        built = one;
    }
    PyObject *result = PyObject_Call(callable, built, NULL);
    Py_DecRef(built);
    return result;
}

PyObject *_PyObject_CallFunction_SizeT(PyObject *callable, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *result = call_built(callable, format, args);
    va_end(args);
    return result;
}

PyObject *_PyObject_CallMethod_SizeT(PyObject *object, const char *name, const char *format, ...) {
    PyObject *method = PyObject_GetAttrString(object, name);
    if (method == NULL)
        return NULL;
    va_list args;
    va_start(args, format);
    PyObject *result = call_built(method, format, args);
    va_end(args);
    Py_DecRef(method);
    return result;
}

PyObject *_Py_VaBuildValue_SizeT(const char *format, va_list args) { return Py_VaBuildValue(format, args); }

int _PyArg_VaParse_SizeT(PyObject *given, const char *format, va_list args) { return PyArg_VaParse(given, format, args); }

int _PyArg_VaParseTupleAndKeywords_SizeT(PyObject *given, PyObject *keywords, const char *format, char *const *names, va_list args) {
    return PyArg_VaParseTupleAndKeywords(given, keywords, format, names, args);
}

/* ---- Audit events ---- */

int PySys_AuditTuple(const char *, PyObject *);

int PySys_Audit(const char *event, const char *format, ...) {
    if (format == NULL || *format == 0)
        return PySys_AuditTuple(event, NULL);
    va_list args;
    va_start(args, format);
    PyObject *value = Py_VaBuildValue(format, args);
    va_end(args);
    if (value == NULL)
        return -1;
    if (!_Tandem_IsKind(value, 3)) {
        PyObject *tuple = PyTuple_New(1);
        if (tuple == NULL) {
            Py_DecRef(value);
            return -1;
        }
        PyTuple_SetItem(tuple, 0, value);
        value = tuple;
    }
    int told = PySys_AuditTuple(event, value);
    Py_DecRef(value);
    return told;
}

/* ---- Arguments in an array; methods by identifier ---- */

int _PyArg_ParseStack(PyObject *const *given, ssize_t n, const char *format, ...) {
    PyObject *tuple = PyTuple_New(n);
    if (tuple == NULL)
        return 0;
    for (ssize_t i = 0; i < n; i++) {
        Py_IncRef(given[i]);
        PyTuple_SetItem(tuple, i, given[i]);
    }
    va_list args;
    va_start(args, format);
    int ok = PyArg_VaParse(tuple, format, args);
    va_end(args);
    /* What was parsed is borrowed from the caller's array. */
    Py_DecRef(tuple);
    return ok;
}

/* ---- Old names of calls ---- */

/* The arguments of a format as a tuple: one value that is no tuple is the only argument. */
static PyObject *arguments_of(const char *format, va_list args) {
    PyObject *value = Py_VaBuildValue(format == NULL || *format == '\0' ? "()" : format, args);
    if (value == NULL || _Tandem_IsKind(value, 3))
        return value;
    PyObject *tuple = PyTuple_New(1);
    if (tuple == NULL) {
        Py_DecRef(value);
        return NULL;
    }
    PyTuple_SetItem(tuple, 0, value);
    return tuple;
}

static PyObject *call_with(PyObject *f, const char *format, va_list args) {
    PyObject *tuple = arguments_of(format, args);
    if (tuple == NULL)
        return NULL;
    PyObject *out = PyObject_Call(f, tuple, NULL);
    Py_DecRef(tuple);
    return out;
}

PyObject *PyEval_CallFunction(PyObject *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *out = call_with(f, format, args);
    va_end(args);
    return out;
}

PyObject *PyEval_CallMethod(PyObject *this, const char *name, const char *format, ...) {
    PyObject *f = PyObject_GetAttrString(this, name);
    if (f == NULL)
        return NULL;
    va_list args;
    va_start(args, format);
    PyObject *out = call_with(f, format, args);
    va_end(args);
    Py_DecRef(f);
    return out;
}
