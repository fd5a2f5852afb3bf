"""A server and a client in one process, with bytes for messages."""

from concurrent import futures

import grpc


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method.endswith("/Upper"):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request.upper())
        if details.method.endswith("/Split"):
            return grpc.unary_stream_rpc_method_handler(lambda request, context: iter(request.split()))
        return None


server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Handler(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    print(channel.unary_unary("/test/Upper")(b"hello", timeout=10))
    print(list(channel.unary_stream("/test/Split")(b"a b c", timeout=10)))
    try:
        channel.unary_unary("/test/Nothing")(b"", timeout=10)
    except grpc.RpcError as e:
        print(e.code(), e.details())
server.stop(None).wait()
