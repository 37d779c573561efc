import {request} from 'node:http';
import {describeFailure, type Probe, type ProbeResult} from '../../proxy/load-balancing/probe.js';

/** The header that carries an instance's token both ways. */
export const TOKEN_HEADER = 'x-tako-internal-token';

/**
 * The contract's own question: GET /status with the instance's token, which the answer repeats. Who repeats it is the
 * process that read it from file descriptor 3, and not another that took its port.
 */
export function createStatusProbe({app, token}: {readonly app: string; readonly token: string}): Probe {
  return async ({host, port}, signal) => {
    try {
      return await ask({host, port, signal, headers: {host: `${app}.tako`, [TOKEN_HEADER]: token}}, token);
    } catch (error) {
      return {ok: false, problem: describeFailure(error)};
    }
  };
}

type Ask = {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
};

/** An endless body ends with the signal. */
function ask({host, port, signal, headers}: Ask, token: string): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const asked = request({host, port, path: '/status', headers, signal, agent: false}, answer => {
      answer.on('error', () => undefined).resume();
      resolve(judge(answer.statusCode ?? 0, answer.headers[TOKEN_HEADER], token));
    });
    asked.once('error', reject).end();
  });
}

function judge(status: number, echoed: string | string[] | undefined, token: string): ProbeResult {
  if (status < 200 || status > 299) return {ok: false, problem: `GET /status was answered ${status}`};
  if (echoed === token) return {ok: true};
  return {
    ok: false,
    problem:
      echoed === undefined
        ? 'GET /status was answered without the token'
        : 'GET /status was answered with another token',
  };
}
