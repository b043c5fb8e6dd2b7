// On the wire: who is let in, and what a client that breaks the contract is told.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { prepare } from './client/client.js';
import { Connection } from './client/connection.js';
import { callWrite } from './client/envelope.js';
import { framePrefix, frameWrite } from './client/frames.js';
import { CALLS_IN_FLIGHT_MAX, FRAME_BODY_MAX } from './client/limits.js';
import { write } from './client/schema.js';
import { mustSay } from './documented.js';
import * as papers from './papers.js';

const GET = 'rxcirc.v1.Hospital/GetPrescription';
const CLAIM = 'rxcirc.v1.Pharmacy/ClaimPrescription';
const QUICKLY_MS = 5000; // below every time limit of the server
const FRAME_MS = 10000;
const KEY = randomBytes(16);

const getBody = (rxId) => write('GetPrescriptionRequest', { rx_id: rxId });

// What the server said about the connection before it closed it.
async function endOf(connection, waitMs = QUICKLY_MS) {
	const ended = await Promise.race([connection.closed, sleep(waitMs, null, { ref: false })]);

	connection.close();
	assert.ok(ended, `the server closes within ${waitMs} ms`);
	assert.equal(connection.fault, undefined);
	return ended;
}

async function mustEndWith(connection, reason) {
	const notices = await endOf(connection);

	assert.equal(notices.length, 1, JSON.stringify(notices));
	mustSay(notices[0], reason);
}

// One call, once, without the client's care; its status.
async function statusOf(story, name, call) {
	const connection = await story.province.connect(name);
	const { status, bodies } = await connection.call({ idempotency_key: Buffer.alloc(0), ...call },
		QUICKLY_MS);

	connection.close();
	assert.ok(status.code === 0 || bodies.every((body) => body.length === 0));
	return status;
}

// How a handshake with other options ends: the negotiated socket, or the error.
function handshake(story, options) {
	return new Promise((resolve) => {
		const socket = tls.connect({ ...story.province.access(papers.PHARMACY),
			ALPNProtocols: ['rxcirc/1'], rejectUnauthorized: false, ...options });

		// TLS 1.3: the client is through before the server has judged; wait for its word.
		socket.on('secureConnect', () => socket.write(frameWrite(callWrite({ call_id: 1n,
			method: GET }))));
		socket.on('data', () => resolve('answered') || socket.destroy());
		socket.on('error', (error) => resolve(error));
		socket.on('close', () => resolve('closed'));
	});
}

async function onlyTls13WithCertificateAndAlpn(story) {
	assert.equal(await handshake(story, {}), 'answered');
	for (const options of [{ maxVersion: 'TLSv1.2' }, { cert: undefined, key: undefined },
		{ ALPNProtocols: undefined }, { ALPNProtocols: ['h2'] }])
		assert.notEqual(await handshake(story, options), 'answered',
			JSON.stringify(Object.keys(options)));
}

async function otherServersAreLeft(story) {
	await assert.rejects(Connection.open({ ...story.province.access(papers.PHARMACY),
		serverPin: randomBytes(32) }), /not the pinned server/);
}

async function strangersAreToldSo(story) {
	const connection = await Connection.open({ ...story.province.access(papers.PHARMACY),
		cert: readFileSync(join(story.stranger, 'cert.pem')),
		key: readFileSync(join(story.stranger, 'key.pem')) });

	await mustEndWith(connection, 'CERTIFICATE_NOT_REGISTERED');
}

async function wrongRolesAreRefused(story) {
	const body = getBody(story.rxId);
	const calls = [
		[papers.PHARMACY, { method: GET, body }],
		[papers.CHANNEL, { method: GET, body }],
		[papers.OFFICER, { method: GET, body }],
		[papers.CHANNEL, { method: CLAIM, body, idempotency_key: KEY }],
		[papers.HOSPITAL, { method: 'rxcirc.v1.Insured/ListOwnPrescriptions',
			idempotency_key: KEY }],
		[papers.PHARMACY, { method: 'rxcirc.v1.Agency/QueryTrail' }],
		[papers.CITY_OFFICER, { method: 'rxcirc.v1.Agency/PutRegistryRecord',
			idempotency_key: KEY }],
	];

	for (const [name, call] of calls)
		mustSay(await statusOf(story, name, call), 'ROLE_NOT_ALLOWED');
}

