// What an http.Server does beside calling its listeners: it answers tako's own question, and knows what is in flight. It is
// done on the server itself, as its listeners come and go: libraries take them off and put their own in front.

import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import {handleStatusRequest} from '../status.js';

export type RunningRequests = {
  /** Stops accepting; resolves when every answer is complete. */
  drain(): Promise<void>;
};

export function attendRequests(server: Server): RunningRequests {
  const inFlight = new Set<ServerResponse>();
  let isDraining = false;
  let settle = (): void => {};

  // Not every server of the kind has it: http2 knows no idle connections.
  const closeIdle = (): void => server.closeIdleConnections?.();
  const onClose = (response: ServerResponse): void => {
    inFlight.delete(response);
    if (!isDraining) return;
    setImmediate(closeIdle);
    if (inFlight.size === 0) settle();
  };
  const attend = (request: IncomingMessage, response: ServerResponse): boolean => {
    inFlight.add(response);
    if (isDraining) response.shouldKeepAlive = false;
    response.once('close', () => onClose(response));
    return handleStatusRequest(request, response);
  };
  observe(server, attend);
  return {
    drain: () =>
      new Promise(resolve => {
        isDraining = true;
        settle = resolve;
        server.close();
        closeIdle();
        for (const response of inFlight) response.shouldKeepAlive = false;
        if (inFlight.size === 0) resolve();
      }),
  };
}

const REQUEST_EVENTS: readonly (string | symbol)[] = ['request', 'checkContinue', 'checkExpectation'];

/** Each request goes by `attend` first; what that has answered the listeners do not see. */
function observe(server: Server, attend: (request: IncomingMessage, response: ServerResponse) => boolean): void {
  const emit = server.emit;
  server.emit = function (this: Server, event: string | symbol, ...values: unknown[]): boolean {
    if (REQUEST_EVENTS.includes(event)) {
      const [request, response] = values as [IncomingMessage, ServerResponse];
      if (attend(request, response)) return true;
    }
    return Reflect.apply(emit, this, [event, ...values]) as boolean;
  } as typeof server.emit;
}
