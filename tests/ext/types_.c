/* Catalogue rows 4, 8, 9, 14, 16: objects of extension types that break the collector's usual assumptions. */
#include <Python.h>
#include <structmember.h>

/* Static objects, whose own fields hold references. */
typedef struct { PyObject_HEAD PyObject *held; } Static;
static void static_dealloc(PyObject *o) { Py_FatalError("a static object died"); }
static PyMemberDef static_members[] = {{"held", T_OBJECT, offsetof(Static, held), 0}, {NULL}};
static PyTypeObject StaticType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "types_.Static", .tp_basicsize = sizeof(Static), .tp_dealloc = static_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT, .tp_members = static_members};
static Static statics[3] = {{PyObject_HEAD_INIT(&StaticType)}, {PyObject_HEAD_INIT(&StaticType)}, {PyObject_HEAD_INIT(&StaticType)}};

/* A subclass of list that adds fields. */
typedef struct { PyListObject list; PyObject *extra; long number; } Listed;
static int listed_traverse(PyObject *o, visitproc visit, void *arg) {
    Py_VISIT(((Listed *)o)->extra);
    return PyList_Type.tp_traverse(o, visit, arg);
}
static int listed_clear(PyObject *o) {
    Py_CLEAR(((Listed *)o)->extra);
    return PyList_Type.tp_clear(o);
}
static void listed_dealloc(PyObject *o) {
    PyObject_GC_UnTrack(o);
    Py_CLEAR(((Listed *)o)->extra);
    PyObject_GC_Track(o);
    PyList_Type.tp_dealloc(o);
}
static PyMemberDef listed_members[] = {{"extra", T_OBJECT, offsetof(Listed, extra), 0}, {"number", T_LONG, offsetof(Listed, number), 0}, {NULL}};
static PyTypeObject ListedType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "types_.Listed", .tp_basicsize = sizeof(Listed), .tp_dealloc = listed_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .tp_traverse = listed_traverse, .tp_clear = listed_clear, .tp_members = listed_members};

/* No tp_traverse at all, though it holds references. */
static long alive;
typedef struct { PyObject_HEAD PyObject *a, *b; } Blind;
static void blind_dealloc(PyObject *o) {
    alive--;
    Py_XDECREF(((Blind *)o)->a);
    Py_XDECREF(((Blind *)o)->b);
    Py_TYPE(o)->tp_free(o);
}
static PyObject *blind_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *a, *b;
    if (!PyArg_ParseTuple(args, "OO", &a, &b))
        return NULL;
    Blind *o = (Blind *)type->tp_alloc(type, 0);
    o->a = Py_NewRef(a);
    o->b = Py_NewRef(b);
    alive++;
    return (PyObject *)o;
}
static PyMemberDef blind_members[] = {{"a", T_OBJECT, offsetof(Blind, a), READONLY}, {"b", T_OBJECT, offsetof(Blind, b), READONLY}, {NULL}};
static PyTypeObject BlindType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "types_.Blind", .tp_basicsize = sizeof(Blind), .tp_dealloc = blind_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_new = blind_new, .tp_members = blind_members};

/* A tp_traverse that leaves one reference out. */
static int half_traverse(PyObject *o, visitproc visit, void *arg) {
    Py_VISIT(((Blind *)o)->a);
    return 0;
}
static void half_dealloc(PyObject *o) {
    PyObject_GC_UnTrack(o);
    Py_XDECREF(((Blind *)o)->a);
    Py_XDECREF(((Blind *)o)->b);
    PyObject_GC_Del(o);
}
static PyTypeObject HalfType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "types_.Half", .tp_basicsize = sizeof(Blind), .tp_dealloc = half_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .tp_traverse = half_traverse, .tp_new = blind_new, .tp_members = blind_members};

/* A deallocation that chains to its base's, and calls Python in between with the object brought back to life. */
static PyObject *farewell;
static long chained;
static void chain_dealloc(PyObject *o) {
    if (farewell) {
        PyObject *type, *value, *tb;
        PyErr_Fetch(&type, &value, &tb);
        if (Py_REFCNT(o) == 0)
            Py_SET_REFCNT(o, 1);
        PyObject *r = PyObject_CallOneArg(farewell, o);
        if (r == NULL)
            PyErr_WriteUnraisable(farewell);
        Py_XDECREF(r);
        if (Py_REFCNT(o) == 1)
            Py_SET_REFCNT(o, 0);
        PyErr_Restore(type, value, tb);
    }
    chained++;
    BlindType.tp_dealloc(o);
}
static PyTypeObject ChainType = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "types_.Chain", .tp_base = &BlindType, .tp_basicsize = sizeof(Blind), .tp_dealloc = chain_dealloc, .tp_flags = Py_TPFLAGS_DEFAULT};

static PyObject *counts(PyObject *self, PyObject *unused) { return Py_BuildValue("ll", alive, chained); }
static PyObject *set_farewell(PyObject *self, PyObject *f) {
    Py_XSETREF(farewell, f == Py_None ? NULL : Py_NewRef(f));
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {{"counts", counts, METH_NOARGS}, {"set_farewell", set_farewell, METH_O}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "types_", NULL, -1, methods};

PyMODINIT_FUNC PyInit_types_(void) {
    ListedType.tp_base = &PyList_Type;
    PyTypeObject *types[] = {&StaticType, &ListedType, &BlindType, &HalfType, &ChainType};
    PyObject *m = PyModule_Create(&module);
    for (int i = 0; i < 5; i++)
        if (PyType_Ready(types[i]) < 0 || PyModule_AddType(m, types[i]) < 0)
            return NULL;
    for (int i = 0; i < 3; i++) {
        char name[] = "static0";
        name[6] += i;
        PyModule_AddObjectRef(m, name, (PyObject *)&statics[i]);
    }
    return m;
}
