/* An init function that raises. */
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "init_raises", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_init_raises(void) {
    PyObject *m = PyModule_Create(&module);
    Py_DECREF(m);
    PyErr_SetString(PyExc_RuntimeError, "no licence");
    return NULL;
}
