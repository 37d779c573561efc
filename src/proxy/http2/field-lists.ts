import type {OutgoingHttpHeaders} from 'node:http2';
import {kindOfName, NOT_IN_TRAILERS} from '../field-kinds.js';
import {HeaderFields} from '../header-fields.js';

const COLON = 0x3a;

/** Fields from what node:http2 gives: names and values in turn. Pseudo fields are left out. */
export function toHeaderFields(list: readonly string[]): HeaderFields {
  const fields = new HeaderFields();
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = list[index] as string;
    if (name.charCodeAt(0) !== COLON) fields.appendKnown(kindOfName(name), name, list[index + 1] as string);
  }
  return fields;
}

/** Names and values in turn as the object that node:http2 wants for interim answers and trailers. */
export function toHeadersObject(list: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = list[index] as string;
    const value = list[index + 1] as string;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === 'string') headers[name] = [before, value];
    else before.push(value);
  }
  return headers;
}

/** Trailers for node:http2: without what has no place in them. */
export const toTrailers = (fields: HeaderFields | undefined): OutgoingHttpHeaders =>
  fields === undefined ? {} : toHeadersObject(fields.toList(NOT_IN_TRAILERS));
