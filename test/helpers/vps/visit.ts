import assert from 'node:assert/strict';
import {run} from '../../../src/system/exec.js';
import type {Vps} from './vps.js';

export type Visit = {
  readonly status: number;
  /** `2`, `1.1`. */
  readonly version: string;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

const TIMEOUT_S = 60;

/** Asks the server with curl, as its address stood in the name system; its certificate is one nobody knows. */
export async function visit(vps: Pick<Vps, 'address'>, url: string, ...options: string[]): Promise<Visit> {
  const {hostname, protocol} = new URL(url);
  const resolve = `${hostname}:${protocol === 'https:' ? 443 : 80}:${vps.address}`;
  const format = '\n%{http_code} %{http_version}';
  const args = ['-sS', '-i', '-k', '-m', String(TIMEOUT_S), '--noproxy', '*', '--resolve', resolve, '-w', format];
  const {exitCode, stdout, stderr} = await run(
    {file: 'curl', args: [...args, ...options, url]},
    {timeoutMs: (TIMEOUT_S + 5) * 1_000},
  );
  assert.equal(exitCode, 0, `curl ${url}: ${stderr}`);
  return parse(stdout);
}

function parse(output: string): Visit {
  const headEnd = output.indexOf('\r\n\r\n');
  const tailStart = output.lastIndexOf('\n');
  const [, ...fields] = output.slice(0, headEnd).split('\r\n');
  const [status, version = ''] = output.slice(tailStart + 1).split(' ');
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return {status: Number(status), version, headers: new Map(headers), body: output.slice(headEnd + 4, tailStart)};
}
