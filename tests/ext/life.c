/* Catalogue rows 11, 12: an owner's dealloc that uses what it owns, and capsules that count their destructors. */
#include <Python.h>

typedef struct { PyObject_HEAD long open; } Connection;
typedef struct { PyObject_HEAD Connection *connection; } Cursor;
static long bad, closed, finished;

static void connection_dealloc(PyObject *o) {
    if (((Connection *)o)->open != 77)
        bad++;
    ((Connection *)o)->open = 0;
    closed++;
    PyObject_Free(o);
}
static PyTypeObject ConnectionType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "life.Connection", .tp_basicsize = sizeof(Connection), .tp_dealloc = connection_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT};

static int cursor_traverse(PyObject *o, visitproc visit, void *arg) {
    Py_VISIT(((Cursor *)o)->connection);
    return 0;
}
static void cursor_dealloc(PyObject *o) {
    PyObject_GC_UnTrack(o);
    Connection *c = ((Cursor *)o)->connection;
    if (c == NULL || c->open != 77 || Py_TYPE(c) != &ConnectionType)
        bad++;
    finished++;
    Py_XDECREF(c);
    PyObject_GC_Del(o);
}
static PyTypeObject CursorType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "life.Cursor", .tp_basicsize = sizeof(Cursor), .tp_dealloc = cursor_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .tp_traverse = cursor_traverse};

static PyObject *connect(PyObject *self, PyObject *unused) {
    Connection *c = PyObject_New(Connection, &ConnectionType);
    c->open = 77;
    return (PyObject *)c;
}
static PyObject *cursor(PyObject *self, PyObject *connection) {
    Cursor *c = PyObject_GC_New(Cursor, &CursorType);
    c->connection = (Connection *)Py_NewRef(connection);
    PyObject_GC_Track(c);
    return (PyObject *)c;
}

static long destroyed;
static void destroy(PyObject *capsule) {
    long *number = PyCapsule_GetPointer(capsule, "life.number");
    if (number == NULL || *number != 5)
        bad++;
    PyMem_Free(number);
    destroyed++;
}
static PyObject *capsule(PyObject *self, PyObject *unused) {
    long *number = PyMem_Malloc(sizeof *number);
    *number = 5;
    return PyCapsule_New(number, "life.number", destroy);
}
static PyObject *counts(PyObject *self, PyObject *unused) { return Py_BuildValue("llll", bad, closed, finished, destroyed); }

static PyMethodDef methods[] = {{"connect", connect, METH_NOARGS}, {"cursor", cursor, METH_O}, {"capsule", capsule, METH_NOARGS}, {"counts", counts, METH_NOARGS}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "life", NULL, -1, methods};
PyMODINIT_FUNC PyInit_life(void) {
    if (PyType_Ready(&ConnectionType) < 0 || PyType_Ready(&CursorType) < 0)
        return NULL;
    return PyModule_Create(&module);
}
