"""frames.json, rxids.json, vouchers.json."""
from scenario import KEYS, NOW_MS, RX_ID, VOUCHER_ID
import wire

FRAME_BODY_MAX = 256 * 1024


def frames():
    cases = []

    def case(name, data, result, fill=0, **more):
        cases.append({"name": name, "in": data.hex(), "fill": fill, "result": result, **more})

    def whole(name, data, used, body_len, fill=0):
        case(name, data, "WHOLE", fill, used=used, body_len=body_len)

    def partial(name, data, need, fill=0):
        case(name, data, "PARTIAL", fill, need=need)

    whole("one byte", b"\x01a", 2, 1)
    whole("127 bytes, the longest with one prefix byte", b"\x7f", 128, 127, 127)
    whole("128 bytes, the shortest with two", b"\x80\x01", 130, 128, 128)
    whole("16383 bytes", b"\xff\x7f", 16385, 16383, 16383)
    whole("16384 bytes, the shortest with three", b"\x80\x80\x01", 16387, 16384, 16384)
    whole("the limit", b"\x80\x80\x10", 3 + FRAME_BODY_MAX, FRAME_BODY_MAX, FRAME_BODY_MAX)
    whole("a second frame behind it", b"\x02ab\x01c", 3, 2)
    whole("an unreadable second frame behind it", b"\x02ab\x80\x00", 3, 2)

    partial("nothing yet", b"", 0)
    partial("half a prefix", b"\x80", 0)
    partial("four bytes of a prefix", b"\xff\xff\xff\xff", 0)
    partial("prefix only", b"\x03", 4)
    partial("one byte short", b"\x03ab", 4)
    partial("two prefix bytes, body missing", b"\x80\x01", 130)
    partial("two prefix bytes, one byte short", b"\x80\x01", 130, 127)
    partial("the limit, body missing", b"\x80\x80\x10", 3 + FRAME_BODY_MAX)
    partial("the limit, one byte short", b"\x80\x80\x10", 3 + FRAME_BODY_MAX, FRAME_BODY_MAX - 1)

    case("the limit plus one", b"\x81\x80\x10", "TOO_LARGE")
    case("the largest three-byte prefix", b"\xff\xff\x7f", "TOO_LARGE")
    case("four prefix bytes", b"\x80\x80\x80\x01", "TOO_LARGE")
    case("2^32 - 1", b"\xff\xff\xff\xff\x0f", "TOO_LARGE")
    case("more than 32 bits", b"\xff\xff\xff\xff\x7f", "TOO_LARGE")
    case("only the highest bit of five bytes", b"\x80\x80\x80\x80\x40", "TOO_LARGE")

    case("an empty frame", b"\x00", "MALFORMED")
    case("an empty frame, bytes behind it", b"\x00\x01a", "MALFORMED")
    case("zero in two bytes", b"\x80\x00", "MALFORMED")
    case("one in two bytes", b"\x81\x00a", "MALFORMED")
    case("127 in two bytes", b"\xff\x00", "MALFORMED", 127)
    case("128 in three bytes", b"\x80\x81\x00", "MALFORMED", 128)
    case("one in five bytes", b"\x81\x80\x80\x80\x00", "MALFORMED")
    case("five bytes and no end", b"\x80\x80\x80\x80\x80", "MALFORMED")
    case("six bytes", b"\xff\xff\xff\xff\xff\x01", "MALFORMED")
    case("ten bytes of ones", b"\xff" * 9 + b"\x01", "MALFORMED")
    return {"about": "Length-prefixed frames; see README.md.", "cases": cases}


def rx_id_of(n):
    return wire.sha256(b"rx id %d" % n)[:16]


def rx_formats():
    ids = [bytes(16), b"\xff" * 16, bytes(range(16)), RX_ID] + [rx_id_of(n) for n in range(40)]
    return [{"rx_id": i.hex(), "code": wire.rx_code(i), "bucket": int.from_bytes(i[:2], "big"),
             "day": int.from_bytes(i[2:4], "big")} for i in ids]


def rx_with_check(check):
    return next(r for r in map(rx_id_of, range(1000)) if wire.rx_code(r)[-1] == check)


def rx_good(parse, rx_id, code):
    parse("as printed", code, rx_id)
    parse("lower case", code.lower(), rx_id)
    parse("no hyphens", code.replace("-", ""), rx_id)
    parse("hyphens elsewhere", "-" + code.replace("-", "").replace("R", "R-") + "--", rx_id)
    parse("O for 0", code.replace("0", "O"), rx_id)
    parse("I for 1 among the 26", code[:-1].replace("1", "I") + code[-1], rx_id)
    parse("l for 1 among the 26", code[:-1].replace("1", "l") + code[-1], rx_id)
    parse("64 characters", code + "-" * (64 - len(code)), rx_id)
    for check in "ILOU*":
        parse("check character " + check, wire.rx_code(rx_with_check(check)), rx_with_check(check))


