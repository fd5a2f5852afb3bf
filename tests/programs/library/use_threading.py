# Threads: locks, conditions, queues, thread-locals, events, pools, exceptions in threads, daemon threads.
# suite: stress=997
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

counter, lock = 0, threading.Lock()


def add():
    global counter
    for _ in range(2000):
        with lock:
            counter += 1


threads = [threading.Thread(target=add, name=f"t{n}") for n in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(counter, threads[0].name, threads[0].is_alive(), threading.current_thread().name, threading.active_count())
local = threading.local()
local.value = "main"
seen = []


def use_local():
    seen.append(hasattr(local, "value"))
    local.value = "thread"
    seen.append(local.value)


t = threading.Thread(target=use_local)
t.start()
t.join()
print(seen, local.value)
q, results = queue.Queue(maxsize=3), []


def consumer():
    while (item := q.get()) is not None:
        results.append(item * item)
        q.task_done()
    q.task_done()


t = threading.Thread(target=consumer)
t.start()
for n in range(10):
    q.put(n)
q.put(None)
q.join()
t.join()
print(results)
condition, ready = threading.Condition(), []


def waiter(n):
    with condition:
        condition.wait_for(lambda: len(ready) > n)
        results.append(n)


results.clear()
threads = [threading.Thread(target=waiter, args=(n,)) for n in range(3)]
for t in threads:
    t.start()
for n in range(3):
    with condition:
        ready.append(n)
        condition.notify_all()
for t in threads:
    t.join()
print(sorted(results))
with ThreadPoolExecutor(3) as pool:
    print(list(pool.map(lambda v: v * 2, range(5))), pool.submit(pow, 2, 5).result())
    broken = pool.submit(lambda: 1 / 0)
    print(repr(broken.exception()))
caught = []
threading.excepthook = lambda args: caught.append((args.exc_type.__name__, str(args.exc_value), args.thread.name))


def raises():
    raise ValueError("in a thread")


t = threading.Thread(target=raises, name="raiser")
t.start()
t.join()
print(caught)
event, order = threading.Event(), []
timer = threading.Timer(0.01, event.set)
timer.start()
print(event.wait(5), threading.Event().wait(0.001))
barrier = threading.Barrier(3)
threads = [threading.Thread(target=lambda: order.append(barrier.wait())) for _ in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(order))
rlock = threading.RLock()
with rlock, rlock:
    print("re-entered", lock.acquire(timeout=0.01), lock.acquire(blocking=False), lock.locked())
    lock.release()
try:
    lock.release()
except RuntimeError as error:
    print(error)
semaphore = threading.Semaphore(2)
print(semaphore.acquire(), semaphore.acquire(), semaphore.acquire(blocking=False))
spinning = True


def spin():
    n = 0
    while spinning:
        n += 1
    order.append(n > 0)


t = threading.Thread(target=spin)
t.start()
time.sleep(0.05)
spinning = False
t.join()
print("switched away from a busy loop:", order[-1])
daemon = threading.Thread(target=time.sleep, args=(100,), daemon=True)
daemon.start()
print(daemon.daemon, daemon.is_alive())
for action in (lambda: t.start(), lambda: threading.current_thread().join(), lambda: threading.Thread(target=1, args=2)):
    try:
        action()
        print("fine")
    except (RuntimeError, TypeError) as error:
        print(type(error).__name__, error)
