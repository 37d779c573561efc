import assert from 'node:assert/strict';
import {stripVTControlCharacters} from 'node:util';
import {encode} from 'uqr';
import {describe, it} from 'vitest';
import type {AppStatus, LanAddress} from '../../src/control/events.js';
import {lanCard, lanRow} from '../../src/ui/lan-card.js';
import {createBlockRenderer} from '../../src/ui/log/render-block.js';
import {renderQrCode} from '../../src/ui/qr-code.js';
import {entriesOf} from '../../src/ui/session-entries.js';
import {createStyle} from '../../src/ui/style.js';
import {STOPPED} from './fake-session.js';
import {createLogView} from './log/log-support.js';

const PLAIN = createStyle({isColour: false});
const COLOURED = createStyle({isColour: true});

const LAN: LanAddress = {
  url: 'https://shop.local',
  urls: ['https://shop.local'],
  onboardingUrl: 'http://192.168.1.20/',
  address: '192.168.1.20',
  network: '192.168.1.0/24',
  interface: 'wlan0',
  fingerprint: 'AB:CD',
  problem: null,
};
const TAKEN = {code: 'LAN_NAME_TAKEN', message: 'another device is called shop.local', hint: null, details: []};

/** The modules that half blocks draw. */
function modulesOf(code: string): boolean[][] {
  return code.split('\n').flatMap(line => {
    const cells = [...stripVTControlCharacters(line)];
    return [cells.map(cell => '▀█'.includes(cell)), cells.map(cell => '▄█'.includes(cell))];
  });
}

describe('a QR code', () => {
  it('has every module, and four of light around it', () => {
    const modules = modulesOf(renderQrCode('HTTP://192.168.1.20/', PLAIN));
    const {data, size} = encode('HTTP://192.168.1.20/', {border: 4, ecc: 'L'});
    assert.equal(size, 29);
    // An odd number of rows leaves half a line, which is light.
    assert.deepEqual(modules.slice(0, size), data);
    assert.deepEqual([...new Set(modules.slice(size).flat())], [false]);
    const edge = [...modules.slice(0, 4), ...modules.slice(size - 4)].flat();
    assert.equal(edge.some(Boolean) || modules.some(row => row.slice(0, 4).some(Boolean)), false);
  });

  it('is black on white in every terminal that has colours, line by line', () => {
    for (const line of renderQrCode('HTTP://192.168.1.20/', COLOURED).split('\n')) {
      assert.match(line, /^\x1b\[30;107m[ ▀▄█]{29}\x1b\[0m$/);
    }
  });

  it('fits beside the clock in 40 columns', () => {
    const text = `shop is open:\n${lanCard(LAN, COLOURED, {withCode: true})}`;
    const {render} = createBlockRenderer({
      ...createLogView({apps: ['shop'], columns: 80, style: COLOURED}),
      showTime: true,
    });
    const shown = render({id: 1, entries: [{time: 0, app: undefined, source: 'tako', text}]}).join('\n');
    const code = stripVTControlCharacters(shown)
      .split('\n')
      .filter(line => /[▀▄█]/.test(line));
    assert.equal(Math.max(...code.map(line => line.length)), 40);
  });
});

describe('the card of an app that is open to the network', () => {
  it('says where it is, to whom, what to do first, and what to compare', () => {
    const card = lanCard(LAN, PLAIN, {withCode: false});
    for (const part of ['https://shop.local', '192.168.1.0/24', 'http://192.168.1.20/', 'AB:CD'])
      assert.ok(card.includes(part), card);
    assert.equal(card.split('\n').length, 3);
  });

  it('says what is amiss', () => {
    const problem = 'another device is called shop.local [LAN_NAME_TAKEN]';
    assert.ok(lanCard({...LAN, problem: TAKEN}, PLAIN, {withCode: false}).endsWith(problem));
    assert.ok(lanRow('shop', {...LAN, problem: TAKEN}).endsWith(problem));
  });
});

describe('the log of a session', () => {
  const open = (name: string): AppStatus => ({...STOPPED, name, lan: LAN});
  const entriesAfter = (...statuses: AppStatus[]): readonly string[] => {
    const known = new Map<string, AppStatus>();
    return statuses.flatMap(status => {
      const entries = entriesOf(known, {type: 'status', status}, 0);
      known.set(status.name, status);
      return entries.map(({text}) => text);
    });
  };

  it('shows the card when an app is opened, and once', () => {
    assert.equal(entriesAfter({...STOPPED, name: 'shop'}, open('shop'), open('shop')).length, 1);
  });

  it('shows one code for all apps that are opened together', () => {
    const entries = entriesAfter(open('shop'), open('blog'));
    assert.deepEqual(
      entries.map(text => text.includes('█')),
      [true, false],
    );
  });

  it('shows it again when it is opened again', () => {
    assert.equal(entriesAfter(open('shop'), {...open('shop'), lan: null}, open('shop')).length, 2);
  });
});
