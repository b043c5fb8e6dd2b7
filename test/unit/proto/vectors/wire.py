"""The wire's encodings a second time, written from proto/README.md and not from the C code."""
import base64
import hashlib

import ed25519

TYPES = {
    1: "application/vnd.rxcirc.prescription.v1+protobuf",
    2: "application/vnd.rxcirc.hospital-review.v1+protobuf",
    3: "application/vnd.rxcirc.pharmacy-review.v1+protobuf",
    4: "application/vnd.rxcirc.dispense-record.v1+protobuf",
    5: "application/vnd.rxcirc.revocation.v1+protobuf",
    6: "application/vnd.rxcirc.key-statement.v1+protobuf",
    7: "application/vnd.rxcirc.return-record.v1+protobuf",
}
VOUCHER_TYPE = "application/vnd.rxcirc.voucher.v1"
POSSESSION_TYPE = "application/vnd.rxcirc.key-possession.v1"

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ISO_7064 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def sha256(data):
    return hashlib.sha256(data).digest()


def varint(value):
    value &= 2**64 - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One protobuf field; what equals the default is left out, a list is a repeated field."""
    if isinstance(value, list):
        return b"".join(one_field(number, v) for v in value)
    if value in (0, False, "", b"") or value is None:
        return b""
    return one_field(number, value)


def one_field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(fields):
    """A message from {number: value}; a value is int, bool, str, bytes or a list of them."""
    return b"".join(field(n, fields[n]) for n in sorted(fields))


def frame(body):
    return varint(len(body)) + body


def dsse(payload_type, body):
    t = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(t), t, len(body), body)


def dsse_sign(seed, payload_type, body):
    return ed25519.sign(seed, dsse(payload_type, body))


class Key:
    """A signing key made from a fixed word."""

    def __init__(self, word):
        self.word = word
        self.seed = sha256(b"rxcirc test key " + word.encode())
        self.public = ed25519.public_key(self.seed)
        self.id = sha256(self.public)

    def sign_document(self, kind, body):
        return Document(kind, body, self.id, dsse_sign(self.seed, TYPES[kind], body))


class Document:
    """A SignedDocument."""

    def __init__(self, kind, body, key_id, signature):
        self.kind, self.body, self.key_id, self.signature = kind, body, key_id, signature

    def bytes(self):
        return message({1: self.kind, 2: self.body, 3: self.key_id, 4: self.signature})

    def document_sha256(self):
        return sha256(dsse(TYPES[self.kind], self.body))

    def signature_sha256(self):
        return sha256(self.signature)

    def digest(self):
        """The serialized DocumentDigest by which a later document names this one."""
        return message({1: self.document_sha256(), 2: self.signature_sha256()})


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def voucher_fields(key_id, voucher_id, purpose=2122, issued_at_ms=0, life_s=60, nonce=bytes(16),
                   version=1, id_len=None):
    raw = voucher_id.encode("latin-1")
    return (bytes([version]) + purpose.to_bytes(4, "big") + issued_at_ms.to_bytes(8, "big")
            + life_s.to_bytes(2, "big") + nonce + key_id
            + bytes([len(raw) if id_len is None else id_len]) + raw)


def voucher_text(seed, fields):
    return "RXV1." + base64url(fields + dsse_sign(seed, VOUCHER_TYPE, fields))


def rx_digits(rx_id):
    number = int.from_bytes(rx_id, "big") << 2
    return "".join(CROCKFORD[number >> 5 * i & 31] for i in range(25, -1, -1))


def rx_check(digits):
    total = 0
    for d in digits:
        total = (total + ISO_7064.index(d)) * 2 % 37
    return ISO_7064[(1 - total) % 37]


def rx_code(rx_id):
    d = rx_digits(rx_id)
    groups = [d[0:5], d[5:10], d[10:15], d[15:20], d[20:26]]
    return "RX-" + "-".join(groups) + "-" + rx_check(d)
