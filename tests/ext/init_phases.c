/* Initialisation in several phases: state, an exec slot that fails when it is told to, one module for each spec. */
#include <Python.h>

typedef struct { long number; PyObject *object; } State;

static PyObject *bump(PyObject *m, PyObject *unused) {
    State *s = PyModule_GetState(m);
    return Py_BuildValue("lO", ++s->number, s->object);
}
static int exec(PyObject *m) {
    State *s = PyModule_GetState(m);
    if (PyObject_HasAttrString(m, "__fail__")) {
        PyErr_SetString(PyExc_ValueError, "told to fail");
        return -1;
    }
    s->object = PyUnicode_FromString("state");
    return PyModule_AddIntConstant(m, "constant", 42);
}
static int traverse(PyObject *m, visitproc visit, void *arg) {
    State *s = PyModule_GetState(m);
    if (s)
        Py_VISIT(s->object);
    return 0;
}
static PyMethodDef methods[] = {{"bump", bump, METH_NOARGS}, {NULL}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec}, {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "init_phases", "Docs.", sizeof(State), methods, slots, traverse};
PyMODINIT_FUNC PyInit_init_phases(void) { return PyModuleDef_Init(&module); }