def rx_bad(parse, rx_id, code):
    for printed, typed in (("O", "0"), ("I", "1"), ("L", "1")):
        parse("check character %s typed as %s" % (printed, typed),
              wire.rx_code(rx_with_check(printed))[:-1] + typed)
    parse("empty", "")
    parse("prefix only", "RX-")
    parse("no prefix", code[3:])
    parse("other prefix", "PX" + code[2:])
    parse("no check character", code[:-2])
    parse("a character too few", code[:10] + code[11:])
    parse("a character too many", code + "1")
    parse("spaces for hyphens", code.replace("-", " "))
    parse("a space behind", code + " ")
    parse("a line end behind", code + "\n")
    parse("U among the 26", code[:-3] + "U" + code[-2:])
    parse("* among the 26", code[:-3] + "*" + code[-2:])
    parse("full-width digit", code.replace("4", "\uff14", 1))
    parse("65 characters", code + "-" * (65 - len(code)))
    digits = wire.rx_digits(rx_id)
    for spare in "XYZ":
        wrong = digits[:-1] + spare
        parse("spare bits not zero, check right: " + spare, "RX" + wrong + wire.rx_check(wrong))


def rx_slips(parse, code):
    for at in [i for i, c in enumerate(code) if c != "-"][2:]:
        other = "7" if code[at] != "7" else "8"
        parse("wrong character at %d" % at, code[:at] + other + code[at + 1:])
    for at in range(3, len(code) - 1):
        nxt = at + 2 if code[at + 1] == "-" else at + 1
        if code[at] not in ("-", code[nxt]):
            swapped = code[:at] + code[nxt] + code[at + 1:nxt] + code[at] + code[nxt + 1:]
            parse("swapped at %d" % at, swapped)


def rxids():
    parses = []

    def parse(name, text, rx_id=None):
        parses.append({"name": name, "text": text, "result": "OK" if rx_id else "REFUSED",
                       **({"rx_id": rx_id.hex()} if rx_id else {})})

    rx_id, code = bytes(range(16)), wire.rx_code(bytes(range(16)))
    rx_good(parse, rx_id, code)
    rx_bad(parse, rx_id, code)
    rx_slips(parse, code)
    zero_ms, day_ms = 1577808000000, 86400000
    days = [(0, 0), (-1, 0), (zero_ms - 1, 0), (zero_ms, 0), (zero_ms + day_ms - 1, 0),
            (zero_ms + day_ms, 1), (NOW_MS, 2252), (1772380799999, 2251), (1772380800000, 2252),
            (zero_ms + 65535 * day_ms, 65535), (zero_ms + 65536 * day_ms, 65535)]
    return {"about": "Ids of prescriptions and their printed form; see README.md.",
            "format": rx_formats(), "parse": parses,
            "days": [{"at_ms": str(a), "day": d} for a, d in days]}


class Vouchers:
    """The cases of vouchers.json, collected."""

    def __init__(self):
        self.key, self.cases, self.nonce = KEYS["authority"], [], bytes(range(1, 17))

    def fields(self, voucher_id=VOUCHER_ID, **changes):
        values = {"issued_at_ms": NOW_MS, "nonce": self.nonce, "key_id": self.key.id, **changes}
        return wire.voucher_fields(voucher_id=voucher_id, **values)

    def case(self, name, text, result, **more):
        self.cases.append({"name": name, "text": text, "result": result, **more})

    def good(self, name, voucher_id=VOUCHER_ID, purpose=2122, issued_at_ms=NOW_MS, life_s=60):
        raw = self.fields(voucher_id, purpose=purpose, issued_at_ms=issued_at_ms, life_s=life_s)
        self.case(name, wire.voucher_text(self.key.seed, raw), "OK", purpose=purpose,
                  life_s=life_s, issued_at_ms=str(issued_at_ms), nonce=self.nonce.hex(),
                  key_id=self.key.id.hex(), id=voucher_id)

    def forged(self, name, body, signature):
        self.case(name, "RXV1." + wire.base64url(bytes(body) + bytes(signature)), "FORGED")

    def malformed(self, name, raw):
        """Correctly signed, and still not a code."""
        self.case(name, wire.voucher_text(self.key.seed, raw), "MALFORMED")


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 1
    return changed


def vouchers_good(v):
    v.good("a pull")
    v.good("the person's own list", purpose=3131)
    v.good("a purpose this version does not know", purpose=99999)
    v.good("the shortest id", "x")
    v.good("the longest id", "x" * 50)
    v.good("an id of every kind of character", "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~aZ09")
    v.good("the shortest life", life_s=1)
    v.good("the longest life", life_s=300)
    v.good("issued at zero", issued_at_ms=0)
    v.good("issued at the end of int64", issued_at_ms=2**63 - 1)


