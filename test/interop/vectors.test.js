// The golden vectors of proto/vectors, each case of each list, against the client in client/.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { KIND, digestNames, documentDigest, documentHolds, documentRead, documentSign,
	statementInForce } from './client/documents.js';
import { DOCUMENT_TYPES, encode, holds, keyFromSeed, POSSESSION_TYPE, sha256,
	VOUCHER_TYPE } from './client/dsse.js';
import { answerRead, answerWrite, callRead, callWrite } from './client/envelope.js';
import { FrameError, FrameReader, frameRead, frameWrite } from './client/frames.js';
import { FRAME_BODY_MAX } from './client/limits.js';
import { isSound } from './client/points.js';
import { issueDay, rxCodeFormat, rxCodeRead, rxIdBucket, rxIdDay } from './client/rxcode.js';
import { read } from './client/schema.js';
import { voucherHolds, voucherRead, voucherSign, voucherTime } from './client/voucher.js';
import { run } from './tap.js';

const VECTORS = new URL('../../proto/vectors/', import.meta.url);

const hex = (text) => Buffer.from(text, 'hex');

function vectors(name) {
	return JSON.parse(readFileSync(new URL(`${name}.json`, VECTORS)));
}

// Every case of a list; a failure says which one it was.
function each(list, check) {
	assert.ok(Array.isArray(list) && list.length > 0, 'the list holds cases');
	for (const [index, one] of list.entries()) {
		try {
			check(one);
		} catch (error) {
			error.message = `case ${index} "${one.name ?? JSON.stringify(one)}": ${error.message}`;
			throw error;
		}
	}
}

const frames = vectors('frames');
const envelopes = vectors('envelopes');
const dsse = vectors('dsse');
const documents = vectors('documents');
const vouchers = vectors('vouchers');
const rxids = vectors('rxids');

// Lists of a later version must not go by unseen.
function everyListIsUsed() {
	const used = { frames: ['cases'], envelopes: ['client', 'server', 'malformed'],
		dsse: ['types', 'encodings', 'signers', 'verify', 'verify_strict', 'keys'],
		documents: ['documents', 'sizes', 'refused', 'naming', 'key_statements'],
		vouchers: ['cases', 'times'], rxids: ['format', 'parse', 'days'] };
	const files = readdirSync(VECTORS).filter((name) => name.endsWith('.json'));

	assert.deepEqual(files.sort(), Object.keys(used).map((name) => `${name}.json`).sort());
	for (const [name, lists] of Object.entries(used)) {
		const found = Object.entries(vectors(name)).filter(([, value]) => Array.isArray(value));

		assert.deepEqual(found.map(([list]) => list).sort(), [...lists].sort());
	}
}

const frameInput = (one) => Buffer.concat([hex(one.in), Buffer.alloc(one.fill, 0x61)]);

function frameOutcome(bytes) {
	try {
		const frame = frameRead(bytes);

		return frame.body ? { result: 'WHOLE', used: frame.used, body_len: frame.body.length }
			: { result: 'PARTIAL', need: frame.need };
	} catch (error) {
		assert.ok(error instanceof FrameError);
		return { result: error.reason.replace('FRAME_', '') };
	}
}

function framesAreCut() {
	each(frames.cases, ({ name, in: bytes, fill, ...expected }) => {
		assert.deepEqual(frameOutcome(frameInput({ in: bytes, fill })), expected);
	});
}

function framesAreCutFromPieces() {
	each(frames.cases.filter((one) => one.result === 'WHOLE'), (one) => {
		const input = frameInput(one).subarray(0, one.used);
		const reader = new FrameReader();
		const step = Math.max(1, Math.floor(input.length / 50));

		for (let at = 0; at < input.length; at += step) {
			assert.equal(reader.next(), null);
			reader.push(input.subarray(at, at + step));
		}
		assert.deepEqual(frameWrite(reader.next()), input);
		assert.equal(reader.next(), null);
	});
}

function frameSizesAreBounded() {
	assert.equal(frameWrite(Buffer.alloc(FRAME_BODY_MAX)).length, FRAME_BODY_MAX + 3);
	for (const length of [0, FRAME_BODY_MAX + 1])
		assert.throws(() => frameWrite(Buffer.alloc(length)), RangeError);
}

function callsAreRead() {
	each(envelopes.client, ({ name, result, bytes, ...expected }) => {
		assert.equal(result, 'OK');
		const call = callRead(hex(bytes));
		assert.deepEqual({ ...call, call_id: String(call.call_id), body: call.body.toString('hex'),
			idempotency_key: call.idempotency_key.toString('hex') }, expected);
		assert.deepEqual(callRead(callWrite(call)), call);
	});
}

