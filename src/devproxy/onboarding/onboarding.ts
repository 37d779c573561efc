// The pages by which a device comes to trust the root certificate: over plain HTTP, as it does not yet. They have the
// certificate and never its key.

import type {X509Certificate} from 'node:crypto';
import {commonNameOf, ownerOf} from '../../ca/owner.js';
import {escapeHtml, fillTemplate, readTemplate} from '../../proxy/template.js';

import {renderProfile} from './profile.js';

export type OnboardingRequest = {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** How the device got here: `http://192.168.1.20`. */
  readonly origin: string;
  readonly userAgent: string;
};

export type OnboardingAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

/** Answers every request: what there is not with 404. */
export type Onboarding = (request: OnboardingRequest) => OnboardingAnswer;

export type OnboardingOptions = {
  readonly root: X509Certificate;
  /** What the root may sign for beside the local names. */
  readonly extraZones: readonly string[];
  /** The addresses to open when it is trusted. */
  readonly urls: () => readonly string[];
};

/** Pages about one root certificate. */
export function createOnboarding(options: OnboardingOptions): Onboarding {
  const {root} = options;
  const files = new Map<string, (request: OnboardingRequest) => File>([
    ['/', request => ({type: 'text/html; charset=utf-8', body: renderPage(options, request)})],
    // Android and Windows know it by this ending, and in either form.
    ['/tako-ca.crt', () => ({type: 'application/x-x509-ca-cert', body: root.raw})],
    ['/tako-ca.pem', () => ({type: 'application/x-pem-file', body: root.toString()})],
    ['/tako.mobileconfig', () => ({type: 'application/x-apple-aspen-config', body: renderProfile(root)})],
  ]);
  return request => {
    const file = files.get(request.target.split('?', 1)[0] ?? '');
    if (file === undefined) return {status: 404, headers: TEXT, body: 'there is no such page\n'};
    if (!['GET', 'HEAD'].includes(request.method)) {
      return {status: 405, headers: {...TEXT, allow: 'GET, HEAD'}, body: 'method not allowed\n'};
    }
    const {type, body} = file(request);
    return {status: 200, headers: {...HEADERS, 'content-type': type}, body};
  };
}

type File = {readonly type: string; readonly body: string | Buffer};

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};
const TEXT = {...HEADERS, 'content-type': 'text/plain; charset=utf-8'};

function renderPage({root, extraZones, urls}: OnboardingOptions, {origin, userAgent}: OnboardingRequest): string {
  const commonName = commonNameOf(root);
  return fillTemplate(readTemplate('onboarding.html'), {
    owner: escapeHtml(ownerOf(root) ?? commonName),
    commonName: escapeHtml(commonName),
    origin: escapeHtml(origin),
    fingerprint: escapeHtml(root.fingerprint256),
    zones: extraZones.map(zone => `, .${escapeHtml(zone)}`).join(''),
    validTo: escapeHtml(new Date(root.validTo).toISOString().slice(0, 10)),
    apps: renderLinks(urls()),
    [`open${deviceOf(userAgent)}`]: 'open',
  });
}

function renderLinks(urls: readonly string[]): string {
  if (urls.length === 0) return '';
  const items = urls.map(url => `<p><a class="button" href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>`);
  return `<h2>3. Open</h2>\n${items.join('\n')}`;
}

/** Whose steps are shown first. An iPad says that it is a Mac: its steps are one tap away. */
const deviceOf = (userAgent: string): string => DEVICES.find(([pattern]) => pattern.test(userAgent))?.[1] ?? '';

const DEVICES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/iPhone|iPad|iPod/, 'Apple'],
  [/Android/, 'Android'],
  [/Macintosh/, 'Mac'],
  [/Windows/, 'Windows'],
  [/Linux|CrOS/, 'Linux'],
];