def vouchers_forged(v):
    body, seed = v.fields(), v.key.seed
    signature = wire.dsse_sign(seed, wire.VOUCHER_TYPE, body)
    v.forged("signed by somebody else", body,
             wire.dsse_sign(KEYS["stranger"].seed, wire.VOUCHER_TYPE, body))
    v.forged("signed as a proof of possession", body,
             wire.dsse_sign(seed, wire.POSSESSION_TYPE, body))
    v.forged("signed without the payload type", body, wire.ed25519.sign(seed, body))
    for at in (1, 5, 14, 15, 31, 70):
        v.forged("byte %d of the fields changed" % at, flipped(body, at), signature)
    for at in (0, 31, 32, 63):
        v.forged("byte %d of the signature changed" % at, body, flipped(signature, at))
    s = int.from_bytes(signature[32:], "little") + wire.ed25519.L
    v.forged("S written as S + L", body, signature[:32] + s.to_bytes(32, "little"))


def vouchers_signed_nonsense(v):
    v.malformed("version 0", v.fields(version=0))
    v.malformed("version 2", v.fields(version=2))
    v.malformed("life 0", v.fields(life_s=0))
    v.malformed("life 301", v.fields(life_s=301))
    v.malformed("issued above int64", v.fields(issued_at_ms=2**63))
    v.malformed("no id", v.fields(""))
    v.malformed("an id of 51 bytes", v.fields("x" * 51))
    v.malformed("a space in the id", v.fields("a b"))
    v.malformed("a line end in the id", v.fields("ab\n"))
    v.malformed("a NUL in the id", v.fields("a\0b"))
    v.malformed("DEL in the id", v.fields("a\x7f"))
    v.malformed("a byte above ASCII in the id", v.fields("a\xe9"))
    v.malformed("a byte left over", v.fields(id_len=31))
    v.malformed("a byte missing", v.fields(id_len=33))
    v.malformed("fields cut before the id", v.fields()[:63])


def vouchers_bad_text(v):
    text = wire.voucher_text(v.key.seed, v.fields())
    v.case("fields only", "RXV1." + wire.base64url(v.fields()), "MALFORMED")
    v.case("empty", "", "MALFORMED")
    v.case("prefix only", "RXV1.", "MALFORMED")
    v.case("no prefix", text[5:], "MALFORMED")
    v.case("prefix of version 2", "RXV2." + text[5:], "MALFORMED")
    v.case("prefix in lower case", "rxv1." + text[5:], "MALFORMED")
    v.case("a space in front", " " + text, "MALFORMED")
    v.case("a line end behind", text + "\n", "MALFORMED")
    v.case("one character missing", text[:-1], "MALFORMED")
    v.case("a character more", text + "A", "MALFORMED")
    v.case("padding", text + "=", "MALFORMED")
    v.case("a space inside", text[:50] + " " + text[50:], "MALFORMED")
    v.case("the ordinary base64 alphabet: +", text[:50] + "+" + text[51:], "MALFORMED")
    v.case("the ordinary base64 alphabet: /", text[:50] + "/" + text[51:], "MALFORMED")
    v.case("a full-width letter", text[:50] + "\uff21" + text[51:], "MALFORMED")
    v.case("321 characters", "RXV1." + "A" * 316, "MALFORMED")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for extra in range(3):
        other = wire.voucher_text(v.key.seed, v.fields("x" * (30 + extra)))
        spare = (len(other) - 5) * 6 % 8
        if spare:
            last = alphabet[alphabet.index(other[-1]) | 1]
            v.case("%d spare bits not zero" % spare, other[:-1] + last, "MALFORMED")


def voucher_times():
    end = NOW_MS + 60000
    cases = [(NOW_MS, 0, "OK"), (end - 1, 0, "OK"), (NOW_MS - 5000, 5000, "OK"),
             (end + 4999, 5000, "OK"), (NOW_MS - 1, 0, "NOT_YET"), (NOW_MS - 5001, 5000, "NOT_YET"),
             (0, 5000, "NOT_YET"), (end, 0, "EXPIRED"), (end + 5000, 5000, "EXPIRED"),
             (2**53, 5000, "EXPIRED")]
    return [{"issued_at_ms": str(NOW_MS), "life_s": 60, "now_ms": str(now), "skew_ms": skew,
             "result": result} for now, skew, result in cases]


def vouchers():
    v = Vouchers()
    vouchers_good(v)
    vouchers_forged(v)
    vouchers_signed_nonsense(v)
    vouchers_bad_text(v)
    return {"about": "E-voucher codes; see README.md.", "public_key": v.key.public.hex(),
            "seed": v.key.seed.hex(), "cases": v.cases, "times": voucher_times()}
