# An indentation error in the program itself.
# suite: exit=1
def f():
    if True:
        x = 1
      y = 2