// As in the file: 64-bit numbers are decimal strings, bytes are hexadecimal.
function receiptWords(receipt) {
	return Object.fromEntries(Object.entries(receipt).map(([name, value]) =>
		[name, Array.isArray(value) ? value.map((one) => one.toString('hex'))
			: Buffer.isBuffer(value) ? value.toString('hex') : String(value)]));
}

function answersAreRead() {
	each(envelopes.server, ({ name, result, bytes, ...expected }) => {
		assert.equal(result, 'OK');
		const answer = answerRead(hex(bytes));
		const none = { code: 0, reason: '', retry_class: 0, message: '', message_zh: '',
			findings: [], retry_after_ms: 0 };
		assert.deepEqual({ call_id: String(answer.call_id), has_status: answer.status !== null,
			...(answer.status ?? none), body: answer.body.toString('hex'), more: answer.more,
			receipt: answer.receipt && receiptWords(answer.receipt),
			proof: answer.proof.toString('hex') }, expected);
		assert.deepEqual(answerRead(answerWrite(answer)), answer);
	});
}

function malformedEnvelopesAreRefused() {
	each(envelopes.malformed, (one) => {
		assert.throws(() => callRead(hex(one.bytes)));
		assert.throws(() => answerRead(hex(one.bytes)));
	});
}

function payloadTypesAgree() {
	each(dsse.types, (one) => {
		const ours = one.kind ? DOCUMENT_TYPES[one.kind]
			: { VOUCHER: VOUCHER_TYPE, KEY_POSSESSION: POSSESSION_TYPE }[one.name];

		assert.equal(ours, one.type);
		if (one.kind)
			assert.equal(KIND[one.name], one.kind);
	});
	assert.equal(dsse.types.filter((one) => one.kind).length, DOCUMENT_TYPES.length - 1);
}

function encodingsAgree() {
	each(dsse.encodings, (one) => {
		const encoding = encode(one.type, hex(one.body));

		assert.equal(encoding.toString('hex'), one.encoding);
		assert.equal(sha256(encoding).toString('hex'), one.sha256);
	});
}

function seedsGiveTheKeys() {
	each(dsse.signers, (one) => {
		const key = keyFromSeed(hex(one.seed));

		assert.equal(key.publicKey.toString('hex'), one.public_key);
		assert.equal(key.keyId.toString('hex'), one.key_id);
	});
}

function signaturesAreJudged() {
	each(dsse.verify, (one) => {
		assert.equal(holds(one.type, hex(one.body), hex(one.signature), hex(one.public_key)),
			one.result === 'OK');
	});
}

// Node's library is not strict: such keys are kept out when their statements are verified.
function keysOfSmallOrderAreRefused() {
	each(dsse.verify_strict, (one) => {
		const publicKey = hex(one.public_key);

		assert.equal(isSound(publicKey)
			&& holds(one.type, hex(one.body), hex(one.signature), publicKey), one.result === 'OK');
	});
}

function keysAreJudged() {
	each(dsse.keys, (one) => assert.equal(isSound(hex(one.public_key)), one.sound));
	assert.equal(isSound(Buffer.alloc(31)), false);
}

function documentsHold() {
	each(documents.documents, (one) => {
		const document = read('SignedDocument', hex(one.document));
		const digest = documentDigest(document);

		assert.equal(document.kind, one.kind);
		assert.equal(document.body.toString('hex'), one.body);
		assert.equal(document.key_id.toString('hex'), one.key_id);
		assert.equal(document.signature.toString('hex'), one.signature);
		assert.equal(documentHolds(document, one.kind, hex(one.public_key)), one.result === 'OK');
		assert.equal(digest.document_sha256.toString('hex'), one.document_sha256);
		assert.equal(digest.signature_sha256.toString('hex'), one.signature_sha256);
	});
}

// Ed25519 is deterministic, and this library writes fields in their order: the same document.
function documentsAreSignedAlike() {
	const seeds = new Map(dsse.signers.map((one) => [one.public_key, hex(one.seed)]));

	each(documents.documents, (one) => {
		const document = read('SignedDocument', hex(one.document));
		const key = keyFromSeed(seeds.get(one.public_key));

		assert.deepEqual(documentSign(one.kind, documentRead(document), key), document);
	});
}

