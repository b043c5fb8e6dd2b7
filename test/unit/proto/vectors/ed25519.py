"""Ed25519 as RFC 8032 tells it, in plain integers.

A second implementation for golden vectors, so that they are not the C code's own word.  Slow and
not constant-time: for fixed test keys only.
"""
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)

# Points are extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, p):
    result = NEUTRAL
    while scalar > 0:
        if scalar & 1:
            result = add(result, p)
        p = add(p, p)
        scalar >>= 1
    return result


def equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def x_of(y, sign):
    """The x of (y, sign), or None when there is no such point."""
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point(y, sign):
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE = point(4 * pow(5, P - 2, P) % P, 0)


def encode(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def scalars_of(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little")
    a &= (1 << 254) - 8
    return a | 1 << 254, h[32:]


def public_key(seed):
    return encode(multiply(scalars_of(seed)[0], BASE))


def hash_mod_l(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def sign(seed, message):
    a, prefix = scalars_of(seed)
    key = encode(multiply(a, BASE))
    r = hash_mod_l(prefix, message)
    r_point = encode(multiply(r, BASE))
    s = (r + hash_mod_l(r_point, key, message) * a) % L
    return r_point + s.to_bytes(32, "little")


def torsion_points():
    """The eight points whose order divides 8, the neutral one first."""
    y = 2
    while True:
        p = point(y, 0)
        p = multiply(L, p) if p else None
        if p and not equal(multiply(4, p), NEUTRAL):
            return [multiply(i, p) for i in range(8)]
        y += 1
