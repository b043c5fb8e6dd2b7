// The documents of one fill, made by the people of deploy/province.
import { randomBytes } from 'node:crypto';
import { KIND, documentDigest, documentRead, documentSign } from './client/documents.js';
import { PURPOSE_PULL, voucherSign } from './client/voucher.js';

export const HOSPITAL = 'H14010500321';
export const OTHER_HOSPITAL = 'H14010600777';
export const PHARMACY = 'P14010500417';
export const OTHER_PHARMACY = 'P14010600582';
export const THIRD_PHARMACY = 'P14020200133';
export const CHANNEL = 'C14000000001';
export const REGISTRAR = 'registrar';
export const OFFICER = 'provincial-auditor';
export const CITY_OFFICER = 'taiyuan-auditor';
export const PHYSICIAN = 'D140105003217';
export const HOSPITAL_PHARMACIST = 'HY140105000126';
export const SECOND_HOSPITAL_PHARMACIST = 'HY140105000131';
export const PHARMACIST = 'YS140105000052';
export const OTHER_PHARMACIST = 'YS140106000071';

const DAY_MS = 86400000n;
const CODE_DIGITS = 19;

export const nowMs = () => BigInt(Date.now());

// Everybody gets a person and a hospital number of their own, so that runs do not meet.
export function personMake() {
	return `140100-EV-${randomBytes(6).toString('hex')}`;
}

// A trace code of its own for every pack: 20 digits that begin with 8.
export function traceCode() {
	const number = BigInt(`0x${randomBytes(8).toString('hex')}`) % 10n ** BigInt(CODE_DIGITS);

	return `8${String(number).padStart(CODE_DIGITS, '0')}`;
}

const hospitalRxNo = () => `IT-${randomBytes(8).toString('hex')}`;

function line(drugCode, name, specification, unitPriceE6) {
	return {
		drug_code: drugCode, kind: 'DRUG_KIND_WESTERN', generic_name: name, dosage_form: '片剂',
		specification, route_code: '1', route_name: '口服', dose_e4: 800000n, dose_unit: 'mg',
		frequency_code: '11', frequency_name: '每日一次', days_e4: 70000n, quantity_e4: 10000n,
		quantity_unit: '盒', unit_price_e6: unitPriceE6,
		amount_fen: amountFen(unitPriceE6, 10000n), reimbursement: '1',
	};
}

export function amountFen(unitPriceE6, quantityE4) {
	return (unitPriceE6 * quantityE4 + 50000000n) / 100000000n;
}

// A renewal for a person with high blood pressure, issued now; `changes` go over it.
export function prescriptionMake(voucherId, changes = {}) {
	const now = nowMs();

	return {
		hospital_code: HOSPITAL, hospital_rx_no: hospitalRxNo(),
		business_type: 'BUSINESS_TYPE_INTERNET', category: 'PRESCRIPTION_CATEGORY_WESTERN',
		attribute: 'PRESCRIPTION_ATTRIBUTE_OUTPATIENT_POOLING', medical_type: '11',
		encounter_id: '140100G20261122000481', outpatient_no: 'OP20261122000481',
		real_name_serial: 'AUTH20261122084500017', voucher_token: '140000ec3d5a9b7c1e8f40220611',
		patient: {
			voucher_id: voucherId, person_no: '14010000000000000000071236', name: '王建国',
			id_kind: '01', id_number: '140105196203151239', sex: 'SEX_MALE',
			birth_date: '1962-03-15', insured_region: '140100', insurance_type: '310',
			allergies: '无',
		},
		physician: {
			code: PHYSICIAN, name: '李明华', title_code: '232', department_code: 'A03.04',
			department_name: '心血管内科',
		},
		diagnoses: [{ type: 1, main: true, code: 'I10.x00x002', name: '高血压病2级（高危）' }],
		lines: [
			line('XC09CAX089A001010102764', '缬沙坦片', '80mg*14片', 15500000n),
			line('XC08CAA185A001010104211', '苯磺酸氨氯地平片', '5mg*7片', 12345678n),
		],
		issued_at_ms: now, validity_days: 3,
		follow_up: {
			hospital_code: 'H14010500008', visited_at_ms: now - 28n * DAY_MS,
			diagnosis_code: 'I10.x00x002', document_kind: 'outpatient-record',
			document_sha256: randomBytes(32),
		},
		treatment_region: '140100', condition_note: '血压控制平稳，继续用药',
		visit_at_ms: now - 600000n, ...changes,
	};
}

