// The client against a real server: run.py makes the province and tells where it is.
import { afterCases } from './live_after.js';
import { hospitalCases } from './live_hospital.js';
import { pharmacyCases } from './live_pharmacy.js';
import { wireFirstCases, wireLastCases } from './live_wire.js';
import { Story } from './story.js';
import { run } from './tap.js';

const { INTEROP_PROVINCE, INTEROP_STRANGER } = process.env;

if (!INTEROP_PROVINCE || !INTEROP_STRANGER) {
	console.error('run it with "run.py live RXCIRCD RXCIRC"');
	process.exit(2);
}
const story = new Story(INTEROP_PROVINCE, INTEROP_STRANGER);

await run([...wireFirstCases, ...hospitalCases, ...pharmacyCases, ...afterCases, ...wireLastCases],
	story);
story.province.close();
