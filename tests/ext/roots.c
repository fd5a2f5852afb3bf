/* Catalogue row 1: references in .data, .bss (also beyond 100 KB) and thread-local storage of a library opened late. */
#include <Python.h>

static PyObject *in_data = (PyObject *)1;
static PyObject *in_bss;
static PyObject *large[20000];
static _Thread_local PyObject *in_tls;

static PyObject *keep(PyObject *self, PyObject *args) {
    int place;
    PyObject *value;
    if (!PyArg_ParseTuple(args, "iO", &place, &value))
        return NULL;
    Py_INCREF(value);
    switch (place) {
    case 0: in_data = value; break;
    case 1: in_bss = value; break;
    case 2: in_tls = value; break;
    default: large[place] = value;
    }
    Py_RETURN_NONE;
}

static PyObject *kept(PyObject *self, PyObject *arg) {
    long place = PyLong_AsLong(arg);
    PyObject *value = place == 0 ? in_data : place == 1 ? in_bss : place == 2 ? in_tls : large[place];
    return Py_NewRef(value);
}

static PyMethodDef methods[] = {{"keep", keep, METH_VARARGS, "keep(place, value)"}, {"kept", kept, METH_O, "kept(place)"}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "roots", NULL, -1, methods};
PyMODINIT_FUNC PyInit_roots(void) { return PyModule_Create(&module); }
