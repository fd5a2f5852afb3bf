/* Catalogue row 2: references in the containers of the C++ library, and an object kept by a lambda's capture. */
#include <Python.h>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

static std::map<std::string, PyObject *> by_name;
static std::unordered_map<long, std::vector<PyObject *>> by_number;
static std::deque<PyObject *> queue;
static std::vector<std::function<PyObject *()>> makers;

static PyObject *add(PyObject *self, PyObject *args) {
    const char *name;
    PyObject *value;
    if (!PyArg_ParseTuple(args, "sO", &name, &value))
        return nullptr;
    by_name[name] = Py_NewRef(value);
    by_number[by_name.size() % 7].push_back(Py_NewRef(value));
    queue.push_back(Py_NewRef(value));
    auto shared = std::make_shared<PyObject *>(Py_NewRef(value));
    makers.push_back([shared] { return Py_NewRef(*shared); });
    Py_RETURN_NONE;
}

static PyObject *count(PyObject *self, PyObject *unused) {
    long sum = 0;
    auto length = [&sum](PyObject *o) { sum += PyObject_Length(o); };
    for (auto &pair : by_name) length(pair.second);
    for (auto &pair : by_number) for (auto o : pair.second) length(o);
    for (auto o : queue) length(o);
    for (auto &make : makers) { PyObject *o = make(); length(o); Py_DECREF(o); }
    return PyLong_FromLong(sum);
}

static PyObject *raise(PyObject *self, PyObject *unused) {
    try {
        by_name.at("there is none");
    } catch (std::out_of_range &) {
        PyErr_SetString(PyExc_LookupError, "thrown through C++");
    }
    return nullptr;
}

static PyMethodDef methods[] = {{"add", add, METH_VARARGS}, {"count", count, METH_NOARGS}, {"raise_", raise, METH_NOARGS}, {nullptr}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "containers", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_containers(void) { return PyModule_Create(&module); }
