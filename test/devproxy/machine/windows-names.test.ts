import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {planNames} from '../../../src/devproxy/machine/plan-names.js';
import {carryOut} from '../../../src/system/changes/carry-out.js';
import type {Change} from '../../../src/system/changes/change.js';
import {openChangeRecords} from '../../../src/system/changes/change-record.js';
import {planChanges} from '../../../src/system/changes/plan-changes.js';
import {run} from '../../../src/system/exec.js';
import {WSL} from './name-machines.js';

/** In the place of PowerShell: keeps what it was told, and ends with this code, as when its window was closed. */
function fakePowershell(exitCode = 0) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-windows-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  const file = path.join(folder, 'powershell.exe');
  const told = path.join(folder, 'told');
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' "$3" >>${told}\nexit ${exitCode}\n`);
  chmodSync(file, 0o755);
  return {
    file,
    records: () => openChangeRecords(path.join(folder, 'records.json')),
    told: (): readonly string[] => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []),
  };
}

type Powershell = ReturnType<typeof fakePowershell>;

async function bring(powershell: Powershell, hosts: readonly string[] | undefined): Promise<void> {
  const wishes = {zones: ['test'], hosts: hosts ?? [], ports: {dns: 53_535}};
  const {changes} = planNames({...WSL, powershell: powershell.file}, wishes);
  const wanted: readonly Change[] = hosts === undefined ? [] : changes.filter(({id}) => id === 'names-windows');
  const records = await powershell.records();
  for (const step of planChanges(wanted, records.all, () => undefined)) {
    await carryOut(step, {records, run, onLeft: text => assert.fail(text)});
  }
}

/** The script as the second shell, that with the rights, reads it. */
const innerScript = (text: string | undefined): string =>
  /'-Command','(.*)'; exit/.exec(text ?? '')?.[1]?.replaceAll("''", "'") ?? '';

describe('the hosts file of Windows', () => {
  it('is asked for once while the names are the same, again for others, and taken back', async () => {
    const powershell = fakePowershell();
    await bring(powershell, ['shop.test']);
    await bring(powershell, ['shop.test']);
    assert.equal(powershell.told().length, 1);
    assert.match(innerScript(powershell.told()[0]), /@\('# tako begin','127\.0\.0\.1 shop\.test','::1 shop\.test',/);
    await bring(powershell, ['shop.test', 'new.test']);
    assert.match(innerScript(powershell.told()[1]), /'127\.0\.0\.1 new\.test'/);
    await bring(powershell, undefined);
    assert.equal(powershell.told().length, 3);
    assert.doesNotMatch(innerScript(powershell.told()[2]), /127\.0\.0\.1|@\(/);
    await bring(powershell, undefined);
    assert.equal(powershell.told().length, 3);
  });

  it('is asked for again when the window was closed', async () => {
    const powershell = fakePowershell(1);
    await assert.rejects(bring(powershell, ['shop.test']), {code: 'CHANGE_FAILED'});
    await assert.rejects(bring(powershell, ['shop.test']), {code: 'CHANGE_FAILED'});
    assert.equal(powershell.told().length, 2);
  });
});
