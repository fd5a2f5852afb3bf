print("a begins")
import circular_b
name = "a"
print("a ends", circular_b.name)
