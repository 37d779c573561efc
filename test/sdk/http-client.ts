import {once} from 'node:events';
import {type ClientRequest, type IncomingMessage, request} from 'node:http';
import {connect, type Socket} from 'node:net';
import {buffer} from 'node:stream/consumers';

export type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: Buffer;
};

export type Question = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** A request whose answer has not begun. Its connection is its own. */
export const open = (port: number, path: string, {method = 'GET', headers = {}}: Question = {}): ClientRequest =>
  request({host: '127.0.0.1', port, path, method, headers: {host: 'app.test', ...headers}, agent: false})
    // Who waits for it hears of it too; one that comes after the answer has no meaning.
    .on('error', () => {});

/** Asks and reads all of the answer. Rejects when it is cut short. */
export async function ask(port: number, path: string, question: Question = {}): Promise<Answer> {
  const asked = open(port, path, question);
  asked.end(question.body);
  const answer = await headOf(asked);
  const body = await buffer(answer);
  return {status: answer.statusCode ?? 0, headers: answer.headers, trailers: answer.trailers, body};
}

export async function headOf(asked: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

export const askJson = async <T>(port: number, path: string, question?: Question): Promise<T> =>
  JSON.parse((await ask(port, path, question)).body.toString()) as T;

/** A connection on which a test writes bytes of its own; what came is kept. */
export async function openSocket(port: number): Promise<{socket: Socket; text(): string; closed: Promise<unknown>}> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', chunk => (text += chunk));
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return {socket, text: () => text, closed};
}
