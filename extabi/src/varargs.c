/* The functions of the C API that take a variable number of arguments.
 *
 * Rust cannot define such functions yet, so they live here: formats of PyArg_Parse* and Py_BuildValue, and of the messages
 * of PyErr_Format and PyUnicode_FromFormat.  Everything they do to objects goes through the API's other functions. */

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef struct object PyObject;
typedef struct { double real, imag; } Py_complex;
typedef struct {
    void *buf;
    PyObject *obj;
    ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;
typedef PyObject *(*converter_out)(void *);
typedef int (*converter_in)(PyObject *, void *);

extern PyObject *PyExc_TypeError, *PyExc_SystemError, *PyExc_OverflowError, *PyExc_ValueError, *PyExc_BufferError;
extern PyObject _Py_NoneStruct, _Py_TrueStruct;

void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
int PyObject_IsInstance(PyObject *, PyObject *);
int PyType_IsSubtype(void *, void *);
PyObject *PyErr_Occurred(void);
void PyErr_SetString(PyObject *, const char *);
void PyErr_Clear(void);
void PyErr_SetObject(PyObject *, PyObject *);
void PyErr_BadInternalCall(void);
int PyErr_WarnEx(PyObject *, const char *, ssize_t);
int PyErr_WarnExplicitObject(PyObject *, PyObject *, PyObject *, int, PyObject *, PyObject *);
PyObject *PyUnicode_DecodeUTF8(const char *, ssize_t, const char *);
PyObject *PyUnicode_FromStringAndSize(const char *, ssize_t);
PyObject *PyUnicode_FromOrdinal(int);
PyObject *PyUnicode_Join(PyObject *, PyObject *);
PyObject *PyUnicode_Substring(PyObject *, ssize_t, ssize_t);
const char *PyUnicode_AsUTF8AndSize(PyObject *, ssize_t *);
ssize_t PyUnicode_GetLength(PyObject *);
unsigned PyUnicode_ReadChar(PyObject *, ssize_t);
PyObject *PyObject_Str(PyObject *);
PyObject *PyObject_Repr(PyObject *);
PyObject *PyObject_ASCII(PyObject *);
PyObject *PyObject_GetAttrString(PyObject *, const char *);
int PyObject_IsTrue(PyObject *);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
int PyBuffer_IsContiguous(const Py_buffer *, char);
PyObject *PyObject_Call(PyObject *, PyObject *, PyObject *);
PyObject *_Tandem_CallMethodTuple(PyObject *, const char *, PyObject *);
PyObject *PyObject_CallMethodObjArgs(PyObject *, PyObject *, ...);
PyObject *PyTuple_New(ssize_t);
ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, ssize_t);
int PyTuple_SetItem(PyObject *, ssize_t, PyObject *);
PyObject *PyList_New(ssize_t);
int PyList_SetItem(PyObject *, ssize_t, PyObject *);
int PyList_Append(PyObject *, PyObject *);
PyObject *PyDict_New(void);
int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
ssize_t PyDict_Size(PyObject *);
PyObject *PyDict_GetItemString(PyObject *, const char *);
int PyDict_Next(PyObject *, ssize_t *, PyObject **, PyObject **);
ssize_t PySequence_Size(PyObject *);
PyObject *PySequence_GetItem(PyObject *, ssize_t);
int PySequence_Check(PyObject *);
PyObject *PyLong_FromLong(long);
PyObject *PyLong_FromUnsignedLong(unsigned long);
PyObject *PyLong_FromLongLong(long long);
PyObject *PyLong_FromUnsignedLongLong(unsigned long long);
PyObject *PyLong_FromSsize_t(ssize_t);
long PyLong_AsLong(PyObject *);
long long PyLong_AsLongLong(PyObject *);
ssize_t PyLong_AsSsize_t(PyObject *);
unsigned long PyLong_AsUnsignedLongMask(PyObject *);
unsigned long long PyLong_AsUnsignedLongLongMask(PyObject *);
PyObject *PyNumber_Index(PyObject *);
PyObject *PyBool_FromLong(long);
PyObject *PyFloat_FromDouble(double);
double PyFloat_AsDouble(PyObject *);
PyObject *PyComplex_FromCComplex(Py_complex);
Py_complex PyComplex_AsCComplex(PyObject *);
PyObject *PyBytes_FromStringAndSize(const char *, ssize_t);
char *PyBytes_AsString(PyObject *);
ssize_t PyBytes_Size(PyObject *);
char *PyByteArray_AsString(PyObject *);
ssize_t PyByteArray_Size(PyObject *);
void *PyMem_Malloc(size_t);
void PyMem_Free(void *);
PyObject *PyUnicode_AsEncodedString(PyObject *, const char *, const char *);
int _Tandem_IsKind(PyObject *, int);
int _Tandem_ReleasesBuffer(PyObject *);
int PyObject_IS_GC(PyObject *);
void PyObject_GC_UnTrack(void *);
int PyDict_GetItemStringRef(PyObject *, const char *, PyObject **);
int PyDict_ContainsString(PyObject *, const char *);
int PyUnicode_EqualToUTF8(PyObject *, const char *);
PyObject *PySequence_Tuple(PyObject *);
int PyErr_WarnFormat(PyObject *, ssize_t, const char *, ...);
const char *_Tandem_TypeName(PyObject *);
PyObject *_Tandem_TypeFullName(PyObject *, int);

enum { IS_STR = 0, IS_BYTES = 1, IS_BYTEARRAY = 2, IS_TUPLE = 3, IS_LONG = 4, IS_FLOAT = 5 };

/* ---- Text with objects in it ---- */

typedef struct { PyObject *parts; int failed; } Text;

static void add_owned(Text *t, PyObject *piece) {
    if (piece == NULL || PyList_Append(t->parts, piece) < 0)
        t->failed = 1;
    if (piece != NULL)
        Py_DecRef(piece);
}

static void add_utf8(Text *t, const char *s, ssize_t n) {
    add_owned(t, PyUnicode_DecodeUTF8(s, n, "replace"));
}

/* Adds text padded to a width, cut to a precision; both in characters, negative for none. */
static void add_fitted(Text *t, PyObject *piece, ssize_t width, ssize_t precision, int left) {
    if (piece == NULL) {
        t->failed = 1;
        return;
    }
    ssize_t n = PyUnicode_GetLength(piece);
    if (precision >= 0 && n > precision) {
        PyObject *cut = PyUnicode_Substring(piece, 0, precision);
        Py_DecRef(piece);
        piece = cut;
        n = precision;
    }
    if (width > n) {
        char *blank = malloc((size_t)(width - n) + 1);
        memset(blank, ' ', (size_t)(width - n));
        if (left) {
            add_owned(t, piece);
            add_utf8(t, blank, width - n);
        } else {
            add_utf8(t, blank, width - n);
            add_owned(t, piece);
        }
        free(blank);
        return;
    }
    add_owned(t, piece);
}