function documentsAreRefused() {
	each(documents.refused, (one) => {
		const document = read('SignedDocument', hex(one.document));

		assert.equal(one.result, 'REFUSED');
		assert.equal(documentHolds(document, one.kind, hex(one.public_key)), false);
	});
}

// Of one byte and of the most; none and one more stand among the refused.
function documentSizesAreBounded() {
	each(documents.sizes, (one) => {
		const document = read('SignedDocument', hex(one.document));

		assert.equal(documentHolds(document, one.kind, hex(one.public_key)), one.result === 'OK');
	});
}

function namesAreJudged() {
	each(documents.naming, (one) => {
		assert.equal(digestNames(read('DocumentDigest', hex(one.digest)),
			read('SignedDocument', hex(one.document))), one.named);
	});
}

function statementsAreJudged() {
	each(documents.key_statements, ({ at_ms, valid, ...dates }) => {
		const statement = Object.fromEntries(
			Object.entries(dates).map(([name, text]) => [name, BigInt(text)]));

		assert.equal(statementInForce(statement, BigInt(at_ms)), valid);
	});
}

function vouchersAreJudged() {
	const key = keyFromSeed(hex(vouchers.seed));

	assert.equal(key.publicKey.toString('hex'), vouchers.public_key);
	each(vouchers.cases, ({ name, text, result, ...expected }) => {
		const voucher = voucherRead(text);
		const found = !voucher ? 'MALFORMED'
			: voucherHolds(voucher, key.publicKey) ? 'OK' : 'FORGED';

		assert.equal(found, result);
		if (result !== 'OK')
			return;
		const { fields, signature, ...plain } = voucher;
		assert.deepEqual({ ...plain, issued_at_ms: String(plain.issued_at_ms),
			nonce: plain.nonce.toString('hex'), key_id: plain.key_id.toString('hex') }, expected);
		assert.equal(voucherSign(plain, key), text);
	});
}

function voucherTimesAreJudged() {
	each(vouchers.times, (one) => {
		const voucher = { issued_at_ms: BigInt(one.issued_at_ms), life_s: one.life_s };

		assert.equal(voucherTime(voucher, BigInt(one.now_ms), BigInt(one.skew_ms)), one.result);
	});
}

function rxCodesArePrinted() {
	each(rxids.format, (one) => {
		const rxId = hex(one.rx_id);

		assert.equal(rxCodeFormat(rxId), one.code);
		assert.deepEqual(rxCodeRead(one.code), rxId);
		assert.equal(rxIdBucket(rxId), one.bucket);
		assert.equal(rxIdDay(rxId), one.day);
	});
}

function rxCodesAreRead() {
	each(rxids.parse, (one) => {
		assert.equal(rxCodeRead(one.text)?.toString('hex'),
			one.result === 'OK' ? one.rx_id : undefined);
	});
	const { code } = rxids.format[0];
	assert.ok(rxCodeRead(code.padEnd(64, '-')));
	assert.equal(rxCodeRead(code.padEnd(65, '-')), null);
}

function issueDaysAgree() {
	each(rxids.days, (one) => assert.equal(issueDay(BigInt(one.at_ms)), one.day));
}

await run([
	['every list of vectors is used', everyListIsUsed],
	['frames are cut, and unreadable ones refused', framesAreCut],
	['frames are cut from pieces', framesAreCutFromPieces],
	['frames are written up to the limit', frameSizesAreBounded],
	['calls are read', callsAreRead],
	['answers are read', answersAreRead],
	['malformed envelopes are refused', malformedEnvelopesAreRefused],
	['payload types agree', payloadTypesAgree],
	['pre-authentication encodings agree', encodingsAgree],
	['seeds give the keys', seedsGiveTheKeys],
	['signatures are judged', signaturesAreJudged],
	['keys of small order are refused', keysOfSmallOrderAreRefused],
	['sound keys are told from others', keysAreJudged],
	['documents hold, and have their names', documentsHold],
	['documents are signed alike', documentsAreSignedAlike],
	['documents that must be refused are refused', documentsAreRefused],
	['documents have 1 .. 49152 bytes', documentSizesAreBounded],
	['names of documents are judged', namesAreJudged],
	['key statements are in force or not', statementsAreJudged],
	['e-voucher codes are judged', vouchersAreJudged],
	['times of e-voucher codes are judged', voucherTimesAreJudged],
	['prescription codes are printed', rxCodesArePrinted],
	['prescription codes are read or refused', rxCodesAreRead],
	['issue days agree', issueDaysAgree],
]);
