import {type ControlClient, connectControl} from '../control/client.js';
import type {RequestSource} from '../ui/dev-session.js';

/** What a screen has at first; the daemon keeps more. */
const SHOWN_REQUESTS = 200;

/** Each call has a connection of its own: to close it is the only way to hear no more of the requests to come. */
export function createRequestSource(socketPath: string): RequestSource {
  const withClient = async <Result>(use: (client: ControlClient) => Promise<Result>): Promise<Result> => {
    const client = await connectControl(socketPath);
    try {
      return await use(client);
    } finally {
      client.close();
    }
  };
  return {
    follow: (onEvent, signal) =>
      withClient(async client => {
        signal.addEventListener('abort', client.close, {once: true});
        if (signal.aborted) client.close();
        await client.call('requests', {query: {}, count: SHOWN_REQUESTS, follow: true}, {onEvent});
      }),
    load: id => withClient(client => client.call('request', {id})),
    replay: id => withClient(client => client.call('replay', {id, edit: {}})),
  };
}