static ssize_t bounded_length(const char *s, ssize_t precision) {
    if (precision < 0)
        return (ssize_t)strlen(s);
    ssize_t n = 0;
    while (n < precision && s[n])
        n++;
    return n;
}

PyObject *PyErr_Format(PyObject *type, const char *format, ...);

PyObject *PyUnicode_FromFormatV(const char *format, va_list given) {
    va_list args;
    va_copy(args, given);
    for (const char *p = format; *p; p++) {
        if ((unsigned char)*p < 0x80) continue;
        va_end(args);
        PyErr_Format(PyExc_ValueError, "PyUnicode_FromFormatV() expects an ASCII-encoded format string, got a non-ASCII byte: 0x%02x",
                     (unsigned char)*p);
        return NULL;
    }
    Text t = {PyList_New(0), 0};
    const char *p = format;
    while (*p && !t.failed) {
        const char *start = p;
        while (*p && *p != '%')
            p++;
        if (p > start)
            add_utf8(&t, start, p - start);
        if (!*p)
            break;
        const char *spec = p++;
        int left = 0, zero = 0;
        for (; *p == '-' || *p == '0'; p++) {
            if (*p == '-')
                left = 1;
            else
                zero = 1;
        }
        ssize_t width = -1, precision = -1;
        if (*p == '*') {
            width = va_arg(args, int);
            if (width < 0) { left = 1; width = -width; }
            p++;
        } else if (*p >= '0' && *p <= '9') {
            for (width = 0; *p >= '0' && *p <= '9'; p++)
                width = width * 10 + (*p - '0');
        }
        if (*p == '.') {
            p++;
            precision = 0;
            if (*p == '*') {
                precision = va_arg(args, int);
                p++;
            } else {
                for (; *p >= '0' && *p <= '9'; p++)
                    precision = precision * 10 + (*p - '0');
            }
        }
        int longs = 0;
        char size = 0;
        for (; *p == 'l' || *p == 'z' || *p == 't' || *p == 'j'; p++) {
            if (*p == 'l') longs++;
            else size = *p;
        }
        char number[512];
        switch (*p) {
        case '%':
            if (p != spec + 1) goto invalid;
            add_utf8(&t, "%", 1);
            break;
        case 'c':
            if (p != spec + 1) goto invalid;
            add_fitted(&t, PyUnicode_FromOrdinal(va_arg(args, int)), width, -1, left);
            break;
        case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': {
            char inner[64];
            snprintf(inner, sizeof inner, "%%%s%s*.*ll%c", left ? "-" : "", zero ? "0" : "", *p);
            int is_signed = *p == 'd' || *p == 'i';
            long long n;
            if (size == 'z' || size == 't') n = (long long)va_arg(args, ssize_t);
            else if (size == 'j') n = (long long)va_arg(args, intmax_t);
            else if (longs >= 2) n = va_arg(args, long long);
            else if (longs == 1) n = is_signed ? va_arg(args, long) : (long long)va_arg(args, unsigned long);
            else n = is_signed ? va_arg(args, int) : (long long)va_arg(args, unsigned);
            int w = width < 0 ? 0 : width > 400 ? 400 : (int)width;
            int n_written = snprintf(number, sizeof number, inner, w, precision < 0 ? -1 : (int)(precision > 400 ? 400 : precision), n);
            add_utf8(&t, number, n_written);
            break;
        }
        case 'p': {
            int n = snprintf(number, sizeof number, "%p", va_arg(args, void *));
            if (n < 2 || number[0] != '0' || number[1] != 'x') {
                memmove(number + 2, number, (size_t)n + 1);
                number[0] = '0'; number[1] = 'x';
                n += 2;
            }
            add_utf8(&t, number, n);
            break;
        }
        case 's': {
            const char *s = va_arg(args, const char *);
            ssize_t n = bounded_length(s, precision);
            add_fitted(&t, PyUnicode_DecodeUTF8(s, n, "replace"), width, precision, left);
            break;
        }
        case 'U': { PyObject *o = va_arg(args, PyObject *); Py_IncRef(o); add_fitted(&t, o, width, precision, left); break; }
        case 'V': {
            PyObject *o = va_arg(args, PyObject *);
            const char *s = va_arg(args, const char *);
            if (o != NULL) { Py_IncRef(o); add_fitted(&t, o, width, precision, left); }
            else add_fitted(&t, PyUnicode_DecodeUTF8(s, bounded_length(s, precision), "replace"), width, precision, left);
            break;
        }
        case 'S': add_fitted(&t, PyObject_Str(va_arg(args, PyObject *)), width, precision, left); break;
        case 'R': add_fitted(&t, PyObject_Repr(va_arg(args, PyObject *)), width, precision, left); break;
        case 'A': add_fitted(&t, PyObject_ASCII(va_arg(args, PyObject *)), width, precision, left); break;
        case 'T': { int hash = p[1] == '#'; p += hash; add_fitted(&t, _Tandem_TypeFullName(va_arg(args, PyObject *), 1), width, precision, left); (void)hash; break; }
        case 'N': { int hash = p[1] == '#'; p += hash; add_fitted(&t, _Tandem_TypeFullName(va_arg(args, PyObject *), 0), width, precision, left); (void)hash; break; }
        default:
        invalid:
            va_end(args);
            Py_DecRef(t.parts);
            PyErr_Format(PyExc_SystemError, "invalid format string: %s", spec);
            return NULL;
        }
        p++;
    }
    va_end(args);
    PyObject *out = NULL;
    if (!t.failed) {
        PyObject *empty = PyUnicode_FromStringAndSize("", 0);
        out = PyUnicode_Join(empty, t.parts);
        Py_DecRef(empty);
    }
    Py_DecRef(t.parts);
    return out;
}

PyObject *PyUnicode_FromFormat(const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *out = PyUnicode_FromFormatV(format, args);
    va_end(args);
    return out;
}

PyObject *PyErr_FormatV(PyObject *type, const char *format, va_list args) {
    PyErr_Clear();
    PyObject *message = PyUnicode_FromFormatV(format, args);
    if (message != NULL) {
        PyErr_SetObject(type, message);
        Py_DecRef(message);
    }
    return NULL;
}

