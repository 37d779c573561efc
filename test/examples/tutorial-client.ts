import {Agent, type Dispatcher, request} from 'undici';
import {onTestFinished} from 'vitest';

export type Answer = {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

export type Ask = (path: string, options?: AskOptions) => Promise<Answer>;
export type AskOptions = {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What the load is spread over; each has one request under way at a time. */
const CONNECTIONS = 8;
/** Between two requests of one, so that there is time on the machine for programs to start. */
const PAUSE_MS = 5;

/** Asks one origin over kept connections. `connect` is for TLS; names are all found at 127.0.0.1. */
export function createAsk(origin: string, connect: Agent.Options['connect'] = {}): Ask {
  const dispatcher = new Agent({
    connections: CONNECTIONS,
    allowH2: true,
    connect: {lookup: (_host, _options, done) => done(null, [{address: '127.0.0.1', family: 4}]), ...connect},
  });
  open.add(dispatcher);
  return async (path, {method = 'GET', headers = {}, body} = {}) => {
    const answer = await request(`${origin}${path}`, {dispatcher, method, headers, body: body ?? null});
    return {status: answer.statusCode, fields: answer.headers, body: await answer.body.text()};
  };
}

const open = new Set<Agent>();

/** Closes the connections of all clients, so that no program has to wait for them. */
export async function closeClients(): Promise<void> {
  await Promise.all([...open].map(dispatcher => dispatcher.destroy()));
}

export type Load = {
  readonly answers: readonly Answer[];
  /** Requests that got no answer, in words. */
  readonly failures: readonly string[];
  /** Resolves when so many more have been answered or have failed. */
  more(count: number): Promise<void>;
  /** Lets what is under way end. */
  stop(): Promise<void>;
};

/** Asks for `path` again and again, several at once, until stopped or the test is over. */
export function startLoad(ask: Ask, path = '/'): Load {
  const answers: Answer[] = [];
  const failures: string[] = [];
  let isOn = true;
  const count = (): number => answers.length + failures.length;

  async function askAgainAndAgain(): Promise<void> {
    while (isOn) {
      await ask(path).then(
        answer => void answers.push(answer),
        error => void failures.push(String(error)),
      );
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  }

  onTestFinished(() => {
    isOn = false;
  });
  const loops = Promise.all(Array.from({length: CONNECTIONS}, askAgainAndAgain));
  return {
    answers,
    failures,
    async more(wanted) {
      const until = count() + wanted;
      while (isOn && count() < until) await new Promise(resolve => setTimeout(resolve, 10));
    },
    async stop() {
      isOn = false;
      await loops;
    },
  };
}

/** Asks until the answer is as wanted; the test's own timeout is the limit. */
export async function askUntil(ask: () => Promise<Answer>, isWanted: (answer: Answer) => boolean): Promise<Answer> {
  let isOn = true;
  onTestFinished(() => {
    isOn = false;
  });
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || !isOn) return answer;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
