// From the fields of a HEADERS frame to a request as HTTP/1.1 would have said it.
//
// nghttp2 has refused by then what is not HTTP/2: names in upper case, control characters in values, connection-specific
// fields, pseudo fields that are missing, repeated, unknown or out of place, more than one Content-Length. What is judged
// here is what a server behind us could read in another way than we do.

import {randomBytes} from 'node:crypto';
import type {RequestHead} from '../client-side.js';
import {CONTENT_LENGTH, COOKIE, EXPECT, HOST, kindOfName, OTHER, TE} from '../field-kinds.js';
import {HeaderFields} from '../header-fields.js';
import {
  BAD_EXPECTATION,
  BAD_LENGTH,
  BAD_METHOD,
  BAD_TARGET,
  HEAD_TOO_LARGE,
  METHOD_NOT_SERVED,
  OTHER_HOST,
  type Refusal,
  refusal,
  SEVERAL_HOSTS,
  TARGET_TOO_LONG,
  TOO_MANY_FIELDS,
} from '../http1/refusal.js';
import {checkTarget, isRefusal} from '../http1/request-checks.js';
import type {Limits} from '../limits.js';

export type Http2Request = {
  readonly head: RequestHead;
  /** -1 where the head does not say. */
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  /** The protocol of an extended CONNECT: RFC 8441. */
  readonly upgrade: string | undefined;
  /** The client reads trailers: RFC 9110, section 10.1.4. gRPC always does. */
  readonly takesTrailers: boolean;
  /** Both sides may talk at once and be silent for long, as gRPC does. */
  readonly isConversation: boolean;
};

/** RFC 9220, section 3: what is asked for by `:protocol` is not known. */
const UNKNOWN_PROTOCOL = refusal('this protocol is not served', 501);

/** What the lines of HTTP/1.1 have beside name and value: `: ` and the line's end. */
const LINE_OVERHEAD = 4;
/** Characters a target may have, as `IN_TARGET` of HTTP/1.1: no space, no control, no `#`, nothing above ASCII. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;
/** 10^15 bytes is more than any body, and every such number is exact in JavaScript. */
const LENGTH = /^\d{1,15}$/;
/** The longest method in any registry has 17 characters. */
const MAX_METHOD_BYTES = 64;
/** RFC 6455, section 4.1: the nonce that only HTTP/1.1 needs. */
const NONCE_BYTES = 16;

/** Reads a request from names and values in turn, or says why it is refused. */
export function readRequest(list: readonly string[], hasBody: boolean, limits: Limits): Http2Request | Refusal {
  const lines = sortLines(list, limits);
  if (isRefusal(lines)) return lines;
  const {fields, hosts} = lines;
  if (hosts > 1) return SEVERAL_HOSTS;
  if (hosts === 1 && !isSameHost(lines)) return OTHER_HOST;
  return lines.method === 'CONNECT' ? readConnect(lines, limits) : readPlain(lines, fields, hasBody, limits);
}

type Lines = {
  method: string;
  path: string;
  authority: string | undefined;
  protocol: string | undefined;
  host: string;
  hosts: number;
  readonly fields: HeaderFields;
};

/** Takes the list apart; cookie crumbs become one field again (RFC 9113, section 8.2.3). */
function sortLines(list: readonly string[], limits: Limits): Lines | Refusal {
  const lines: Lines = {
    method: '',
    path: '',
    authority: undefined,
    protocol: undefined,
    host: '',
    hosts: 0,
    fields: new HeaderFields(),
  };
  let cookies = '';
  let count = 0;
  let bytes = 0;
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = list[index] as string;
    const value = list[index + 1] as string;
    bytes += name.length + value.length + LINE_OVERHEAD;
    if (name.charCodeAt(0) === COLON) {
      notePseudoField(lines, name, value);
      continue;
    }
    const kind = kindOfName(name);
    if (kind === COOKIE) {
      if (cookies === '') count += 1;
      cookies = cookies === '' ? value : `${cookies}; ${value}`;
    } else if (kind === HOST) {
      lines.host = value;
      lines.hosts += 1;
    } else {
      count += 1;
      lines.fields.appendKnown(kind, name, value);
    }
  }
  if (bytes > limits.headBytes) return HEAD_TOO_LARGE;
  if (count + lines.hosts > limits.requestFields) return TOO_MANY_FIELDS;
  if (cookies !== '') lines.fields.appendKnown(COOKIE, 'cookie', cookies);
  return lines;
}

