// A strict reader of what a client gets. It exists beside the one under test so that both do not err alike.

export type Field = readonly [name: string, value: string];

export type InterimAnswer = {readonly status: number; readonly fields: readonly Field[]};

export type Framing = 'none' | 'length' | 'chunked' | 'close';

export type Answer = {
  readonly status: number;
  readonly version: string;
  readonly fields: readonly Field[];
  /** The 1xx answers before it. */
  readonly interim: readonly InterimAnswer[];
  readonly framing: Framing;
  readonly body: string;
  readonly trailers: readonly Field[];
  /** Whether its framing came to an end; what the end of the connection delimits always did. */
  readonly isComplete: boolean;
};

export type Reading = {
  readonly answers: readonly Answer[];
  /** Bytes that are no answer, or the beginning of one. */
  readonly rest: string;
};

type Head = {
  readonly status: number;
  readonly version: string;
  readonly fields: readonly Field[];
  readonly end: number;
};
type Body = Pick<Answer, 'framing' | 'body' | 'trailers' | 'isComplete'> & {readonly end: number};

/** Reads answers to requests of these methods, in order; to more requests than that, as if they were GET. */
export function readAnswers(bytes: string, methods: readonly string[] = []): Reading {
  const answers: Answer[] = [];
  let interim: InterimAnswer[] = [];
  let position = 0;
  for (;;) {
    const head = readHead(bytes, position);
    if (!head) return {answers, rest: bytes.slice(position)};
    position = head.end;
    if (head.status < 200 && head.status !== 101) {
      interim.push({status: head.status, fields: head.fields});
      continue;
    }
    const body = readBody(bytes, head, methods[answers.length] ?? 'GET');
    answers.push(answerOf(head, body, interim));
    interim = [];
    position = body.end;
  }
}

/** The values of a field, in order. */
export const valuesOf = (fields: readonly Field[], name: string): string[] =>
  fields.filter(([written]) => written.toLowerCase() === name).map(([, value]) => value);

const answerOf = (
  {status, version, fields}: Head,
  {end: _, ...body}: Body,
  interim: readonly InterimAnswer[],
): Answer => ({status, version, fields, interim, ...body});

function readHead(bytes: string, start: number): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n', start);
  if (end === -1) return undefined;
  const [line = '', ...lines] = bytes.slice(start, end).split('\r\n');
  const match = /^(HTTP\/1\.[01]) ([1-5]\d\d)(?: [^\0-\x08\n-\x1f\x7f]*)?$/.exec(line);
  const fields = lines.map(parseField);
  if (!match || !fields.every(field => field !== undefined)) return undefined;
  return {version: match[1] ?? '', status: Number(match[2]), fields, end: end + 4};
}

function parseField(line: string): Field | undefined {
  const match = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([^\0-\x08\n-\x1f\x7f]*?)[ \t]*$/.exec(line);
  return match ? [match[1] ?? '', match[2] ?? ''] : undefined;
}

/** RFC 9112, section 6.3. */
function readBody(bytes: string, {status, fields, end}: Head, method: string): Body {
  if (method === 'HEAD' || status === 204 || status === 304 || status === 101) return withoutBody(end);
  const [encoding] = valuesOf(fields, 'transfer-encoding');
  if (encoding !== undefined) return readChunked(bytes, end);
  const [length] = valuesOf(fields, 'content-length');
  if (length !== undefined) return readLength(bytes, end, Number(length));
  return {framing: 'close', body: bytes.slice(end), trailers: [], isComplete: true, end: bytes.length};
}

const withoutBody = (end: number): Body => ({framing: 'none', body: '', trailers: [], isComplete: true, end});

function readLength(bytes: string, start: number, length: number): Body {
  const body = bytes.slice(start, start + length);
  return {framing: 'length', body, trailers: [], isComplete: body.length === length, end: start + body.length};
}

function readChunked(bytes: string, start: number): Body {
  const data: string[] = [];
  const size = /([0-9a-f]{1,8})\r\n/iy;
  let position = start;
  for (;;) {
    size.lastIndex = position;
    const length = Number.parseInt(size.exec(bytes)?.[1] ?? '', 16);
    const next = size.lastIndex + length;
    if (length === 0) return readTrailers(bytes, size.lastIndex, data.join(''));
    if (Number.isNaN(length) || bytes.slice(next, next + 2) !== '\r\n') {
      data.push(Number.isNaN(length) ? '' : bytes.slice(next - length, next));
      return {framing: 'chunked', body: data.join(''), trailers: [], isComplete: false, end: bytes.length};
    }
    data.push(bytes.slice(next - length, next));
    position = next + 2;
  }
}

function readTrailers(bytes: string, start: number, body: string): Body {
  if (bytes.startsWith('\r\n', start)) {
    return {framing: 'chunked', body, trailers: [], isComplete: true, end: start + 2};
  }
  const end = bytes.indexOf('\r\n\r\n', start);
  const trailers = end === -1 ? [undefined] : bytes.slice(start, end).split('\r\n').map(parseField);
  const isComplete = trailers.every(field => field !== undefined);
  return {
    framing: 'chunked',
    body,
    trailers: isComplete ? trailers : [],
    isComplete,
    end: isComplete ? end + 4 : bytes.length,
  };
}
