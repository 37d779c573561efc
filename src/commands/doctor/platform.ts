import {existsSync} from 'node:fs';
import path from 'node:path';
import {readTextIfExists} from '../../system/files.js';
import {type Finding, fine, warning} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

/** What kind of machine this is, where that makes a difference. */
export type PlatformFacts =
  | {readonly kind: 'plain'}
  | {readonly kind: 'container'}
  /** `makesResolvConf`: WSL writes /etc/resolv.conf anew at each start. */
  | {readonly kind: 'wsl'; readonly makesResolvConf: boolean};

export async function readPlatform({root}: Pick<DoctorWorld, 'root'>): Promise<PlatformFacts> {
  const read = async (file: string): Promise<string> =>
    (await readTextIfExists(path.join(root, file)).catch(() => '')) ?? '';
  if (/microsoft/i.test(await read('proc/sys/kernel/osrelease'))) {
    const makesResolvConf = !/^\s*generateResolvConf\s*=\s*false/im.test(await read('etc/wsl.conf'));
    return {kind: 'wsl', makesResolvConf};
  }
  const isContainer = ['.dockerenv', 'run/.containerenv'].some(file => existsSync(path.join(root, file)));
  return {kind: isContainer ? 'container' : 'plain'};
}

/** `resolves`: whether names of apps are found in here. */
export function checkPlatform(facts: PlatformFacts, resolves: boolean): readonly Finding[] {
  switch (facts.kind) {
    case 'plain':
      return [];
    case 'container':
      return [fine('platform', 'this is a container: what is looked at is in it, and a browser outside of it is not')];
    case 'wsl':
      return [describeWsl(facts.makesResolvConf && !resolves)];
  }
}

function describeWsl(losesNames: boolean): Finding {
  const observed = 'this is WSL: programs of Windows have names and stores of their own';
  if (!losesNames) return fine('platform', observed);
  const fix =
    'write [network] and generateResolvConf = false into /etc/wsl.conf, run "wsl --shutdown" in Windows, then tako setup';
  return warning('platform', `${observed}, and /etc/resolv.conf is made anew at each start`, fix);
}
