// Signed documents and how they name each other (proto/README.md, section 7).
import { DOCUMENT_TYPES, encode, holds, sha256, signBytes } from './dsse.js';
import { DOCUMENT_BODY_MAX, KEY_ID_LEN, SIGNATURE_LEN } from './limits.js';
import { read, write } from './schema.js';

export const KIND = {
	PRESCRIPTION: 1, HOSPITAL_REVIEW: 2, PHARMACY_REVIEW: 3, DISPENSE_RECORD: 4, REVOCATION: 5,
	KEY_STATEMENT: 6, RETURN_RECORD: 7,
};
const MESSAGES = [null, 'Prescription', 'HospitalReview', 'PharmacyReview', 'DispenseRecord',
	'Revocation', 'KeyStatement', 'ReturnRecord'];

export function documentSign(kind, content, key) {
	const body = write(MESSAGES[kind], content);

	return { kind, body, key_id: key.keyId, signature: signBytes(DOCUMENT_TYPES[kind], body, key) };
}

// Is it formed as a document of this kind must be?
export function documentIsFormed(document, kind) {
	return document.kind === kind && Boolean(DOCUMENT_TYPES[kind])
		&& document.body.length >= 1 && document.body.length <= DOCUMENT_BODY_MAX
		&& document.key_id.length === KEY_ID_LEN && document.signature.length === SIGNATURE_LEN;
}

// Is it a document of this kind, signed by this key?
export function documentHolds(document, kind, publicKey) {
	return documentIsFormed(document, kind) && document.key_id.equals(sha256(publicKey))
		&& holds(DOCUMENT_TYPES[kind], document.body, document.signature, publicKey);
}

// The content of a document that was verified.
export function documentRead(document) {
	return read(MESSAGES[document.kind], document.body);
}

// The name later documents call it by.
export function documentDigest(document) {
	return {
		document_sha256: sha256(encode(DOCUMENT_TYPES[document.kind], document.body)),
		signature_sha256: sha256(document.signature),
	};
}

export function digestNames(digest, document) {
	const name = documentDigest(document);

	return Boolean(digest) && digest.document_sha256.equals(name.document_sha256)
		&& digest.signature_sha256.equals(name.signature_sha256);
}

export function statementInForce(statement, atMs) {
	return statement.not_before_ms <= atMs && atMs < statement.not_after_ms
		&& (statement.revoked_from_ms === 0n || atMs < statement.revoked_from_ms);
}
