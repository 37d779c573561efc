import http, {type IncomingMessage, type Server, type ServerResponse} from 'node:http';

export type ServerObserver = {
  /** Before the server's own code. True: it is answered, and the server does not see it. */
  onRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /** A server listens on that port. */
  onListening(port: number): void;
};

/**
 * Sees what every HTTP server of this process does, also one that listens already: Next makes its server itself and gives it
 * to nobody.
 */
export function observeServers({onRequest, onListening}: ServerObserver): void {
  const {emit} = http.Server.prototype;
  http.Server.prototype.emit = function (this: Server, event: string | symbol, ...given: unknown[]): boolean {
    if (event === 'request' && onRequest(given[0] as IncomingMessage, given[1] as ServerResponse)) return true;
    const isHeard = Reflect.apply(emit, this, [event, ...given]) as boolean;
    if (event === 'listening') tellPort(this, onListening);
    return isHeard;
  } as typeof emit;
}

function tellPort(server: Server, onListening: ServerObserver['onListening']): void {
  const address = server.address();
  if (typeof address === 'object' && address !== null) onListening(address.port);
}
