// The longer lives of a prescription: renewed and given on, handed over in parts with a refusal,
// taken back, undone and handed over again, and filled at the hospital's own pharmacy.
import assert from 'node:assert/strict';
import { prepare } from './client/client.js';
import { KIND, documentRead } from './client/documents.js';
import { refused } from './documented.js';
import * as papers from './papers.js';

const EMPTY = Buffer.alloc(0);
const UNUSED = 1;
const PARTLY = 2;
const DISPENSED = 3;
const RETURNED = 4;
const SEVERITY_FLAG = 2;

const sum = (lines) => lines.reduce((total, one) => total + one.amount_fen, 0n);

// A counter with a new person's prescription: what `client` holds, and its steps.
class Counter {
	constructor(story, client) {
		this.story = story;
		this.client = client;
		this.person = papers.personMake();
	}

	async upload(changes) {
		const { state } = await this.story.upload(papers.hospitalPapers(this.story.province,
			papers.prescriptionMake(this.person, changes)));

		this.rxId = state.rx_id;
		return this;
	}

	async claim() {
		[this.bundle] = await this.story.pull(this.client, this.person);
		this.content = documentRead(this.bundle.prescription);
		return this.claimHeld(this.bundle.pull_grant);
	}

	async claimHeld(grant) {
		const { state, fencing_token } = await this.client.call('Pharmacy/ClaimPrescription',
			{ rx_id: this.rxId, pull_grant: grant });

		this.state = state;
		this.token = fencing_token;
		return this;
	}

	async review(changes, by) {
		this.reviewed = papers.pharmacyReview(this.story.province, this.bundle, changes, by);
		const { state } = await this.client.call('Pharmacy/SubmitReview', { rx_id: this.rxId,
			fencing_token: this.token, review: this.reviewed });

		this.state = state;
		return this;
	}

	record(changes, by) {
		return papers.dispenseRecord(this.story.province, { ...this.bundle, state: this.state },
			this.reviewed, this.content, changes, by);
	}

	async dispense(record) {
		const answer = await this.client.call('Pharmacy/DispensePrescription', { rx_id: this.rxId,
			fencing_token: this.token, dispense_record: record });

		this.state = answer.state;
		return answer;
	}

	back(record, changes, by) {
		return prepare('Pharmacy/ReturnDispensed', { rx_id: this.rxId,
			return_record: papers.returnRecord(this.story.province, record, changes, by) });
	}

	async takeBack(call) {
		const answer = await this.client.perform(call);

		this.state = answer.state;
		return answer;
	}
}

const opened = async (story, client = story.pharmacy, changes = {}) =>
	(await new Counter(story, client).upload(changes)).claim();

async function renewedAndNotGivenAway(story) {
	const counter = await opened(story);
	const held = { rx_id: counter.rxId, fencing_token: counter.token };
	const { state } = await story.pharmacy.call('Pharmacy/RenewClaim', held);

	assert.ok(state.held_until_ms > counter.state.held_until_ms);
	assert.equal(state.holder_code, papers.PHARMACY);
	await refused(story.pharmacy.call('Pharmacy/RenewClaim',
		{ ...held, fencing_token: counter.token + 1n }), 'FENCING_TOKEN_STALE');
	await refused(story.other.call('Pharmacy/RenewClaim', held), 'CLAIM_HELD');
	for (const code of [papers.OTHER_PHARMACY, 'P14010500999'])
		await refused(story.pharmacy.call('Pharmacy/TransferClaim', { ...held, to_code: code }),
			'TRANSFER_NOT_ALLOWED');
	await refused(story.pharmacy.call('Pharmacy/TransferClaim',
		{ ...held, to_code: papers.PHARMACY }), 'FIELD_INVALID');
}

