import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {
  findActivation,
  readPortUnits,
  renderService,
  renderSocket,
  SERVICE,
  socketUnitOf,
  unitFile,
} from '../../../src/devproxy/machine/port-units.js';

const SERVICE_TEXT = renderService({
  user: 'ada',
  folder: '/home/ada/my data/tako',
  command: ['/home/ada/my node/node', '/opt/50%/$cli.js', 'da"emon'],
  environment: {HOME: '/home/ada', PATH: '/a b:/c%d:$e', MANY: 'two\nlines'},
  sockets: ['https', 'http'],
});

/** A machine that has these files, by their paths. */
function machineWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-units-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), {recursive: true});
    writeFileSync(path.join(root, file), content);
  }
  return root;
}

const socket = (name: 'https' | 'http', port: number) => ({
  [unitFile(socketUnitOf(name))]: renderSocket({name, port, user: 'ada', hasIpv6: true}),
});
const UNITS = {[unitFile(SERVICE)]: SERVICE_TEXT, ...socket('https', 443), ...socket('http', 80)};
const BOOTED = {'/run/systemd/system/.mark': ''};

describe('the units for the ports', () => {
  it('quote what systemd would read as something else', () => {
    assert.match(
      SERVICE_TEXT,
      /^ExecStart=\/bin\/sh -c 'exec "\$\$0" "\$\$@"' "\/home\/ada\/my node\/node" "\/opt\/50%%\/\$\$cli\.js" "da\\"emon"$/m,
    );
    assert.match(SERVICE_TEXT, /^Environment="PATH=\/a b:\/c%%d:\$e"$/m);
  });

  it('leave out a variable that would end its line', () => {
    assert.doesNotMatch(SERVICE_TEXT, /MANY|lines/);
  });

  it('are read as they were written', () => {
    assert.deepEqual(readPortUnits(machineWith(UNITS)), {
      user: 'ada',
      folder: '/home/ada/my data/tako',
      ports: {https: 443, http: 80},
    });
  });

  it('are not there where only others are', () => {
    assert.equal(readPortUnits(machineWith({})), undefined);
    assert.equal(readPortUnits(machineWith({[unitFile(SERVICE)]: '[Service]\nUser=ada\n'})), undefined);
  });

  it('have no address that the machine has not', () => {
    const text = renderSocket({name: 'https', port: 443, user: 'ada', hasIpv6: false});
    assert.deepEqual(text.match(/^ListenStream=.*$/gm), ['ListenStream=127.0.0.1:443']);
  });
});

describe('what starts the daemon', () => {
  it('is a connection to the port of its units', () => {
    const root = machineWith({...UNITS, ...BOOTED});
    assert.deepEqual(findActivation('/home/ada/my data/tako', root), {port: 443, unit: 'tako-dev-https.socket'});
  });

  it('is the other port where that is the only one', () => {
    const root = machineWith({[unitFile(SERVICE)]: SERVICE_TEXT, ...socket('http', 80), ...BOOTED});
    assert.deepEqual(findActivation('/home/ada/my data/tako', root), {port: 80, unit: 'tako-dev-http.socket'});
  });

  it('is tako itself for a daemon with another folder, and where systemd does not run', () => {
    assert.equal(findActivation('/home/bob/.local/share/tako', machineWith({...UNITS, ...BOOTED})), undefined);
    assert.equal(findActivation('/home/ada/my data/tako', machineWith(UNITS)), undefined);
  });
});