async function unknownMethodsAreRefused(story) {
	for (const method of ['rxcirc.v1.Hospital/Prescribe', 'rxcirc.v2.Hospital/GetPrescription', '',
		GET.toLowerCase(), 'm'.repeat(64)])
		mustSay(await statusOf(story, papers.HOSPITAL, { method, body: Buffer.from([1]) }),
			'METHOD_UNKNOWN');
}

async function bodiesAreBounded(story) {
	const small = (length) => ({ method: GET, body: Buffer.alloc(length, 0xff) });

	mustSay(await statusOf(story, papers.HOSPITAL, small(2049)), 'BODY_TOO_LARGE');
	mustSay(await statusOf(story, papers.HOSPITAL, small(2048)), 'BODY_MALFORMED');
	mustSay(await statusOf(story, papers.HOSPITAL, { method: GET,
		body: Buffer.concat([getBody(story.rxId), Buffer.from([0x12])]) }), 'BODY_MALFORMED');
	mustSay(await statusOf(story, papers.HOSPITAL, { method: GET, body: getBody(randomBytes(15)) }),
		'FIELD_INVALID');
}

async function textsMustBeUtf8(story) {
	mustSay(await statusOf(story, papers.PHARMACY, { idempotency_key: KEY,
		method: 'rxcirc.v1.Pharmacy/PullPrescriptions', body: Buffer.from('0a02c328', 'hex') }),
		'BODY_MALFORMED');
}

async function keysAreNeeded(story) {
	mustSay(await statusOf(story, papers.HOSPITAL, { method: GET, idempotency_key: KEY,
		body: getBody(story.rxId) }), 'FIELD_INVALID');
	for (const idempotency_key of [Buffer.alloc(0), randomBytes(15), randomBytes(17)])
		mustSay(await statusOf(story, papers.PHARMACY, { method: CLAIM, idempotency_key }),
			'IDEMPOTENCY_KEY_MISSING');
}

async function tooLongFramesEndTheConnection(story) {
	for (const length of [FRAME_BODY_MAX + 1, 2 ** 31, 2 ** 35 - 1]) {
		const connection = await story.province.connect(papers.PHARMACY);

		connection.sendRaw(framePrefix(length));
		await mustEndWith(connection, 'FRAME_TOO_LARGE');
	}
}

async function unreadableFramesEndTheConnection(story) {
	const unreadable = [[0x00], [0x80, 0x00], [0x81, 0x00, 0x61], [0x80, 0x80, 0x80, 0x80, 0x80],
		[...Buffer.from('\x12GET / HTTP/1.1\r\n\r\n')]];

	for (const bytes of unreadable) {
		const connection = await story.province.connect(papers.PHARMACY);

		connection.sendRaw(Buffer.from(bytes));
		await mustEndWith(connection, 'FRAME_MALFORMED');
	}
}

async function callIdsAreChecked(story) {
	const frame = (call_id) => frameWrite(callWrite({ call_id, method: GET,
		body: getBody(story.rxId) }));

	for (const bytes of [frame(0n), frame(2n ** 63n), Buffer.concat([frame(7n), frame(7n)])]) {
		const connection = await story.province.connect(papers.HOSPITAL);

		connection.sendRaw(bytes);
		await mustEndWith(connection, 'CALL_ID_IN_USE');
	}
}

async function theLargestFrameIsRead(story) {
	const call = { call_id: 2n ** 63n - 1n, method: GET, body: Buffer.alloc(0) };
	const bare = callWrite(call).length;
	const body = Buffer.alloc(FRAME_BODY_MAX - bare - 4);
	const frame = frameWrite(callWrite({ ...call, body }));
	const connection = await story.province.connect(papers.HOSPITAL);
	const answer = connection.expect(call.call_id, QUICKLY_MS);

	assert.equal(frame.length, FRAME_BODY_MAX + 3);
	connection.sendRaw(frame);
	mustSay((await answer).status, 'BODY_TOO_LARGE');
	connection.close();
}

