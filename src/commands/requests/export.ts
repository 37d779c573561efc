import {writeFile} from 'node:fs/promises';
import type {ControlClient} from '../../control/client.js';
import type {ExchangeDetail, ExchangeQuery} from '../../control/exchanges.js';
import {errorCode, TakoError} from '../../system/error.js';
import {createContext, requireDaemon} from '../context.js';
import {printJson, printNote, printResult} from '../output.js';
import {renderHar} from './har.js';
import {findApp} from './list.js';

export type ExportFlags = {readonly app?: string; readonly json?: boolean};

/** More than are ever kept. */
const ALL = 1_000_000;

/** Writes what is kept of the requests, secrets masked, as HAR. */
export async function exportRequests(file: string | undefined, {app, json = false}: ExportFlags): Promise<void> {
  const context = createContext();
  const connection = await requireDaemon(context);
  try {
    const found = await findApp(connection, app);
    const details = await readDetails(connection.client, found === undefined ? {} : {app: found});
    const har = renderHar(details, context.version);
    if (file === undefined) return printResult(JSON.stringify(har, null, 2));
    await writeArchive(file, JSON.stringify(har, null, 2));
    const {length} = har.log.entries;
    if (json) printJson({ok: true, file, requests: length});
    else printNote(`wrote ${length} requests to ${file}; values that are secrets are masked in it`);
  } finally {
    connection.client.close();
  }
}

async function readDetails(client: ControlClient, query: ExchangeQuery): Promise<ExchangeDetail[]> {
  const ids: number[] = [];
  await client.call(
    'requests',
    {query, count: ALL, follow: false},
    {onEvent: event => void (event.type === 'request' && ids.push(event.exchange.id))},
  );
  const details: ExchangeDetail[] = [];
  for (const id of ids) {
    // One that had to make room meanwhile is not kept any more.
    const detail = await client.call('request', {id}).catch(ignoreGone);
    if (detail !== undefined) details.push(detail);
  }
  return details;
}

function ignoreGone(error: unknown): undefined {
  if (errorCode(error) !== 'NO_SUCH_REQUEST') throw error;
}

/** For this user only: bodies are in it, whatever is masked of them. */
async function writeArchive(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, `${text}\n`, {mode: 0o600});
  } catch (error) {
    throw new TakoError('EXPORT_FAILED', `${file} cannot be written: ${errorCode(error) ?? error}`, {cause: error});
  }
}
