// One TLS connection: frames out, answers in (proto/README.md, sections 1 to 5).
import tls from 'node:tls';
import { answerRead, callWrite } from './envelope.js';
import { sha256 } from './dsse.js';
import { FrameReader, frameWrite } from './frames.js';

const ALPN = 'rxcirc/1';
const HANDSHAKE_MS = 5000;

// There is no connection, or none any more; what was in flight has an unknown outcome.
export class LostError extends Error {}

// Wait for the end of the handshake; LostError when there is none.
function secured(socket) {
	return new Promise((resolve, reject) => {
		socket.setTimeout(HANDSHAKE_MS, () => socket.destroy());
		socket.once('error', (cause) => reject(new LostError('could not connect', { cause })));
		socket.once('close', () => reject(new LostError('could not connect')));
		socket.once('secureConnect', () => {
			socket.setTimeout(0);
			resolve();
		});
	});
}

export class Connection {
	#socket;
	#reader = new FrameReader();
	#waiting = new Map();
	#lastCallId = 0n;
	#endNotices;

	// What the server says about the connection itself: Status messages, oldest first.
	notices = [];

	constructor(socket) {
		this.#socket = socket;
		this.closed = new Promise((resolve) => {
			this.#endNotices = resolve;
		});
		socket.on('data', (chunk) => this.#arrived(chunk));
		socket.on('error', () => socket.destroy());
		socket.on('end', () => socket.end());
		socket.on('close', () => this.#ended());
	}

	// {host, port, cert, key, serverPin}; `cert` and `key` in PEM, `serverPin` 32 bytes.
	static async open({ host, port, cert, key, serverPin }) {
		const socket = tls.connect({
			host, port, cert, key, minVersion: 'TLSv1.3', ALPNProtocols: [ALPN],
			rejectUnauthorized: false, // the pin below says who it is; there is no authority
		});

		await secured(socket);
		const peer = socket.getPeerX509Certificate();
		const pin = peer && sha256(peer.publicKey.export({ format: 'der', type: 'spki' }));
		if (!pin || !pin.equals(serverPin) || socket.alpnProtocol !== ALPN) {
			socket.destroy();
			throw new Error('this is not the pinned server');
		}
		socket.setNoDelay(true);
		return new Connection(socket);
	}

	get isOpen() {
		return !this.#socket.destroyed && this.#socket.writable;
	}

	nextCallId() {
		return ++this.#lastCallId;
	}

	// The bodies of all answers to one call, as {status, bodies}.
	call({ call_id = this.nextCallId(), ...rest }, waitMs) {
		if (!this.isOpen)
			return Promise.reject(new LostError('the connection is closed'));
		const answer = this.expect(call_id, waitMs);
		this.sendRaw(frameWrite(callWrite({ call_id, ...rest })));
		return answer;
	}

	// The same for a stream: `onPart(body)` for each answer that is not the last.
	stream({ call_id = this.nextCallId(), ...rest }, waitMs, onPart) {
		const answer = this.expect(call_id, waitMs, onPart);

		this.sendRaw(frameWrite(callWrite({ call_id, ...rest })));
		return answer;
	}

	// A stream is not wanted any more; its last answer comes soon.
	cancel(callId) {
		this.sendRaw(frameWrite(callWrite({ call_id: callId, cancel: true })));
	}

	// Wait for the answer to a call sent by other means.
	expect(callId, waitMs, onPart) {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiting.delete(callId);
				reject(new LostError('no answer in time'));
			}, waitMs);

			this.#waiting.set(callId, { resolve, reject, timer, bodies: [], onPart });
		});
	}

	sendRaw(bytes) {
		this.#socket.write(bytes);
	}

	// Nothing more will be sent; answers may still come.
	endSending() {
		this.#socket.end();
	}

	close() {
		this.#socket.destroy();
	}

	#arrived(chunk) {
		this.#reader.push(chunk);
		try {
			for (let body = this.#reader.next(); body; body = this.#reader.next())
				this.#answered(answerRead(body));
		} catch (error) {
			this.fault = error;
			this.#socket.destroy();
		}
	}

	#answered(answer) {
		if (!answer.status)
			throw new Error('an answer without a status');
		if (answer.call_id === 0n) {
			this.notices.push(answer.status);
			return;
		}
		const waiting = this.#waiting.get(answer.call_id);
		if (!waiting)
			return;
		waiting.bodies.push(answer.body);
		if (answer.more) {
			waiting.onPart?.(answer.body);
			return;
		}
		this.#waiting.delete(answer.call_id);
		clearTimeout(waiting.timer);
		waiting.resolve({ status: answer.status, bodies: waiting.bodies });
	}

	#ended() {
		for (const { reject, timer } of this.#waiting.values()) {
			clearTimeout(timer);
			reject(new LostError('the connection ended'));
		}
		this.#waiting.clear();
		this.#endNotices(this.notices);
	}
}
