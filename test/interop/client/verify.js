// What a client verifies before it shows or does anything (proto/README.md, section 7): the seven
// points in their order.  Nothing the server says is believed that a signature does not say too.
import { KIND, digestNames, documentHolds, documentRead, statementInForce } from './documents.js';
import { sha256 } from './dsse.js';
import { PUBLIC_KEY_LEN, SIGNED_AT_SKEW_MS_MAX } from './limits.js';
import { isSound } from './points.js';

const ROLE = { PHYSICIAN: 1, HOSPITAL_PHARMACIST: 2, PHARMACY_PHARMACIST: 3 };
const PASSED = 1;
const RETURN = 1;
const REVERSAL = 2;

// `point` is the number in the list of the README.
export class VerifyError extends Error {
	constructor(point, message) {
		super(`${message} (point ${point})`);
		this.point = point;
	}
}

function must(condition, point, message) {
	if (!condition)
		throw new VerifyError(point, message);
}

// The content of a document, after its form and signature.
function opened(document, kind, publicKey, point, what) {
	must(document && publicKey && documentHolds(document, kind, publicKey), point,
		`${what} is not signed as it must be`);
	try {
		return documentRead(document);
	} catch {
		throw new VerifyError(point, `${what} cannot be read`);
	}
}

// Point 1: {key id in hex: statement}.
function statementsVerified(documents, authorities) {
	const statements = new Map();

	for (const document of documents) {
		const authority = authorities.find((one) => sha256(one).equals(document.key_id));
		const statement = opened(document, KIND.KEY_STATEMENT, authority, 1, 'a key statement');

		must(statement.algorithm === 'ed25519', 1, 'the algorithm of a key is not ed25519');
		must(statement.public_key.length === PUBLIC_KEY_LEN && isSound(statement.public_key), 1,
			'a key is not sound');
		const id = sha256(statement.public_key).toString('hex');
		const other = statements.get(id);
		if (!other || statement.stated_at_ms > other.stated_at_ms)
			statements.set(id, statement);
	}
	return statements;
}

// Point 2 for one document: its content, with `signer`, the statement about its key.
function signed(document, kind, statements, what) {
	const signer = document && statements.get(document.key_id.toString('hex'));

	return { ...opened(document, kind, signer?.public_key, 2, what), signer, document, what };
}

// Point 3 for one document.
function mayHaveSigned(content, roles, institution, practitioner, atMs) {
	const { signer, what } = content;

	must(roles.includes(signer.role), 3, `the signer of ${what} has another role`);
	must(signer.institution_code === institution, 3, `the signer of ${what} works elsewhere`);
	must(signer.practitioner_code === practitioner, 3, `${what} names another person`);
	must(statementInForce(signer, atMs), 3, `the key under ${what} was not in force`);
}

function revokerMayHaveSigned(prescription, revocation) {
	const isPhysician = revocation.signer.role === ROLE.PHYSICIAN;

	must(revocation.hospital_code === prescription.hospital_code, 3,
		'the revocation is of another hospital');
	mayHaveSigned(revocation, [ROLE.PHYSICIAN, ROLE.HOSPITAL_PHARMACIST],
		prescription.hospital_code,
		isPhysician ? prescription.physician?.code : revocation.practitioner_code,
		revocation.revoked_at_ms);
	must(revocation.practitioner_code === revocation.signer.practitioner_code, 3,
		'the revocation names another person');
}

// A hospital's own pharmacy has the hospital's pharmacists.
function fillerRole(pharmacyCode) {
	return pharmacyCode.startsWith('H') ? ROLE.HOSPITAL_PHARMACIST : ROLE.PHARMACY_PHARMACIST;
}

function signersVerified(state, { prescription, review, later }) {
	const apartMs = review.reviewed_at_ms - state.received_at_ms;

	mayHaveSigned(prescription, [ROLE.PHYSICIAN], prescription.hospital_code,
		prescription.physician?.code, state.received_at_ms);
	must(review.hospital_code === prescription.hospital_code, 3,
		'the review is of another hospital');
	mayHaveSigned(review, [ROLE.HOSPITAL_PHARMACIST], prescription.hospital_code,
		review.pharmacist_code, state.received_at_ms);
	must(apartMs <= SIGNED_AT_SKEW_MS_MAX && -apartMs <= SIGNED_AT_SKEW_MS_MAX, 3,
		'the review was not made when the platform received it');
	for (const content of later) {
		if (content.document.kind === KIND.REVOCATION)
			revokerMayHaveSigned(prescription, content);
		else
			mayHaveSigned(content, [fillerRole(content.pharmacy_code)], content.pharmacy_code,
				content.pharmacist_code, content.reviewed_at_ms ?? content.dispensed_at_ms
					?? content.returned_at_ms);
	}
}

// The dispense record a return stands on.
function recordOf(back, earlier) {
	return earlier.find((one) => one.document.kind === KIND.DISPENSE_RECORD
		&& one.fill_no === back.fill_no && one.pharmacy_code === back.pharmacy_code
		&& digestNames(back.dispense_record, one.document));
}

