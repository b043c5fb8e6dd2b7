// Is a public key sound: a canonical point of edwards25519 of prime order?
//
// Node's Ed25519 takes keys of small and of mixed order; a verifier must not (proto/README.md,
// section 7).  Public data only, so nothing here need be constant in time.
const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (a) => ((a % P) + P) % P;

function power(base, exponent) {
	let result = 1n;

	for (base = mod(base); exponent > 0n; exponent >>= 1n) {
		if (exponent & 1n)
			result = mod(result * base);
		base = mod(base * base);
	}
	return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_MINUS_1 = power(2n, (P - 1n) / 4n);
const NEUTRAL = { x: 0n, y: 1n, z: 1n, t: 0n };

// Extended coordinates (RFC 8032, section 5.1.4); complete, so it doubles as well.
function add(a, b) {
	const one = mod((a.y - a.x) * (b.y - b.x));
	const two = mod((a.y + a.x) * (b.y + b.x));
	const three = mod(2n * a.t * b.t * D);
	const four = mod(2n * a.z * b.z);
	const e = two - one;
	const f = four - three;
	const g = four + three;
	const h = two + one;

	return { x: mod(e * f), y: mod(g * h), t: mod(e * h), z: mod(f * g) };
}

function multiply(point, scalar) {
	let result = NEUTRAL;

	for (; scalar > 0n; scalar >>= 1n) {
		if (scalar & 1n)
			result = add(result, point);
		point = add(point, point);
	}
	return result;
}

const isNeutral = (point) => point.x === 0n && point.y === point.z;

// The x with this y and sign (RFC 8032, section 5.1.3), or null.
function xOf(y, sign) {
	const u = mod(y * y - 1n);
	const v = mod(D * y * y + 1n);
	let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));

	if (mod(v * x * x) === mod(-u))
		x = mod(x * SQRT_MINUS_1);
	else if (mod(v * x * x) !== u)
		return null;
	if (x === 0n && sign === 1n)
		return null;
	return (x & 1n) === sign ? x : P - x;
}

export function isSound(publicKey) {
	if (publicKey.length !== 32)
		return false;
	const number = BigInt(`0x${Buffer.from(publicKey).reverse().toString('hex')}`);
	const y = number & (2n ** 255n - 1n);

	if (y >= P)
		return false;
	const x = xOf(y, number >> 255n);
	if (x === null)
		return false;
	const point = { x, y, z: 1n, t: mod(x * y) };
	return !isNeutral(point) && isNeutral(multiply(point, ORDER));
}
