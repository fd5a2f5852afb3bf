print("b begins")
import circular_a
print("b sees a", hasattr(circular_a, "name"))
try:
    from circular_a import name
except ImportError as error:
    print(str(error).split(" (")[0])
name = "b"
