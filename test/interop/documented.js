// Refusals as proto/README.md documents them: the table of section 6 is what answers are held to.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { StatusError } from './client/client.js';

const CLASSES = { '-': 0, CALLER: 1, RETRY: 2, UNKNOWN: 3, FATAL: 4 };
const ROW = /^\| `([A-Z_]+)` \| (\d+) [A-Z_]+ \| (-|[A-Z]+) \|/gm;

const readme = readFileSync(new URL('../../proto/README.md', import.meta.url), 'utf8');
const reasons = new Map();

for (const [, reason, code, retryClass] of readme.matchAll(ROW))
	reasons.set(reason, { code: Number(code), retry_class: CLASSES[retryClass] });

// A status must be the documented one of this reason.
export function mustSay(status, reason) {
	assert.equal(status.reason, reason, `${status.reason}: ${status.message}`);
	assert.ok(reasons.has(reason), `${reason} stands in the table`);
	assert.deepEqual({ code: status.code, retry_class: status.retry_class }, reasons.get(reason));
	assert.notEqual(status.message, '');
	assert.notEqual(status.message_zh, '');
}

// A call must be refused for this reason; gives the status.
export async function refused(call, reason) {
	const error = await call.then(() => null, (problem) => problem);

	if (error && !(error instanceof StatusError))
		throw error;
	assert.ok(error, `${reason} was expected, and it succeeded`);
	mustSay(error.status, reason);
	return error.status;
}
