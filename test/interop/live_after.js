// Afterwards: what the hospital, the person and an officer see.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { prepare } from './client/client.js';
import { KIND } from './client/documents.js';
import { PLACE_LEN } from './client/limits.js';
import { read } from './client/schema.js';
import { bundleVerify } from './client/verify.js';
import { PURPOSE_LIST } from './client/voucher.js';
import { refused } from './documented.js';
import * as papers from './papers.js';

const REVOKED = 2;
const DISPENSED = 3;
const LEAF_PREFIX = Buffer.from([0]);
const EVENT = { UPLOADED: 1, PULLED: 3, PRESENTATION_REFUSED: 4, CLAIMED: 5, REVIEW_PASSED: 7,
	DISPENSED: 9, LISTED: 10, HOSPITAL_READ: 13 };
const PAGE_SIZE = 3;
const WATCH_MS = 20000;
const PATIENCE_MS = 5000;

async function seenAsUsed(story) {
	const { rxId, content, authorities } = story;
	const { bundle, contents } = await story.seen(rxId);
	const verified = (later) => () => bundleVerify({ ...bundle, later }, { authorities, rxId });

	assert.equal(bundle.state.use, DISPENSED);
	assert.deepEqual(bundle.state.lines.map((one) => one.dispensed_e4),
		content.lines.map((one) => one.quantity_e4));
	assert.deepEqual(bundle.later.map((one) => one.kind),
		[KIND.PHARMACY_REVIEW, KIND.DISPENSE_RECORD]);
	assert.deepEqual(bundle.later[0], story.review);
	assert.equal(contents.later[1].total_fen, 1550n + 1235n);
	assert.equal(bundle.pull_grant.length, 0);
	// a record without its review, or before it, stands on nothing
	assert.throws(verified(bundle.later.slice(1)), { point: 4 });
	assert.throws(verified([...bundle.later].reverse()), { point: 4 });
}

async function listedForThePerson(story) {
	const { person: voucherId, authorities } = story;
	const channel = story.province.client(papers.CHANNEL);
	const { prescriptions } = await channel.call('Insured/ListOwnPrescriptions', {
		voucher_code: papers.voucherCode(story.province, voucherId, { purpose: PURPOSE_LIST }) });

	assert.deepEqual(prescriptions.map((one) => one.state.rx_id),
		[story.second.rxId, story.rxId]);
	for (const bundle of prescriptions)
		bundleVerify(bundle, { authorities, voucherId });
	assert.equal(prescriptions[1].state.use, DISPENSED);
}

async function revoked(story) {
	const { province, hospital, second } = story;
	const send = (rxId, prescription) => hospital.call('Hospital/RevokePrescription', { rx_id: rxId,
		revocation: papers.revocation(province, rxId, prescription) });

	await refused(send(story.rxId, story.papers.prescription), 'PRESCRIPTION_USED');
	const { state } = await send(second.rxId, second.prescription);
	assert.equal(state.validity, REVOKED);
	await refused(send(second.rxId, second.prescription), 'PRESCRIPTION_REVOKED');
	const { contents } = await story.seen(second.rxId);
	assert.deepEqual(contents.later.map((one) => one.reason), ['剂量更改']);
	assert.deepEqual(await story.pull(story.pharmacy), []);
}

// From the beginning of today's work until what is looked for was told; then it is cancelled.
async function watched(story) {
	const { method, response, body } = prepare('Hospital/WatchPrescriptions',
		{ from_ms: 1n, heartbeat_ms: 200 });
	const connection = await story.province.connect(papers.HOSPITAL);
	const callId = connection.nextCallId();
	const told = [];
	let beats = 0;
	const { status, bodies } = await connection.stream(
		{ call_id: callId, method, body, deadline_ms: WATCH_MS }, WATCH_MS + PATIENCE_MS, (part) => {
			const { news, next_cursor } = read(response, part);

			assert.equal(next_cursor.length, PLACE_LEN);
			told.push(...news.filter((one) => one.rx_id.equals(story.rxId)));
			beats += news.length === 0 ? 1 : 0;
			if (told.some((one) => one.kind === EVENT.DISPENSED) && beats > 1)
				connection.cancel(callId);
		});

	connection.close();
	assert.equal(status.code, 0, status.reason);
	assert.equal(read(response, bodies.at(-1)).news.length, 0);
	assert.deepEqual(told.map((one) => one.kind), [EVENT.REVIEW_PASSED, EVENT.DISPENSED]);
	assert.ok(told[0].rx_seq < told[1].rx_seq);
	assert.equal(told[1].after.use, DISPENSED);
}

async function othersSeeNothing(story) {
	const elsewhere = story.province.client(papers.OTHER_HOSPITAL);

	await refused(elsewhere.call('Hospital/GetPrescription', { rx_id: story.rxId }),
		'PRESCRIPTION_NOT_FOUND');
	await refused(story.hospital.call('Hospital/GetPrescription', { rx_id: randomBytes(16) }),
		'PRESCRIPTION_NOT_FOUND');
}

async function trailRead(story, question) {
	const officer = story.province.client(papers.OFFICER);
	const events = [];
	let token = Buffer.alloc(0);

	do {
		const page = await officer.call('Agency/QueryTrail', { ...question,
			page_size: PAGE_SIZE, page_token: token, purpose: 'interop' });

		assert.ok(page.events.length <= PAGE_SIZE);
		events.push(...page.events.map((one) => ({ ...one, ...read('EventLeaf', one.leaf) })));
		token = page.next_page_token;
	} while (token.length > 0);
	return events;
}

async function trailIsAChain(story) {
	const events = await trailRead(story, { rx_id: story.rxId });
	const changes = events.filter((one) => one.rx_seq > 0n);
	const kinds = events.map((one) => one.kind);

	for (const event of events) {
		assert.deepEqual(event.leaf_hash,
			createHash('sha256').update(LEAF_PREFIX).update(event.leaf).digest());
		assert.ok([event.rx_id, ...event.disclosed].some((one) => one.equals(story.rxId)));
	}
	changes.forEach((event, index) => {
		assert.equal(event.rx_seq, BigInt(index + 1));
		assert.deepEqual(event.previous_leaf,
			index ? changes[index - 1].leaf_hash : Buffer.alloc(0));
	});
	assert.deepEqual(changes.map((one) => one.kind),
		[EVENT.UPLOADED, EVENT.CLAIMED, EVENT.REVIEW_PASSED, EVENT.DISPENSED]);
	for (const kind of [EVENT.PULLED, EVENT.LISTED, EVENT.HOSPITAL_READ])
		assert.ok(kinds.includes(kind), `an event ${kind} among ${kinds}`);
}

async function presentationsAreRecorded(story) {
	const events = await trailRead(story, { voucher_id: story.person });
	const reasons = events.filter((one) => one.kind === EVENT.PRESENTATION_REFUSED)
		.map((one) => one.reason);

	for (const reason of ['VOUCHER_REPLAYED', 'VOUCHER_EXPIRED', 'VOUCHER_PURPOSE'])
		assert.ok(reasons.includes(reason), `${reason} among ${reasons}`);
	assert.ok(events.some((one) => one.kind === EVENT.PULLED));
}

export const afterCases = [
	['the hospital sees it used, and the whole chain verifies', seenAsUsed],
	['the hospital watches what the pharmacy did, until it has seen enough', watched],
	['the person sees the own prescriptions', listedForThePerson],
	['a prescription is revoked, a used one not', revoked],
	['others see nothing of it', othersSeeNothing],
	['the trail is a chain of hashes', trailIsAChain],
	['the trail tells every presentation, also the refused ones', presentationsAreRecorded],
];
