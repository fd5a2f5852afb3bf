# A syntax error in the program itself.
# suite: exit=1
def fine():
    return 1

x = [1, 2
print(x)
