import type {IncomingMessage} from 'node:http';

/** Where Next keeps what it knows of a request: server/request-meta.ts, the same from Next 13 to 16. */
const META = Symbol.for('NextInternalRequestMeta');

type RequestWithMeta = IncomingMessage & {[META]?: object};

/**
 * Whether an app's settings have its middleware see addresses as they are: Next then compares them with the one it listens
 * on, and takes a rewrite to any other for one to another server.
 */
export const keepsOwnUrls = (settings: string): boolean => /"skip(?:Proxy|Middleware)UrlNormalize":true/.test(settings);

/**
 * Has Next take the address that the visitor used for that of the request. By itself it makes one of its own host and port,
 * so that `new URL('/login', request.url)` leads to 127.0.0.1. Where Next does not know of this, all is as it is by itself.
 */
export function setPublicUrl(request: RequestWithMeta): void {
  const origin = publicOriginOf(request);
  if (origin === undefined || request[META] !== undefined) return;
  const initURL = `${origin}${request.url ?? '/'}`;
  // Next sets it too, later, to what it makes itself.
  request[META] = Object.defineProperty({}, 'initURL', {get: () => initURL, set: () => {}, enumerable: true});
}

/** As the proxy in front says, else as the request itself. Undefined: it names no host. */
function publicOriginOf({headers, socket}: IncomingMessage): string | undefined {
  const host = firstOf(headers['x-forwarded-host']) ?? headers.host;
  const scheme = firstOf(headers['x-forwarded-proto']) ?? ('encrypted' in socket ? 'https' : 'http');
  const origin = `${scheme}://${host}`;
  return host !== undefined && /^https?:\/\/[^/?#@\\\s]+$/.test(origin) && URL.canParse(origin) ? origin : undefined;
}

const firstOf = (value: string | string[] | undefined): string | undefined =>
  String(value ?? '')
    .split(',', 1)[0]
    ?.trim() || undefined;
