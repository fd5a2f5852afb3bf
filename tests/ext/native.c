/* Catalogue row 2: references in memory from malloc, reached only from other such memory. */
#include <Python.h>
#include <stdlib.h>

typedef struct node {
    char padding[40];
    struct node *next;
    PyObject *value;
} node;

static node *first;

static PyObject *push(PyObject *self, PyObject *value) {
    node *n = calloc(1, sizeof *n);
    n->next = first;
    n->value = Py_NewRef(value);
    first = n;
    Py_RETURN_NONE;
}

static PyObject *all(PyObject *self, PyObject *unused) {
    PyObject *list = PyList_New(0);
    for (node *n = first; n; n = n->next)
        PyList_Append(list, n->value);
    return list;
}

static PyObject *clear(PyObject *self, PyObject *unused) {
    while (first) {
        node *n = first;
        first = n->next;
        Py_DECREF(n->value);
        free(n);
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"push", push, METH_O}, {"all", all, METH_NOARGS}, {"clear", clear, METH_NOARGS}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", NULL, -1, methods};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&module); }
