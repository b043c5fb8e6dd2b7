// What a client must find out by itself: bundles made from the golden documents, honest and not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { KIND, documentDigest, documentRead, documentSign } from './client/documents.js';
import { keyFromSeed } from './client/dsse.js';
import { read } from './client/schema.js';
import { bundleVerify, VerifyError } from './client/verify.js';
import { run } from './tap.js';

const hex = (text) => Buffer.from(text, 'hex');

function vectors(name) {
	return JSON.parse(readFileSync(new URL(`../../proto/vectors/${name}.json`, import.meta.url)));
}

const golden = new Map(vectors('documents').documents.map(
	(one) => [one.name, read('SignedDocument', hex(one.document))]));
const keys = Object.fromEntries(vectors('dsse').signers.map(
	(one) => [one.name, keyFromSeed(hex(one.seed))]));
const statementNames = ['physician', 'hospital-pharmacist', 'pharmacy-pharmacist'];
const statements = statementNames.map((name) => golden.get(`key-statement-${name}`));
const authorities = [keys['registry-authority'].publicKey];
const rxId = documentRead(golden.get('revocation')).rx_id;
const receivedAtMs = documentRead(golden.get('hospital-review')).reviewed_at_ms + 1000n;
const voucherId = documentRead(golden.get('prescription')).patient.voucher_id;
const OTHER_DIGEST = { document_sha256: Buffer.alloc(32, 1),
	signature_sha256: Buffer.alloc(32, 1) };

const honest = {
	state: { rx_id: rxId, received_at_ms: receivedAtMs },
	prescription: golden.get('prescription'),
	hospital_review: golden.get('hospital-review'),
	later: [golden.get('pharmacy-review'), golden.get('dispense-record'),
		golden.get('return-record')],
	key_statements: statements,
};
const revoked = { ...honest, later: [golden.get('revocation')] };
const review = golden.get('pharmacy-review');
const record = golden.get('dispense-record');
const back = golden.get('return-record');

// The golden document again, with other content and signed all the same.
function resigned(document, key, changes) {
	return documentSign(document.kind, { ...documentRead(document), ...changes }, keys[key]);
}

const restated = (index, changes, key = 'registry-authority') => statements.map((one, at) =>
	(at === index ? resigned(one, key, changes) : one));
const reviewed = (changes, key = 'hospital-pharmacist') => ({
	hospital_review: resigned(honest.hospital_review, key, changes), later: [] });
const prescribed = (changes, key = 'physician') => {
	const prescription = resigned(honest.prescription, key, changes);

	return { prescription, ...reviewed({ prescription: documentDigest(prescription),
		hospital_code: documentRead(prescription).hospital_code }) };
};
const rereviewed = (changes, key = 'pharmacy-pharmacist') => ({
	later: [resigned(review, key, changes)] });
const redispensed = (changes, key = 'pharmacy-pharmacist') => ({
	later: [review, resigned(record, key, changes)] });
const returned = (changes, key = 'pharmacy-pharmacist') => ({
	later: [review, record, resigned(back, key, changes)] });
const [handedLine] = documentRead(record).lines;
const [backLine] = documentRead(back).lines;
// The only line, handed over or given back in another way.
const handed = (changes, ofRecord = {}) => redispensed({ ...ofRecord,
	lines: [{ ...handedLine, ...changes }] });
const given = (changes, ofReturn = {}) => returned({ ...ofReturn,
	lines: [{ ...backLine, ...changes }] });
// The record and its return in parts of a half each, as often as told.
const halves = (times, changes = {}) => ({ later: [review, record,
	...Array.from({ length: times }, (_, at) => resigned(back, 'pharmacy-pharmacist', {
		return_no: at + 1, lines: [{ ...backLine, quantity_e4: 5000n }], ...changes }))] });
// Handed over whole, given back whole, handed over whole once more.
const again = (kind) => {
	const undone = resigned(back, 'pharmacy-pharmacist', { kind });

	return { later: [review, record, undone,
		resigned(record, 'pharmacy-pharmacist', { fill_no: 2 })] };
};
const rerevoked = (changes, key = 'physician') => ({
	later: [resigned(golden.get('revocation'), key, changes)] });
const flipped = (document, field) => ({ ...document,
	[field]: Buffer.concat([document[field].subarray(0, -1),
		Buffer.from([document[field].at(-1) ^ 1])]) });

// A statement that makes somebody else's key that of a second person of the pharmacy.
const secondPerson = (changes) => resigned(statements[2], 'registry-authority',
	{ public_key: keys.stranger.publicKey, ...changes });

