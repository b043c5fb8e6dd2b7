// What stands in a frame (proto/README.md, section 3).
import { read, write } from './schema.js';

export const CALL_ID_MAX = 2n ** 63n - 1n;

export function callWrite(call) {
	return write('ClientFrame', call);
}

export function callRead(bytes) {
	return read('ClientFrame', bytes);
}

export function answerWrite(answer) {
	return write('ServerFrame', answer);
}

export function answerRead(bytes) {
	return read('ServerFrame', bytes);
}
