// Whether the root and its key can be used, and whether the clock lets them. Nothing is made or mended by looking.

import {createPrivateKey} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {loadRoot} from '../../ca/authority.js';
import {damaged, expired} from '../../ca/authority-error.js';
import {authorityFiles} from '../../ca/authority-files.js';
import type {RootCertificate} from '../../ca/root.js';
import {readTextIfExists} from '../../system/files.js';
import {broken, type Finding, fine, warning} from './finding.js';

export type AuthorityContext = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a daemon runs, which has read the root when it started. */
  readonly isInUse: boolean;
};

/** Throws CA_DAMAGED and CA_EXPIRED. */
export async function checkAuthority(folder: string, {now, isInUse}: AuthorityContext): Promise<readonly Finding[]> {
  const root = await loadRoot(folder);
  if (!root) return [describeNone(folder, isInUse)];
  const {key} = authorityFiles(folder);
  await checkKey(folder, root, await readTextIfExists(key));
  if (now >= Date.parse(root.certificate.validTo)) throw expired(folder);
  return [fine('authority', `the local authority can sign until ${root.certificate.validTo}`)];
}

const describeNone = (folder: string, isInUse: boolean): Finding =>
  isInUse
    ? broken(
        'authority',
        `the root certificate is gone from ${folder}, and the daemon still uses it`,
        'tako dev stop --all, then "tako dev" makes a new one, and "tako trust" lets it be trusted',
      )
    : fine('authority', 'there is no local authority yet; "tako dev" makes it');

async function checkKey(folder: string, {certificate}: RootCertificate, pem: string | undefined): Promise<void> {
  if (pem === undefined) throw damaged(folder, 'ca.key is missing');
  let isItsKey: boolean;
  try {
    isItsKey = certificate.checkPrivateKey(createPrivateKey(pem));
  } catch (cause) {
    throw damaged(folder, 'ca.key is not a key', cause);
  }
  if (!isItsKey) throw damaged(folder, 'ca.key does not belong to ca.crt');
}

export type ClockFacts = {
  readonly now: number;
  /** When the root begins to be valid; undefined where there is no root. */
  readonly notBefore: number | undefined;
  /** When tako last wrote each of its files. */
  readonly written: readonly {readonly file: string; readonly at: number}[];
};

export async function readClock(folder: string, files: readonly string[], now: number): Promise<ClockFacts> {
  const root = await loadRoot(folder).catch(() => undefined);
  const written = await Promise.all(
    files.map(file =>
      stat(file).then(
        ({mtimeMs}) => [{file, at: mtimeMs}],
        () => [],
      ),
    ),
  );
  return {now, notBefore: root && Date.parse(root.certificate.validFrom), written: written.flat()};
}

/** Clocks are set right by this much without anybody noticing. */
const TOLERANCE_MS = 5 * 60_000;

/** Without asking anybody: no internet is needed. */
export function checkClock({now, notBefore, written}: ClockFacts): readonly Finding[] {
  const time = new Date(now).toISOString();
  const fix = 'set the clock: sudo timedatectl set-ntp true, or by hand';
  if (notBefore !== undefined && now < notBefore) {
    const from = new Date(notBefore).toISOString();
    return [broken('clock', `the clock says ${time}, but the root certificate is valid from ${from} on`, fix)];
  }
  const [later] = written.filter(({at}) => at > now + TOLERANCE_MS).sort((a, b) => b.at - a.at);
  return later
    ? [
        warning(
          'clock',
          `the clock says ${time}, but ${later.file} was written at ${new Date(later.at).toISOString()}`,
          fix,
        ),
      ]
    : [fine('clock', `the clock says ${time}, and no certificate or file of tako's is from later`)];
}