// [point, what is wrong, what is different]
const dishonest = [
	[1, 'a statement with another signature',
		{ key_statements: [flipped(statements[0], 'signature'), ...statements.slice(1)] }],
	[1, 'a statement by somebody else', { key_statements: restated(0, {}, 'stranger') }],
	[1, 'another document for a statement', { key_statements: [honest.prescription] }],
	[1, 'another algorithm', { key_statements: restated(0, { algorithm: 'ed448' }) }],
	[1, 'a key of small order', { key_statements: restated(0, { public_key: Buffer.alloc(32) }) }],
	[1, 'a key of 31 bytes', { key_statements: restated(0, { public_key: Buffer.alloc(31, 9) }) }],
	[2, 'no statement of the physician', { key_statements: statements.slice(1) }],
	[2, 'no prescription', { prescription: null }],
	[2, 'no hospital review', { hospital_review: null }],
	[2, 'another body', { prescription: flipped(honest.prescription, 'body') }],
	[2, 'another signature', { prescription: flipped(honest.prescription, 'signature') }],
	[2, 'another key id', { prescription: flipped(honest.prescription, 'key_id') }],
	[2, 'a review in place of the prescription', { prescription: honest.hospital_review }],
	[2, 'the prescription in place of the review', { hospital_review: honest.prescription }],
	[2, 'a hospital review among the later ones', { later: [honest.hospital_review] }],
	[2, 'a key statement among the later ones', { later: [statements[0]] }],
	[2, 'a later document of no kind', { later: [{ ...review, kind: 0 }] }],
	[3, 'no state', { state: null }],
	[3, 'a physician who is none', prescribed({}, 'hospital-pharmacist')],
	[3, 'a physician of another hospital', prescribed({ hospital_code: 'H14010600777' })],
	[3, 'another physician\'s name', prescribed({ physician: { code: 'D140105000018' } })],
	[3, 'no physician', prescribed({ physician: null })],
	[3, 'received before the keys were in force',
		{ state: { ...honest.state, received_at_ms: 1763776800000n - 1n } }],
	[3, 'received when the key was revoked',
		{ key_statements: restated(0, { revoked_from_ms: receivedAtMs }) }],
	[3, 'a newer word that revokes, behind the older',
		{ key_statements: [...statements, restated(1, { revoked_from_ms: 1n,
			stated_at_ms: 1763776800001n })[1]] }],
	[3, 'a newer word that revokes, before the older',
		{ key_statements: [restated(1, { revoked_from_ms: 1n,
			stated_at_ms: 1763776800001n })[1], ...statements] }],
	[3, 'a hospital review of another hospital', reviewed({ hospital_code: 'H14010600777' })],
	[3, 'another hospital pharmacist\'s name', reviewed({ pharmacist_code: 'HY140105000009' })],
	[3, 'a hospital review by the physician', reviewed({}, 'physician')],
	[3, 'a hospital review with the person\'s key as a physician', {
		...reviewed({}, 'stranger'),
		key_statements: [...statements, secondPerson({ institution_code: 'H14010500321',
			role: 'PRACTITIONER_ROLE_PHYSICIAN', practitioner_code: 'HY140105000008' })] }],
	[3, 'reviewed long before', reviewed({ reviewed_at_ms: receivedAtMs - 300001n })],
	[3, 'reviewed long after', reviewed({ reviewed_at_ms: receivedAtMs + 300001n })],
	[3, 'a pharmacy review at another pharmacy', rereviewed({ pharmacy_code: 'P14010500043' })],
	[3, 'another pharmacist\'s name', rereviewed({ pharmacist_code: 'PY140105000024' })],
	[3, 'a pharmacy review by the hospital', rereviewed({}, 'hospital-pharmacist')],
	[3, 'a pharmacy review before the key was in force', rereviewed({ reviewed_at_ms: 1n })],
	[3, 'dispensed at another pharmacy', redispensed({ pharmacy_code: 'P14010500043' })],
	[3, 'dispensed in another name', redispensed({ pharmacist_code: 'PY140105000024' })],
	[3, 'dispensed after the key had ended', redispensed({ dispensed_at_ms: 1795312800000n })],
	[3, 'a return at another pharmacy', returned({ pharmacy_code: 'P14010500043' })],
	[3, 'a return in another name', returned({ pharmacist_code: 'PY140105000024' })],
	[3, 'a return by the hospital', returned({}, 'hospital-pharmacist')],
	[3, 'a return after the key had ended', returned({ returned_at_ms: 1795312800000n })],
	[4, 'a return of another id', returned({ rx_id: Buffer.alloc(16) })],
	[4, 'a return of no record', returned({ dispense_record: null })],
	[4, 'a return of another record', returned({ dispense_record: OTHER_DIGEST })],
	[4, 'a return of a record with another number', returned({ fill_no: 2 })],
	[4, 'a return before its record', { later: [review, back, record] }],
	[4, 'a return without its record', { later: [review, back] }],
	[7, 'more handed over than prescribed', handed({ quantity_e4: 10001n })],
	[7, 'nothing handed over', handed({ quantity_e4: 0n })],
	[7, 'a line nobody prescribed', handed({ line_no: 2 })],
	[7, 'another drug', handed({ drug_code: 'XN02BEP' })],
	[7, 'a line handed over twice', redispensed({ lines: [handedLine, handedLine] })],
	[7, 'a second record and no first', redispensed({ fill_no: 2 })],
	[7, 'the same record again', { later: [review, record,
		resigned(record, 'pharmacy-pharmacist', { fill_no: 2 })] }],
	[7, 'a round nobody prescribed', redispensed({ round: 2 })],
	[7, 'more back than was handed over', given({ quantity_e4: 10001n })],
	[7, 'nothing back', given({ quantity_e4: 0n })],
	[7, 'a line back that was not handed over', given({ line_no: 2 })],
	[7, 'another drug back', given({ drug_code: 'XN02BEP' })],
	[7, 'a line back twice', returned({ lines: [backLine, backLine] })],
	[7, 'a return that is none', returned({ kind: 0 })],
	[7, 'a second return and no first', returned({ return_no: 2 })],
	[7, 'three halves back', halves(3)],
	[7, 'what came back handed over again', again('RETURN_KIND_RETURN')],
	[4, 'a hospital review of another prescription',
		reviewed({ prescription: OTHER_DIGEST })],
	[4, 'a hospital review of nothing', reviewed({ prescription: null })],
	[4, 'a pharmacy review of another id', rereviewed({ rx_id: Buffer.alloc(16) })],
	[4, 'a pharmacy review of no prescription', rereviewed({ prescription: null })],
	[4, 'a pharmacy review of no hospital review', rereviewed({ hospital_review: null })],
	[4, 'a record about another id', redispensed({ rx_id: Buffer.alloc(16) })],
	[4, 'a record without its review', { later: [record] }],
	[4, 'a record before its review', { later: [record, review] }],
	[4, 'a record of a rejected review', (() => {
		const rejected = resigned(review, 'pharmacy-pharmacist',
			{ result: 'REVIEW_RESULT_REJECTED', reason: '剂量' });

		return { later: [rejected, resigned(record, 'pharmacy-pharmacist',
			{ pharmacy_review: documentDigest(rejected) })] };
	})()],
	[4, 'a record of another pharmacy\'s review', {
		later: [review, resigned(record, 'stranger', { pharmacy_code: 'P14010500043',
			pharmacist_code: 'PY140105000024' })],
		key_statements: [...statements, secondPerson({ institution_code: 'P14010500043',
			practitioner_code: 'PY140105000024' })] }],
	[5, 'a hospital review that has not passed', reviewed({ result: 'REVIEW_RESULT_REJECTED' })],
	[5, 'a hospital review with no result', reviewed({ result: 0 })],
	[5, 'a physician who reviewed, too', {
		...reviewed({ pharmacist_code: 'D140105000017' }, 'stranger'),
		key_statements: [...statements, secondPerson({ institution_code: 'H14010500321',
			role: 'PRACTITIONER_ROLE_HOSPITAL_PHARMACIST',
			practitioner_code: 'D140105000017' })] }],
	[5, 'a hospital pharmacist who works at the pharmacy, too', {
		...rereviewed({ pharmacist_code: 'HY140105000008' }, 'stranger'),
		key_statements: [...statements, secondPerson({ practitioner_code: 'HY140105000008' })] }],
	[3, 'a pharmacist of a pharmacy at the hospital\'s own', {
		...rereviewed({ pharmacy_code: 'H14010500321', pharmacist_code: 'PY140105000024' },
			'stranger'),
		key_statements: [...statements, secondPerson({ institution_code: 'H14010500321',
			practitioner_code: 'PY140105000024' })] }],
	[5, 'the hospital\'s reviewer at the hospital\'s own pharmacy', rereviewed({
		pharmacy_code: 'H14010500321', pharmacist_code: 'HY140105000008' },
	'hospital-pharmacist')],
];
const dishonestRevocations = [
	[3, 'a revocation at another hospital', rerevoked({ hospital_code: 'H14010600777' })],
	[3, 'a revocation in another name', rerevoked({ practitioner_code: 'D140105000018' })],
	[3, 'a revocation by a pharmacy', rerevoked({ practitioner_code: 'PY140105000023' },
		'pharmacy-pharmacist')],
	[3, 'a revocation by another physician of the hospital', {
		...rerevoked({ practitioner_code: 'D140105000018' }, 'stranger'),
		key_statements: [...statements, secondPerson({ institution_code: 'H14010500321',
			role: 'PRACTITIONER_ROLE_PHYSICIAN', practitioner_code: 'D140105000018' })] }],
	[3, 'a revocation after the key had ended', rerevoked({ revoked_at_ms: 1795312800000n })],
	[4, 'a revocation of another id', rerevoked({ rx_id: Buffer.alloc(16) })],
	[4, 'a revocation of another prescription', rerevoked({ prescription: null })],
];

