"""Greenlets that wait, queues, a server, and patched sleeping."""

import gevent
from gevent import event, lock, monkey, pool, queue, server, socket

monkey.patch_time()
import time

order = []


def work(n):
    time.sleep(0.01 * n)
    order.append(n)
    return n * n


print([g.value for g in gevent.joinall([gevent.spawn(work, n) for n in (3, 1, 2)])], order)
print(pool.Pool(2).map(lambda x: x + 1, range(5)))
q = queue.Queue(1)
producer = gevent.spawn(lambda: [q.put(i) for i in range(4)])
print([q.get() for _ in range(4)])
failed = gevent.spawn(lambda: 1 / 0)
failed.link_exception(lambda g: print("failed", type(g.exception).__name__))
gevent.sleep(0.01)
with gevent.Timeout(0.01, False):
    gevent.sleep(5)
print("timed out")
flag, mutex = event.Event(), lock.Semaphore()
gevent.spawn_later(0.01, flag.set)
with mutex:
    print(flag.wait(5))
listener = server.StreamServer(("127.0.0.1", 0), lambda s, a: (s.sendall(s.recv(10).upper()), s.close()))
listener.start()
client = socket.create_connection(("127.0.0.1", listener.server_port))
client.sendall(b"hello")
print(client.recv(10))
listener.stop()
