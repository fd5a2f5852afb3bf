/* Numbers at the start of a text, and types whose instances tell their module by themselves. */
#include <Python.h>
#include <structmember.h>

static PyObject *number(PyObject *self, PyObject *args) {
    const char *text;
    int whole, strict;
    char *end = NULL;
    if (!PyArg_ParseTuple(args, "spp", &text, &whole, &strict))
        return NULL;
    double x = PyOS_string_to_double(text, whole ? NULL : &end, strict ? PyExc_OverflowError : NULL);
    if (x == -1.0 && PyErr_Occurred())
        return NULL;
    return Py_BuildValue("(ds)", x, whole ? "" : end);
}

typedef struct {
    PyObject_HEAD
    PyObject *module;
} Told;

static PyObject *told_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    Told *told = (Told *)type->tp_alloc(type, 0);
    if (told)
        told->module = PyUnicode_FromString("elsewhere");
    return (PyObject *)told;
}

static void told_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((Told *)self)->module);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef told_members[] = {{"__module__", T_OBJECT, offsetof(Told, module), 0}, {NULL}};
static PyType_Slot told_slots[] = {{Py_tp_new, told_new}, {Py_tp_dealloc, told_dealloc}, {Py_tp_members, told_members}, {0}};
static PyType_Spec told_spec = {"converts.Told", sizeof(Told), 0, Py_TPFLAGS_DEFAULT, told_slots};
static PyType_Slot silent_slots[] = {{0}};
static PyType_Spec silent_spec = {"converts.Silent", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, silent_slots};

static PyMethodDef methods[] = {{"number", number, METH_VARARGS}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "converts", NULL, -1, methods};
PyMODINIT_FUNC PyInit_converts(void) {
    PyObject *m = PyModule_Create(&module);
    if (m && (PyModule_AddObject(m, "Told", PyType_FromSpec(&told_spec)) < 0 ||
              PyModule_AddObject(m, "Silent", PyType_FromSpec(&silent_spec)) < 0))
        return NULL;
    return m;
}