function mustFail(bundle, wanted, point) {
	assert.throws(() => bundleVerify(bundle, wanted),
		(error) => error instanceof VerifyError && error.point === point);
}

function wholeFillHolds() {
	const contents = bundleVerify(honest, { authorities, voucherId });

	assert.deepEqual(contents.later.map((one) => one.document.kind),
		[KIND.PHARMACY_REVIEW, KIND.DISPENSE_RECORD, KIND.RETURN_RECORD]);
	bundleVerify(honest, { authorities, rxId });
	for (const parts of [halves(1), halves(2), again('RETURN_KIND_REVERSAL')])
		bundleVerify({ ...honest, ...parts }, { authorities, rxId });
	bundleVerify({ ...honest, later: [] }, { authorities, rxId });
	bundleVerify(revoked, { authorities, rxId });
	bundleVerify({ ...revoked, ...rerevoked({ practitioner_code: 'HY140105000008' },
		'hospital-pharmacist') }, { authorities, rxId });
}

// A second pharmacist of the hospital reviews, hands over and takes back at its own pharmacy.
function ownPharmacyHolds() {
	const here = { pharmacy_code: 'H14010500321', pharmacist_code: 'HY140105000009' };
	const reviewedHere = resigned(review, 'stranger', here);
	const handedHere = resigned(record, 'stranger',
		{ ...here, pharmacy_review: documentDigest(reviewedHere) });
	const backHere = resigned(back, 'stranger',
		{ ...here, dispense_record: documentDigest(handedHere) });
	const key_statements = [...statements, secondPerson({ institution_code: 'H14010500321',
		role: 'PRACTITIONER_ROLE_HOSPITAL_PHARMACIST', practitioner_code: 'HY140105000009' })];

	bundleVerify({ ...honest, later: [reviewedHere, handedHere, backHere], key_statements },
		{ authorities, rxId });
}