function laterNames(content, papers, index) {
	const { prescription, review, later } = papers;

	if (content.document.kind === KIND.RETURN_RECORD)
		return Boolean(recordOf(content, later.slice(0, index)));
	if (content.document.kind === KIND.DISPENSE_RECORD)
		return later.slice(0, index).some((earlier) =>
			earlier.document.kind === KIND.PHARMACY_REVIEW && earlier.result === PASSED
			&& earlier.pharmacy_code === content.pharmacy_code
			&& digestNames(content.pharmacy_review, earlier.document));
	return digestNames(content.prescription, prescription.document)
		&& (content.document.kind === KIND.REVOCATION
			|| digestNames(content.hospital_review, review.document));
}

function namesVerified(state, papers) {
	must(digestNames(papers.review.prescription, papers.prescription.document), 4,
		'the hospital review names another prescription');
	papers.later.forEach((content, index) => {
		must(content.rx_id.equals(state.rx_id), 4, `${content.what} is about another prescription`);
		must(laterNames(content, papers, index), 4, `${content.what} names other documents`);
	});
}

function fourEyesVerified({ prescription, review, later }) {
	const hospital = [prescription.signer.practitioner_code, review.signer.practitioner_code];

	must(review.result === PASSED, 5, 'the hospital review has not passed');
	must(hospital[0] !== hospital[1], 5, 'the physician reviewed the own prescription');
	for (const content of later) {
		if (content.document.kind === KIND.REVOCATION)
			continue;
		if (content.document.kind === KIND.PHARMACY_REVIEW)
			must(!hospital.includes(content.signer.practitioner_code), 5,
				`${content.what} is by one of the hospital's two`);
		must(content.pharmacy_code !== prescription.hospital_code
			|| fillerRole(content.pharmacy_code) === ROLE.HOSPITAL_PHARMACIST, 5,
		`${content.what} is by the hospital`);
	}
}

// The lines of a record, each of which may stand there once.
function linesOnce(content) {
	const numbers = content.lines.map((one) => one.line_no);

	must(new Set(numbers).size === numbers.length, 7, `${content.what} names a line twice`);
	return content.lines;
}

function recordFits(record, prescription, filled) {
	const round = record.round || 1;

	must(record.fill_no === ++filled.records, 7, 'a hand-over is left out');
	must(round >= filled.round && round <= Math.max(prescription.repeat?.fills_max ?? 1, 1), 7,
		'a round that was not open');
	filled.round = round;
	for (const line of linesOnce(record)) {
		const prescribed = prescription.lines[line.line_no - 1];
		const out = (filled.out[line.line_no] ?? 0n) + line.quantity_e4;

		must(prescribed?.drug_code === line.drug_code, 7, 'another line or drug was handed over');
		must(line.quantity_e4 > 0n && out <= prescribed.quantity_e4 * BigInt(round), 7,
			'more was handed over than was owed');
		filled.out[line.line_no] = out;
	}
}

function returnFits(back, record, filled) {
	must(back.return_no === filled.returns.length + 1, 7, 'a return is left out');
	must([RETURN, REVERSAL].includes(back.kind), 7, 'neither a return nor a reversal');
	for (const line of linesOnce(back)) {
		const handed = record.lines.find((one) => one.line_no === line.line_no);
		const before = filled.returns.filter((one) => one.fill_no === back.fill_no)
			.flatMap((one) => one.lines).filter((one) => one.line_no === line.line_no)
			.reduce((sum, one) => sum + one.quantity_e4, 0n);

		must(handed?.drug_code === line.drug_code, 7, 'a return of what was not handed over');
		must(line.quantity_e4 > 0n && before + line.quantity_e4 <= handed.quantity_e4, 7,
			'more came back than was left');
		if (back.kind === REVERSAL)
			filled.out[line.line_no] -= line.quantity_e4;
	}
	filled.returns.push(back);
}

// Point 7: the records come to one another and to what was prescribed.
function quantitiesVerified({ prescription, later }) {
	const filled = { records: 0, returns: [], round: 0, out: {} };

	later.forEach((content, index) => {
		if (content.document.kind === KIND.DISPENSE_RECORD)
			recordFits(content, prescription, filled);
		else if (content.document.kind === KIND.RETURN_RECORD)
			returnFits(content, recordOf(content, later.slice(0, index)), filled);
	});
}

const LATER_NAMES = { 3: 'a pharmacy review', 4: 'a dispense record', 5: 'the revocation',
	7: 'a return record' };

// `bundle` as received; `authorities` the registry authority's public keys; and whom or what was
// asked for: `voucherId` after a pull, `rxId` else.  Returns {prescription, review, later}, the
// contents of the documents; throws VerifyError.
export function bundleVerify(bundle, { authorities, voucherId, rxId }) {
	const statements = statementsVerified(bundle.key_statements, authorities);
	const state = bundle.state;
	const papers = {
		prescription: signed(bundle.prescription, KIND.PRESCRIPTION, statements,
			'the prescription'),
		review: signed(bundle.hospital_review, KIND.HOSPITAL_REVIEW, statements,
			'the hospital review'),
		later: bundle.later.map((document) => {
			must(document.kind in LATER_NAMES, 2, 'a later document has another kind');
			return signed(document, document.kind, statements, LATER_NAMES[document.kind]);
		}),
	};

	must(state, 3, 'there is no state');
	signersVerified(state, papers);
	namesVerified(state, papers);
	fourEyesVerified(papers);
	if (voucherId !== undefined)
		must(papers.prescription.patient?.voucher_id === voucherId, 6, 'it is of another person');
	else
		must(rxId !== undefined && state.rx_id.equals(rxId), 6, 'it is another prescription');
	quantitiesVerified(papers);
	return papers;
}