PyObject *PyErr_Format(PyObject *type, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyErr_FormatV(type, format, args);
    va_end(args);
    return NULL;
}

static int warn(PyObject *category, ssize_t level, const char *format, va_list args) {
    PyObject *message = PyUnicode_FromFormatV(format, args);
    if (message == NULL)
        return -1;
    ssize_t n;
    const char *text = PyUnicode_AsUTF8AndSize(message, &n);
    int status = text == NULL ? -1 : PyErr_WarnEx(category, text, level);
    Py_DecRef(message);
    return status;
}

int PyErr_WarnFormat(PyObject *category, ssize_t level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int status = warn(category, level, format, args);
    va_end(args);
    return status;
}

int PyErr_ResourceWarning(PyObject *source, ssize_t level, const char *format, ...) {
    extern PyObject *PyExc_ResourceWarning;
    (void)source;
    va_list args;
    va_start(args, format);
    int status = warn(PyExc_ResourceWarning, level, format, args);
    va_end(args);
    return status;
}

/* ---- Building values ---- */

static PyObject *build_one(const char **format, va_list *args);

/* Counts the values up to `end` at this level of nesting. */
static ssize_t count_values(const char *format, char end) {
    ssize_t n = 0;
    int level = 0;
    while (level > 0 || *format != end) {
        switch (*format) {
        case '\0': PyErr_SetString(PyExc_SystemError, "unmatched paren in format"); return -1;
        case '(': case '[': case '{': if (level++ == 0) n++; break;
        case ')': case ']': case '}': level--; break;
        case '#': case '&': case ',': case ':': case ' ': case '\t': break;
        default: if (level == 0) n++;
        }
        format++;
    }
    return n;
}

static PyObject *build_sequence(const char **format, va_list *args, char end, ssize_t n, int as_list) {
    if (n < 0)
        return NULL;
    PyObject *out = as_list ? PyList_New(n) : PyTuple_New(n);
    int failed = out == NULL;
    for (ssize_t i = 0; i < n; i++) {
        PyObject *item = build_one(format, args);
        if (item == NULL) {
            failed = 1;
            Py_IncRef(&_Py_NoneStruct);
            item = &_Py_NoneStruct;
        }
        if (out == NULL) Py_DecRef(item);
        else if (as_list) PyList_SetItem(out, i, item);
        else PyTuple_SetItem(out, i, item);
    }
    while (**format == ',' || **format == ' ' || **format == '\t') ++*format;
    if (end && **format == end)
        ++*format;
    if (failed) {
        if (out != NULL) Py_DecRef(out);
        return NULL;
    }
    return out;
}

static PyObject *build_dict(const char **format, va_list *args, ssize_t n) {
    if (n < 0)
        return NULL;
    PyObject *out = PyDict_New();
    int failed = out == NULL;
    for (ssize_t i = 0; i < n; i += 2) {
        PyObject *key = build_one(format, args), *value = build_one(format, args);
        if (key == NULL || value == NULL || failed || PyDict_SetItem(out, key, value) < 0)
            failed = 1;
        if (key) Py_DecRef(key);
        if (value) Py_DecRef(value);
    }
    while (**format == ',' || **format == ' ' || **format == '\t' || **format == ':') ++*format;
    if (**format == '}') ++*format;
    if (failed && out) { Py_DecRef(out); out = NULL; }
    return out;
}

static PyObject *none_ref(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

static PyObject *build_one(const char **format, va_list *args) {
    for (;;) {
        char c = *(*format)++;
        switch (c) {
        case '(': return build_sequence(format, args, ')', count_values(*format, ')'), 0);
        case '[': return build_sequence(format, args, ']', count_values(*format, ']'), 1);
        case '{': return build_dict(format, args, count_values(*format, '}'));
        case 'b': case 'B': case 'h': case 'i': return PyLong_FromLong(va_arg(*args, int));
        case 'H': return PyLong_FromLong((long)(unsigned short)va_arg(*args, int));
        case 'I': return PyLong_FromUnsignedLong(va_arg(*args, unsigned));
        case 'p': return PyBool_FromLong(va_arg(*args, int) != 0);
        case 'n': return PyLong_FromSsize_t(va_arg(*args, ssize_t));
        case 'l': return PyLong_FromLong(va_arg(*args, long));
        case 'k': return PyLong_FromUnsignedLong(va_arg(*args, unsigned long));
        case 'L': return PyLong_FromLongLong(va_arg(*args, long long));
        case 'K': return PyLong_FromUnsignedLongLong(va_arg(*args, unsigned long long));
        case 'f': case 'd': return PyFloat_FromDouble(va_arg(*args, double));
        case 'D': return PyComplex_FromCComplex(*va_arg(*args, Py_complex *));
        case 'c': { char byte = (char)va_arg(*args, int); return PyBytes_FromStringAndSize(&byte, 1); }
        case 'C': return PyUnicode_FromOrdinal(va_arg(*args, int));
        case 's': case 'z': case 'U': case 'y': {
            const char *s = va_arg(*args, const char *);
            ssize_t n = -1;
            if (**format == '#') { ++*format; n = va_arg(*args, ssize_t); }
            if (s == NULL) return none_ref();
            if (n < 0) n = (ssize_t)strlen(s);
            return c == 'y' ? PyBytes_FromStringAndSize(s, n) : PyUnicode_FromStringAndSize(s, n);
        }
        case 'N': case 'S': case 'O':
            if (**format == '&') {
                converter_out f = va_arg(*args, converter_out);
                void *arg = va_arg(*args, void *);
                ++*format;
                return f(arg);
            } else {
                PyObject *o = va_arg(*args, PyObject *);
                if (o != NULL) { if (c != 'N') Py_IncRef(o); }
                else if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "NULL object passed to Py_BuildValue");
                return o;
            }
        case ':': case ',': case ' ': case '\t': break;
        default: PyErr_SetString(PyExc_SystemError, "bad format char passed to Py_BuildValue"); return NULL;
        }
    }
}

PyObject *Py_VaBuildValue(const char *format, va_list given) {
    va_list args;
    va_copy(args, given);
    ssize_t n = count_values(format, '\0');
    PyObject *out = n < 0 ? NULL : n == 0 ? none_ref() : n == 1 ? build_one(&format, &args) : build_sequence(&format, &args, '\0', n, 0);
    va_end(args);
    return out;
}

PyObject *Py_BuildValue(const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *out = Py_VaBuildValue(format, args);
    va_end(args);
    return out;
}