function limitsHold() {
	for (const apart of [-300000n, 300000n])
		bundleVerify({ ...honest, ...reviewed({ reviewed_at_ms: receivedAtMs + apart }) },
			{ authorities, rxId });
	bundleVerify({ ...honest, key_statements: restated(0, { revoked_from_ms: receivedAtMs + 1n }) },
		{ authorities, rxId });
}

// During a change of keys there are two; whoever of them signed, it holds.
function twoAuthoritiesHold() {
	const second = keys.authority.publicKey;

	bundleVerify({ ...honest, key_statements: restated(0, {}, 'authority') },
		{ authorities: [...authorities, second], rxId });
	mustFail(honest, { authorities: [second], rxId }, 1);
}

function anotherPersonIsFound() {
	mustFail(honest, { authorities, voucherId: `${voucherId.slice(0, -1)}4` }, 6);
	mustFail(honest, { authorities, rxId: Buffer.alloc(16) }, 6);
	mustFail(honest, { authorities }, 6);
}

await run([
	['a whole fill holds, and so does a revoked one', wholeFillHolds],
	['a hospital fills at its own pharmacy [NT33-N2.3]', ownPharmacyHolds],
	['at the limits of time it holds', limitsHold],
	['either of two authorities is believed', twoAuthoritiesHold],
	['another person or prescription is found', anotherPersonIsFound],
	...dishonest.map(([point, what, changes]) => [`point ${point} finds ${what}`,
		() => mustFail({ ...honest, ...changes }, { authorities, voucherId }, point)]),
	...dishonestRevocations.map(([point, what, changes]) => [`point ${point} finds ${what}`,
		() => mustFail({ ...revoked, ...changes }, { authorities, voucherId }, point)]),
]);
