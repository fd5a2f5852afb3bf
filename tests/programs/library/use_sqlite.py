# suite: stress=997
"""sqlite3: queries, transactions, functions in Python, adapters, rows, blobs, backups, errors, and cycles with callbacks."""
import gc
import sqlite3

db = sqlite3.connect(":memory:")
db.execute("create table t (id integer primary key, name text, value real, data blob)")
with db:
    db.executemany(
        "insert into t (name, value, data) values (?, ?, ?)",
        [("a", 1.5, b"\0\1"), ("b", None, None), ("ü", 2, b"xyz")],
    )
print(db.total_changes, db.in_transaction)
cursor = db.execute("select * from t where id >= :low order by id", {"low": 1})
print([d[0] for d in cursor.description], cursor.rowcount)
for row in cursor:
    print(row)

db.row_factory = sqlite3.Row
row = db.execute("select id, name as Title from t").fetchone()
print(tuple(row), row["title"], row[-1], row.keys(), len(row), row == row, row[0:1])
db.row_factory = None

try:
    with db:
        db.execute("insert into t (name) values ('lost')")
        raise KeyError("undone")
except KeyError:
    print(db.execute("select count(*) from t").fetchone())

db.create_function("twice", 1, lambda x: x * 2, deterministic=True)
db.create_collation("backwards", lambda a, b: (a < b) - (a > b))


class Product:
    def __init__(self):
        self.product = 1

    def step(self, n):
        self.product *= n

    def inverse(self, n):
        self.product //= n

    def value(self):
        return self.product

    finalize = value


db.create_aggregate("product", 1, Product)
db.create_window_function("moving", 1, Product)
print(db.execute("select twice(21), twice('ab'), twice(null is null)").fetchone())
print(db.execute("select product(id) from t").fetchone())
print(db.execute("select moving(id) over (order by id rows between 1 preceding and current row) from t").fetchall())
print(db.execute("select name from t order by name collate backwards").fetchall())


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __conform__(self, protocol):
        if protocol is sqlite3.PrepareProtocol:
            return f"{self.x};{self.y}"


typed = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)
sqlite3.register_converter("point", lambda b: tuple(map(int, b.split(b";"))))
sqlite3.register_adapter(complex, lambda c: f"{c.real}+{c.imag}")
typed.execute("create table p (p point)")
typed.execute("insert into p values (?)", (Point(1, 2),))
print(typed.execute("select p, '3;4' as 'q [point]' from p").fetchall(), typed.execute("select ?", (1j,)).fetchone())

with db.blobopen("t", "data", 3) as blob:
    blob[0] = ord("Y")
    blob.seek(1)
    blob.write(b"!")
    print(blob.read(), blob[:], len(blob), blob[::2])
db.commit()

copy = sqlite3.connect(":memory:")
db.backup(copy, pages=1, progress=lambda *args: print("progress", args[1:]) if args[1] == 0 else None)
print(list(copy.iterdump())[1:3])
again = sqlite3.connect(":memory:")
again.deserialize(db.serialize())
print(again.execute("select sum(id) from t").fetchone())

log = []
db.set_trace_callback(log.append)
db.set_authorizer(lambda action, *rest: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_DROP_TABLE else sqlite3.SQLITE_OK)
db.execute("select ?", (5,)).fetchall()
db.set_trace_callback(None)
print(log)
db.create_function("broken", 0, lambda: 1 / 0)


def attempt(f, *args):
    try:
        f(*args)
    except Exception as e:
        print(type(e).__name__, e, getattr(e, "sqlite_errorname", ""))


attempt(db.execute, "drop table t")
attempt(db.execute, "select broken()")
attempt(db.execute, "selec 1")
attempt(db.execute, "insert into t (id) values (1)")
attempt(db.execute, "select ?", ())
attempt(db.execute, "select 1; select 2")
attempt(db.execute, "select ?", (object(),))
attempt(db.execute, "select ?", (2**70,))
attempt(db.blobopen, "t", "data", 99)
attempt(sqlite3.connect, "/no such folder/file")
cursor = db.cursor()
db.close()
attempt(cursor.execute, "select 1")
attempt(db.commit)

# Connections in cycles with their callbacks.
for i in range(20):
    c = sqlite3.connect(":memory:")
    c.create_function("me", 0, lambda c=c: c.total_changes)
    c.set_trace_callback(lambda text, c=c: None)
    c.execute("select me()").fetchone()
    c.close()
gc.collect()
print("done")