PyObject *_Py_BuildValue_SizeT(const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *out = Py_VaBuildValue(format, args);
    va_end(args);
    return out;
}

/* ---- Calls ---- */

/* The arguments of a call: a tuple format gives the tuple, any other its only value in a tuple. */
static PyObject *call_arguments(const char *format, va_list args) {
    if (format == NULL || *format == '\0')
        return PyTuple_New(0);
    PyObject *value = Py_VaBuildValue(format, args);
    if (value == NULL || _Tandem_IsKind(value, IS_TUPLE))
        return value;
    PyObject *tuple = PyTuple_New(1);
    PyTuple_SetItem(tuple, 0, value);
    return tuple;
}

PyObject *PyObject_CallFunction(PyObject *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *tuple = call_arguments(format, args);
    va_end(args);
    if (tuple == NULL)
        return NULL;
    PyObject *out = PyObject_Call(f, tuple, NULL);
    Py_DecRef(tuple);
    return out;
}

PyObject *PyObject_CallMethod(PyObject *this, const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *tuple = call_arguments(format, args);
    va_end(args);
    if (tuple == NULL)
        return NULL;
    PyObject *out = _Tandem_CallMethodTuple(this, name, tuple);
    Py_DecRef(tuple);
    return out;
}

/* _Py_Identifier. */
typedef struct { const char *string; ssize_t index; unsigned char mutex; } Identifier;

PyObject *_PyObject_CallMethodId(PyObject *this, const Identifier *id, const char *format, ...) {
    va_list args;
    va_start(args, format);
    PyObject *tuple = call_arguments(format, args);
    va_end(args);
    if (tuple == NULL)
        return NULL;
    PyObject *out = _Tandem_CallMethodTuple(this, id->string, tuple);
    Py_DecRef(tuple);
    return out;
}

static PyObject *object_tuple(va_list given) {
    va_list args;
    va_copy(args, given);
    ssize_t n = 0;
    while (va_arg(args, PyObject *) != NULL)
        n++;
    va_end(args);
    PyObject *tuple = PyTuple_New(n);
    va_copy(args, given);
    for (ssize_t i = 0; tuple != NULL && i < n; i++) {
        PyObject *o = va_arg(args, PyObject *);
        Py_IncRef(o);
        PyTuple_SetItem(tuple, i, o);
    }
    va_end(args);
    return tuple;
}

PyObject *PyObject_CallFunctionObjArgs(PyObject *f, ...) {
    va_list args;
    va_start(args, f);
    PyObject *tuple = object_tuple(args);
    va_end(args);
    if (tuple == NULL)
        return NULL;
    PyObject *out = PyObject_Call(f, tuple, NULL);
    Py_DecRef(tuple);
    return out;
}

PyObject *PyObject_CallMethodObjArgs(PyObject *this, PyObject *name, ...) {
    va_list args;
    va_start(args, name);
    PyObject *tuple = object_tuple(args);
    va_end(args);
    if (tuple == NULL)
        return NULL;
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    PyObject *out = text == NULL ? NULL : _Tandem_CallMethodTuple(this, text, tuple);
    Py_DecRef(tuple);
    return out;
}

PyObject *PyTuple_Pack(ssize_t n, ...) {
    PyObject *tuple = PyTuple_New(n);
    int contains = 0;
    va_list args;
    va_start(args, n);
    for (ssize_t i = 0; tuple != NULL && i < n; i++) {
        PyObject *o = va_arg(args, PyObject *);
        Py_IncRef(o);
        contains |= PyObject_IS_GC(o);
        PyTuple_SetItem(tuple, i, o);
    }
    va_end(args);
    if (tuple != NULL && n > 0 && !contains) PyObject_GC_UnTrack(tuple); /* Nothing in it can be in a cycle. */
    return tuple;
}

int PyOS_snprintf(char *out, size_t n, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int written = vsnprintf(out, n, format, args);
    va_end(args);
    if (n > 0) out[n - 1] = '\0';
    return written;
}

int PyOS_vsnprintf(char *out, size_t n, const char *format, va_list args) {
    int written = vsnprintf(out, n, format, args);
    if (n > 0) out[n - 1] = '\0';
    return written;
}

/* ---- Parsing arguments ---- */

typedef struct { void (*release)(void *); converter_in convert; void *what; } Undo;
typedef struct { Undo undo[64]; int n; const char *function; const char *message; } Parse;

static void release_buffer(void *view) { PyBuffer_Release(view); }
static void release_memory(void *p) { PyMem_Free(*(void **)p); *(void **)p = NULL; }

static void remember(Parse *s, void (*release)(void *), void *what) {
    if (s->n < 64) s->undo[s->n++] = (Undo){release, NULL, what};
}

/* What a converter has made is undone by calling it without an object. */
static void remember_converted(Parse *s, converter_in convert, void *what) {
    if (s->n < 64) s->undo[s->n++] = (Undo){NULL, convert, what};
}

static int undo_all(Parse *s) {
    while (s->n > 0) {
        Undo *u = &s->undo[--s->n];
        if (u->convert) u->convert(NULL, u->what);
        else u->release(u->what);
    }
    return 0;
}

/* Raises the error of an argument that is not what it must be. `place` is "argument 2", or empty. */
static int must_be(Parse *s, const char *place, const char *expected, PyObject *o) {
    if (PyErr_Occurred()) return 0;
    const char *actual = o == &_Py_NoneStruct ? "None" : _Tandem_TypeName(o);
    PyErr_Format(PyExc_TypeError, "%.200s%s%s must be %.50s, not %.50s", s->function ? s->function : "",
                 s->function ? "() " : "", place, expected, actual);
    return 0;
}

static int out_of_range(const char *what) {
    PyErr_SetString(PyExc_OverflowError, what);
    return 0;
}

static int get_long(PyObject *o, long *out) {
    *out = PyLong_AsLong(o);
    return !(*out == -1 && PyErr_Occurred());
}

static int get_bytes_like(PyObject *o, const char **p, ssize_t *n, Parse *s, const char *place) {
    if (_Tandem_IsKind(o, IS_BYTES)) { *p = PyBytes_AsString(o); *n = PyBytes_Size(o); return 1; }
    Py_buffer view;
    if (_Tandem_ReleasesBuffer(o)) return must_be(s, place, "read-only bytes-like object", o);
    if (PyObject_GetBuffer(o, &view, 0) < 0) return must_be(s, place, "bytes-like object", o);
    *p = view.buf; *n = view.len;
    PyBuffer_Release(&view);
    return 1;
}

