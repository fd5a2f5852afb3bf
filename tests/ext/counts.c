/* Catalogue row 26: one reference too many is dropped. Where nobody counts, the object lives on. */
#include <Python.h>

static PyObject *drop(PyObject *self, PyObject *o) {
    PyObject *borrowed = o;
    Py_DECREF(borrowed);
    Py_RETURN_NONE;
}

static PyObject *keep(PyObject *self, PyObject *o) {
    Py_INCREF(o);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"drop", drop, METH_O}, {"keep", keep, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "counts", NULL, -1, methods};
PyMODINIT_FUNC PyInit_counts(void) { return PyModule_Create(&module); }
