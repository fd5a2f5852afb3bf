"""Frames: groups, joins, time series, text and CSV."""

import io

import pandas as pd

frame = pd.DataFrame({"key": list("abcab"), "n": [1, 2, 3, 4, 5], "x": [0.5, None, 2.5, 3.5, 4.5]})
print(frame)
print(frame.groupby("key").agg({"n": "sum", "x": "mean"}))
print(frame.merge(pd.DataFrame({"key": ["a", "c"], "label": ["first", "third"]}), on="key", how="left"))
series = pd.Series(range(6), index=pd.date_range("2024-02-27", periods=6, freq="D"))
print(series.resample("2D").sum(), series.rolling(3).mean().iloc[-1])
print(pd.read_csv(io.StringIO("a,b\n1,x\n2,y\n"), dtype={"a": "int32"}).dtypes)
print(frame.pivot_table(index="key", values="n", aggfunc=["min", "max"]).to_csv())
print(frame.query("n > 2")["key"].str.upper().tolist(), frame["x"].isna().sum())
try:
    frame["missing"]
except KeyError as e:
    print("KeyError", e)
