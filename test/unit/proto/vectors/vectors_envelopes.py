"""envelopes.json: ClientFrame and ServerFrame as bytes and as fields."""
from scenario import RX_ID, KEYS, NOW_MS, VOUCHER_ID, documents
import wire


def client_bytes(call_id=0, method="", body=b"", deadline_ms=0, idempotency_key=b"",
                 traceparent="", cancel=False, want_proof=False):
    return wire.message({1: call_id, 2: method, 3: body, 4: deadline_ms, 5: idempotency_key,
                         6: traceparent, 7: cancel, 8: want_proof})


def server_bytes(call_id=0, status=None, body=b"", more=False, receipt=None, proof=b""):
    out = wire.field(1, call_id)
    if status is not None:
        out += wire.one_field(2, status)
    out += wire.field(3, body) + wire.field(4, more)
    if receipt is not None:
        out += wire.one_field(5, receipt_bytes(**receipt))
    return out + wire.field(6, proof)


def receipt_bytes(statement=b"", index=0, count=0, path=(), key_id=b"", signature=b""):
    return wire.message({1: statement, 2: index, 3: count, 4: list(path), 5: key_id, 6: signature})


def receipt_words(statement=b"", index=0, count=0, path=(), key_id=b"", signature=b""):
    """As in the file: 64-bit numbers are decimal strings, bytes are hexadecimal."""
    return {"statement": statement.hex(), "index": str(index), "count": str(count),
            "path": [node.hex() for node in path], "key_id": key_id.hex(),
            "signature": signature.hex()}


def status_bytes(code=0, reason="", retry_class=0, message="", message_zh="", findings=(),
                 retry_after_ms=0):
    return wire.message({1: code, 2: reason, 3: retry_class, 4: message, 5: message_zh,
                         6: [finding_bytes(**f) for f in findings], 7: retry_after_ms})


def finding_bytes(rule="", severity=0, field="", source="", message="", message_zh=""):
    return wire.message({1: rule, 2: severity, 3: field, 4: source, 5: message, 6: message_zh})


def client_cases():
    cases = []
    key, trace = bytes(range(16)), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    def case(name, data=None, **f):
        cases.append({"name": name, "bytes": (client_bytes(**f) if data is None else data).hex(),
                      "result": "OK", "call_id": str(f.get("call_id", 0)),
                      "method": f.get("method", ""),
                      "body": f.get("body", b"").hex(), "deadline_ms": f.get("deadline_ms", 0),
                      "idempotency_key": f.get("idempotency_key", b"").hex(),
                      "traceparent": f.get("traceparent", ""),
                      "cancel": f.get("cancel", False),
                      "want_proof": f.get("want_proof", False)})

    docs = documents()
    voucher = wire.voucher_text(KEYS["authority"].seed, wire.voucher_fields(
        KEYS["authority"].id, VOUCHER_ID, issued_at_ms=NOW_MS, nonce=bytes(range(1, 17))))
    case("an upload", call_id=1, method="rxcirc.v1.Hospital/UploadPrescription",
         body=wire.message({1: docs["prescription"].bytes(), 2: docs["hospital-review"].bytes()}),
         deadline_ms=10000, idempotency_key=key, traceparent=trace)
    case("a pull", call_id=2, method="rxcirc.v1.Pharmacy/PullPrescriptions",
         body=wire.message({1: voucher}), idempotency_key=key)
    case("a claim", call_id=3, method="rxcirc.v1.Pharmacy/ClaimPrescription",
         body=wire.message({1: RX_ID, 2: b"grant"}), idempotency_key=key)
    case("a review", call_id=4, method="rxcirc.v1.Pharmacy/SubmitReview", idempotency_key=key,
         body=wire.message({1: RX_ID, 2: 7, 3: docs["pharmacy-review"].bytes()}))
    case("a dispense", call_id=5, method="rxcirc.v1.Pharmacy/DispensePrescription",
         idempotency_key=key,
         body=wire.message({1: RX_ID, 2: 7, 3: docs["dispense-record"].bytes()}))
    case("a return", call_id=6, method="rxcirc.v1.Pharmacy/ReturnDispensed", idempotency_key=key,
         body=wire.message({1: RX_ID, 2: docs["return-record"].bytes()}))
    case("a renewal", call_id=7, method="rxcirc.v1.Pharmacy/RenewClaim", idempotency_key=key,
         body=wire.message({1: RX_ID, 2: 7}))
    case("a transfer", call_id=8, method="rxcirc.v1.Pharmacy/TransferClaim", idempotency_key=key,
         body=wire.message({1: RX_ID, 2: 7, 3: "P14010500059"}))
    case("the largest call id", call_id=2**63 - 1, method="rxcirc.v1.Hospital/GetPrescription",
         body=wire.message({1: RX_ID}))
    case("a call is taken back", call_id=9, cancel=True)
    case("an upload whose answer waits for the proof", call_id=10, deadline_ms=10000,
         method="rxcirc.v1.Hospital/UploadPrescription", idempotency_key=key, want_proof=True,
         body=wire.message({1: docs["prescription"].bytes(), 2: docs["hospital-review"].bytes()}))
    case("the longest deadline", call_id=1, method="x", deadline_ms=2**32 - 1)
    case("fields in another order", call_id=9, method="m", deadline_ms=5,
         data=wire.field(4, 5) + wire.field(2, "m") + wire.field(1, 9))
    case("a field said twice: the later one counts", call_id=9, method="m",
         data=wire.field(1, 8) + wire.field(2, "n") + wire.field(2, "m") + wire.field(1, 9))
    case("fields of a later version are passed over", call_id=9, method="m",
         data=wire.field(1, 9) + wire.field(99, "later") + wire.field(2, "m") + wire.field(100, 5))
    case("a call id in more varint bytes than needed", call_id=9, method="m",
         data=b"\x08\x89\x80\x00" + wire.field(2, "m"))
    return cases


