// At the agency: an officer writes the registry, and the server goes by it at once.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client/client.js';
import { KIND, documentSign } from './client/documents.js';
import { keyFromSeed, POSSESSION_TYPE, signBytes } from './client/dsse.js';
import { refused } from './documented.js';
import * as papers from './papers.js';

const YEAR_MS = 365n * 86400000n;
const ACTIVE = 'INSTITUTION_STATUS_ACTIVE';
const SUSPENDED = 'INSTITUTION_STATUS_SUSPENDED';
const SPREAD_MS_MAX = 5000; // until every worker goes by a changed registry

// Ask again until the answer is another one: a registry record takes a moment to spread.
async function soon(ask, check) {
	for (const until = Date.now() + SPREAD_MS_MAX; ; await sleep(50)) {
		try {
			return await check(ask());
		} catch (error) {
			if (Date.now() > until)
				throw error;
		}
	}
}

const put = (story, record) => story.province.client(papers.REGISTRAR)
	.call('Agency/PutRegistryRecord', { record });

async function strangerBecomesAMember(story) {
	const cert = readFileSync(join(story.stranger, 'cert.pem'));
	const certificate = {
		spki_sha256: createHash('sha256').update(createPublicKey(cert)
			.export({ format: 'der', type: 'spki' })).digest(),
		institution_code: papers.THIRD_PHARMACY, not_before_ms: papers.nowMs() - 60000n,
		not_after_ms: papers.nowMs() + YEAR_MS,
	};
	const client = new Client({ ...story.province.access(papers.PHARMACY), cert,
		key: readFileSync(join(story.stranger, 'key.pem')) });
	const pull = () => story.pull(client);

	assert.equal((await put(story, { certificate })).changed, true);
	assert.equal((await put(story, { certificate })).changed, false);
	assert.deepEqual(await soon(pull, (found) => found), []);
	await put(story, { certificate: { ...certificate, revoked: true } });
	await soon(pull, (found) => refused(found, 'CERTIFICATE_NOT_VALID'));
	client.close();
}

async function suspendedInstitutionsAreRefused(story) {
	const institution = { code: papers.THIRD_PHARMACY, name: '大同示例大药房平城店',
		kind: 'INSTITUTION_KIND_PHARMACY', region: '140200' };
	const client = story.province.client(papers.THIRD_PHARMACY);
	const pull = () => story.pull(client);

	assert.deepEqual(await pull(), []);
	await put(story, { institution: { ...institution, status: SUSPENDED } });
	await soon(pull, (found) => refused(found, 'INSTITUTION_NOT_ACTIVE'));
	await put(story, { institution: { ...institution, status: ACTIVE } });
	assert.deepEqual(await soon(pull, (found) => found), []);
}

// What the authority and the owner of a new key sign.
function keyRecord(story, key, changes = {}, possession = POSSESSION_TYPE) {
	const now = papers.nowMs();

	return { key: {
		statement: documentSign(KIND.KEY_STATEMENT, {
			public_key: key.publicKey, algorithm: 'ed25519', practitioner_code: papers.PHYSICIAN,
			practitioner_name: '李明华', role: 'PRACTITIONER_ROLE_PHYSICIAN',
			institution_code: papers.HOSPITAL, not_before_ms: now - 60000n,
			not_after_ms: now + YEAR_MS, stated_at_ms: now, ...changes,
		}, story.province.authorityKey),
		possession_signature: signBytes(possession, key.publicKey, key),
	} };
}

function uploadSignedWith(story, key) {
	const content = papers.prescriptionMake(story.person);
	const prescription = documentSign(KIND.PRESCRIPTION, content, key);

	return story.upload({ prescription,
		hospital_review: papers.hospitalReview(story.province, prescription) });
}

async function newKeysNeedProof(story) {
	const key = keyFromSeed(randomBytes(32));
	const byItself = keyRecord(story, key);
	const { statement } = byItself.key;

	await refused(put(story, keyRecord(story, key, {}, 'application/vnd.rxcirc.voucher.v1')),
		'SIGNATURE_INVALID');
	byItself.key.statement = documentSign(KIND.KEY_STATEMENT, {}, key);
	byItself.key.statement.body = statement.body;
	await refused(put(story, byItself), 'SIGNATURE_INVALID');
	await refused(put(story, keyRecord(story, { ...key, publicKey: Buffer.alloc(32) })),
		'KEY_UNSOUND');
	await refused(uploadSignedWith(story, key), 'KEY_UNKNOWN');
}

async function newKeysAreTakenAndRevoked(story) {
	const key = keyFromSeed(randomBytes(32));
	const upload = () => uploadSignedWith(story, key);

	assert.equal((await put(story, keyRecord(story, key))).changed, true);
	const { state } = await soon(upload, (answer) => answer);
	await story.seen(state.rx_id);
	await put(story, keyRecord(story, key, { revoked_from_ms: papers.nowMs() - 1000n }));
	await soon(upload, (answer) => refused(answer, 'KEY_NOT_VALID'));
}

export const agencyCases = [
	['a certificate is registered, and revoked on an open connection', strangerBecomesAMember],
	['a suspended institution is refused until it is active again',
		suspendedInstitutionsAreRefused],
	['a new signing key needs the authority\'s word and its owner\'s proof', newKeysNeedProof],
	['a new signing key is taken, and no longer when revoked', newKeysAreTakenAndRevoked],
];
