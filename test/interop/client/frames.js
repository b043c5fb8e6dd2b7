// Frames: a varint with the length, then the body (proto/README.md, section 2).
import { FRAME_BODY_MAX, FRAME_PREFIX_MAX } from './limits.js';

// The other side broke the framing; `reason` is the status word for it.
export class FrameError extends Error {
	constructor(reason) {
		super(reason);
		this.reason = reason;
	}
}

// {length, used} of the prefix at the start of `bytes`, or null while it is not complete.
function prefixRead(bytes) {
	let length = 0;

	for (let i = 0; i < Math.min(bytes.length, FRAME_PREFIX_MAX); i++) {
		length += (bytes[i] & 0x7f) * 2 ** (7 * i);
		if (bytes[i] & 0x80)
			continue;
		if (bytes[i] === 0)
			throw new FrameError('FRAME_MALFORMED');
		if (length > FRAME_BODY_MAX)
			throw new FrameError('FRAME_TOO_LARGE');
		return { length, used: i + 1 };
	}
	if (bytes.length >= FRAME_PREFIX_MAX)
		throw new FrameError('FRAME_MALFORMED');
	return null;
}

// The frame at the start of `bytes`: {body, used}, or {need} (the whole frame's size, 0 while the
// prefix does not tell).  Throws FrameError.
export function frameRead(bytes) {
	const prefix = prefixRead(bytes);

	if (!prefix)
		return { need: 0 };
	const used = prefix.used + prefix.length;
	if (bytes.length < used)
		return { need: used };
	return { body: bytes.subarray(prefix.used, used), used };
}

export function framePrefix(length) {
	const bytes = [];

	for (; length > 0x7f; length = Math.floor(length / 128))
		bytes.push((length & 0x7f) | 0x80);
	bytes.push(length);
	return Buffer.from(bytes);
}

export function frameWrite(body) {
	if (body.length < 1 || body.length > FRAME_BODY_MAX)
		throw new RangeError(`a frame of ${body.length} bytes`);
	return Buffer.concat([framePrefix(body.length), body]);
}

// Collects what arrives and cuts it into frames.
export class FrameReader {
	#chunks = [];
	#len = 0;
	#need = 1;

	push(chunk) {
		this.#chunks.push(chunk);
		this.#len += chunk.length;
	}

	// The next body, or null.  Throws FrameError.
	next() {
		if (this.#len < this.#need)
			return null;
		const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
		const frame = frameRead(bytes);

		this.#chunks = [frame.body ? bytes.subarray(frame.used) : bytes];
		this.#len = this.#chunks[0].length;
		this.#need = frame.body ? 1 : frame.need || this.#len + 1;
		return frame.body ?? null;
	}
}
