"""Runs one module of CPython's test suite and records each test's outcome as it happens.

    driver.py [-v] RECORD LIBRARY MODULE [ID ...]

RECORD is appended to, one line for each event, unbuffered, so that a crash loses nothing:

    start <tab> id                          a test begins
    pass|fail|error|skip <tab> id <tab> why it ends; its subtests count as part of it
    absent <tab> module <tab> why           the module asked to be skipped as a whole
    broken <tab> module <tab> why           the module could not be loaded
    done <tab> module                       every test has been run

Tests that RECORD already mentions are left out: running again after a crash goes on behind it.  LIBRARY is a folder
with CPython's `test` package.  With IDs, only those are run (a trailing * matches any ending).

It serves interpreters that are still growing, so it uses unittest, which the tests need anyway, and little else.
"""
import sys


class Record:
    """The file of events."""

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            lines = []
        self.seen = {line.split("\t")[1] for line in lines if "\t" in line}
        self.file = open(path, "ab", buffering=0)
        try:
            import os
            self.getpid, self.leave = os.getpid, os._exit
        except (ImportError, AttributeError):
            self.getpid = self.leave = lambda code=0: 0
        self.pid = self.getpid()

    def write(self, kind, name, why=""):
        if self.getpid() != self.pid:
            self.leave(1)  # a forked child that a test failed to end
        fields = [" ".join(str(field).split()) for field in (kind, name, why)]
        self.file.write(("\t".join(fields).rstrip("\t") + "\n").encode("utf-8", "backslashreplace"))


def first_line(exception):
    try:
        text = str(exception).strip()
    except BaseException:
        text = "(its message cannot be shown)"
    return type(exception).__name__ + ": " + text.split("\n")[0][:300]


def result_class(unittest):
    class Result(unittest.TestResult):
        """Writes events instead of collecting them."""

        def __init__(self, record, module, verbose):
            super().__init__()
            self.record = record
            self.prefix = module + "."
            self.verbose = verbose
            self.running = None
            self.outcome = None

        def name(self, test):
            name = test.id()
            return name[len(self.prefix):] if name.startswith(self.prefix) else name.replace("(" + self.prefix, "(")

        def settle(self, test, kind, why=""):
            if self.running is None:  # a class's or module's fixture, not a test
                self.record.write(kind, self.name(test), why)
            elif self.outcome is None or kind in ("fail", "error"):
                self.outcome = (kind, why)

        def trouble(self, test, kind, error):
            self.settle(test, kind, first_line(error[1]))
            if self.verbose:
                try:
                    import traceback
                    print("-----", kind, self.name(test), file=sys.__stderr__)
                    traceback.print_exception(*error, file=sys.__stderr__)
                except BaseException as problem:
                    print("no traceback:", first_line(problem), file=sys.__stderr__)

        def startTest(self, test):
            self.record.write("start", self.name(test))
            self.running, self.outcome = test, None

        def stopTest(self, test):
            kind, why = self.outcome or ("pass", "")
            self.running = None
            self.record.write(kind, self.name(test), why)

        def addSuccess(self, test):
            self.settle(test, "pass")

        def addExpectedFailure(self, test, error):
            self.settle(test, "pass")

        def addUnexpectedSuccess(self, test):
            self.settle(test, "fail", "unexpected success")

        def addSkip(self, test, reason):
            if test is self.running or self.running is None:
                self.settle(test, "skip", reason)

        def addFailure(self, test, error):
            self.trouble(test, "fail", error)

        def addError(self, test, error):
            self.trouble(test, "error", error)

        def addSubTest(self, test, subtest, error):
            if error is not None:
                failed = isinstance(error[1], test.failureException)
                self.trouble(test, "fail" if failed else "error", error)

        def addDuration(self, test, elapsed):
            pass

    return Result


def flatten(suite, tests):
    for test in suite:
        if hasattr(test, "id"):
            tests.append(test)
        else:
            flatten(test, tests)
    return tests


def matches(name, wanted):
    return any(name == want or want.endswith("*") and name.startswith(want[:-1]) for want in wanted)


