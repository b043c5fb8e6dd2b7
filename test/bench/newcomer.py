"""How long somebody new waits: from connecting to the answer to a first call."""
import os
import socket
import ssl
import statistics
import time

INSTITUTION = "P14010500417"  # not the crowd's
METHOD = b"rxcirc.v1.Directory/ListParameters"
# A frame: its length, call id 1, the method (envelope.proto).
FRAME = bytes([4 + len(METHOD), 8, 1, 18, len(METHOD)]) + METHOD
TIMEOUT_S = 5  # the library's own patience


def context(world):
    folder = world.institution(INSTITUTION)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    made.set_alpn_protocols(["rxcirc/1"])
    return made


def come(made, port):
    """Milliseconds, or None when it took too long."""
    began = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as plain, \
                made.wrap_socket(plain) as link:
            # The call must not wait for the server's acknowledgment of the handshake.
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(FRAME)
            if not link.recv(1):
                return None
    except OSError:
        return None
    took_s = time.monotonic() - began
    return took_s * 1000 if took_s <= TIMEOUT_S else None


def newcomers(world, count):
    """So many, one after the other: {"tries", "failed", "p50_ms"}; p50 is null when all failed."""
    made = context(world)
    took = [come(made, world.nodes[0].port) for _ in range(count)]
    came = [ms for ms in took if ms is not None]
    return {"tries": count, "failed": count - len(came),
            "p50_ms": statistics.median(came) if came else None}
