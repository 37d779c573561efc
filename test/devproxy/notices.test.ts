import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Notice} from '../../src/control/events.js';
import {createNotices} from '../../src/devproxy/notices.js';

describe('what the daemon notices', () => {
  it('reaches those who listen, and nobody who comes later or has gone', async () => {
    const notices = createNotices();
    const [first, second] = [[], []] as [Notice[], Notice[]];
    const [leave, leaveToo] = [new AbortController(), new AbortController()];
    const listen = (heard: Notice[], {signal}: AbortController): Promise<void> =>
      notices.stream({signal, emit: notice => heard.push(notice) > 0});
    notices.tell('info', 'too early');
    assert.equal(notices.isHeard(), false);
    const streams = [listen(first, leave), listen(second, leaveToo)];
    assert.equal(notices.isHeard(), true);
    notices.tell('warning', 'one');
    leave.abort();
    await streams[0];
    notices.tell('info', 'two');
    leaveToo.abort();
    await streams[1];
    notices.tell('info', 'too late');
    assert.equal(notices.isHeard(), false);
    assert.deepEqual(first, [{type: 'notice', level: 'warning', text: 'one'}]);
    assert.deepEqual(
      second.map(({text}) => text),
      ['one', 'two'],
    );
  });

  it('is nothing to a client that is gone before it listens', async () => {
    const notices = createNotices();
    await notices.stream({signal: AbortSignal.abort(), emit: () => assert.fail('nobody is there')});
    assert.equal(notices.isHeard(), false);
  });
});