static int parse_one(PyObject *o, const char **format, va_list *args, Parse *s, const char *place);

static int bad_unit(const char *place) {
    PyErr_Format(PyExc_SystemError, "%s (impossible<bad format char>)", place);
    return 0;
}

/* Whether a unit up to the closing parenthesis answers with what it does not own. */
static int borrows(const char *p) {
    int level = 0;
    for (; *p && (level > 0 || *p != ')'); p++) {
        if (*p == '(') level++;
        else if (*p == ')') level--;
        else if (*p == 'e') { if (p[1]) p++; }
        else if ((*p == 's' || *p == 'z' || *p == 'y') && p[1] != '*') return 1;
        else if (*p == 'S' || *p == 'Y' || *p == 'U' || (*p == 'O' && p[1] != '&')) return 1;
    }
    return 0;
}

static int parse_nested(PyObject *o, const char **format, va_list *args, Parse *s, const char *place) {
    ssize_t n = 0;
    int level = 0;
    for (const char *p = *format; level > 0 || *p != ')'; p++) {
        if (*p == '(') { if (level++ == 0) n++; }
        else if (*p == ')') level--;
        else if (level == 0 && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))) { if (*p != 'e' ) n++; }
        else if (*p == '\0') { PyErr_SetString(PyExc_SystemError, "unmatched paren in getargs format"); return 0; }
    }
    int is_tuple = _Tandem_IsKind(o, IS_TUPLE);
    if (!is_tuple && (!PySequence_Check(o) || _Tandem_IsKind(o, IS_STR) || _Tandem_IsKind(o, IS_BYTES) || _Tandem_IsKind(o, IS_BYTEARRAY))) {
        char expected[64];
        snprintf(expected, sizeof expected, "%zd-item tuple", n);
        return must_be(s, place, expected, o);
    }
    PyObject *kept = NULL; /* A tuple of what another sequence may forget, which dies once the items are read. */
    if (!is_tuple && borrows(*format)) {
        extern PyObject *PyExc_DeprecationWarning;
        if (PyErr_WarnFormat(PyExc_DeprecationWarning, 0, "argument must be %zd-item tuple, not %T", n, o) < 0) return 0;
        kept = PySequence_Tuple(o);
        if (kept == NULL) return 0;
        o = kept;
        is_tuple = 1;
    }
    ssize_t length = PySequence_Size(o);
    if (length != n) {
        if (length >= 0)
            PyErr_Format(PyExc_TypeError, "%.200s%s%s must be %s of length %zd, not %zd", s->function ? s->function : "",
                         s->function ? "() " : "", place, is_tuple ? "tuple" : "sequence", n, length);
        if (kept) Py_DecRef(kept);
        return 0;
    }
    for (ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(o, i);
        if (item == NULL) return 0;
        Py_DecRef(item); /* The sequence keeps it. */
        char inner[96];
        snprintf(inner, sizeof inner, "%s, item %zd", place, i);
        if (!parse_one(item, format, args, s, inner)) { if (kept) Py_DecRef(kept); return 0; }
    }
    if (kept) Py_DecRef(kept);
    if (**format == ')') ++*format;
    return 1;
}

