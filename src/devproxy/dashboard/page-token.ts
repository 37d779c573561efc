import {randomBytes, timingSafeEqual} from 'node:crypto';

/** What shows that an action was asked for by a page that this daemon made, in the browser it made it for. */
export type PageToken = {
  /** The value of Set-Cookie. No other page can set this cookie, read it, or have it sent along. */
  readonly setCookie: string;
  /** Stands in every form. */
  readonly inForms: string;
  /** Whether a request has both. */
  isGiven(cookies: string, inForm: string | null): boolean;
};

/** Only a host itself can set a cookie of this prefix, over HTTPS: RFC 6265bis, section 4.1.3.2. */
const COOKIE = '__Host-tako';
const TOKEN_BYTES = 24;

/** The same for every page of a daemon, so that one page does not end what another one may. */
export function createPageToken(): PageToken {
  const [inCookie, inForms] = [randomToken(), randomToken()];
  return {
    setCookie: `${COOKIE}=${inCookie}; Path=/; Secure; HttpOnly; SameSite=Strict`,
    inForms,
    isGiven: (cookies, inForm) => isSame(findCookie(cookies) ?? '', inCookie) && isSame(inForm ?? '', inForms),
  };
}

const randomToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

const findCookie = (cookies: string): string | undefined =>
  cookies
    .split(';')
    .map(cookie => cookie.trim())
    .find(cookie => cookie.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);

function isSame(text: string, expected: string): boolean {
  const [given, wanted] = [Buffer.from(text), Buffer.from(expected)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
