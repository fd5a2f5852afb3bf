/* Functions of the stable ABI that few use any more: their old names, and what an embedding program would set. */

#include <Python.h>
#include <errno.h>
#include <marshal.h>
#include <wchar.h>

/* The headers have lost these; the binary has not. */
PyObject *PyEval_CallFunction(PyObject *, const char *, ...);
PyObject *PyEval_CallMethod(PyObject *, const char *, const char *, ...);
PyObject *PyUnicode_AsEncodedObject(PyObject *, const char *, const char *);
PyObject *PyUnicode_AsDecodedObject(PyObject *, const char *, const char *);
PyObject *PyUnicode_AsEncodedUnicode(PyObject *, const char *, const char *);
PyObject *PyUnicode_AsDecodedUnicode(PyObject *, const char *, const char *);

static PyObject *marshal_both_ways(PyObject *self, PyObject *value) {
    PyObject *data = PyMarshal_WriteObjectToString(value, Py_MARSHAL_VERSION);
    if (data == NULL)
        return NULL;
    PyObject *back = PyMarshal_ReadObjectFromString(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data));
    Py_DECREF(data);
    return back;
}

static PyObject *raise_import(PyObject *self, PyObject *args) {
    PyObject *type, *message, *name, *path;
    if (!PyArg_ParseTuple(args, "OOOO", &type, &message, &name, &path))
        return NULL;
    return PyErr_SetImportErrorSubclass(type, message == Py_None ? NULL : message, name, path);
}

static PyObject *raise_errno(PyObject *self, PyObject *args) {
    int number;
    PyObject *first = NULL, *second = NULL;
    if (!PyArg_ParseTuple(args, "i|OO", &number, &first, &second))
        return NULL;
    errno = number;
    return PyErr_SetFromErrnoWithFilenameObjects(PyExc_OSError, first, second);
}

static PyObject *locale_both_ways(PyObject *self, PyObject *bytes) {
    size_t size, at;
    wchar_t *wide = Py_DecodeLocale(PyBytes_AS_STRING(bytes), &size);
    if (wide == NULL)
        return PyErr_NoMemory();
    char *back = Py_EncodeLocale(wide, &at);
    PyObject *out = Py_BuildValue("nyi", (Py_ssize_t)size, back, at == (size_t)-1);
    PyMem_Free(back);
    PyMem_RawFree(wide);
    return out;
}

static PyObject *locale_fails_at(PyObject *self, PyObject *unused) {
    wchar_t bad[] = {L'a', L'b', 0xd800, 0};
    size_t at = 0;
    if (Py_EncodeLocale(bad, &at) != NULL)
        Py_RETURN_NONE;
    return PyLong_FromSize_t(at);
}

static PyObject *call_old(PyObject *self, PyObject *f) {
    PyObject *none = PyEval_CallFunction(f, NULL);
    PyObject *one = PyEval_CallFunction(f, "i", 1);
    PyObject *two = PyEval_CallFunction(f, "(is)", 1, "two");
    PyObject *method = PyEval_CallMethod(f, "__call__", "(i)", 3);
    return Py_BuildValue("NNNN", none, one, two, method);
}

static PyObject *by_codec(PyObject *self, PyObject *args) {
    PyObject *o;
    const char *encoding;
    int which;
    if (!PyArg_ParseTuple(args, "Osi", &o, &encoding, &which))
        return NULL;
    switch (which) {
    case 0: return PyUnicode_AsEncodedObject(o, encoding, NULL);
    case 1: return PyUnicode_AsDecodedObject(o, encoding, NULL);
    case 2: return PyUnicode_AsEncodedUnicode(o, encoding, NULL);
    default: return PyUnicode_AsDecodedUnicode(o, encoding, NULL);
    }
}

static PyObject *filename(PyObject *self, PyObject *module) {
    const char *name = PyModule_GetFilename(module);
    return name == NULL ? NULL : PyUnicode_FromString(name);
}

static PyObject *set_options(PyObject *self, PyObject *unused) {
    PySys_ResetWarnOptions();
    int before = PySys_HasWarnOptions();
    PySys_AddWarnOption(L"ignore::UserWarning");
    PySys_AddXOption(L"plain");
    PySys_AddXOption(L"key=value");
    wchar_t *arguments[] = {L"program", L"-x"};
    PySys_SetArgvEx(2, arguments, 0);
    return Py_BuildValue("ii", before, PySys_HasWarnOptions());
}

static PyObject *wrapped(PyObject *self, PyObject *args) {
    PyObject *descr, *object;
    if (!PyArg_ParseTuple(args, "OO", &descr, &object))
        return NULL;
    return PyWrapper_New(descr, object);
}

static PyObject *places(PyObject *self, PyObject *unused) {
    Py_Initialize();
    Py_InitializeEx(0);
    return Py_BuildValue("NNN", PyUnicode_FromWideChar(Py_GetPrefix(), -1), PyUnicode_FromWideChar(Py_GetExecPrefix(), -1), PyThread_GetInfo());
}

static PyObject *importer(PyObject *self, PyObject *path) { return PyImport_GetImporter(path); }

static PyMethodDef methods[] = {
    {"marshal_both_ways", marshal_both_ways, METH_O, NULL},
    {"raise_import", raise_import, METH_VARARGS, NULL},
    {"raise_errno", raise_errno, METH_VARARGS, NULL},
    {"locale_both_ways", locale_both_ways, METH_O, NULL},
    {"locale_fails_at", locale_fails_at, METH_NOARGS, NULL},
    {"call_old", call_old, METH_O, NULL},
    {"by_codec", by_codec, METH_VARARGS, NULL},
    {"filename", filename, METH_O, NULL},
    {"set_options", set_options, METH_NOARGS, NULL},
    {"wrapped", wrapped, METH_VARARGS, NULL},
    {"places", places, METH_NOARGS, NULL},
    {"importer", importer, METH_O, NULL},
    {NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "oldnames", NULL, 0, methods};

PyMODINIT_FUNC PyInit_oldnames(void) { return PyModule_Create(&definition); }
