/* An init function that fails without saying why, and no init function of another name. */
#include <Python.h>

PyMODINIT_FUNC PyInit_init_silent(void) { return NULL; }
