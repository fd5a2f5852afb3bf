# Recursion without an end: the repeated frames are summed up.
# suite: exit=1
def down(n):
    return down(n + 1) + 1


print("going down")
down(0)
