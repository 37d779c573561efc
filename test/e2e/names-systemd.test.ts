import assert from 'node:assert/strict';
import {cpSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {NAMES_UNIT, namesUnit} from '../../src/devproxy/machine/names-unit.js';
import {eventually} from '../helpers/eventually.js';
import {RESOLVED_FOLDER} from '../helpers/machine/resolved.js';
import {requires} from '../helpers/system-parts.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';

// The unit that gives systemd-resolved a link of tako's own, where systemd itself runs it.

const DNSMASQ = [
  'dnsmasq --no-resolv --conf-file=/dev/null --port=53535 --pid-file= --user=root --listen-address=127.0.0.1',
  '--bind-interfaces --address=/test/127.0.0.1',
].join(' ');

describe.skipIf(requires(...VPS_PARTS, 'systemd', 'systemd-resolved', 'dnsmasq'))(
  'the link of tako, by systemd',
  () => {
    let vps: Vps;
    const must = async (command: string): Promise<string> => {
      const {exitCode, stdout, stderr} = await vps.run(command);
      assert.equal(exitCode, 0, `${command}: ${stdout}${stderr}`);
      return stdout;
    };
    const untilFound = (name: string): Promise<void> =>
      eventually(async () => {
        assert.match((await vps.run('resolvectl domain')).stdout, /\(tako0\): ~test$/m);
        assert.match((await vps.run(`getent ahosts ${name}`)).stdout, /^127\.0\.0\.1 /);
      });

    beforeAll(async () => {
      vps = await startVps({name: 'names', init: 'systemd'});
      const root = `/proc/${vps.pid}/root`;
      cpSync(RESOLVED_FOLDER, `${root}/tmp/resolved`, {recursive: true});
      // In /lib, which is a link here, nothing can be unpacked.
      await must('cd /tmp/resolved && cp -a usr/. /usr/ && cp -a lib/. /usr/lib/ && cp -a etc/. /etc/');
      await must(
        'systemd-sysusers && systemctl daemon-reload && systemctl reload dbus && systemctl start systemd-resolved',
      );
      await must('ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf');
      // It stands for the daemon.
      await must(DNSMASQ);
      writeFileSync(`${root}/etc/systemd/system/${NAMES_UNIT}`, `${namesUnit(['test'], 53_535).join('\n')}\n`);
      await must(`systemctl daemon-reload && systemctl enable ${NAMES_UNIT} && systemctl restart ${NAMES_UNIT}`);
    });
    afterAll(() => vps?.close());

    it('has names found', () => untilFound('a.b.test'));

    it('is there again after systemd-resolved starts anew, or is killed, even in its start', async () => {
      await must('systemctl restart systemd-resolved');
      await untilFound('restarted.test');
      await must('systemctl kill --signal=KILL systemd-resolved');
      await untilFound('killed.test');
      await must('systemctl restart systemd-resolved; systemctl kill --signal=KILL systemd-resolved');
      await untilFound('killed-again.test');
    });

    it('is enough for systemd-resolved to ask, where there is no other link', async () => {
      await must('ip link delete eth0');
      await untilFound('offline.test');
    });

    it('leaves nothing when it is stopped', async () => {
      await must(`systemctl disable --now ${NAMES_UNIT}`);
      assert.doesNotMatch(await must('ip link'), /tako0/);
      assert.doesNotMatch(await must('resolvectl domain'), /test/);
    });
  },
);
