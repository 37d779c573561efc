import {useApp, useInput} from 'ink';
import {useInsertionEffect, useSyncExternalStore} from 'react';
import type {Terminal, TerminalScreen} from '../terminal.js';

export type UseTerminalOptions = {
  /** Whether Ctrl-Z comes as a key. */
  readonly hasKeys?: boolean;
};

/** Lets the terminal be suspended, by Ctrl-Z among others, and says which of its screens to draw for. */
export function useTerminal(terminal: Terminal, {hasKeys = true}: UseTerminalOptions = {}): TerminalScreen {
  const {suspendTerminal} = useApp();
  useInsertionEffect(() => terminal.attach(suspendTerminal), [terminal, suspendTerminal]);
  useInput(
    (input, {ctrl}) => {
      if (ctrl && input === 'z') terminal.stop();
    },
    {isActive: hasKeys},
  );
  return useSyncExternalStore(terminal.subscribe, terminal.screen);
}
