// At the pharmacy: pulled by e-voucher, verified end to end, claimed, reviewed, dispensed once.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { prepare } from './client/client.js';
import { documentRead } from './client/documents.js';
import { bundleVerify, VerifyError } from './client/verify.js';
import { PURPOSE_LIST } from './client/voucher.js';
import { refused } from './documented.js';
import * as papers from './papers.js';

const EMPTY = Buffer.alloc(0);
const PHARMACY_PASSED = 2;
const PHARMACY_REJECTED = 3;
const PARTLY = 2;
const DISPENSED = 3;

const sum = (lines) => lines.reduce((total, one) => total + one.amount_fen, 0n);

async function pulled(story) {
	const code = papers.voucherCode(story.province, story.person);
	const call = prepare('Pharmacy/PullPrescriptions', { voucher_code: code });
	const { prescriptions, more } = await story.pharmacy.perform(call);

	assert.equal(more, false);
	assert.deepEqual(prescriptions.map((one) => one.state.rx_id),
		[story.rxId, story.second.rxId]);
	story.bundle = prescriptions[0];
	const contents = bundleVerify(story.bundle,
		{ authorities: story.authorities, voucherId: story.person });
	assert.deepEqual(story.bundle.prescription, story.papers.prescription);
	assert.deepEqual(story.bundle.hospital_review, story.papers.hospital_review);
	assert.equal(contents.prescription.patient.name, story.content.patient.name);
	const again = await story.pharmacy.perform(call);
	assert.deepEqual(again.prescriptions.map((one) => one.state),
		prescriptions.map((one) => one.state));
	for (const client of [story.pharmacy, story.other])
		await refused(client.call('Pharmacy/PullPrescriptions', { voucher_code: code }),
			'VOUCHER_REPLAYED');
}

// The list without content, then one of it, once; and what is known already.
async function chosenFromStubs(story) {
	const { authorities, rxId, person: voucherId } = story;
	const pull = (changes) => story.pharmacy.call('Pharmacy/PullPrescriptions',
		{ voucher_code: papers.voucherCode(story.province, voucherId), ...changes });
	const { stubs, prescriptions } = await pull({ stubs_only: true });

	assert.deepEqual(prescriptions, []);
	assert.deepEqual(stubs.map((one) => one.state.rx_id), [rxId, story.second.rxId]);
	assert.equal(stubs[0].line_count, story.content.lines.length);
	assert.equal(stubs[0].hospital_code, papers.HOSPITAL);
	const call = prepare('Pharmacy/DownloadPrescription',
		{ rx_id: rxId, download_grant: stubs[0].download_grant });
	const { prescription } = await story.pharmacy.perform(call);
	bundleVerify(prescription, { authorities, voucherId });
	assert.ok(prescription.pull_grant.length > 0);
	const again = await story.pharmacy.perform(call);
	assert.deepEqual(again.prescription.prescription, prescription.prescription);
	await refused(story.pharmacy.call('Pharmacy/DownloadPrescription',
		{ rx_id: rxId, download_grant: stubs[0].download_grant }), 'DOWNLOAD_GRANT_USED');
	await refused(story.other.call('Pharmacy/DownloadPrescription',
		{ rx_id: story.second.rxId, download_grant: stubs[1].download_grant }),
	'DOWNLOAD_GRANT_INVALID');
	const known = await pull({ known: [{ rx_id: rxId, version: prescription.state.version }] });
	assert.deepEqual(known.prescriptions.map((one) => one.unchanged), [true, false]);
	assert.deepEqual(known.prescriptions[0].later, []);
	bundleVerify(known.prescriptions[1], { authorities, voucherId });
}

async function codesAreChecked(story) {
	const made = (changes) => papers.voucherCode(story.province, story.person, changes);
	const send = (text) => story.pharmacy.call('Pharmacy/PullPrescriptions',
		{ voucher_code: text });
	const good = made();
	const at = good.length - 20;
	const forged = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);

	await refused(send(made({ purpose: PURPOSE_LIST })), 'VOUCHER_PURPOSE');
	await refused(send(made({ issued_at_ms: papers.nowMs() - 66000n })), 'VOUCHER_EXPIRED');
	await refused(send(made({ issued_at_ms: papers.nowMs() + 30000n })), 'VOUCHER_EXPIRED');
	await refused(send(forged), 'VOUCHER_FORGED');
	await refused(send(`${good}=`), 'VOUCHER_MALFORMED');
	await refused(send(''), 'VOUCHER_MALFORMED');
	assert.deepEqual(await story.pull(story.pharmacy, papers.personMake()), []);
}

