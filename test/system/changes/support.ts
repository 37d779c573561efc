import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {carryOut} from '../../../src/system/changes/carry-out.js';
import type {Change} from '../../../src/system/changes/change.js';
import {type ChangeRecords, openChangeRecords} from '../../../src/system/changes/change-record.js';
import {planChanges} from '../../../src/system/changes/plan-changes.js';
import {type Run, run} from '../../../src/system/exec.js';
import {temporaryFolder} from '../support.js';

/** A folder that stands for the machine: a file of its own, a shared one, and a service that is told what it read. */
export function createMachine() {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder, 'etc', name);
  mkdirSync(at('.'));
  writeFileSync(at('hosts'), '127.0.0.1 localhost\n\n# mine', {mode: 0o640});
  writeFileSync(at('service.log'), '');
  const command = (script: string) => ({file: 'sh', args: ['-c', script]});
  const tell = (word: string) => command(`echo ${word} >> ${at('service.log')}`);
  const changeOf = (names: readonly string[]): Change => ({
    id: 'names',
    title: 'ask tako for names',
    files: [
      {path: at('resolved.conf.d/deep/tako.conf'), elevated: false, content: `DNS=127.0.0.1 ${names}\n`},
      {path: at('hosts'), elevated: false, block: names.map(name => `127.0.0.1 ${name}`)},
    ],
    apply: [tell('restart')],
    beforeUndo: [tell('stop')],
    afterUndo: [tell('restart')],
  });
  return {
    folder,
    at,
    change: changeOf(['a.test']),
    changeOf,
    records: () => openChangeRecords(path.join(folder, 'records.json')),
  };
}

export const read = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** Every file and folder below it, but for the log of the service. */
export const snapshot = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, {recursive: true, encoding: 'utf8'})
      .filter(name => name !== 'service.log')
      .map(name => {
        const info = statSync(path.join(folder, name));
        return [name, `${info.mode.toString(8)} ${info.isFile() ? readFileSync(path.join(folder, name), 'utf8') : ''}`];
      }),
  );

export type Way = {readonly run?: Run; readonly onLeft?: (text: string) => void};

/** Makes the machine as it is wanted, and fails for what is left otherwise. */
export async function bring(wanted: readonly Change[], records: ChangeRecords, way: Way = {}): Promise<void> {
  const onLeft = (text: string): void => assert.fail(text);
  for (const step of planChanges(wanted, records.all, read)) await carryOut(step, {records, run, onLeft, ...way});
}
