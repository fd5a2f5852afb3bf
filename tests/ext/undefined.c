/* Wants a function that nobody has. */
#include <Python.h>

extern PyObject *Py_NobodyHasThis(PyObject *);
static PyObject *call(PyObject *self, PyObject *o) { return Py_NobodyHasThis(o); }
static PyMethodDef methods[] = {{"call", call, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "undefined", NULL, -1, methods};
PyMODINIT_FUNC PyInit_undefined(void) { return PyModule_Create(&module); }
