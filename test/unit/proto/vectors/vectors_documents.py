"""dsse.json and documents.json."""
from scenario import DAY_MS, KEYS, NOW_MS, documents as scenario_documents
import ed25519
import wire

DOCUMENT_BODY_MAX = 48 * 1024
NAMES = {1: "PRESCRIPTION", 2: "HOSPITAL_REVIEW", 3: "PHARMACY_REVIEW", 4: "DISPENSE_RECORD",
         5: "REVOCATION", 6: "KEY_STATEMENT", 7: "RETURN_RECORD"}


def encodings():
    cases = [("http://example.com/HelloWorld", b"hello world"), (wire.TYPES[1], b""),
             (wire.TYPES[1], b"\x00"), (wire.TYPES[6], bytes(range(256))),
             (wire.VOUCHER_TYPE, b"9" * 9), (wire.VOUCHER_TYPE, b"9" * 10),
             ("t", "处方".encode()), ("t 5 a", b"b"), ("t", b"a 1 b")]
    return [{"type": t, "body": b.hex(), "encoding": wire.dsse(t, b).hex(),
             "sha256": wire.sha256(wire.dsse(t, b)).hex()} for t, b in cases]


def soundness():
    torsion = ed25519.torsion_points()
    p, base = ed25519.P, ed25519.BASE
    keys = []

    def key(name, data, sound):
        keys.append({"name": name, "public_key": data.hex(), "sound": sound})

    key("the base point", ed25519.encode(base), True)
    for name in sorted(KEYS):
        key("test key " + name, KEYS[name].public, True)
    for i, point in enumerate(torsion):
        key("order divides 8, number %d" % i, ed25519.encode(point), False)
    for y, name in ((p, "0"), (p + 1, "1"), (p - 1, "p - 1")):
        for sign in (0, 1):
            data = (y | sign << 255).to_bytes(32, "little")
            key("y = %s written as %s, sign %d" % (name, "p + " + name if y >= p else name, sign),
                data, False)
    key("y = 1, sign 1", (1 | 1 << 255).to_bytes(32, "little"), False)
    for i, point in enumerate(torsion[1:], 1):
        mixed = ed25519.add(ed25519.multiply(7, base), point)
        key("prime order plus small order, number %d" % i, ed25519.encode(mixed), False)
    key("base point plus (0, -1), CVE-2025-69277",
        ed25519.encode(ed25519.add(base, torsion[4])), False)
    key("not on the curve", (2).to_bytes(32, "little"), False)
    key("y = 3 written as p + 3", (p + 3).to_bytes(32, "little"), False)
    key("all ones", b"\xff" * 32, False)
    return keys


def verifications():
    """What every Ed25519 library must agree on, and what only a strict one refuses."""
    key, stranger = KEYS["physician"], KEYS["stranger"]
    kind, body = wire.TYPES[1], b"take one a day"
    signature = wire.dsse_sign(key.seed, kind, body)
    cases, strict = [], []

    def case(name, result, public=key.public, t=kind, b=body, s=signature, to=cases):
        to.append({"name": name, "public_key": public.hex(), "type": t, "body": b.hex(),
                   "signature": s.hex(), "result": result})

    case("as signed", "OK")
    for number, t in wire.TYPES.items():
        case("type of kind %d" % number, "OK", t=t, s=wire.dsse_sign(key.seed, t, body))
    case("an empty body", "OK", b=b"", s=wire.dsse_sign(key.seed, kind, b""))
    case("5000 bytes", "OK", b=b"b" * 5000, s=wire.dsse_sign(key.seed, kind, b"b" * 5000))
    case("another type", "REFUSED", t=wire.TYPES[2])
    case("the voucher's type", "REFUSED", t=wire.VOUCHER_TYPE)
    case("the type in upper case", "REFUSED", t=kind.upper())
    case("another body", "REFUSED", b=b"take two a day")
    case("a byte more", "REFUSED", b=body + b"\0")
    case("a byte less", "REFUSED", b=body[:-1])
    case("an empty body instead", "REFUSED", b=b"")
    case("another key", "REFUSED", public=stranger.public)
    case("another key's signature", "REFUSED", s=wire.dsse_sign(stranger.seed, kind, body))
    case("signed without the encoding", "REFUSED", s=ed25519.sign(key.seed, body))
    case("signed over the digest", "REFUSED",
         s=ed25519.sign(key.seed, wire.sha256(wire.dsse(kind, body))))
    case("R and S swapped", "REFUSED", s=signature[32:] + signature[:32])
    case("all zero", "REFUSED", s=bytes(64))
    for at in (0, 1, 31, 32, 33, 63):
        changed = bytearray(signature)
        changed[at] ^= 0x10
        case("byte %d changed" % at, "REFUSED", s=bytes(changed))
    s = int.from_bytes(signature[32:], "little")
    for times in (1, 2, 8, 14):
        case("S written as S + %d L" % times, "REFUSED",
             s=signature[:32] + (s + times * ed25519.L).to_bytes(32, "little"))
    neutral = ed25519.encode(ed25519.NEUTRAL)
    for i, point in enumerate(ed25519.torsion_points()):
        case("key of small order %d, R neutral, S zero" % i, "REFUSED", to=strict,
             public=ed25519.encode(point), s=neutral + bytes(32))
    return cases, strict


