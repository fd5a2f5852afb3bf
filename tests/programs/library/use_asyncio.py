# asyncio: tasks, gather, timeouts, cancellation, queues, locks, task groups, streams over a socket pair, threads.
# suite: stress=997
import asyncio


async def worker(name, delay, log):
    try:
        await asyncio.sleep(delay)
        log.append(f"{name} done")
        return name
    except asyncio.CancelledError:
        log.append(f"{name} cancelled")
        raise


async def basics():
    log = []
    print(await asyncio.gather(worker("a", 0.02, log), worker("b", 0.01, log)), log)
    task = asyncio.create_task(worker("c", 10, log))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", task.cancelled(), log[-1])
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(10)
    except TimeoutError:
        print("timeout")
    print(await asyncio.wait_for(worker("d", 0, log), 1), await asyncio.gather(asyncio.sleep(0, "x"), fail(), return_exceptions=True))


async def fail():
    raise ValueError("failed")


async def queues():
    queue = asyncio.Queue(maxsize=2)
    out = []

    async def producer():
        for n in range(5):
            await queue.put(n)
        await queue.put(None)

    async def consumer():
        while (n := await queue.get()) is not None:
            out.append(n)

    async with asyncio.TaskGroup() as group:
        group.create_task(producer())
        group.create_task(consumer())
    print(out)


async def groups():
    log = []
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker("slow", 10, log))
            group.create_task(fail())
    except* ValueError as error:
        print(error.exceptions, log)


async def locks():
    lock, event, order = asyncio.Lock(), asyncio.Event(), []

    async def critical(n):
        await event.wait()
        async with lock:
            order.append(("in", n))
            await asyncio.sleep(0)
            order.append(("out", n))

    tasks = [asyncio.create_task(critical(n)) for n in range(3)]
    await asyncio.sleep(0)
    event.set()
    await asyncio.gather(*tasks)
    print(order)


async def streams():
    async def handle(reader, writer):
        line = await reader.readline()
        writer.write(line.upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"hello\n")
    print(await reader.read())
    writer.close()
    server.close()
    await server.wait_closed()


async def agen():
    for n in range(3):
        yield n
        await asyncio.sleep(0)


async def main():
    await basics()
    await queues()
    await groups()
    await locks()
    await streams()
    print([n async for n in agen()], await asyncio.to_thread(sum, [1, 2]))
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, "later")
    print(await future, asyncio.current_task() is not None)
    return "finished"


print(asyncio.run(main()))