static int parse_one(PyObject *o, const char **format, va_list *args, Parse *s, const char *place) {
    long n;
    char c = *(*format)++;
    switch (c) {
    case '(': return parse_nested(o, format, args, s, place);
    case 'b': {
        unsigned char *p = va_arg(*args, unsigned char *);
        if (!get_long(o, &n)) return 0;
        if (n < 0) return out_of_range("unsigned byte integer is less than minimum");
        if (n > UCHAR_MAX) return out_of_range("unsigned byte integer is greater than maximum");
        *p = (unsigned char)n;
        return 1;
    }
    case 'B': { unsigned char *p = va_arg(*args, unsigned char *); unsigned long m = PyLong_AsUnsignedLongMask(o); if (m == (unsigned long)-1 && PyErr_Occurred()) return 0; *p = (unsigned char)m; return 1; }
    case 'h': {
        short *p = va_arg(*args, short *);
        if (!get_long(o, &n)) return 0;
        if (n < SHRT_MIN) return out_of_range("signed short integer is less than minimum");
        if (n > SHRT_MAX) return out_of_range("signed short integer is greater than maximum");
        *p = (short)n;
        return 1;
    }
    case 'H': { unsigned short *p = va_arg(*args, unsigned short *); unsigned long m = PyLong_AsUnsignedLongMask(o); if (m == (unsigned long)-1 && PyErr_Occurred()) return 0; *p = (unsigned short)m; return 1; }
    case 'i': {
        int *p = va_arg(*args, int *);
        if (!get_long(o, &n)) return 0;
        if (n > INT_MAX) return out_of_range("signed integer is greater than maximum");
        if (n < INT_MIN) return out_of_range("signed integer is less than minimum");
        *p = (int)n;
        return 1;
    }
    case 'I': { unsigned *p = va_arg(*args, unsigned *); unsigned long m = PyLong_AsUnsignedLongMask(o); if (m == (unsigned long)-1 && PyErr_Occurred()) return 0; *p = (unsigned)m; return 1; }
    case 'l': { long *p = va_arg(*args, long *); if (!get_long(o, &n)) return 0; *p = n; return 1; }
    case 'k': { unsigned long *p = va_arg(*args, unsigned long *); *p = PyLong_AsUnsignedLongMask(o); return !(*p == (unsigned long)-1 && PyErr_Occurred()); }
    case 'L': { long long *p = va_arg(*args, long long *); long long m = PyLong_AsLongLong(o); if (m == -1 && PyErr_Occurred()) return 0; *p = m; return 1; }
    case 'K': { unsigned long long *p = va_arg(*args, unsigned long long *); *p = PyLong_AsUnsignedLongLongMask(o); return !(*p == (unsigned long long)-1 && PyErr_Occurred()); }
    case 'n': {
        ssize_t *p = va_arg(*args, ssize_t *);
        PyObject *i = PyNumber_Index(o);
        if (i == NULL) return 0;
        ssize_t m = PyLong_AsSsize_t(i);
        Py_DecRef(i);
        if (m == -1 && PyErr_Occurred()) return 0;
        *p = m;
        return 1;
    }
    case 'f': { float *p = va_arg(*args, float *); double d = PyFloat_AsDouble(o); if (d == -1.0 && PyErr_Occurred()) return 0; *p = (float)d; return 1; }
    case 'd': { double *p = va_arg(*args, double *); double d = PyFloat_AsDouble(o); if (d == -1.0 && PyErr_Occurred()) return 0; *p = d; return 1; }
    case 'D': { Py_complex *p = va_arg(*args, Py_complex *); Py_complex z = PyComplex_AsCComplex(o); if (PyErr_Occurred()) return 0; *p = z; return 1; }
    case 'p': { int *p = va_arg(*args, int *); int truth = PyObject_IsTrue(o); if (truth < 0) return 0; *p = truth; return 1; }
    case 'c': {
        char *p = va_arg(*args, char *);
        if (_Tandem_IsKind(o, IS_BYTES) && PyBytes_Size(o) == 1) *p = PyBytes_AsString(o)[0];
        else if (_Tandem_IsKind(o, IS_BYTEARRAY) && PyByteArray_Size(o) == 1) *p = PyByteArray_AsString(o)[0];
        else return must_be(s, place, "a byte string of length 1", o);
        return 1;
    }
    case 'C': {
        int *p = va_arg(*args, int *);
        if (!_Tandem_IsKind(o, IS_STR) || PyUnicode_GetLength(o) != 1) return must_be(s, place, "a unicode character", o);
        *p = (int)PyUnicode_ReadChar(o, 0);
        return 1;
    }
    case 's': case 'z': case 'y': {
        if (**format == '*') {
            Py_buffer *view = va_arg(*args, Py_buffer *);
            ++*format;
            if (c == 'z' && o == &_Py_NoneStruct) { memset(view, 0, sizeof *view); view->readonly = 1; view->ndim = 1; view->itemsize = 1; }
            else if (c != 'y' && _Tandem_IsKind(o, IS_STR)) {
                ssize_t length;
                const char *text = PyUnicode_AsUTF8AndSize(o, &length);
                extern int PyBuffer_FillInfo(Py_buffer *, PyObject *, void *, ssize_t, int, int);
                if (text == NULL || PyBuffer_FillInfo(view, o, (void *)text, length, 1, 0) < 0) return 0;
            } else {
                if (PyObject_GetBuffer(o, view, 0) < 0) return must_be(s, place, c == 'y' ? "bytes-like object" : c == 'z' ? "str, bytes-like object or None" : "str or bytes-like object", o), 0;
                if (!PyBuffer_IsContiguous(view, 'C')) { PyBuffer_Release(view); return must_be(s, place, "contiguous buffer", o); }
            }
            remember(s, release_buffer, view);
            return 1;
        }
        const char **p = va_arg(*args, const char **);
        ssize_t *length = NULL;
        if (**format == '#') { ++*format; length = va_arg(*args, ssize_t *); }
        if (c == 'z' && o == &_Py_NoneStruct) { *p = NULL; if (length) *length = 0; return 1; }
        ssize_t found;
        const char *text;
        if (c != 'y' && _Tandem_IsKind(o, IS_STR)) {
            text = PyUnicode_AsUTF8AndSize(o, &found);
            if (text == NULL) return 0;
        } else if (c == 'y' || length != NULL) {
            if (!get_bytes_like(o, &text, &found, s, place)) return 0;
        } else {
            return must_be(s, place, c == 'z' ? "str or None" : "str", o);
        }
        if (length != NULL) *length = found;
        else if ((ssize_t)strlen(text) != found) { PyErr_SetString(PyExc_ValueError, c == 'y' ? "embedded null byte" : "embedded null character"); return 0; }
        *p = text;
        return 1;
    }
    case 'e': {
        const char *encoding = va_arg(*args, const char *);
        int pass_bytes = *(*format)++ == 't';
        char **p = va_arg(*args, char **);
        ssize_t *length = NULL;
        if (**format == '#') { ++*format; length = va_arg(*args, ssize_t *); }
        PyObject *data;
        if (pass_bytes && (_Tandem_IsKind(o, IS_BYTES) || _Tandem_IsKind(o, IS_BYTEARRAY))) { data = o; Py_IncRef(o); }
        else if (_Tandem_IsKind(o, IS_STR)) { data = PyUnicode_AsEncodedString(o, encoding ? encoding : "utf-8", NULL); if (data == NULL) return 0; }
        else return must_be(s, place, pass_bytes ? "str, bytes or bytearray" : "str", o);
        int array = _Tandem_IsKind(data, IS_BYTEARRAY);
        const char *text = array ? PyByteArray_AsString(data) : PyBytes_AsString(data);
        ssize_t found = array ? PyByteArray_Size(data) : PyBytes_Size(data);
        if (length == NULL && (ssize_t)strlen(text) != found) { Py_DecRef(data); return must_be(s, place, "encoded string without null bytes", o); }
        if (length != NULL && *p != NULL) {
            if (found + 1 > *length) { Py_DecRef(data); PyErr_Format(PyExc_ValueError, "encoded string too long (%zd, maximum length %zd)", found, *length - 1); return 0; }
        } else {
            *p = PyMem_Malloc((size_t)found + 1);
            remember(s, release_memory, p);
        }
        memcpy(*p, text, (size_t)found);
        (*p)[found] = '\0';
        if (length) *length = found;
        Py_DecRef(data);
        return 1;
    }
    case 'S': { PyObject **p = va_arg(*args, PyObject **); if (!_Tandem_IsKind(o, IS_BYTES)) return must_be(s, place, "bytes", o); *p = o; return 1; }
    case 'Y': { PyObject **p = va_arg(*args, PyObject **); if (!_Tandem_IsKind(o, IS_BYTEARRAY)) return must_be(s, place, "bytearray", o); *p = o; return 1; }
    case 'U': { PyObject **p = va_arg(*args, PyObject **); if (!_Tandem_IsKind(o, IS_STR)) return must_be(s, place, "str", o); *p = o; return 1; }
    case 'w': {
        Py_buffer *view = va_arg(*args, Py_buffer *);
        if (**format != '*') return bad_unit(place);
        ++*format;
        if (PyObject_GetBuffer(o, view, 1) < 0) { PyErr_Clear(); return must_be(s, place, "read-write bytes-like object", o); }
        if (!PyBuffer_IsContiguous(view, 'C')) { PyBuffer_Release(view); return must_be(s, place, "contiguous buffer", o); }
        remember(s, release_buffer, view);
        return 1;
    }
    case 'O':
        if (**format == '!') {
            PyObject *type = va_arg(*args, PyObject *);
            PyObject **p = va_arg(*args, PyObject **);
            ++*format;
            extern const char *_Tandem_NameOfType(PyObject *);
            extern int _Tandem_IsInstanceOf(PyObject *, PyObject *);
            if (!_Tandem_IsInstanceOf(o, type)) return must_be(s, place, _Tandem_NameOfType(type), o);
            *p = o;
        } else if (**format == '&') {
            converter_in f = va_arg(*args, converter_in);
            void *p = va_arg(*args, void *);
            ++*format;
            int done = f(o, p);
            if (done == 0x20000) remember_converted(s, f, p); /* Py_CLEANUP_SUPPORTED */
            if (!done) { if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "argument converter failed without an error"); return 0; }
        } else {
            *va_arg(*args, PyObject **) = o;
        }
        return 1;
    default:
        return bad_unit(place);
    }
}