// One line here, the other is out of stock; whoever has it hands it over.
async function refusedLineIsFilledElsewhere(story) {
	const counter = await (await opened(story)).review();
	const [first] = documentRead(counter.record()).lines;
	const part = (refused_lines) => counter.record({ lines: [first], total_fen: first.amount_fen,
		refused_lines });
	const mustRefuse = (line, reason = 'FIELD_INVALID') =>
		refused(counter.dispense(part([line])), reason);

	await mustRefuse({ line_no: 1, refusal: 'LINE_REFUSAL_PERSON' });
	await mustRefuse({ line_no: 3, refusal: 'LINE_REFUSAL_PERSON' });
	await mustRefuse({ line_no: 2, refusal: 'LINE_REFUSAL_PHARMACIST', reason: '' });
	await mustRefuse({ line_no: 2, refusal: 0 });
	await counter.dispense(part([{ line_no: 2, refusal: 'LINE_REFUSAL_OUT_OF_STOCK' }]));
	assert.equal(counter.state.use, PARTLY);
	assert.deepEqual(counter.state.lines.map((one) => one.owed_e4), [0n, 10000n]);
	await story.pharmacy.call('Pharmacy/ReleaseClaim',
		{ rx_id: counter.rxId, fencing_token: counter.token });

	const elsewhere = new Counter(story, story.other);
	Object.assign(elsewhere, { person: counter.person, rxId: counter.rxId });
	const theirs = { pharmacy_code: papers.OTHER_PHARMACY,
		pharmacist_code: papers.OTHER_PHARMACIST };
	await (await elsewhere.claim()).review(theirs, papers.OTHER_PHARMACIST);
	const lines = documentRead(elsewhere.record()).lines.slice(1);
	const { fill_no, state } = await elsewhere.dispense(elsewhere.record(
		{ ...theirs, lines, total_fen: sum(lines) }, papers.OTHER_PHARMACIST));
	assert.deepEqual([fill_no, state.use], [2, DISPENSED]);
	const { contents } = await story.seen(counter.rxId);
	assert.deepEqual(contents.later[1].refused_lines.map((one) => one.line_no), [2]);
}

async function takenBack(story) {
	const counter = await (await opened(story)).review();
	const record = counter.record();

	await counter.dispense(record);
	const [first] = documentRead(record).lines;
	const line = ({ line_no, drug_code, quantity_e4, amount_fen, trace_codes }) =>
		({ line_no, drug_code, quantity_e4, amount_fen, trace_codes });
	const some = (changes, ofRecord) => counter.back(record, { lines: [{ ...line(first),
		...changes }], total_fen: changes.amount_fen ?? first.amount_fen, ...ofRecord });

	await refused(counter.takeBack(some({ quantity_e4: 20000n })), 'QUANTITY_EXCEEDED');
	await refused(counter.takeBack(some({ amount_fen: 1n })), 'FIELD_INVALID');
	await refused(counter.takeBack(some({ trace_codes: [papers.traceCode()] })), 'FIELD_INVALID');
	await refused(counter.takeBack(some({}, { return_no: 2 })), 'FIELD_INVALID');
	await refused(counter.takeBack(some({}, { reason: 'RETURN_REASON_OTHER', note: '' })),
		'FIELD_INVALID');
	await refused(story.other.perform(counter.back(record)), 'KEY_FOREIGN');
	const call = some({});
	const answer = await counter.takeBack(call);
	assert.equal(answer.return_no, 1);
	assert.deepEqual(answer.state.lines.map((one) => one.returned_e4), [10000n, 0n]);
	assert.deepEqual(answer.state.lines.map((one) => one.owed_e4), [0n, 0n]);
	assert.deepEqual(await story.pharmacy.perform(call), answer);
	const rest = documentRead(record).lines.slice(1).map(line);
	await counter.takeBack(counter.back(record,
		{ return_no: 2, lines: rest, total_fen: sum(rest) }));
	assert.equal(counter.state.use, RETURNED);
	await refused(counter.claimHeld(counter.bundle.pull_grant), 'PRESCRIPTION_USED');
	const { contents } = await story.seen(counter.rxId);
	assert.deepEqual(contents.later.map((one) => one.document.kind), [KIND.PHARMACY_REVIEW,
		KIND.DISPENSE_RECORD, KIND.RETURN_RECORD, KIND.RETURN_RECORD]);
}

// What was never handed over is undone, and handed over under a claim and review of its own.
async function undoneAndHandedOverAgain(story) {
	const counter = await (await opened(story)).review();
	const wrong = counter.record();
	const undo = { kind: 'RETURN_KIND_REVERSAL', reason: 'RETURN_REASON_WRONG_ENTRY', note: '' };

	await counter.dispense(wrong);
	await refused(counter.takeBack(counter.back(wrong,
		{ ...undo, reason: 'RETURN_REASON_QUALITY' })), 'FIELD_INVALID');
	await counter.takeBack(counter.back(wrong, undo));
	assert.equal(counter.state.use, UNUSED);
	assert.deepEqual(counter.state.lines.map((one) => one.owed_e4), [10000n, 10000n]);
	await (await counter.claim()).review();
	const right = counter.record({ lines: documentRead(wrong).lines });
	const { fill_no, state, flags } = await counter.dispense(right);
	assert.deepEqual([fill_no, state.use], [2, DISPENSED]);
	assert.deepEqual(flags, [], 'the codes of what was undone are free again');
	await story.seen(counter.rxId);
}

