// At the hospital: a prescription made and signed here is checked and uploaded, or refused when
// something is wrong with it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { prepare } from './client/client.js';
import { KIND, documentSign } from './client/documents.js';
import { callWrite } from './client/envelope.js';
import { frameWrite } from './client/frames.js';
import { issueDay, rxCodeFormat, rxCodeRead, rxIdDay } from './client/rxcode.js';
import { refused } from './documented.js';
import * as papers from './papers.js';

const EMPTY = Buffer.alloc(0);
const STATE_NEW = { validity: 1, review: 1, use: 1, holder_code: '', held_until_ms: 0n,
	fills_done: 0, fills_max: 1, round: 1, next_round_from_ms: 0n };
const SEVERITY_REFUSE = 1;

const unsigned = (document) => ({ ...document, key_id: EMPTY, signature: EMPTY });
const fresh = (story, changes, reviewChanges) => papers.hospitalPapers(story.province,
	papers.prescriptionMake(story.person, changes), reviewChanges);

async function checkedBeforehand(story) {
	const said = await story.hospital.call('Hospital/CheckPrescription', {
		prescription: unsigned(story.papers.prescription),
		hospital_review: unsigned(story.papers.hospital_review),
	});

	assert.deepEqual(said.findings.filter((one) => one.severity === SEVERITY_REFUSE), []);
	assert.equal(said.acceptable, true);
	assert.equal(said.rx_code, rxCodeFormat(said.rx_id));
	story.rxId = said.rx_id;
}

async function uploaded(story) {
	const { content } = story;

	story.uploadCall = prepare('Hospital/UploadPrescription', story.papers);
	story.uploadAnswer = await story.hospital.perform(story.uploadCall);
	const { state } = story.uploadAnswer;
	assert.deepEqual(state.rx_id, story.rxId);
	assert.deepEqual(rxCodeRead(state.rx_code), story.rxId);
	assert.equal(rxIdDay(state.rx_id), issueDay(content.issued_at_ms));
	for (const [name, value] of Object.entries(STATE_NEW))
		assert.equal(state[name], value, name);
	assert.ok(state.valid_until_ms > content.issued_at_ms);
	assert.deepEqual(state.lines, content.lines.map((one, index) => ({ line_no: index + 1,
		drug_code: one.drug_code, prescribed_e4: one.quantity_e4, dispensed_e4: 0n,
		owed_e4: one.quantity_e4, returned_e4: 0n })));
}

async function uploadedAgain(story) {
	assert.deepEqual(await story.hospital.perform(story.uploadCall), story.uploadAnswer);
	const { state } = await story.upload(story.papers);
	assert.deepEqual(state, story.uploadAnswer.state);
}

// The answer is lost on the way; sent again on another connection it is the same call.
async function uploadedThroughALostConnection(story) {
	const request = fresh(story);
	const call = prepare('Hospital/UploadPrescription', request);
	const { response, ...fields } = call;
	const connection = await story.province.connect(papers.HOSPITAL);

	connection.sendRaw(frameWrite(callWrite({ call_id: 1n, ...fields })));
	connection.endSending();
	await connection.closed;
	const answer = await story.hospital.perform(call);
	assert.deepEqual(await story.hospital.perform(call), answer);
	story.second = { rxId: answer.state.rx_id, prescription: request.prescription };
}

async function numbersAndKeysAreNotReused(story) {
	const changed = papers.hospitalPapers(story.province,
		{ ...story.content, condition_note: '另一处方' });

	await refused(story.upload(changed), 'HOSPITAL_NUMBER_REUSED');
	await refused(story.hospital.perform({ ...prepare('Hospital/UploadPrescription', changed),
		idempotency_key: story.uploadCall.idempotency_key }), 'IDEMPOTENCY_KEY_REUSED');
}

async function forgedDocumentsAreRefused(story) {
	const good = fresh(story);
	const { prescription } = good;
	const signature = Buffer.from(prescription.signature);

	signature[7] ^= 1;
	await refused(story.upload({ ...good, prescription: { ...prescription, signature } }),
		'SIGNATURE_INVALID');
	await refused(story.upload({ ...good, prescription: unsigned(prescription) }),
		'DOCUMENT_MALFORMED');
	await refused(story.upload({ ...good, prescription: { ...prescription,
		key_id: randomBytes(32) } }), 'KEY_UNKNOWN');
	await refused(story.upload({ ...good, hospital_review:
		papers.hospitalReview(story.province, story.papers.prescription) }),
		'DOCUMENT_CHAIN_BROKEN');
	await refused(story.upload({ prescription }), 'DOCUMENT_MALFORMED');
	const { findings } = await refused(story.upload(fresh(story, {},
		{ result: 'REVIEW_RESULT_REJECTED' })), 'FIELD_INVALID');
	assert.ok(findings.some((one) => one.message.includes('review')), JSON.stringify(findings));
}

async function othersKeysAreRefused(story) {
	const { province, person } = story;
	const prescription = documentSign(KIND.PRESCRIPTION, papers.prescriptionMake(person),
		province.practitioner(papers.HOSPITAL_PHARMACIST));

	await refused(story.upload({ prescription,
		hospital_review: papers.hospitalReview(province, prescription) }), 'KEY_FOREIGN');
}

async function otherTimesAreRefused(story) {
	await refused(story.upload(fresh(story, {}, { reviewed_at_ms: papers.nowMs() - 360000n })),
		'SIGNED_AT_SKEWED');
}

async function brokenRulesAreTold(story) {
	const status = await refused(story.upload(fresh(story,
		{ first_visit: true, real_name_serial: '' })), 'RULES_REFUSED');
	const refusing = status.findings.filter((one) => one.severity === SEVERITY_REFUSE);

	assert.ok(refusing.length >= 2, JSON.stringify(status.findings));
	for (const finding of refusing)
		for (const part of ['rule', 'field', 'message', 'message_zh'])
			assert.notEqual(finding[part], '', `${part} of ${finding.rule}`);
}

async function malformedFieldsAreTold(story) {
	const status = await refused(story.upload(fresh(story, { validity_days: 366 })),
		'FIELD_INVALID');

	assert.ok(status.findings.some((one) => one.rule === 'FIELD'));
}

export const hospitalCases = [
	['a hospital asks beforehand, without signatures', checkedBeforehand],
	['a prescription built and signed here is accepted [JIN15-4.6]', uploaded],
	['the same upload twice has the same answer', uploadedAgain],
	['an upload whose answer was lost is found again by its key', uploadedThroughALostConnection],
	['hospital numbers and idempotency keys are not reused', numbersAndKeysAreNotReused],
	['forged and mismatched documents are refused [TJ2-12b]', forgedDocumentsAreRefused],
	['documents signed with another\'s key are refused [TJ2-12b]', othersKeysAreRefused],
	['documents signed at another time are refused', otherTimesAreRefused],
	['broken rules are told all at once [JIN15-4.5]', brokenRulesAreTold],
	['malformed fields are told', malformedFieldsAreTold],
];
