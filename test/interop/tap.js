// A test program's whole output: flat TAP, one line per case, what went wrong behind '#'.

function printProblem(error) {
	const text = error?.stack ?? String(error);

	for (const line of text.split('\n').slice(0, 40))
		console.log(`# ${line}`);
}

// Run [title, function] pairs one after the other, each with what they share; the exit code tells
// whether all passed.
export async function run(cases, shared) {
	console.log(`1..${cases.length}`);
	for (const [index, [title, body]] of cases.entries()) {
		try {
			await body(shared);
			console.log(`ok ${index + 1} - ${title}`);
		} catch (error) {
			console.log(`not ok ${index + 1} - ${title}`);
			printProblem(error);
			process.exitCode = 1;
		}
	}
}
