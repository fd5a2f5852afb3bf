# Standard streams that are closed or full, and files that are no programs.
# suite: stress=no
import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
import tempfile

folder = tempfile.mkdtemp()
manager = getattr(getattr(sys.implementation, "tandem", None), "gc", "")
environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
environment.update(TANDEM_GC=manager, PYTHONDONTWRITEBYTECODE="1", PYTHON_COLORS="0")


def shell(line, **options):
    return subprocess.run(["sh", "-c", line, "sh", sys.executable], capture_output=True, text=True, env=environment, timeout=120, **options)


def show(name, result, lines=1):
    text = result.stderr.replace(folder, "FOLDER").replace(sys.executable, "python").strip().splitlines()
    print(name, result.returncode, repr(result.stdout[:200]))
    for line in text[-lines:]:
        print("   ", line)


show("closed stdout", shell('"$1" -c "print(1)" >&-'))
show("closed stdout, sys", shell('"$1" -c "import sys; print(sys.stdout); sys.stderr.write(\'err\')" >&-'))
show("closed stderr", shell('"$1" -c "import sys; print(sys.stderr); 1/0" 2>&-'))
show("closed stdin", shell('"$1" -c "import sys; print(sys.stdin)" <&-'))
show("everything closed", shell('"$1" -c "print(1); 1/0" <&- >&- 2>&-'))
show("full stdout", shell('"$1" -c "print(1)" >/dev/full'))
show("full stdout, flushed", shell('"$1" -c "print(1, flush=True)" >/dev/full'))
show("full stdout, exit", shell('"$1" -c "import sys; print(1); sys.exit(3)" >/dev/full'))
show("full stderr", shell('"$1" -c "1/0" 2>/dev/full'))
show("broken pipe", shell('"$1" -c "for i in range(100000): print(i)" | head -1'))
show("a folder", shell(f'"$1" {folder}'))
show("no file", shell(f'"$1" {folder}/missing.py'))
show("stdin", shell('echo "print(__name__)" | "$1"'))
show("stdin, error", shell('echo "1/0" | "$1" -'))



def pyc(name, data):
    path = os.path.join(folder, name + ".pyc")
    with open(path, "wb") as file:
        file.write(data)
    return path


magic = importlib.util.MAGIC_NUMBER
code = marshal.dumps(compile("print('a program')", "<pyc>", "exec"))
header = magic + bytes(12)
for name, data in dict(good=header + code, empty=b"", short=magic, header=header, magic=b"\0\0\r\n" + bytes(12) + code,
                       half=header + code[: len(code) // 2], number=header + marshal.dumps(1), tail=header + code[:-1],
                       unknown=header + b"\x7f", reference=header + b"r\xff\0\0\0",
                       text=header + b"u\xff\xff\xff\x7fabc", deep=header + b")\1" * 5000).items():
    show("pyc " + name, shell(f'"$1" {pyc(name, data)}'))

shutil.rmtree(folder)