/* Skips a unit and its addresses; false, with an error, if there is no such unit. */
static int skip_one(const char **format, va_list *args) {
    const char *start = *format;
    char c = *(*format)++;
    switch (c) {
    case '(':
        while (**format != ')' && **format) { if (!skip_one(format, args)) return 0; }
        if (**format) ++*format;
        return 1;
    case 'e':
        if (**format != 's' && **format != 't') break;
        (void)va_arg(*args, void *); ++*format; (void)va_arg(*args, void *); if (**format == '#') { ++*format; (void)va_arg(*args, void *); }
        return 1;
    case 's': case 'z': case 'y': (void)va_arg(*args, void *); if (**format == '#') { ++*format; (void)va_arg(*args, void *); } else if (**format == '*') ++*format; return 1;
    case 'w': if (**format != '*') break; ++*format; (void)va_arg(*args, void *); return 1;
    case 'O': if (**format == '!' || **format == '&') { ++*format; (void)va_arg(*args, void *); } (void)va_arg(*args, void *); return 1;
    default:
        if (c && strchr("bBhHiIlkLKfdDnpcCSYU", c)) { (void)va_arg(*args, void *); return 1; }
    }
    PyErr_Format(PyExc_SystemError, "impossible<bad format char>: '%.200s'", start);
    return 0;
}

/* The function's name and the message, after ':' and ';'; and how many units are required and allowed. */
static void scan_format(const char *format, Parse *s, ssize_t *min, ssize_t *max) {
    int level = 0;
    *min = -1;
    *max = 0;
    for (; *format && !(level == 0 && (*format == ':' || *format == ';')); format++) {
        if (*format == '(') { if (level++ == 0) ++*max; }
        else if (*format == ')') level--;
        else if (level == 0) {
            if (*format == '|') *min = *max;
            else if (*format == 'e') { ++*max; if (format[1]) format++; }
            else if ((*format >= 'a' && *format <= 'z') || (*format >= 'A' && *format <= 'Z')) ++*max;
        }
    }
    if (*min < 0) *min = *max;
    if (*format == ':') s->function = format + 1;
    else if (*format == ';') s->message = format + 1;
}

/* How many units come before '$', if there is one. */
static ssize_t positional_units(const char *format, ssize_t max) {
    const char *mark = strpbrk(format, "$:;");
    if (mark == NULL || *mark != '$') return max;
    Parse ignored = {.n = 0};
    char before[256];
    snprintf(before, sizeof before, "%.*s", (int)(mark - format), format);
    ssize_t least, most;
    scan_format(before, &ignored, &least, &most);
    return most;
}

static int at_end(const char *format) { return !*format || *format == ':' || *format == ';'; }

int PyArg_VaParse(PyObject *tuple, const char *format, va_list given) {
    va_list args;
    va_copy(args, given);
    Parse s = {.n = 0};
    ssize_t min, max, n = PyTuple_Size(tuple);
    scan_format(format, &s, &min, &max);
    int ok = 1;
    if (n < min || n > max) {
        if (s.message) PyErr_SetString(PyExc_TypeError, s.message);
        else PyErr_Format(PyExc_TypeError, "%.150s%s takes %s %zd argument%s (%zd given)", s.function ? s.function : "function",
                          s.function ? "()" : "", min == max ? "exactly" : n < min ? "at least" : "at most", n < min ? min : max,
                          (n < min ? min : max) == 1 ? "" : "s", n);
        ok = 0;
    }
    for (ssize_t i = 0; ok && i < n; i++) {
        if (*format == '|') format++;
        char place[32];
        snprintf(place, sizeof place, "argument %zd", i + 1);
        ok = parse_one(PyTuple_GetItem(tuple, i), &format, &args, &s, place);
    }
    va_end(args);
    return ok ? 1 : undo_all(&s);
}

int PyArg_ParseTuple(PyObject *tuple, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int ok = PyArg_VaParse(tuple, format, args);
    va_end(args);
    return ok;
}

int _PyArg_ParseTuple_SizeT(PyObject *tuple, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int ok = PyArg_VaParse(tuple, format, args);
    va_end(args);
    return ok;
}

int PyArg_Parse(PyObject *o, const char *format, ...) {
    va_list args;
    va_start(args, format);
    Parse s = {.n = 0};
    ssize_t min, max;
    scan_format(format, &s, &min, &max);
    int ok = parse_one(o, &format, &args, &s, "argument");
    va_end(args);
    return ok ? 1 : undo_all(&s);
}

int _PyArg_Parse_SizeT(PyObject *, const char *, ...) __attribute__((alias("PyArg_Parse")));

static int bad_format(const char *what) {
    PyErr_SetString(PyExc_SystemError, what);
    return 0;
}

/* Says what is wrong with arguments by name that no parameter has taken; true if nothing is. */
static int refuse_names(PyObject *kwargs, char *const *names, ssize_t unnamed, ssize_t positional, const char *function) {
    const char *paren = function ? "()" : "";
    for (ssize_t i = unnamed; i < positional; i++) {
        int both = PyDict_ContainsString(kwargs, names[i]);
        if (both > 0)
            PyErr_Format(PyExc_TypeError, "argument for %.200s%s given by name ('%s') and position (%zd)", function ? function : "function",
                         paren, names[i], i + 1);
        if (both != 0) return 0;
    }
    ssize_t pos = 0;
    PyObject *key, *value;
    while (PyDict_Next(kwargs, &pos, &key, &value)) {
        if (!_Tandem_IsKind(key, IS_STR)) { PyErr_SetString(PyExc_TypeError, "keywords must be strings"); return 0; }
        int known = 0;
        for (char *const *name = names + unnamed; *name; name++) known |= PyUnicode_EqualToUTF8(key, *name);
        if (!known) {
            PyErr_Format(PyExc_TypeError, "%.200s%s got an unexpected keyword argument '%S'", function ? function : "this function", paren, key);
            return 0;
        }
    }
    /* A name that is known and was not found: its hash or comparison is at odds with its text. */
    PyErr_Format(PyExc_TypeError, "invalid keyword argument for %.200s%s", function ? function : "this function", paren);
    return 0;
}