# Extension modules that belong to the test suite, as its C code compiled: the runtime under test loads them as they are.
TEST_EXTENSIONS = {
    "_ctypes_test", "_testbuffer", "_testcapi", "_testclinic_limited", "_testimportmultiple", "_testlimitedcapi",
    "_testmultiphase", "_testsinglephase", "xxlimited", "xxlimited_35", "xxsubtype",
}


class TestExtensions:
    """Finds the test suite's extension modules, and them alone, where the reference keeps all of its extensions."""

    def __init__(self, folder):
        self.folder = folder

    def find_spec(self, name, path=None, target=None):
        if name not in TEST_EXTENSIONS:
            return None
        from importlib.machinery import ExtensionFileLoader, PathFinder
        spec = PathFinder.find_spec(name, [self.folder])
        return spec if spec and isinstance(spec.loader, ExtensionFileLoader) else None


def offer_extensions(library):
    # A test that calls a function of the C API that is missing fails; the others that the extension serves need not.
    sys.setdlopenflags(1)  # RTLD_LAZY
    sys.meta_path.append(TestExtensions(library + "/lib-dynload"))


def equip_children(folder, library):
    """Lets child interpreters find the test suite and its extensions, as the reference's children find theirs."""
    try:
        import os
    except ImportError:
        return
    if "PYTHONHOME" in os.environ:
        return  # the reference: its library is complete
    os.makedirs(folder, exist_ok=True)
    extensions = library + "/lib-dynload"
    places = {"test": library + "/test"}
    places.update((name, extensions + "/" + name) for name in os.listdir(extensions) if name.split(".")[0] in TEST_EXTENSIONS)
    for name, place in places.items():
        if not os.path.lexists(folder + "/" + name):
            os.symlink(place, folder + "/" + name)
    with open(folder + "/sitecustomize.py", "w") as file:
        file.write("import sys\nsys.setdlopenflags(1)\n")
    os.environ["PYTHONPATH"] = folder
    # The suite's own way of saying that children need the environment.
    os.environ["PYTHONHOME"] = library


def load(library, module):
    """The module, its package taken from `library` without making the rest of that folder importable."""
    __import__("unittest")
    sys.path.insert(0, library)
    try:
        __import__("test")
    finally:
        sys.path.remove(library)
    offer_extensions(library)
    support = __import__("test.support").support
    support.use_resources = {}  # no network, no huge files, no minutes of CPU
    support.record_original_stdout(sys.stdout)
    __import__(module)
    return sys.modules[module]


def collect_where_tests_offer(module):
    """Tests that collect garbage under other implementations than CPython do so where nobody counts references."""
    import gc
    tandem = getattr(sys.implementation, "tandem", None)
    if tandem and tandem.gc != "refcount" and module.__name__ == "test.test_weakref":
        module.FinalizeTestCase._collect_if_necessary = lambda self: gc.collect()


def main(arguments):
    verbose = arguments[0] == "-v"
    path, library, short, *wanted = arguments[verbose:]
    record = Record(path)
    try:
        __import__("faulthandler").enable()
    except (ImportError, AttributeError):
        pass  # a crash will show no Python frames
    module = "test." + short
    # The tests see the arguments of a program that has none.
    del sys.argv[1:]
    try:
        equip_children(path + ".library", library)
        loaded = load(library, module)
        collect_where_tests_offer(loaded)
        unittest = sys.modules["unittest"]
        suite = unittest.TestLoader().loadTestsFromModule(loaded)
    except BaseException as problem:
        asked = type(problem).__name__ in ("SkipTest", "ResourceDenied")
        record.write("absent" if asked else "broken", module, first_line(problem))
        if not asked:
            raise
        return
    result = result_class(unittest)(record, module, verbose)
    tests = [test for test in flatten(suite, []) if result.name(test) not in record.seen]
    if wanted:
        tests = [test for test in tests if matches(result.name(test), wanted)]
    unittest.TestSuite(tests).run(result)
    record.write("done", module)


if __name__ == "__main__":
    main(sys.argv[1:])