def server_cases():
    cases = []

    def case(name, data=None, **f):
        status = f.get("status") or {}
        encoded = status_bytes(**status) if "status" in f else None
        data = data if data is not None else server_bytes(
            f.get("call_id", 0), encoded, f.get("body", b""), f.get("more", False),
            f.get("receipt"), f.get("proof", b""))
        cases.append({"name": name, "bytes": data.hex(), "result": "OK",
                      "call_id": str(f.get("call_id", 0)), "has_status": "status" in f,
                      "code": status.get("code", 0), "reason": status.get("reason", ""),
                      "retry_class": status.get("retry_class", 0),
                      "message": status.get("message", ""),
                      "message_zh": status.get("message_zh", ""),
                      "findings": [dict(x) for x in status.get("findings", ())],
                      "retry_after_ms": status.get("retry_after_ms", 0),
                      "body": f.get("body", b"").hex(), "more": f.get("more", False),
                      "receipt": receipt_words(**f["receipt"]) if "receipt" in f else None,
                      "proof": f.get("proof", b"").hex()})

    case("done", call_id=1, status={}, body=wire.message({1: RX_ID}))
    case("done, nothing to say", call_id=1, status={})
    case("one of several", call_id=1, status={}, body=b"\x08\x01", more=True)
    alone = {"statement": b"a statement", "count": 1, "key_id": KEYS["authority"].id,
             "signature": bytes(range(64))}
    case("done, with a receipt", call_id=1, status={}, body=b"\x08\x01", receipt=alone)
    case("done, with a receipt signed with others, and the proof", call_id=1, status={},
         receipt=dict(alone, index=2, count=3, path=[bytes(range(32))]), proof=b"c2sp.org/tlog")
    case("busy", call_id=2, status={
        "code": 8, "reason": "BUSY", "retry_class": 2, "message": "the server is busy",
        "message_zh": "服务器繁忙", "retry_after_ms": 250})
    case("refused by rules", call_id=3, status={
        "code": 9, "reason": "RULES_REFUSED", "retry_class": 1,
        "message": "the prescription breaks the rules named in the findings",
        "message_zh": "处方违反所列规则", "findings": [
            {"rule": "FIELD", "severity": 1, "field": "validity_days", "source": "",
             "message": "must be 1 .. 365", "message_zh": "须为 1 至 365"},
            {"rule": "RX-VALIDITY", "severity": 2, "field": "valiDays", "source": "C2",
             "message": "longer than three days", "message_zh": "超过三天"}]})
    case("about the connection: not registered", call_id=0, status={
        "code": 16, "reason": "CERTIFICATE_NOT_REGISTERED", "retry_class": 1,
        "message": "the client certificate is not registered",
        "message_zh": "客户端证书未登记"})
    case("about the connection: draining", call_id=0, status={
        "code": 14, "reason": "DRAINING", "retry_class": 2,
        "message": "this server node is being stopped; connect again",
        "message_zh": "服务节点正在停止，请重新连接"})
    case("outcome unknown", call_id=4, status={
        "code": 14, "reason": "OUTCOME_UNKNOWN", "retry_class": 3,
        "message": "the outcome could not be learned; repeat with the same key",
        "message_zh": "结果未知，请用同一幂等键重试"})
    case("a retry class of a later version is kept", call_id=6,
         status={"code": 9, "reason": "LATER", "retry_class": 77})
    case("no status: not an answer", call_id=7)
    return cases


def malformed():
    cases = [
        ("tag only", b"\x08"),
        ("varint without end", b"\x08" + b"\xff" * 9),
        ("varint of eleven bytes", b"\x08" + b"\xff" * 10 + b"\x01"),
        ("method longer than the frame", b"\x08\x01\x12\x05abcd"),
        ("body longer than the frame", b"\x08\x01\x1a\xff\xff\xff\xff\x07"),
        ("length of a field without end", b"\x12\xff\xff"),
        ("wire type 6", b"\x0e\x01"),
        ("wire type 7", b"\x0f\x01"),
        ("a 4-byte field of three bytes", b"\xfd\x01abc"),
        ("an 8-byte field of seven bytes", b"\xf9\x01abcdefg"),
        ("text", b"GET / HTTP/1.1\r\n\r\n"),
        ("a TLS hello", bytes.fromhex("160301020001")),
    ]
    return [{"name": n, "bytes": b.hex(), "result": "MALFORMED"} for n, b in cases]


def envelopes():
    return {"about": "Bodies of frames in both directions; see README.md.",
            "client": client_cases(), "server": server_cases(), "malformed": malformed()}
