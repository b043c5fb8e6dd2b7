// The messages of the .proto files as plain objects.
//
// Field names are those of the .proto files, 64-bit fields are BigInt, bytes are Buffer, enums are
// numbers.  Reading gives every field (absent messages are null); writing refuses names that the
// message does not have.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const PROTO = fileURLToPath(new URL('../../../proto/', import.meta.url));

const root = new protobuf.Root();
root.resolvePath = (origin, target) => join(PROTO, target);
root.loadSync(
	readdirSync(join(PROTO, 'rxcirc/v1')).filter((name) => name.endsWith('.proto'))
		.map((name) => `rxcirc/v1/${name}`),
	{ keepCase: true });
root.resolveAll();

const types = new Map();

function typeOf(name) {
	let type = types.get(name);

	if (!type) {
		type = root.lookupType(`rxcirc.v1.${name}`);
		types.set(name, type);
	}
	return type;
}

function fieldToPlain(field, value) {
	if (field.resolvedType instanceof protobuf.Type)
		return value === null || value === undefined ? null : toPlain(field.resolvedType, value);
	if (field.type.endsWith('64'))
		return BigInt(value.toString());
	if (field.type === 'bytes')
		return Buffer.from(value);
	return value;
}

function toPlain(type, message) {
	const plain = {};

	for (const field of type.fieldsArray) {
		const value = message[field.name];

		plain[field.name] = field.repeated
			? value.map((one) => fieldToPlain(field, one)) : fieldToPlain(field, value);
	}
	return plain;
}

function fieldToWire(field, value) {
	if (field.resolvedType instanceof protobuf.Type)
		return toWire(field.resolvedType, value);
	if (field.resolvedType instanceof protobuf.Enum && typeof value === 'string') {
		if (!(value in field.resolvedType.values))
			throw new TypeError(`${field.fullName} has no value ${value}`);
		return field.resolvedType.values[value];
	}
	return typeof value === 'bigint' ? value.toString() : value;
}

function toWire(type, plain) {
	const wire = {};

	for (const [name, value] of Object.entries(plain)) {
		const field = type.fields[name];

		if (!field)
			throw new TypeError(`${type.fullName} has no field ${name}`);
		if (value === null || value === undefined)
			continue;
		wire[name] = field.repeated
			? value.map((one) => fieldToWire(field, one)) : fieldToWire(field, value);
	}
	return wire;
}

// Parse; throws when the bytes are not this message.
export function read(name, bytes) {
	const type = typeOf(name);

	return toPlain(type, type.decode(bytes));
}

export function write(name, plain) {
	const type = typeOf(name);

	return Buffer.from(type.encode(type.fromObject(toWire(type, plain))).finish());
}

// {request, response} message names of "rxcirc.v1.Pharmacy/PullPrescriptions".
export function methodOf(fullName) {
	const [service, name] = fullName.split('/');
	const method = root.lookupService(service).methods[name];

	if (!method)
		throw new TypeError(`no method ${fullName}`);
	return { request: method.requestType, response: method.responseType };
}
