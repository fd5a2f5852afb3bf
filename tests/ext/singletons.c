/* Extensions keep the objects that the C API promises to be one and immortal, and drop them without having taken them. */
#include <Python.h>

static PyObject *drop(PyObject *o) {
    for (int i = 0; i < 100; i++)
        Py_DECREF(o);
    return o;
}

static PyObject *made(PyObject *self, PyObject *unused) {
    PyObject *string = PyUnicode_New(4, 127), *bytes = PyBytes_FromStringAndSize(NULL, 4);
    if (!string || !bytes || PyUnicode_Resize(&string, 0) < 0 || _PyBytes_Resize(&bytes, 0) < 0)
        return NULL;
    return Py_BuildValue("[OOOOOOOOOOO]", drop(PyUnicode_New(0, 255)), drop(PyUnicode_New(0, 0x10ffff)), drop(string),
                         drop(PyUnicode_FromStringAndSize(NULL, 0)), drop(PyUnicode_FromStringAndSize("a", 1)),
                         drop(PyUnicode_FromOrdinal(0xe9)), drop(PyBytes_FromStringAndSize(NULL, 0)), drop(bytes),
                         drop(PyBytes_FromStringAndSize("x", 1)), drop(PyTuple_New(0)), drop(PyLong_FromLong(256)));
}

static PyObject *refused(PyObject *self, PyObject *negative) {
    return negative == Py_True ? PyUnicode_New(-1, 127) : PyUnicode_New(1, 0x110000);
}

static PyMethodDef methods[] = {{"made", made, METH_NOARGS}, {"refused", refused, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "singletons", NULL, -1, methods};
PyMODINIT_FUNC PyInit_singletons(void) { return PyModule_Create(&module); }
