# suite: stress=997
"""ssl: contexts, handshakes between memories and over sockets, certificates and their verification, and asyncio."""
import asyncio
import gc
import os
import socket
import ssl
import tempfile
import threading

# Made for this program, and used nowhere else.
KEY_AND_CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQClNbdgVeQiqFni
l/C70sNB8hsJtfECQ4I6PsXNAZUswkrEsgGTRNEmu+6zkQqXZcl81wHYkw27pGal
uODUtrvS4rUYax892VXLQ1Tg/rOmvjt+dPythvfdxcTLXgIc7TS9mz82L2xOVRBz
JV90cd4E95AqcYcHLX6quK/GcqP52Ki2lhFmds6wDLr9oLUnYhjhEpKJxYWkhSon
br99ZRlr5Sx6UrawZnHzPzxI6C9dJqg6FQxv4MJtfRZRFrvsbJ01ocBQgRziKLX8
zeqBTQheCfZV+3R0y6Sk75cXclOkTYiq7ml5jcmdWSrk6qGjFmzhtVSQ4F1u9Zeh
1toUO1cLAgMBAAECggEAL4+mSgqQEdYrgktBl6DWa366f/Ir/v3WWNRHd3xUKL2K
btPcFjyChccmsfU4eltoRRNUybeUBYgPsPfnafVtXwm7Htt/8/tEcq7gmaFZsNAl
KoOdVot7ghH0VKOssg0r2MX/zaabZHWitbN1pn09cGqgy0dBmzRiud1PZS8Nu9hI
ONZ2DglU6/SHVEQFDWgKzo/mvycMrIWFrYnvZ0LPsNpRPFU/bf6KfnF5Mq051sW6
rEmiSq4JF03aCZ/vriD0u0ndlLCGKsGwfEIlMXfh0Ru9IIITirH4AF7LIA3lkIst
lrsOq7YodfMGVZC5bn2ahDeh0G5TXb9F5ytR69rn6QKBgQDXSiwkRRWpPj9Yswe1
iPLKhOgFVxb/N9hwAyvRRDmKMOVqf8zmduRaqtnoLEROK1wNSbTcsf8+MxysYJy7
g09zFwaiLiuWwWkpOs/7tUFhx84bPJS2zy3eCviOqCKvfCwZpIKwKb6UHnrIQUpP
d9K79yBcuPHmFrg/vhdRRtMMpQKBgQDEc0G10VijqAe2N2SsZX/X6TPv12h48W2I
/r/Utilqko66w8sxdFQnhlLaWDpc2/0yXXM3KNaYyyQ39aINWq6KhYeblRwoVmaT
qjmBtdGq/y4NpxicnD87wyKU5lJRxoHupzba20wwBqTLyc7EPOO/OFsAm6TfXG/u
mrf2OzUV7wKBgAWo+o4djts7OrkfQ9We+xsd8WeqiX0+P596Rd2jmIusi2uIXp+0
gn5rvXzgJQ+VDj9/L5UZzOcauudBRv2bDyysb002P4kgHp6p4Cvy8PwcH6wRpKtF
uSP8T9qYSwkoD5TBAXqWLl+AiaPYK5b5RH4SmjQ13I47DK8IVV6aqRPNAoGBAIkD
zifOjCEQ19gaCGhJHoJrjyLPvXjlAj2TWB42suo2r7/JQVYLyYoLoIvTD1mmwZC4
Jtyo6guFW4yAEHd58NSCT1OPCyWDJWYGSreSJVs7QVaaXYsVWvEGp37sqSuJ5SOb
kqHQY/H3IEdWSJUL1tiOqMHizHpQ0Wy8kmP1ZZAXAoGATv2qciQGvVvyDuzBsCon
hIIQgl0zZwfZKY1hYGgq2hChiqBTk/sTSL86ELb+lmUgv7NLvPEOQFOQwdvB/o5O
vHR68DiFSEDSdiwexHWP13KaRLiB8VGLMe2hopuWuB0Z4cXkMli3s4PEgW6Qt+a/
9g1ID6k30bcjzkjsTx2dOSQ=
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIDVTCCAj2gAwIBAgIUJVBM3JI0t7bJS9tygT+00ZteBWUwDQYJKoZIhvcNAQEL
BQAwKzESMBAGA1UEAwwJbG9jYWxob3N0MRUwEwYDVQQKDAxUYW5kZW0gdGVzdHMw
IBcNMjYxMTIwMTkzNzExWhgPMjEyNjEwMjcxOTM3MTFaMCsxEjAQBgNVBAMMCWxv
Y2FsaG9zdDEVMBMGA1UECgwMVGFuZGVtIHRlc3RzMIIBIjANBgkqhkiG9w0BAQEF
AAOCAQ8AMIIBCgKCAQEApTW3YFXkIqhZ4pfwu9LDQfIbCbXxAkOCOj7FzQGVLMJK
xLIBk0TRJrvus5EKl2XJfNcB2JMNu6Rmpbjg1La70uK1GGsfPdlVy0NU4P6zpr47
fnT8rYb33cXEy14CHO00vZs/Ni9sTlUQcyVfdHHeBPeQKnGHBy1+qrivxnKj+dio
tpYRZnbOsAy6/aC1J2IY4RKSicWFpIUqJ26/fWUZa+UselK2sGZx8z88SOgvXSao
OhUMb+DCbX0WURa77GydNaHAUIEc4ii1/M3qgU0IXgn2Vft0dMukpO+XF3JTpE2I
qu5peY3JnVkq5OqhoxZs4bVUkOBdbvWXodbaFDtXCwIDAQABo28wbTAdBgNVHQ4E
FgQUHWAH/X0swCpchCLkyJMs/k6B++YwHwYDVR0jBBgwFoAUHWAH/X0swCpchCLk
yJMs/k6B++YwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SH
BH8AAAEwDQYJKoZIhvcNAQELBQADggEBAC/IxUNb+aPv5WfkhPCN9k956cetT0L/
LqZj9nCI9JNpLiKPYy7ItxqGPJImx6xPmWlQYURhAPesGoxCLsq5+F6Kp2tE1mkG
JlbhPf8yWoDfltwNFvyHeaPGUQshil4+cp++/3rSTSS9EYvfmBDXYKVP4E8DwPWH
k7QSDzi+M8yoMdis/fYGtGP6+2sXN70/1l7n/yGh73qWhmZfrt/dOiIw1FNPvQif
1S1lwmRLxWxxBcG6xjEr9FjmJpKcHT31X0ZSEO9VQeqkAvNqrRWkFEfdYxzHGJFe
TcmOHC8RIozEOQlIDckOK47fOsacSyXIr8oYB74LYIiVzcRlzIVWV0I=
-----END CERTIFICATE-----
"""

folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "pair.pem")
with open(path, "w") as f:
    f.write(KEY_AND_CERTIFICATE)

server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain(path)
server_context.set_alpn_protocols(["h2", "http/1.1"])
client_context = ssl.create_default_context(cafile=path)
client_context.set_alpn_protocols(["http/1.1", "spdy"])
print(client_context.verify_mode, client_context.check_hostname, client_context.cert_store_stats()["x509"])


def without_place(e):
    """The text of an error without the place in CPython's source that its errors name."""
    return str(e).partition(" (_ssl.c")[0]


