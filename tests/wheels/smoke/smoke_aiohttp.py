"""A server and a client in one loop."""

import asyncio

from aiohttp import ClientSession, http, web


async def greet(request):
    data = await request.json()
    return web.json_response({"hello": data["name"], "path": request.path}, headers={"X-Kind": "test"})


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data[::-1])
    return socket


async def main():
    app = web.Application()
    app.add_routes([web.post("/greet/{kind}", greet), web.get("/echo", echo)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with ClientSession(f"http://127.0.0.1:{port}") as session:
        async with session.post("/greet/x", json={"name": "world"}) as response:
            print(response.status, response.headers["X-Kind"], await response.json())
        async with session.get("/nowhere") as response:
            print(response.status, await response.text())
        async with session.ws_connect("/echo") as socket:
            await socket.send_str("abc")
            print((await socket.receive()).data)
    await runner.cleanup()


asyncio.run(main())
print(http.HttpRequestParser.__module__)
