/* Catalogue row 3: a callback library that knows its user's data as void pointers only. */
#include <Python.h>
#include <stdlib.h>

typedef long (*callback)(long, void *);
static struct { callback call; void *data; } *table;
static int used;

static long call_python(long x, void *data) {
    PyObject *result = PyObject_CallFunction((PyObject *)data, "l", x);
    if (result == NULL) {
        PyErr_WriteUnraisable((PyObject *)data);
        return -1;
    }
    long n = PyLong_AsLong(result);
    Py_DECREF(result);
    return n;
}

static PyObject *subscribe(PyObject *self, PyObject *f) {
    table = realloc(table, (used + 1) * sizeof *table);
    table[used].call = call_python;
    table[used++].data = Py_NewRef(f);
    Py_RETURN_NONE;
}

static PyObject *fire(PyObject *self, PyObject *arg) {
    long x = PyLong_AsLong(arg), sum = 0;
    for (int i = 0; i < used; i++)
        sum += table[i].call(x, table[i].data);
    return PyLong_FromLong(sum);
}

static PyMethodDef methods[] = {{"subscribe", subscribe, METH_O}, {"fire", fire, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "userdata", NULL, -1, methods};
PyMODINIT_FUNC PyInit_userdata(void) { return PyModule_Create(&module); }