def dsse():
    cases, strict = verifications()
    return {"about": "What signatures cover, which hold, which keys are sound; see README.md.",
            "types": [{"kind": k, "name": NAMES[k], "type": t} for k, t in wire.TYPES.items()]
            + [{"kind": 0, "name": "VOUCHER", "type": wire.VOUCHER_TYPE},
               {"kind": 0, "name": "KEY_POSSESSION", "type": wire.POSSESSION_TYPE}],
            "encodings": encodings(),
            "signers": [{"name": n, "seed": k.seed.hex(), "public_key": k.public.hex(),
                         "key_id": k.id.hex()} for n, k in sorted(KEYS.items())],
            "verify": cases, "verify_strict": strict, "keys": soundness()}


def refusals(docs):
    """Changed documents: (name, bytes of a SignedDocument, kind asked for, key)."""
    def signed(d, kind=None, body=None, key_id=None, signature=None):
        return wire.message({1: d.kind if kind is None else kind,
                             2: d.body if body is None else body,
                             3: d.key_id if key_id is None else key_id,
                             4: d.signature if signature is None else signature})

    d, physician, stranger = docs["prescription"], KEYS["physician"], KEYS["stranger"]
    changed = bytearray(d.body)
    changed[20] ^= 1
    too_long = physician.sign_document(1, b"b" * (DOCUMENT_BODY_MAX + 1))
    cases = [
        ("a byte of the body changed", signed(d, body=bytes(changed)), 1, physician),
        ("the body cut", signed(d, body=d.body[:-1]), 1, physician),
        ("a field added to the body", signed(d, body=d.body + wire.field(99, 1)), 1, physician),
        ("no body", signed(d, body=b""), 1, physician),
        ("one byte above the limit", too_long.bytes(), 1, physician),
        ("no signature", signed(d, signature=b""), 1, physician),
        ("63 bytes of signature", signed(d, signature=d.signature[:63]), 1, physician),
        ("65 bytes of signature", signed(d, signature=d.signature + b"\0"), 1, physician),
        ("no key id", signed(d, key_id=b""), 1, physician),
        ("31 bytes of key id", signed(d, key_id=d.key_id[:31]), 1, physician),
        ("33 bytes of key id", signed(d, key_id=d.key_id + b"\0"), 1, physician),
        ("another key", d.bytes(), 1, stranger),
        ("another document's signature",
         signed(d, signature=docs["revocation"].signature), 1, physician),
        ("asked for as a review", d.bytes(), 2, physician),
        ("renamed to a review", signed(d, kind=2), 2, physician),
        ("no kind", signed(d, kind=0), 0, physician),
        ("a kind nobody knows", signed(d, kind=8), 8, physician),
        ("a negative kind", signed(d, kind=-1), -1, physician),
    ]
    return [{"name": n, "document": b.hex(), "kind": k, "public_key": key.public.hex(),
             "result": "REFUSED"} for n, b, k, key in cases]


