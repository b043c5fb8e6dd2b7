"""A TCP proxy that delivers a request and loses its answer.

    with DeafProxy(port) as proxy:
        ... connect to 127.0.0.1:proxy.port ...

What the server says is passed on until the client has spoken for the second time: that lets a
TLS 1.3 handshake complete.  The request goes through; the answer is swallowed.
"""
import socket
import threading


class DeafProxy:
    def __init__(self, server_port):
        self.server_port = server_port
        self.swallowed = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *ignored):
        self.listener.close()
        for sock in self.open:
            sock.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            self.open += [client, server]
            spoken = [0]
            for work, ends in ((self.forward, (client, server)), (self.swallow, (server, client))):
                threading.Thread(target=work, args=(*ends, spoken), daemon=True).start()

    @staticmethod
    def forward(client, server, spoken):
        try:
            while data := client.recv(65536):
                spoken[0] += 1
                server.sendall(data)
        except OSError:
            pass

    def swallow(self, server, client, spoken):
        try:
            while data := server.recv(65536):
                if spoken[0] < 2:
                    client.sendall(data)
                else:
                    self.swallowed += len(data)
        except OSError:
            pass