def handshake(client_context, server_context, hostname="localhost"):
    """Two sides that talk through memories."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=hostname)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    for _ in range(20):
        for side in waiting[:]:
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            return client, server
    raise AssertionError("the handshake does not end")


client, server = handshake(client_context, server_context)
print(client.version(), client.selected_alpn_protocol(), server.selected_alpn_protocol(), client.cipher() == server.cipher())
certificate = client.getpeercert()
print(certificate["subject"], certificate["subjectAltName"], len(client.getpeercert(True)) > 500)
print(server.getpeercert(), client.server_hostname, client.server_side, server.server_side)
print(client.write(b"to the server"), server.read(), server.write(b"to the client"), client.read(5), client.pending())
print(client.read(), client.session_reused)
try:
    client.read()
except ssl.SSLWantReadError as e:
    print(type(e).__name__, without_place(e), e.errno)
try:
    client.unwrap()
except ssl.SSLWantReadError:
    print("waits for the answer")
print(server.read())


def attempt(*args):
    try:
        handshake(*args)
    except Exception as e:
        print(type(e).__name__, getattr(e, "reason", None), getattr(e, "verify_message", None))


attempt(client_context, server_context, "example.org")
attempt(client_context, server_context, "127.0.0.2")
attempt(ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(KEY_AND_CERTIFICATE[KEY_AND_CERTIFICATE.index("-----BEGIN CERT"):]))), server_context)
attempt(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), server_context)

for f in (
    lambda: server_context.load_cert_chain("/no such file"),
    lambda: client_context.load_verify_locations(),
    lambda: client_context.load_verify_locations(cadata=""),
    lambda: client_context.load_verify_locations(cadata="text"),
    lambda: client_context.set_ciphers("no such cipher"),
    lambda: setattr(client_context, "verify_mode", ssl.CERT_NONE),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, without_place(e))

bio = ssl.MemoryBIO()
print(bio.write(b"abc"), bio.pending, bio.read(2), bio.eof, bio.write_eof(), bio.read(), bio.eof)

# Over sockets, with a thread for the server.
listener = socket.create_server(("127.0.0.1", 0))


def serve():
    connection, _ = listener.accept()
    with server_context.wrap_socket(connection, server_side=True) as s:
        while data := s.recv(1000):
            s.sendall(data.upper())


thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(listener.getsockname(), timeout=10) as plain:
    with client_context.wrap_socket(plain, server_hostname="localhost") as s:
        s.sendall(b"some text" * 10_000)
        received = 0
        while received < 90_000:
            received += len(s.recv(70_000))
        print(received, s.version(), s.session.has_ticket)
thread.join()
listener.close()


async def talk():
    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_context)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_context, server_hostname="localhost")
    writer.write(b"line\n")
    print(await reader.readline())
    writer.close()
    server.close()


asyncio.run(talk())
del client, server, s
gc.collect()
folder.cleanup()
