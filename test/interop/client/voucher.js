// E-voucher codes (proto/README.md, section 10).
import { holds, signBytes, VOUCHER_TYPE } from './dsse.js';
import { KEY_ID_LEN, SIGNATURE_LEN, VOUCHER_ID_MAX, VOUCHER_LIFE_S_DEFAULT, VOUCHER_LIFE_S_MAX,
	VOUCHER_TEXT_MAX } from './limits.js';

export const PURPOSE_PULL = 2122;
export const PURPOSE_LIST = 3131;

const PREFIX = 'RXV1.';
const VERSION = 1;
const NONCE_AT = 15;
const KEY_ID_AT = NONCE_AT + 16;
const ID_LEN_AT = KEY_ID_AT + KEY_ID_LEN;
const ID_AT = ID_LEN_AT + 1;
const ISSUED_AT_MS_MAX = 2n ** 63n - 1n;

function fieldsWrite(voucher) {
	const id = Buffer.from(voucher.id, 'latin1');
	const fields = Buffer.alloc(ID_AT + id.length);

	fields.writeUInt8(VERSION, 0);
	fields.writeUInt32BE(voucher.purpose, 1);
	fields.writeBigUInt64BE(voucher.issued_at_ms, 5);
	fields.writeUInt16BE(voucher.life_s, 13);
	voucher.nonce.copy(fields, NONCE_AT);
	voucher.key_id.copy(fields, KEY_ID_AT);
	fields.writeUInt8(id.length, ID_LEN_AT);
	id.copy(fields, ID_AT);
	return fields;
}

// What the authority does: {purpose, issued_at_ms, life_s, nonce, id} and its key give the text.
export function voucherSign(voucher, key) {
	const fields = fieldsWrite({ life_s: VOUCHER_LIFE_S_DEFAULT, ...voucher, key_id: key.keyId });
	const signature = signBytes(VOUCHER_TYPE, fields, key);

	return PREFIX + Buffer.concat([fields, signature]).toString('base64url');
}

// The bytes behind the prefix, or null.
function textBytes(text) {
	if (text.length > VOUCHER_TEXT_MAX || !text.startsWith(PREFIX))
		return null;
	const encoded = text.slice(PREFIX.length);
	if (!/^[A-Za-z0-9_-]*$/.test(encoded))
		return null;
	const bytes = Buffer.from(encoded, 'base64url');
	return bytes.toString('base64url') === encoded ? bytes : null;
}

// The fields of a code, unverified, with `fields` and `signature`; null when it is malformed.
export function voucherRead(text) {
	const bytes = textBytes(text);

	if (!bytes || bytes.length < ID_AT + 1 + SIGNATURE_LEN || bytes[0] !== VERSION)
		return null;
	const idLen = bytes[ID_LEN_AT];
	const voucher = {
		purpose: bytes.readUInt32BE(1),
		issued_at_ms: bytes.readBigUInt64BE(5),
		life_s: bytes.readUInt16BE(13),
		nonce: bytes.subarray(NONCE_AT, KEY_ID_AT),
		key_id: bytes.subarray(KEY_ID_AT, ID_LEN_AT),
		id: bytes.toString('latin1', ID_AT, ID_AT + idLen),
		fields: bytes.subarray(0, ID_AT + idLen),
		signature: bytes.subarray(ID_AT + idLen),
	};
	if (idLen > VOUCHER_ID_MAX || voucher.signature.length !== SIGNATURE_LEN
		|| !/^[\x21-\x7e]+$/.test(voucher.id) || voucher.issued_at_ms > ISSUED_AT_MS_MAX
		|| voucher.life_s < 1 || voucher.life_s > VOUCHER_LIFE_S_MAX)
		return null;
	return voucher;
}

export function voucherHolds(voucher, publicKey) {
	return holds(VOUCHER_TYPE, voucher.fields, voucher.signature, publicKey);
}

// OK, NOT_YET or EXPIRED.
export function voucherTime(voucher, nowMs, skewMs) {
	const endsAtMs = voucher.issued_at_ms + BigInt(voucher.life_s) * 1000n;

	if (nowMs < voucher.issued_at_ms - skewMs)
		return 'NOT_YET';
	return nowMs < endsAtMs + skewMs ? 'OK' : 'EXPIRED';
}
