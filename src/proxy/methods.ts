/** Methods that may be sent twice: RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** Methods whose request is complete without a word about its body: RFC 9110, section 8.6. */
const USUALLY_WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE', 'CONNECT']);

export const isIdempotent = (method: string): boolean => method === 'GET' || IDEMPOTENT.has(method);
export const isUsuallyWithoutBody = (method: string): boolean => method === 'GET' || USUALLY_WITHOUT_BODY.has(method);

/** Whether an answer has a body at all: RFC 9112, section 6.3. */
export const mayHaveBody = (method: string, status: number): boolean =>
  method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