const COLON = 0x3a;

/** `:scheme` is not looked at: whether the connection is secure is not the client's to say. */
function notePseudoField(lines: Lines, name: string, value: string): void {
  if (name === ':method') lines.method = value;
  else if (name === ':path') lines.path = value;
  else if (name === ':authority') lines.authority = value;
  else if (name === ':protocol') lines.protocol = value.toLowerCase();
}

/** RFC 9113, section 8.3.1: Host may repeat `:authority`, and must not say anything else. */
const isSameHost = ({authority, host}: Lines): boolean =>
  authority === undefined || authority.toLowerCase() === host.toLowerCase();

function readPlain(lines: Lines, fields: HeaderFields, hasBody: boolean, limits: Limits): Http2Request | Refusal {
  const head = checkHead(lines, lines.method, limits);
  if (isRefusal(head)) return head;
  const contentLength = readLength(fields, hasBody);
  if (contentLength === undefined) return BAD_LENGTH;
  const expectation = fields.valueOf(EXPECT);
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') return BAD_EXPECTATION;
  const isGrpc = hasBody && fields.get('content-type')?.startsWith('application/grpc') === true;
  return {
    head,
    contentLength,
    expectsContinue: hasBody && expectation !== undefined,
    upgrade: undefined,
    // nghttp2 lets no other value through.
    takesTrailers: isGrpc || fields.hasKind(TE),
    isConversation: isGrpc,
  };
}

/**
 * An extended CONNECT is a WebSocket's GET for everybody behind us: RFC 8441, section 5. The nonce of HTTP/1.1, which
 * HTTP/2 does without, is made here; nobody downstream will see the answer to it.
 */
function readConnect(lines: Lines, limits: Limits): Http2Request | Refusal {
  const {protocol, fields} = lines;
  if (protocol === undefined) return METHOD_NOT_SERVED;
  if (protocol !== 'websocket') return UNKNOWN_PROTOCOL;
  const head = checkHead(lines, 'GET', limits);
  if (isRefusal(head)) return head;
  fields.delete('sec-websocket-key');
  fields.delete('content-length');
  fields.appendKnown(OTHER, 'sec-websocket-key', randomBytes(NONCE_BYTES).toString('base64'));
  if (!fields.has('sec-websocket-version')) fields.appendKnown(OTHER, 'sec-websocket-version', '13');
  return {
    head,
    contentLength: 0,
    expectsContinue: false,
    upgrade: protocol,
    takesTrailers: false,
    isConversation: true,
  };
}

function checkHead({path, authority, host, fields}: Lines, method: string, limits: Limits): RequestHead | Refusal {
  if (path.length > limits.targetBytes) return TARGET_TOO_LONG;
  if (method.length > MAX_METHOD_BYTES) return BAD_METHOD;
  // The absolute form is HTTP/1.1's alone.
  if ((path.charCodeAt(0) !== SLASH && path !== '*') || !TARGET.test(path)) return BAD_TARGET;
  const checked = checkTarget(method, path, authority ?? host);
  return isRefusal(checked) ? checked : {method, target: checked.target, host: checked.host, fields};
}

const SLASH = 0x2f;

/** Undefined where it is not a length. */
function readLength(fields: HeaderFields, hasBody: boolean): number | undefined {
  const text = fields.valueOf(CONTENT_LENGTH);
  if (text === undefined) return hasBody ? -1 : 0;
  return LENGTH.test(text) ? Number(text) : undefined;
}
