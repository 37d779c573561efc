import type {Readable, Writable} from 'node:stream';
import {render} from 'ink';
import type {DeployEvent} from '../prod/deploy/deploy-event.js';
import {DeploySteps} from './components/deploy-steps.js';
import {createDeployFeed} from './deploy-feed.js';
import {type Environment, styleFor} from './style.js';
import {openTerminal} from './terminal.js';

export type DeployScreenOptions = {
  readonly servers: readonly string[];
  readonly stdin: Readable & {readonly isTTY?: boolean};
  /** A terminal. */
  readonly stdout: Writable & {readonly isTTY?: boolean};
  readonly env: Environment;
  /** Called for Ctrl-C, which is a key like others while this is shown. */
  readonly interrupt: () => void;
};

export type DeployScreen = {
  readonly push: (event: DeployEvent) => void;
  /** Resolves when the terminal is as it was, with the steps as the last that was written. Closing twice is closing once. */
  close(how: 'over' | 'left'): Promise<void>;
};

/** Shows a deploy in the terminal, inline, from now on: a line for each step, and above them what its commands say. */
export function showDeploy({servers, stdin, stdout, env, interrupt}: DeployScreenOptions): DeployScreen {
  const feed = createDeployFeed();
  const style = styleFor(stdout, env);
  const hasKeys = stdin.isTTY === true;
  const terminal = openTerminal({stdin, stdout});
  const ink = render(<DeploySteps {...{terminal, feed, servers, style, hasKeys, interrupt}} />, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
    // The caller has decided that there is a terminal, also where Ink believes to be in CI.
    interactive: true,
  });
  const left = ink.waitUntilExit().catch(() => undefined);
  let closed: Promise<void> | undefined;
  return {
    push: feed.push,
    close: how =>
      (closed ??= (async () => {
        if (how === 'left') feed.push({type: 'left'});
        feed.close();
        await ink.waitUntilRenderFlush();
        ink.unmount();
        await left;
        terminal.close();
      })()),
  };
}