// {prescription, hospital_review}, both signed; `reviewChanges` go over the review.
export function hospitalPapers(province, content, reviewChanges = {}) {
	const prescription = documentSign(KIND.PRESCRIPTION, content, province.practitioner(PHYSICIAN));

	return { prescription, hospital_review: hospitalReview(province, prescription, reviewChanges) };
}

export function hospitalReview(province, prescription, changes = {}) {
	return documentSign(KIND.HOSPITAL_REVIEW, {
		prescription: documentDigest(prescription), hospital_code: HOSPITAL,
		pharmacist_code: HOSPITAL_PHARMACIST, pharmacist_name: '赵静', licence_no: '1401202300126',
		department_code: 'D02', department_name: '药剂科', result: 'REVIEW_RESULT_PASSED',
		opinion: '合理', reviewed_at_ms: nowMs(), ...changes,
	}, province.practitioner(HOSPITAL_PHARMACIST));
}

// The pharmacy's own review of a bundle; `by` signs.
export function pharmacyReview(province, bundle, changes = {}, by = PHARMACIST) {
	return documentSign(KIND.PHARMACY_REVIEW, {
		rx_id: bundle.state.rx_id, prescription: documentDigest(bundle.prescription),
		hospital_review: documentDigest(bundle.hospital_review), pharmacy_code: PHARMACY,
		pharmacist_code: PHARMACIST, pharmacist_name: '王晓梅', result: 'REVIEW_RESULT_PASSED',
		reviewed_at_ms: nowMs(), duration_s: 45, ...changes,
	}, province.practitioner(by));
}

// All that is still owed, handed over in the store.
export function dispenseRecord(province, bundle, review, prescription, changes = {},
	by = PHARMACIST) {
	const lines = bundle.state.lines.map((owed, index) => {
		const { unit_price_e6: price } = prescription.lines[index];
		const quantity = owed.owed_e4;

		return {
			line_no: owed.line_no, drug_code: owed.drug_code, quantity_e4: quantity,
			unit_price_e6: price, amount_fen: amountFen(price, quantity), lot_no: 'L2026110301',
			expiry_date: '2028-10-31', trace_codes: [traceCode()],
		};
	});

	return documentSign(KIND.DISPENSE_RECORD, {
		rx_id: bundle.state.rx_id, pharmacy_review: documentDigest(review),
		pharmacy_code: PHARMACY, pharmacist_code: PHARMACIST, fill_no: bundle.state.fills_done + 1,
		round: bundle.state.round, lines, dispensed_at_ms: nowMs(), channel: 'store',
		total_fen: lines.reduce((sum, one) => sum + one.amount_fen, 0n), ...changes,
	}, province.practitioner(by));
}

// Everything of a hand-over comes back.
export function returnRecord(province, record, changes = {}, by = PHARMACIST) {
	const content = documentRead(record);
	const lines = content.lines.map(({ line_no, drug_code, quantity_e4, amount_fen,
		trace_codes }) => ({ line_no, drug_code, quantity_e4, amount_fen, trace_codes }));

	return documentSign(KIND.RETURN_RECORD, {
		rx_id: content.rx_id, dispense_record: documentDigest(record),
		pharmacy_code: content.pharmacy_code, pharmacist_code: by, fill_no: content.fill_no,
		return_no: 1, kind: 'RETURN_KIND_RETURN', reason: 'RETURN_REASON_QUALITY', note: '外盒破损',
		lines, returned_at_ms: nowMs(),
		total_fen: lines.reduce((sum, one) => sum + one.amount_fen, 0n), ...changes,
	}, province.practitioner(by));
}

export function revocation(province, rxId, prescription, changes = {}) {
	return documentSign(KIND.REVOCATION, {
		rx_id: rxId, prescription: documentDigest(prescription), hospital_code: HOSPITAL,
		practitioner_code: PHYSICIAN, reason: '剂量更改', revoked_at_ms: nowMs(), ...changes,
	}, province.practitioner(PHYSICIAN));
}

// The text of the code a person shows.
export function voucherCode(province, id, changes = {}) {
	return voucherSign({
		purpose: PURPOSE_PULL, issued_at_ms: nowMs(), nonce: randomBytes(16), id, ...changes,
	}, province.voucherKey);
}
