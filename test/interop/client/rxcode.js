// Prescription ids and their form for people (proto/README.md, section 9).
import { RX_ID_LEN } from './limits.js';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECKS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*';
const GROUPS = [[0, 5], [5, 10], [10, 15], [15, 20], [20, 26]];
const TEXT_MAX = 64;
const DAY_MS = 86400000n;
const CHINA_MS = 8n * 3600000n;
const DAY_ZERO_MS = BigInt(Date.UTC(2020, 0, 1)) - CHINA_MS;

function checkOf(digits) {
	let s = 0;

	for (const c of digits)
		s = ((s + CHECKS.indexOf(c)) * 2) % 37;
	return CHECKS[(38 - s) % 37];
}

export function rxCodeFormat(rxId) {
	const bits = BigInt(`0x${rxId.toString('hex')}`) << 2n;
	let digits = '';

	for (let i = 25n; i >= 0n; i--)
		digits += DIGITS[Number((bits >> (5n * i)) & 31n)];
	return `RX-${GROUPS.map(([from, to]) => digits.slice(from, to)).join('-')}-${checkOf(digits)}`;
}

// The 16 bytes, or null.
export function rxCodeRead(text) {
	if (text.length > TEXT_MAX)
		return null;
	const code = text.replace(/-/g, '').replace(/[a-z]/g, (c) => c.toUpperCase());
	const parts = /^RX([0-9A-Z]{26})([0-9A-Z*])$/.exec(code);
	if (!parts)
		return null;
	const digits = parts[1].replace(/O/g, '0').replace(/[IL]/g, '1');
	if (digits.includes('U') || checkOf(digits) !== parts[2])
		return null;
	const bits = [...digits].reduce((sum, c) => (sum << 5n) | BigInt(DIGITS.indexOf(c)), 0n);
	if (bits & 3n)
		return null;
	return Buffer.from((bits >> 2n).toString(16).padStart(2 * RX_ID_LEN, '0'), 'hex');
}

export function rxIdBucket(rxId) {
	return rxId.readUInt16BE(0);
}

export function rxIdDay(rxId) {
	return rxId.readUInt16BE(2);
}

// The issue day of a moment: days since 2020-01-01 in China.
export function issueDay(atMs) {
	if (atMs < DAY_ZERO_MS)
		return 0;
	const day = (atMs - DAY_ZERO_MS) / DAY_MS;
	return day > 65535n ? 65535 : Number(day);
}
