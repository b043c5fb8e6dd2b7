// Ed25519 over DSSE's pre-authentication encoding (proto/README.md, section 7).
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { PUBLIC_KEY_LEN, SIGNATURE_LEN } from './limits.js';

// Payload types by DocumentKind.
export const DOCUMENT_TYPES = [
	null,
	'application/vnd.rxcirc.prescription.v1+protobuf',
	'application/vnd.rxcirc.hospital-review.v1+protobuf',
	'application/vnd.rxcirc.pharmacy-review.v1+protobuf',
	'application/vnd.rxcirc.dispense-record.v1+protobuf',
	'application/vnd.rxcirc.revocation.v1+protobuf',
	'application/vnd.rxcirc.key-statement.v1+protobuf',
	'application/vnd.rxcirc.return-record.v1+protobuf',
];
export const VOUCHER_TYPE = 'application/vnd.rxcirc.voucher.v1';
export const POSSESSION_TYPE = 'application/vnd.rxcirc.key-possession.v1';

const PUBLIC_WRAP = Buffer.from('302a300506032b6570032100', 'hex');
const SEED_WRAP = Buffer.from('302e020100300506032b657004220420', 'hex');

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export function encode(type, body) {
	const typeBytes = Buffer.from(type);

	return Buffer.concat([Buffer.from(`DSSEv1 ${typeBytes.length} `), typeBytes,
		Buffer.from(` ${body.length} `), body]);
}

// {secret, publicKey, keyId} of a 32-byte seed.
export function keyFromSeed(seed) {
	const secret = createPrivateKey({
		key: Buffer.concat([SEED_WRAP, seed]), format: 'der', type: 'pkcs8' });
	const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' })
		.subarray(PUBLIC_WRAP.length);

	return { secret, publicKey, keyId: sha256(publicKey) };
}

export function signBytes(type, body, key) {
	return sign(null, encode(type, body), key.secret);
}

export function holds(type, body, signature, publicKey) {
	if (publicKey.length !== PUBLIC_KEY_LEN || signature.length !== SIGNATURE_LEN)
		return false;
	const key = createPublicKey({
		key: Buffer.concat([PUBLIC_WRAP, publicKey]), format: 'der', type: 'spki' });
	return verify(null, encode(type, body), key, signature);
}
