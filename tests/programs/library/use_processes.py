import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory


def square(x):
    return x * x


def put_double(queue, lock, number):
    with lock:
        queue.put(number * 2)


def processes(method):
    context = mp.get_context(method)
    queue, lock = context.Queue(), context.Lock()
    started = [context.Process(target=put_double, args=(queue, lock, i)) for i in range(3)]
    for process in started:
        process.start()
    print(method, sorted(queue.get() for _ in started))
    for process in started:
        process.join()
    print([process.exitcode for process in started])
    with context.Pool(2) as pool:
        print(pool.map(square, range(5)))


def refused(call, kind):
    try:
        call()
    except kind as error:
        print(kind.__name__, error)


def semaphores():
    lock = mp.RLock()
    lock.acquire()
    lock.acquire()
    print(lock)
    lock.release()
    lock.release()
    refused(lock.release, AssertionError)
    refused(mp.BoundedSemaphore(1).release, ValueError)
    semaphore = mp.Semaphore(1)
    print(semaphore.acquire(timeout=0.1), semaphore.acquire(timeout=0.01), semaphore.acquire(block=False))


def memory():
    shared = shared_memory.SharedMemory(create=True, size=100)
    shared.buf[0] = 7
    again = shared_memory.SharedMemory(shared.name)
    print(again.buf[0], again.size >= 100)
    again.close()
    shared.close()
    shared.unlink()
    refused(lambda: shared_memory.SharedMemory("no_such_memory"), FileNotFoundError)


if __name__ == "__main__":
    for method in "fork", "spawn":
        processes(method)
    with ProcessPoolExecutor(2) as executor:
        print(list(executor.map(square, range(4))))
    semaphores()
    memory()
