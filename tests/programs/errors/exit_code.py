# sys.exit with a number runs the finally blocks and the exit functions.
# suite: exit=3
import atexit
import sys

atexit.register(print, "at exit")
try:
    sys.exit(3)
finally:
    print("finally")