int PyArg_VaParseTupleAndKeywords(PyObject *tuple, PyObject *kwargs, const char *format, char *const *names, va_list given) {
    va_list args;
    va_copy(args, given);
    Parse s = {.n = 0};
    ssize_t min, max, n = PyTuple_Size(tuple), given_by_name = kwargs ? PyDict_Size(kwargs) : 0, count = 0, unnamed = 0;
    scan_format(format, &s, &min, &max);
    ssize_t positional = positional_units(format, max);
    while (names[count]) {
        if (!*names[count]) {
            if (unnamed < count) { PyErr_SetString(PyExc_SystemError, "Empty keyword parameter name"); va_end(args); return 0; }
            unnamed++;
        }
        count++;
    }
    const char *function = s.function ? s.function : "function", *paren = s.function ? "()" : "";
    int ok = 1, keyword_only = 0, optional = 0;
    if (n + given_by_name > count) {
        PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %zd %sargument%s (%zd given)", function, paren, "at most", count,
                     n == 0 ? "keyword " : "", count == 1 ? "" : "s", n + given_by_name);
        va_end(args);
        return 0;
    }
    ssize_t used = 0;
    for (ssize_t i = 0; ok && i < count; i++) {
        if (*format == '|') {
            if (optional) ok = bad_format("Invalid format string (| specified twice)");
            else if (keyword_only) ok = bad_format("Invalid format string ($ before |)");
            optional = 1;
            format++;
        }
        if (ok && *format == '$') {
            if (keyword_only) ok = bad_format("Invalid format string ($ specified twice)");
            else if (i < unnamed) ok = bad_format("Empty parameter name after $");
            keyword_only = 1;
            format++;
        }
        if (!ok) break;
        if (at_end(format) || *format == '|' || *format == '$') {
            PyErr_Format(PyExc_SystemError, "More keyword list entries (%zd) than format specifiers (%zd)", count, i);
            ok = 0;
            break;
        }
        if (keyword_only && i < n) {
            PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %zd positional argument%s (%zd given)", function, paren,
                         min < i ? "at most" : "exactly", i, i == 1 ? "" : "s", n);
            ok = 0;
            break;
        }
        PyObject *value = NULL;
        if (i < n) {
            value = PyTuple_GetItem(tuple, i);
        } else if (used < given_by_name && i >= unnamed) {
            if (PyDict_GetItemStringRef(kwargs, names[i], &value) < 0) { ok = 0; break; }
            if (value) { Py_DecRef(value); used++; } /* The dict keeps it. */
        }
        if (value) {
            char place[64];
            snprintf(place, sizeof place, "argument %zd", i + 1);
            ok = parse_one(value, &format, &args, &s, place);
        } else if (!optional) {
            ssize_t needed = unnamed < min ? unnamed : min;
            if (i < unnamed)
                PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %zd positional argument%s (%zd given)", function, paren,
                             needed < positional ? "at least" : "exactly", needed, needed == 1 ? "" : "s", n);
            else
                PyErr_Format(PyExc_TypeError, "%.200s%s missing required argument '%s' (pos %zd)", function, paren, names[i], i + 1);
            ok = 0;
        } else {
            ok = skip_one(&format, &args);
        }
    }
    if (ok && !at_end(format) && *format != '|' && *format != '$') {
        PyErr_Format(PyExc_SystemError, "more argument specifiers than keyword list entries (remaining format:'%s')", format);
        ok = 0;
    }
    if (ok && used < given_by_name)
        ok = refuse_names(kwargs, names, unnamed, n, s.function);
    va_end(args);
    return ok ? 1 : undo_all(&s);
}

int PyArg_ParseTupleAndKeywords(PyObject *tuple, PyObject *kwargs, const char *format, char *const *names, ...) {
    va_list args;
    va_start(args, names);
    int ok = PyArg_VaParseTupleAndKeywords(tuple, kwargs, format, names, args);
    va_end(args);
    return ok;
}

int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *tuple, PyObject *kwargs, const char *format, char *const *names, ...) {
    va_list args;
    va_start(args, names);
    int ok = PyArg_VaParseTupleAndKeywords(tuple, kwargs, format, names, args);
    va_end(args);
    return ok;
}

int PyArg_UnpackTuple(PyObject *tuple, const char *name, ssize_t min, ssize_t max, ...) {
    ssize_t n = PyTuple_Size(tuple);
    if (n < min || n > max) {
        PyErr_Format(PyExc_TypeError, "%s expected %s%zd argument%s, got %zd", name ? name : "unpacked tuple",
                     min == max ? "" : n < min ? "at least " : "at most ", n < min ? min : max, (n < min ? min : max) == 1 ? "" : "s", n);
        return 0;
    }
    va_list args;
    va_start(args, max);
    for (ssize_t i = 0; i < n; i++) *va_arg(args, PyObject **) = PyTuple_GetItem(tuple, i);
    va_end(args);
    return 1;
}

/* ---- Output ---- */

void _Tandem_WriteStream(int is_error, const char *text, ssize_t n);

static void write_stream(int is_error, const char *format, va_list args) {
    char text[1001];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n >= 0) _Tandem_WriteStream(is_error, text, n < 1000 ? n : 1000);
    if (n > 1000) _Tandem_WriteStream(is_error, "... truncated", 13);
}

void PySys_WriteStdout(const char *format, ...) { va_list args; va_start(args, format); write_stream(0, format, args); va_end(args); }
void PySys_WriteStderr(const char *format, ...) { va_list args; va_start(args, format); write_stream(1, format, args); va_end(args); }

static void format_stream(int is_error, const char *format, va_list args) {
    PyObject *message = PyUnicode_FromFormatV(format, args);
    if (message == NULL) return;
    ssize_t n;
    const char *text = PyUnicode_AsUTF8AndSize(message, &n);
    if (text) _Tandem_WriteStream(is_error, text, n);
    Py_DecRef(message);
}

void PySys_FormatStdout(const char *format, ...) { va_list args; va_start(args, format); format_stream(0, format, args); va_end(args); }
void PySys_FormatStderr(const char *format, ...) { va_list args; va_start(args, format); format_stream(1, format, args); va_end(args); }
