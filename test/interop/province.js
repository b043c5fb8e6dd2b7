// The folder "rxcirc province init" made: who is who, with their keys.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from './client/client.js';
import { Connection } from './client/connection.js';
import { keyFromSeed } from './client/dsse.js';
import { read } from './client/schema.js';

const KEY_HEADING = 'rxcirc-ed25519-secret-v1';

// A key file: its heading, then the seed in base64.
export function keyFileRead(path) {
	const [heading, seed] = readFileSync(path, 'utf8').split('\n');

	if (heading !== KEY_HEADING)
		throw new Error(`${path} is no key file`);
	return keyFromSeed(Buffer.from(seed, 'base64'));
}

function settingsRead(path) {
	const lines = readFileSync(path, 'utf8').split('\n').filter((line) => /^[^#]/.test(line));

	return Object.fromEntries(lines.map((line) => line.split(' ')));
}

export class Province {
	#folder;
	#clients = new Map();

	constructor(folder) {
		this.#folder = folder;
		this.authorityKey = keyFileRead(join(folder, 'authority.key'));
		this.authorities = [this.authorityKey.publicKey];
		this.voucherKey = keyFileRead(join(folder, 'voucher.key'));
	}

	// What Connection.open() wants, of an institution's code or an officer's name.
	access(name) {
		const folder = ['institutions', 'officers'].map((part) => join(this.#folder, part, name))
			.find((path) => existsSync(path));
		const settings = settingsRead(join(folder, 'client.conf'));

		return {
			host: settings.server,
			port: Number(settings.port),
			cert: readFileSync(join(folder, settings.certificate)),
			key: readFileSync(join(folder, settings.key)),
			serverPin: Buffer.from(settings['server-pin'], 'hex'),
		};
	}

	// One client per name, however often it is asked for.
	client(name) {
		if (!this.#clients.has(name))
			this.#clients.set(name, new Client(this.access(name)));
		return this.#clients.get(name);
	}

	connect(name) {
		return Connection.open(this.access(name));
	}

	practitioner(code) {
		return keyFileRead(join(this.#folder, 'practitioners', `${code}.key`));
	}

	// The registry authority's word about a practitioner's key.
	statement(code) {
		return read('SignedDocument',
			readFileSync(join(this.#folder, 'statements', `${code}.statement`)));
	}
}