def sizes():
    """Bodies as short and as long as may be; what stands in them is not looked at here."""
    physician = KEYS["physician"]
    return [{"name": "%d bytes" % length, "kind": 1, "public_key": physician.public.hex(),
             "document": physician.sign_document(1, b"b" * length).bytes().hex(), "result": "OK"}
            for length in (1, DOCUMENT_BODY_MAX)]


def namings(docs):
    d, review = docs["prescription"], docs["hospital-review"]
    other_signature = wire.Document(d.kind, d.body, d.key_id,
                                    wire.dsse_sign(KEYS["stranger"].seed, wire.TYPES[1], d.body))
    renamed = wire.Document(2, d.body, d.key_id, d.signature)
    flipped = bytearray(d.signature_sha256())
    flipped[0] ^= 1
    plain = wire.message({1: wire.sha256(d.body), 2: d.signature_sha256()})
    cases = [
        ("itself", d, d.digest(), True),
        ("the review itself", review, review.digest(), True),
        ("another document", review, d.digest(), False),
        ("the same body with another signature", other_signature, d.digest(), False),
        ("the same body as another kind", renamed, d.digest(), False),
        ("SHA-256 of the body without the encoding", d, plain, False),
        ("the signature's digest changed", d,
         wire.message({1: d.document_sha256(), 2: bytes(flipped)}), False),
        ("the digests exchanged", d,
         wire.message({1: d.signature_sha256(), 2: d.document_sha256()}), False),
        ("no signature digest", d, wire.message({1: d.document_sha256()}), False),
        ("no document digest", d, wire.message({2: d.signature_sha256()}), False),
        ("an empty name", d, b"", False),
        ("31 bytes of a digest", d,
         wire.message({1: d.document_sha256()[:31], 2: d.signature_sha256()}), False),
        ("33 bytes of a digest", d,
         wire.message({1: d.document_sha256() + b"\0", 2: d.signature_sha256()}), False),
    ]
    return [{"name": n, "document": doc.bytes().hex(), "digest": digest.hex(), "named": named}
            for n, doc, digest, named in cases]


def validities():
    begin, end = NOW_MS - 100 * DAY_MS, NOW_MS + 265 * DAY_MS
    cases = [
        (begin, end, 0, NOW_MS, True), (begin, end, 0, begin, True),
        (begin, end, 0, begin - 1, False),
        (begin, end, 0, end - 1, True), (begin, end, 0, end, False),
        (begin, end, NOW_MS, NOW_MS - 1, True), (begin, end, NOW_MS, NOW_MS, False),
        (begin, end, NOW_MS, end - 1, False), (begin, end, begin, begin, False),
        (begin, end, 1, begin, False), (begin, end, end + 1, end - 1, True),
        (begin, end, end + 1, end, False), (begin, begin, 0, begin, False),
        (end, begin, 0, NOW_MS, False), (0, 0, 0, 0, False), (0, 0, 0, NOW_MS, False)]
    return [{"not_before_ms": str(b), "not_after_ms": str(e), "revoked_from_ms": str(r),
             "at_ms": str(t), "valid": v} for b, e, r, t, v in cases]


def documents():
    docs = scenario_documents()
    owners = {k.id: k for k in KEYS.values()}
    return {
        "about": "The documents of one whole fill, and what must be refused; see README.md.",
        "documents": [{
            "name": n, "kind": d.kind, "document": d.bytes().hex(), "body": d.body.hex(),
            "key_id": d.key_id.hex(), "signature": d.signature.hex(),
            "public_key": owners[d.key_id].public.hex(),
            "document_sha256": d.document_sha256().hex(),
            "signature_sha256": d.signature_sha256().hex(),
            "result": "OK"} for n, d in docs.items()],
        "sizes": sizes(), "refused": refusals(docs), "naming": namings(docs),
        "key_statements": validities()}
