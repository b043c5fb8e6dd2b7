// A test program's whole output: flat TAP, one line per case, what went wrong behind '#'.
import { setTimeout as sleep } from 'node:timers/promises';

function printProblem(error) {
	const text = error?.stack ?? String(error);

	for (const line of text.split('\n').slice(0, 40))
		console.log(`# ${line}`);
}

const CASE_MS_MAX = 60000;

async function runCase(body, shared) {
	const waiting = new AbortController();
	const late = sleep(CASE_MS_MAX, null, { signal: waiting.signal }).then(() => {
		throw new Error(`no end after ${CASE_MS_MAX} ms`);
	});

	late.catch(() => {}); // the end of waiting is an error for nobody
	try {
		await Promise.race([body(shared), late]);
	} finally {
		waiting.abort();
	}
}

// Run [title, function] pairs one after the other, each with what they share; the exit code tells
// whether all passed.
export async function run(cases, shared) {
	console.log(`1..${cases.length}`);
	for (const [index, [title, body]] of cases.entries()) {
		try {
			await runCase(body, shared);
			console.log(`ok ${index + 1} - ${title}`);
		} catch (error) {
			console.log(`not ok ${index + 1} - ${title}`);
			printProblem(error);
			process.exitCode = 1;
		}
	}
}
