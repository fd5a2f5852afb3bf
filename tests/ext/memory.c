/* Catalogue rows 10, 18, 19: buffers that go back at once, memory that the collector cannot see, counts of one. */
#include <Python.h>
#include <stdlib.h>
#include <string.h>

static PyObject *churn(PyObject *self, PyObject *arg) {
    long n = PyLong_AsLong(arg);
    for (long i = 0; i < n; i++) {
        void *a = PyMem_Malloc(1 << 20), *b = PyObject_Malloc(1 << 20), *c = PyMem_RawMalloc(1 << 20);
        memset(a, 1, 1 << 20);
        memset(b, 1, 1 << 20);
        memset(c, 1, 1 << 20);
        a = PyMem_Realloc(a, 1 << 21);
        PyMem_Free(a);
        PyObject_Free(b);
        PyMem_RawFree(c);
    }
    Py_RETURN_NONE;
}

typedef struct { PyObject_HEAD char *buffer; } Hidden;
static void hidden_dealloc(PyObject *o) {
    free(((Hidden *)o)->buffer);
    Py_TYPE(o)->tp_free(o);
}
static PyObject *hidden_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    Hidden *o = (Hidden *)type->tp_alloc(type, 0);
    o->buffer = malloc(1 << 20);
    memset(o->buffer, 7, 1 << 20);
    return (PyObject *)o;
}
static PyTypeObject HiddenType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "memory.Hidden", .tp_basicsize = sizeof(Hidden), .tp_dealloc = hidden_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_new = hidden_new};

static PyObject *grow(PyObject *self, PyObject *arg) {
    long n = PyLong_AsLong(arg);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, 1), *tuple = PyTuple_New(1);
    PyBytes_AS_STRING(bytes)[0] = 'a';
    PyTuple_SET_ITEM(tuple, 0, PyLong_FromLong(0));
    for (long i = 1; i < n; i++) {
        if (_PyBytes_Resize(&bytes, i + 1) < 0 || _PyTuple_Resize(&tuple, i + 1) < 0)
            return NULL;
        PyBytes_AS_STRING(bytes)[i] = 'a' + i % 26;
        PyTuple_SET_ITEM(tuple, i, PyLong_FromLong(i));
    }
    return Py_BuildValue("NN", bytes, tuple);
}

/* Changes a list in place if nobody else can see it, as CPython's own fast paths do. */
static PyObject *changed(PyObject *self, PyObject *list) {
    PyObject *out = Py_REFCNT(list) == 1 ? Py_NewRef(list) : PyList_GetSlice(list, 0, PyList_GET_SIZE(list));
    PyList_Append(out, Py_None);
    return out;
}

static PyMethodDef methods[] = {{"churn", churn, METH_O}, {"grow", grow, METH_O}, {"changed", changed, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "memory", NULL, -1, methods};
PyMODINIT_FUNC PyInit_memory(void) {
    PyObject *m = PyModule_Create(&module);
    return PyModule_AddType(m, &HiddenType) < 0 ? NULL : m;
}
