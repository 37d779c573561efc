import assert from 'node:assert/strict';
import {closeSync, readSync} from 'node:fs';
import {Socket} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {writeBootstrap} from '../../src/supervisor/bootstrap-writer.js';
import {closeReport, openContractPipes} from '../../src/supervisor/contract-pipes.js';
import {eventually} from '../helpers/eventually.js';

describe('a document that an app does not read', () => {
  it('is written as far as the pipe takes it, and what is left is known to the byte', async () => {
    const {bootstrap, readiness, report} = await openContractPipes();
    const document = Buffer.from(Array.from({length: 40_000}, (_, index) => String(index)).join(','));
    const writer = writeBootstrap(new Socket({fd: bootstrap.write, readable: false, writable: true}), document);
    onTestFinished(() => {
      writer.socket.destroy();
      for (const fd of [bootstrap.read, readiness.read, readiness.write]) closeSync(fd);
      closeReport(report);
    });
    let length = -1;
    await eventually(async () => {
      const before = length;
      length = writer.rest().length;
      assert.ok(length < document.length && length === before);
    });
    const written = Buffer.alloc(document.length);
    const rest = writer.rest();
    writer.socket.destroy();
    let end = 0;
    while (end < document.length - rest.length) end += readSync(bootstrap.read, written, end, 65_536, null);
    assert.equal(Buffer.compare(Buffer.concat([written.subarray(0, end), rest]), document), 0);
    assert.ok(rest.length > 0);
  });
});