// A pack sold twice: told, where the region only warns.
async function packsAreSoldOnce(story) {
	const first = await (await opened(story)).review();
	const second = await (await opened(story)).review();
	const record = first.record();

	assert.deepEqual((await first.dispense(record)).flags, []);
	const again = second.record({ lines: documentRead(record).lines });
	const { flags } = await second.dispense(again);
	assert.deepEqual(flags.map((one) => [one.rule, one.severity]),
		[['TRACE', SEVERITY_FLAG], ['TRACE', SEVERITY_FLAG]]);
	const third = await (await opened(story)).review();
	const lines = documentRead(third.record()).lines.map((one) =>
		({ ...one, trace_codes: ['not-a-code'] }));
	await refused(third.dispense(third.record({ lines })), 'FIELD_INVALID');
}

// In the store or online, at whatever pharmacy the person chose.
async function channelIsRecorded(story) {
	const online = await (await opened(story)).review();
	const store = await (await opened(story)).review();

	await refused(online.dispense(online.record({ channel: '' })), 'FIELD_INVALID');
	await online.dispense(online.record({ channel: 'online' }));
	await store.dispense(store.record());
	for (const [counter, channel] of [[online, 'online'], [store, 'store']])
		assert.equal((await story.seen(counter.rxId)).contents.later[1].channel, channel);
}

async function ownPharmacyFills(story) {
	const here = { pharmacy_code: papers.HOSPITAL,
		pharmacist_code: papers.SECOND_HOSPITAL_PHARMACIST };
	const by = papers.SECOND_HOSPITAL_PHARMACIST;
	const counter = await opened(story, story.hospital);

	assert.equal(counter.state.holder_code, papers.HOSPITAL);
	await refused(counter.review({ ...here, pharmacist_code: papers.HOSPITAL_PHARMACIST },
		papers.HOSPITAL_PHARMACIST), 'REVIEW_SAME_PERSON');
	await refused(counter.review({ pharmacy_code: papers.HOSPITAL }), 'KEY_FOREIGN');
	await counter.review(here, by);
	const record = counter.record(here, by);
	await counter.dispense(record);
	assert.equal(counter.state.use, DISPENSED);
	await counter.takeBack(counter.back(record, {}, by));
	assert.equal(counter.state.use, RETURNED);
	const { contents } = await story.seen(counter.rxId);
	assert.ok(contents.later.every((one) => one.pharmacy_code === papers.HOSPITAL));
}

// Two rounds with no days between: each its own claim and review.
async function roundsFollowOneAnother(story) {
	const counter = await opened(story, story.pharmacy,
		{ repeat: { fills_max: 2, interval_days_min: 0 } });

	for (const round of [1, 2]) {
		assert.equal(counter.state.round, round);
		await counter.review();
		await refused(counter.dispense(counter.record({ round: 3 - round })), 'FIELD_INVALID');
		await counter.dispense(counter.record());
		if (round === 1)
			await counter.claim();
	}
	assert.equal(counter.state.use, DISPENSED);
	assert.equal(counter.state.next_round_from_ms, 0n);
	await refused(counter.claimHeld(counter.bundle.pull_grant), 'PRESCRIPTION_USED');
	const { contents } = await story.seen(counter.rxId);
	const records = contents.later.filter((one) => one.document.kind === KIND.DISPENSE_RECORD);
	assert.deepEqual(records.map((one) => one.round), [1, 2]);

	const waiting = await (await opened(story, story.pharmacy,
		{ repeat: { fills_max: 2, interval_days_min: 1 } })).review();
	await waiting.dispense(waiting.record());
	assert.ok(waiting.state.next_round_from_ms > papers.nowMs());
	await refused(waiting.claimHeld(waiting.bundle.pull_grant), 'ROUND_NOT_OPEN');
	await refused(waiting.claimHeld(EMPTY), 'PULL_GRANT_INVALID');
}

export const lifeCases = [
	['a claim is renewed, and given to nobody outside the chain', renewedAndNotGivenAway],
	['a refused line stays owed and is filled elsewhere [JIN15-1.2b SX15-6.3]',
		refusedLineIsFilledElsewhere],
	['what was handed over is taken back by line', takenBack],
	['a wrong record is undone and handed over again', undoneAndHandedOverAgain],
	['a pack that was sold before is told [TJ2-23b]', packsAreSoldOnce],
	['how it was bought is recorded [JIN15-1.3c]', channelIsRecorded],
	['a hospital fills at its own pharmacy [NT33-N2.3 JIN15-1.2b JIN15-4.6]', ownPharmacyFills],
	['a repeat prescription is filled round by round', roundsFollowOneAnother],
];
