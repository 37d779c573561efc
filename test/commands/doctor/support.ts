import path from 'node:path';
import {issueRoot, parseRoot, type RootCertificate} from '../../../src/ca/root.js';
import {localConstraints} from '../../../src/ca/zones.js';
import type {Finding} from '../../../src/commands/doctor/finding.js';
import type {DoctorWorld} from '../../../src/commands/doctor/machine-world.js';
import type {DaemonInfo} from '../../../src/control/protocol.js';
import {TakoError} from '../../../src/system/error.js';
import type {CommandResult} from '../../../src/system/exec.js';
import {generateKeys} from '../../../src/x509/keys.js';

/** What a finding comes to, without the words that may change. */
export const severities = (findings: readonly Finding[]): readonly (readonly [string, string])[] =>
  findings.map(({id, severity}) => [id, severity]);

/** The one finding there is. */
export function only(findings: readonly Finding[]): Finding {
  const [finding, ...others] = findings;
  if (finding === undefined || others.length > 0)
    throw new Error(`${findings.length} findings: ${JSON.stringify(findings)}`);
  return finding;
}

/** A machine whose files are below a folder, and whose tools say what they are told to. */
export function worldOf(
  root: string,
  tools: Readonly<Record<string, string>> = {},
  more: Partial<DoctorWorld> = {},
): DoctorWorld {
  return {
    platform: 'linux',
    environment: {},
    home: path.join(root, 'home'),
    root,
    now: Date.now(),
    run: async ({file}): Promise<CommandResult> => {
      const stdout = tools[file];
      if (stdout === undefined) throw new TakoError('TOOL_MISSING', `${file} is not installed`);
      return {exitCode: 0, stdout, stderr: ''};
    },
    ...more,
  };
}

/** A root of somebody, as it was issued at that time. */
export function rootIssuedAt(now: number, owner = 'ann@laptop'): RootCertificate {
  return parseRoot('/ca/ca.crt', issueRoot(generateKeys().privateKey, owner, localConstraints([]), now));
}

export const INFO: DaemonInfo = {
  version: '1.0.0',
  protocol: 1,
  pid: 4711,
  startedAt: 0,
  https: {port: 443, isDenied: false},
  http: {port: 80, isDenied: false},
  dnsPort: 53_535,
  zones: ['test'],
  home: '/home/ann/.local/share/tako',
  logFile: '/home/ann/.local/share/tako/daemon.log',
  rootCertificate: '/home/ann/.local/share/tako/ca/ca.crt',
  dashboardUrl: 'https://tako.test',
  apps: 2,
};