// The real bundle, changed on the way; verify.test.js has every kind.
function tamperingIsFound({ province, bundle, authorities, person: voucherId }) {
	const later = (changes) => ({ later: [papers.pharmacyReview(province, bundle, changes)],
		key_statements: [...bundle.key_statements, province.statement(papers.PHARMACIST)] });
	const mustFail = (changes, point) => assert.throws(() => bundleVerify(
		{ ...bundle, ...changes }, { authorities, voucherId }),
		(error) => error instanceof VerifyError && error.point === point);

	bundleVerify({ ...bundle, ...later() }, { authorities, voucherId });
	mustFail({ key_statements: [bundle.prescription] }, 1);
	mustFail({ hospital_review: bundle.prescription }, 2);
	mustFail({ state: { ...bundle.state, received_at_ms: 0n } }, 3);
	mustFail(later({ pharmacy_code: papers.OTHER_PHARMACY }), 3);
	mustFail(later({ hospital_review: null }), 4);
	assert.throws(() => bundleVerify(bundle, { authorities, voucherId: papers.personMake() }),
		{ point: 6 });
}

async function claimed(story) {
	const { rxId, bundle, pharmacy, other } = story;
	const claim = (client, grant) => client.call('Pharmacy/ClaimPrescription',
		{ rx_id: rxId, pull_grant: grant });

	await refused(claim(pharmacy, EMPTY), 'PULL_GRANT_INVALID');
	await refused(claim(other, bundle.pull_grant), 'PULL_GRANT_INVALID');
	const first = await claim(pharmacy, bundle.pull_grant);
	assert.equal(first.state.holder_code, papers.PHARMACY);
	assert.ok(first.state.held_until_ms > papers.nowMs());
	assert.ok(first.fencing_token > 0n);
	assert.deepEqual(await claim(pharmacy, bundle.pull_grant), first);
	const theirs = (await story.pull(other)).find((one) => one.state.rx_id.equals(rxId));
	const status = await refused(claim(other, theirs.pull_grant), 'CLAIM_HELD');
	assert.ok(status.findings.some((one) => one.rule === 'HOLD'));
	story.token = first.fencing_token;
}

const dispense = (story, record) => prepare('Pharmacy/DispensePrescription',
	{ rx_id: story.rxId, fencing_token: story.token, dispense_record: record });

async function dispensingNeedsAReview(story) {
	story.review = papers.pharmacyReview(story.province, story.bundle);
	await refused(story.pharmacy.perform(dispense(story, story.dispenseRecord())),
		'REVIEW_MISSING');
}

async function reviewed(story) {
	const { province, bundle, token, rxId } = story;
	const send = (review, fencing_token = token) => story.pharmacy.call('Pharmacy/SubmitReview',
		{ rx_id: rxId, fencing_token, review });
	const strange = { document_sha256: randomBytes(32), signature_sha256: randomBytes(32) };

	await refused(send(story.review, token + 1n), 'FENCING_TOKEN_STALE');
	await refused(send(papers.pharmacyReview(province, bundle, { prescription: strange })),
		'DOCUMENT_CHAIN_BROKEN');
	const { state } = await send(story.review);
	assert.equal(state.review, PHARMACY_PASSED);
	assert.equal(state.version, bundle.state.version + 2n);
	await refused(send(papers.pharmacyReview(province, bundle)), 'FIELD_INVALID');
}

async function dispensed(story) {
	const { pharmacy } = story;
	const double = documentRead(story.dispenseRecord()).lines.map((one) => ({ ...one,
		quantity_e4: 2n * one.quantity_e4,
		amount_fen: papers.amountFen(one.unit_price_e6, 2n * one.quantity_e4) }));

	await refused(pharmacy.perform(dispense(story,
		story.dispenseRecord({ lines: double, total_fen: sum(double) }))), 'QUANTITY_EXCEEDED');
	const call = dispense(story, story.dispenseRecord());
	const answer = await pharmacy.perform(call);
	assert.equal(answer.fill_no, 1);
	assert.equal(answer.state.use, DISPENSED);
	assert.deepEqual(await pharmacy.perform(call), answer);
}

async function dispensedOnlyOnce(story) {
	const { pharmacy, rxId, bundle } = story;

	await refused(pharmacy.perform(dispense(story, story.dispenseRecord())), 'PRESCRIPTION_USED');
	await refused(pharmacy.call('Pharmacy/ClaimPrescription',
		{ rx_id: rxId, pull_grant: bundle.pull_grant }), 'PRESCRIPTION_USED');
	for (const client of [pharmacy, story.other])
		assert.deepEqual((await story.pull(client)).map((one) => one.state.rx_id),
			[story.second.rxId]);
}

