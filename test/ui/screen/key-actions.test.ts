import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {detailOf, exchangeOf, LAN, logEvent, READY, statusEvent} from '../fake-session.js';
import {type ScreenSetting, screenOf, type TestScreen} from './screen-of.js';

function ready(setting: ScreenSetting = {}): TestScreen {
  const screen = screenOf(setting);
  screen.push(statusEvent(READY), logEvent('one'), logEvent('two'), logEvent('three'));
  return screen;
}

describe('keys that ask for something beyond the screen', () => {
  it.each([
    ['r', {type: 'restart', app: 'hello'}],
    ['o', {type: 'open', url: 'https://hello.test'}],
    ['c', {type: 'copy', text: 'https://hello.test'}],
    ['l', {type: 'lan'}],
    ['i', {type: 'inspect'}],
    ['x', {type: 'clear-log'}],
    ['b', {type: 'leave', outcome: 'background'}],
    ['q', {type: 'leave', outcome: 'stop'}],
    ['ctrl-c', {type: 'leave', outcome: 'stop'}],
  ])('%s asks for %j, below the log and on the whole screen', (key, effect) => {
    for (const before of [[], ['f']]) {
      const screen = ready();
      for (const each of [...before, key]) screen.press(each);
      assert.deepEqual(screen.takeEffects(), [effect]);
    }
  });

  it('say that there is no address before there is one', () => {
    const screen = screenOf();
    screen.press('o c');
    assert.deepEqual(screen.takeEffects(), []);
    assert.equal(screen.state().flash?.text, 'no address yet');
  });

  it('say whether the apps are opened to the network or closed', () => {
    const screen = ready();
    screen.press('l');
    assert.equal(screen.state().flash?.text, 'opening to the network');
    screen.push(statusEvent({...READY, lan: LAN}));
    screen.press('l');
    assert.equal(screen.state().flash?.text, 'closing to the network');
  });
});

describe('keys of the search', () => {
  it('are letters while it is typed, and erase them', () => {
    const screen = ready();
    screen.press('/ q r space x backspace 1');
    assert.equal(screen.state().search.text, 'qr 1');
    screen.press('ctrl-u t');
    assert.equal(screen.state().search.text, 't');
    screen.press('pageup f5');
    assert.equal(screen.state().search.text, 't');
    assert.deepEqual(screen.takeEffects(), []);
  });

  it('go from match to match, and say when there is no other', () => {
    const screen = ready();
    const marked = (): string | undefined => {
      const {blocks, marked} = screen.state().reading;
      return blocks.find(({id}) => id === marked?.id)?.entries[0].text;
    };
    screen.press('/ t enter');
    assert.equal(marked(), 'three');
    screen.press('N');
    assert.equal(marked(), 'two');
    screen.press('N');
    assert.equal(screen.state().flash?.text, 'no older match');
    screen.press('n');
    assert.equal(marked(), 'three');
  });

  it('skip what is said again and again as one', () => {
    const screen = screenOf();
    screen.push(...['tick', 'tick', 'tick', 'other', 'tick'].map(text => logEvent(text)));
    screen.press('/ t i c k enter N');
    assert.equal(screen.state().reading.marked?.id, screen.state().reading.blocks[0]?.id);
    assert.match(screen.text(), /❯ {3}tick\n❯ {3}.*×3|❯ {3}tick\n.*last line ×3/);
    screen.press('n');
    assert.equal(screen.state().reading.marked?.id, screen.state().reading.blocks[4]?.id);
  });

  it('are asked for by those that need one', () => {
    const screen = ready();
    for (const key of ['n', 'N', 'm']) {
      screen.press(`f ${key} f`);
      assert.equal(screen.state().flash?.text, 'type / to search', key);
    }
  });

  it('are undone step by step', () => {
    const screen = ready();
    screen.press('/ t enter escape');
    assert.equal(screen.state().search.text, '');
    assert.equal(screen.state().layout.screen, 'dashboard');
    screen.press('escape');
    assert.equal(screen.state().layout.screen, 'strip');
  });

  it('take pasted text only while it is typed', () => {
    const screen = ready();
    screen.push({type: 'pasted', text: 'quit'});
    assert.equal(screen.state().search.text, '');
    screen.press('/');
    screen.push({type: 'pasted', text: 'a\nb'});
    assert.equal(screen.state().search.text, 'a b');
  });
});

describe('keys of the requests', () => {
  it('open the chosen one, and close it again', () => {
    const screen = ready({rows: 20});
    screen.push({type: 'request', exchange: exchangeOf({id: 1})}, {type: 'request', exchange: exchangeOf({id: 2})});
    screen.press('f right up enter');
    assert.deepEqual(screen.takeEffects(), [{type: 'load-request', id: 1}]);
    screen.push({type: 'request-opened', opened: {state: 'loaded', id: 1, detail: detailOf(exchangeOf({id: 1}))}});
    screen.press('G');
    assert.ok(screen.state().requests.scrolled > 0);
    screen.press('g escape');
    assert.equal(screen.state().requests.opened, null);
    assert.equal(screen.state().layout.pane, 'requests');
  });

  it('say that there is none to open or to send again', () => {
    const screen = ready();
    screen.press('f right enter');
    assert.equal(screen.state().flash?.text, 'no request yet');
    screen.press('R');
    assert.equal(screen.state().flash?.text, 'choose a request first');
  });
});

describe('keys of the apps', () => {
  it('choose one with the arrows, and only that with Enter', () => {
    const screen = screenOf({apps: ['web', 'api']});
    screen.press('f left down enter');
    assert.deepEqual([screen.state().apps.chosen, screen.state().apps.isOnly], [1, true]);
    screen.press('up 0');
    assert.deepEqual([screen.state().apps.chosen, screen.state().apps.isOnly], [0, false]);
  });
});