// In single bytes, and with a field of a later version; then many frames at once.
async function framesComeInAnyPieces(story) {
	const connection = await story.province.connect(papers.HOSPITAL);
	const frame = (call_id) => frameWrite(Buffer.concat([callWrite({ call_id, method: GET,
		body: getBody(story.rxId) }), Buffer.from('9a06056c61746572', 'hex')]));
	const first = connection.expect(1n, QUICKLY_MS);

	for (const byte of frame(1n)) {
		connection.sendRaw(Buffer.from([byte]));
		await new Promise(setImmediate);
	}
	assert.equal((await first).status.code, 0);
	const count = 3 * CALLS_IN_FLIGHT_MAX;
	const ids = Array.from({ length: count }, (_, index) => BigInt(index + 2));
	const answers = ids.map((id) => connection.expect(id, 2 * QUICKLY_MS));
	connection.sendRaw(Buffer.concat(ids.map(frame)));
	for (const { status } of await Promise.all(answers))
		assert.ok(['', 'BUDGET_EXCEEDED', 'BUSY'].includes(status.reason), status.reason);
	connection.close();
}

async function answersOvertake(story) {
	const calls = Array.from({ length: 20 }, () => prepare('Hospital/GetPrescription',
		{ rx_id: story.rxId }));
	const found = await Promise.all(calls.map((call) => story.hospital.perform(call)));

	for (const { prescription } of found)
		assert.deepEqual(prescription.state.rx_id, story.rxId);
}

// The first bytes of a frame; the rest never comes.
async function halfAFrameIsLeft(story) {
	story.half = await story.province.connect(papers.PHARMACY);
	story.halfSince = Date.now();
	story.half.sendRaw(Buffer.concat([framePrefix(100), Buffer.alloc(50)]));
	const ended = await story.province.connect(papers.PHARMACY);
	ended.sendRaw(Buffer.concat([framePrefix(100), Buffer.alloc(50)]));
	ended.endSending();
	assert.deepEqual(await endOf(ended), []);
}

async function halfAFrameIsNotWaitedFor(story) {
	await endOf(story.half, FRAME_MS + QUICKLY_MS);
	const waited = Date.now() - story.halfSince;
	assert.ok(waited > FRAME_MS - 1000, `closed after ${waited} ms`);
}

async function aStoppingServerSaysSo(story) {
	const connection = await story.province.connect(papers.PHARMACY);

	process.kill(story.serverPid, 'SIGTERM');
	await mustEndWith(connection, 'DRAINING');
}

export const wireFirstCases = [
	['half a frame and an end of sending: closed at once', halfAFrameIsLeft],
	['only TLS 1.3 with a certificate and ALPN is spoken', onlyTls13WithCertificateAndAlpn],
	['a server with another key is left before anything is sent', otherServersAreLeft],
	['an unregistered certificate is told so, and closed', strangersAreToldSo],
];

export const wireLastCases = [
	['methods of other roles are refused', wrongRolesAreRefused],
	['unknown methods are refused', unknownMethodsAreRefused],
	['bodies are bounded and must be the method\'s message', bodiesAreBounded],
	['texts must be UTF-8', textsMustBeUtf8],
	['changing calls need an idempotency key of 16 bytes, others none', keysAreNeeded],
	['the announcement of a too long frame ends the connection', tooLongFramesEndTheConnection],
	['unreadable frames end the connection', unreadableFramesEndTheConnection],
	['call ids that are zero or in use end the connection', callIdsAreChecked],
	['the largest frame is read', theLargestFrameIsRead],
	['frames come in any pieces', framesComeInAnyPieces],
	['many calls share a connection', answersOvertake],
	['a frame that does not become whole is waited for 10 s', halfAFrameIsNotWaitedFor],
	['a stopping server says so and closes', aStoppingServerSaysSo],
];
