print("importing", __name__, __package__)
value = 10
_private = 1


def __getattr__(name):
    if name == "lazy":
        return "made when asked for"
    raise AttributeError(f"no {name} here")


def __dir__():
    return ["value", "lazy"]
