// The client against a real server: run.py makes the province and tells where it is.
import { afterCases } from './live_after.js';
import { agencyCases } from './live_agency.js';
import { hospitalCases } from './live_hospital.js';
import { lifeCases } from './live_life.js';
import { pharmacyCases } from './live_pharmacy.js';
import { wireFirstCases, wireLastCases } from './live_wire.js';
import { Story } from './story.js';
import { run } from './tap.js';

const { INTEROP_PROVINCE, INTEROP_STRANGER, INTEROP_SERVER_PID } = process.env;

if (!INTEROP_PROVINCE || !INTEROP_STRANGER || !INTEROP_SERVER_PID) {
	console.error('run it with "run.py live RXCIRCD RXCIRC"');
	process.exit(2);
}

await run([...wireFirstCases, ...hospitalCases, ...pharmacyCases, ...lifeCases, ...afterCases, ...agencyCases,
	...wireLastCases], new Story({ province: INTEROP_PROVINCE, stranger: INTEROP_STRANGER,
	serverPid: Number(INTEROP_SERVER_PID) }));
process.exit();
