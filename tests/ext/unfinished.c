/* What native code leaves unfinished: a buffer that was refused with its object still named, a type that has attributes
   before it is ready; and a list whose items are resized from outside. */
#include <Python.h>

static int refuse(PyObject *self, Py_buffer *view, int flags) {
    view->obj = Py_NewRef(self);
    PyErr_SetString(PyExc_BufferError, "refused");
    Py_DECREF(self);
    return -1;
}

static PyBufferProcs refuse_procs = {refuse, NULL};
static PyTypeObject Refuser = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "unfinished.Refuser",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_as_buffer = &refuse_procs,
    .tp_new = PyType_GenericNew,
};

static PyObject *early(PyObject *self, PyObject *value) {
    PyHeapTypeObject *type = (PyHeapTypeObject *)PyType_GenericAlloc(&PyType_Type, 0);
    if (!type)
        return NULL;
    type->ht_type.tp_name = "Early";
    type->ht_type.tp_basicsize = sizeof(PyObject);
    type->ht_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_BASETYPE;
    type->ht_type.tp_new = PyType_GenericNew;
    type->ht_name = PyUnicode_FromString("Early");
    type->ht_qualname = Py_NewRef(type->ht_name);
    if (PyObject_SetAttrString((PyObject *)type, "value", value) < 0 || PyType_Ready(&type->ht_type) < 0)
        return NULL;
    return (PyObject *)type;
}

/* As the list.pop of compiled programs, which is inline. */
static PyObject *pop(PyObject *self, PyObject *o) {
    PyListObject *list = (PyListObject *)o;
    Py_ssize_t size = Py_SIZE(list) - 1;
    PyObject *last = list->ob_item[size];
    if (size == 0) {
        PyMem_Free(list->ob_item);
        list->ob_item = NULL;
        list->allocated = 0;
    } else if (size < list->allocated / 2) {
        PyObject **items = PyMem_Realloc(list->ob_item, size * sizeof(PyObject *));
        if (!items)
            return PyErr_NoMemory();
        list->ob_item = items;
        list->allocated = size;
    }
    Py_SET_SIZE(list, size);
    return last;
}

static PyMethodDef methods[] = {{"early", early, METH_O}, {"pop", pop, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "unfinished", NULL, -1, methods};
PyMODINIT_FUNC PyInit_unfinished(void) {
    PyObject *m = PyType_Ready(&Refuser) < 0 ? NULL : PyModule_Create(&module);
    if (m && PyModule_AddObjectRef(m, "Refuser", (PyObject *)&Refuser) < 0)
        return NULL;
    return m;
}