// A prescription of a new person, and how pharmacies come to hold it.
async function another(story) {
	const person = papers.personMake();
	const { state: { rx_id: rxId } } = await story.upload(papers.hospitalPapers(story.province,
		papers.prescriptionMake(person)));

	return {
		rxId,
		claim: async (client) => {
			const [bundle] = await story.pull(client, person);
			const { fencing_token } = await client.call('Pharmacy/ClaimPrescription',
				{ rx_id: rxId, pull_grant: bundle.pull_grant });

			return { bundle, rx_id: rxId, fencing_token };
		},
	};
}

async function released(story) {
	const { claim } = await another(story);
	const { bundle, ...first } = await claim(story.pharmacy);
	const release = () => story.pharmacy.call('Pharmacy/ReleaseClaim', first);
	const { state } = await release();

	assert.equal(state.holder_code, '');
	await refused(release(), 'CLAIM_NOT_HELD');
	const second = await claim(story.other);
	assert.ok(second.fencing_token > first.fencing_token);
	await refused(release(), 'CLAIM_HELD');
}

async function rejected(story) {
	const { rxId, claim } = await another(story);
	const { bundle, ...held } = await claim(story.pharmacy);
	const send = (changes) => story.pharmacy.call('Pharmacy/SubmitReview', { ...held,
		review: papers.pharmacyReview(story.province, bundle,
			{ result: 'REVIEW_RESULT_REJECTED', ...changes }) });

	await refused(send({ reason: '' }), 'FIELD_INVALID');
	const { state } = await send({ reason: '剂量与诊断不符' });
	assert.deepEqual([state.review, state.holder_code], [PHARMACY_REJECTED, '']);
	const later = await claim(story.other);
	assert.deepEqual(later.bundle.later.length, 1);
	const { contents } = await story.seen(rxId);
	assert.equal(contents.later[0].reason, '剂量与诊断不符');
}

// One line now, what is still owed later, under the same claim and review.
async function dispensedInParts(story) {
	const { province, pharmacy } = story;
	const { rxId, claim } = await another(story);
	const { bundle, ...held } = await claim(pharmacy);
	const content = documentRead(bundle.prescription);
	const review = papers.pharmacyReview(province, bundle);
	const hand = (state, changes) => {
		const record = papers.dispenseRecord(province, { ...bundle, state }, review, content);
		const lines = documentRead(record).lines.filter((one) => one.quantity_e4 > 0n).slice(0, 1);

		return pharmacy.call('Pharmacy/DispensePrescription', { ...held,
			dispense_record: papers.dispenseRecord(province, { ...bundle, state }, review, content,
				{ lines, total_fen: sum(lines), ...changes }) });
	};

	await pharmacy.call('Pharmacy/SubmitReview', { ...held, review });
	await refused(hand(bundle.state, { fill_no: 2 }), 'FIELD_INVALID');
	await refused(hand(bundle.state, { total_fen: 1n }), 'FIELD_INVALID');
	const first = await hand(bundle.state);
	assert.deepEqual([first.fill_no, first.state.use, first.state.holder_code],
		[1, PARTLY, papers.PHARMACY]);
	const second = await hand(first.state);
	assert.deepEqual([second.fill_no, second.state.use, second.state.holder_code],
		[2, DISPENSED, '']);
	await story.seen(rxId);
}

export const pharmacyCases = [
	['a pharmacy pulls by e-voucher and verifies end to end [JIN15-1.3b]', pulled],
	['a pharmacy lists without content and downloads once [JIN15-1.3b]', chosenFromStubs],
	['e-voucher codes are checked [JIN15-1.3b]', codesAreChecked],
	['tampering with what was pulled is found', tamperingIsFound],
	['one pharmacy claims, others wait', claimed],
	['dispensing needs the pharmacy\'s own review [JIN15-4.6]', dispensingNeedsAReview],
	['the pharmacy\'s pharmacist reviews [JIN15-4.6]', reviewed],
	['the prescription is dispensed, once for one key', dispensed],
	['a second dispense is refused', dispensedOnlyOnce],
	['a prescription is dispensed in parts', dispensedInParts],
	['a claim is released, and the token grows', released],
	['a rejected review ends the claim, another pharmacy sees it [JIN15-4.6]', rejected],
];
