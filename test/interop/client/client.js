// One institution's client: calls with their repetitions (proto/README.md, section 4).
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, LostError } from './connection.js';
import { DEADLINE_MS_DEFAULT, IDEMPOTENCY_KEY_LEN } from './limits.js';
import { methodOf, read, write } from './schema.js';

const RETRY = 2;
const UNKNOWN = 3;
const PATIENCE_MS = 2000; // above the deadline, for the way there and back
const PAUSE_MS = 100;
const PAUSE_MS_MAX = 5000;
const TRIES_MAX = 10;

// <service>/<method> -> is it one that changes something?
const METHODS = {
	'Hospital/CheckPrescription': false,
	'Hospital/UploadPrescription': true,
	'Hospital/RevokePrescription': true,
	'Hospital/GetPrescription': false,
	'Hospital/DeclareDay': true,
	'Hospital/ReconcileDay': false,
	'Hospital/ReportIdentityCheck': true,
	'Pharmacy/PullPrescriptions': true,
	'Pharmacy/DownloadPrescription': true,
	'Pharmacy/ClaimPrescription': true,
	'Pharmacy/RenewClaim': true,
	'Pharmacy/TransferClaim': true,
	'Pharmacy/ReleaseClaim': true,
	'Pharmacy/SubmitReview': true,
	'Pharmacy/DispensePrescription': true,
	'Pharmacy/ReturnDispensed': true,
	'Pharmacy/ReportSettlement': true,
	'Settlements/ReverseSettlement': true,
	'Settlements/ReportReceipt': true,
	'Settlements/DecideSettlement': true,
	'Settlements/DeclareCharges': true,
	'Settlements/QueryCharges': false,
	'Settlements/ReviewSettlements': false,
	'Settlements/ReconcileSettlements': false,
	'Hospital/PollPrescriptions': false,
	'Hospital/WatchPrescriptions': false,
	'Pharmacy/PollPrescriptions': false,
	'Pharmacy/WatchPrescriptions': false,
	'Insured/ListOwnPrescriptions': true,
	'Insured/ShowOwnPrescription': false,
	'Insured/ListOwnAccesses': false,
	'Insured/RateFill': true,
	'Insured/CheckTraceCode': false,
	'Agency/QueryTrail': false,
	'Agency/ShowPrescription': false,
	'Agency/PutRegistryRecord': true,
	'Agency/ExplainDecision': false,
	'Directory/ListRules': false,
	'Directory/ListParameters': false,
	'Codes/BeginCodeVersion': true,
	'Codes/PutCodes': true,
	'Codes/PublishCodeVersion': true,
	'Codes/WithdrawCodeVersion': true,
	'Codes/QueryCodes': false,
	'Codes/DiffCodeVersions': false,
	'Codes/ListCodeVersions': false,
	'Agency/QueryRegistry': false,
	'Hospital/PutService': true,
	'Agency/ReconcileDay': false,
	'Agency/QueryRatings': false,
	'Pharmacy/ReportDelivery': true,
	'Pharmacy/ReconcileDeliveries': false,
	'Agency/ReconcileDeliveries': false,
	'Pharmacy/PutStock': true,
	'Insured/FindStock': false,
	'Hospital/FindStock': false,
	'Agency/ListStockFeeds': false,
};

// The server answered with another status than success.
export class StatusError extends Error {
	constructor(status) {
		super(`${status.reason}: ${status.message}`);
		this.status = status;
		this.reason = status.reason;
	}
}

// A call whose bytes are kept: sent again it is the same call.
export function prepare(name, request) {
	if (!(name in METHODS))
		throw new TypeError(`no method ${name}`);
	const method = `rxcirc.v1.${name}`;
	const { request: requestType, response } = methodOf(method);

	return {
		method, response, body: write(requestType, request),
		idempotency_key: METHODS[name] ? randomBytes(IDEMPOTENCY_KEY_LEN) : Buffer.alloc(0),
	};
}

function pauseMs(tried, askedMs) {
	const pause = Math.min(PAUSE_MS * 2 ** tried, PAUSE_MS_MAX);

	return askedMs || pause * (0.5 + Math.random() / 2);
}

export class Client {
	#options;
	#connection = null;
	#opening = null;

	// See Connection.open().
	constructor(options) {
		this.#options = options;
	}

	// The open connection, or a new one: one for all who ask at the same time.
	async connection() {
		if (!this.#connection?.isOpen) {
			this.#opening ??= Connection.open(this.#options).finally(() => {
				this.#opening = null;
			});
			this.#connection = await this.#opening;
		}
		return this.#connection;
	}

	close() {
		this.#connection?.close();
	}

	// Send once; {status, bodies} or LostError.
	async sendOnce({ method, body, idempotency_key }, deadlineMs = DEADLINE_MS_DEFAULT) {
		const connection = await this.connection();

		return connection.call({ method, body, idempotency_key, deadline_ms: deadlineMs },
			deadlineMs + PATIENCE_MS);
	}

	// Send what prepare() made until the outcome is known; the response message or StatusError.
	async perform(call) {
		for (let tried = 0; ; tried++) {
			let askedMs = 0;

			try {
				const { status, bodies } = await this.sendOnce(call);

				if (status.code === 0)
					return read(call.response, bodies[0]);
				if (![RETRY, UNKNOWN].includes(status.retry_class) || tried + 1 >= TRIES_MAX)
					throw new StatusError(status);
				if (status.reason === 'DRAINING')
					this.#connection = null;
				askedMs = status.retry_after_ms;
			} catch (error) {
				if (!(error instanceof LostError) || tried + 1 >= TRIES_MAX)
					throw error;
			}
			await sleep(pauseMs(tried, askedMs));
		}
	}

	call(name, request) {
		return this.perform(prepare(name, request));
	}
}
