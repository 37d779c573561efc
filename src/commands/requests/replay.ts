import {readFile} from 'node:fs/promises';
import type {ControlClient} from '../../control/client.js';
import type {ExchangeDetail, ExchangeSummary, Fields, ReplayEdit} from '../../control/exchanges.js';
import {errorCode, TakoError} from '../../system/error.js';
import {renderRequestReport} from '../../ui/request-report.js';
import {createStyle, hasColour} from '../../ui/style.js';
import {createContext, requireDaemon} from '../context.js';
import {printJson, printResult} from '../output.js';
import {parseEditFile, renderEditFile} from './edit-file.js';
import {editText} from './editor.js';

export type ReplayFlags = {
  readonly edit?: boolean;
  readonly method?: string;
  readonly path?: string;
  readonly header?: readonly string[];
  readonly data?: string;
  readonly json?: boolean;
};

/** Sends a request again and prints it with its new answer. */
export async function replayRequest(id: number, flags: ReplayFlags): Promise<void> {
  if (flags.edit && hasChanges(flags)) throw twoWays();
  const {client} = await requireDaemon(createContext());
  try {
    const summary = await (flags.edit ? replayEdited(client, id) : replayChanged(client, id, flags));
    const request = await client.call('request', {id: summary.id});
    if (flags.json) printJson({ok: true, request});
    else printResult(renderRequestReport(request, createStyle({isColour: hasColour(process.stdout, process.env)})));
  } finally {
    client.close();
  }
}

const hasChanges = ({method, path, header, data}: ReplayFlags): boolean =>
  [method, path, header, data].some(flag => flag !== undefined);

const twoWays = (): TakoError =>
  new TakoError('OPTIONS_INVALID', '--edit cannot be used with --method, --path, --header or --data', {
    hint: 'all of them can be changed in the editor',
  });

async function replayChanged(client: ControlClient, id: number, flags: ReplayFlags): Promise<ExchangeSummary> {
  const {method, path, header, data} = flags;
  const fields = header && changeFields((await client.call('request', {id})).request.fields, header);
  const edit: ReplayEdit = {
    ...(method === undefined ? {} : {method}),
    ...(path === undefined ? {} : {target: path}),
    ...(fields === undefined ? {} : {fields}),
    ...(data === undefined ? {} : {body: await readData(data)}),
  };
  return client.call('replay', {id, edit});
}

async function replayEdited(client: ControlClient, id: number): Promise<ExchangeSummary> {
  const before: ExchangeDetail = await client.call('request', {id});
  const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return editText(renderEditFile(before), {environment: process.env, hasTerminal}, async text => {
    const edit = parseEditFile(text, before);
    if (edit === undefined) throw new TakoError('CANCELLED', 'the file is empty: nothing was sent');
    return client.call('replay', {id, edit});
  });
}

/** Each takes the place of all fields of its name; one without a value only takes them away. Throws OPTIONS_INVALID. */
export function changeFields(fields: Fields, changes: readonly string[]): Fields {
  const changed = changes.map(parseChange);
  const names = new Set(changed.map(([name]) => name.toLowerCase()));
  return [...fields.filter(([name]) => !names.has(name.toLowerCase())), ...changed.filter(([, value]) => value !== '')];
}

function parseChange(text: string): Fields[number] {
  const colon = text.indexOf(':');
  if (colon > 0) return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  throw new TakoError('OPTIONS_INVALID', `${JSON.stringify(text)} is not a header field`, {
    hint: 'as in --header "accept: text/html"',
  });
}

/** Throws FILE_UNREADABLE. */
async function readData(data: string): Promise<NonNullable<ReplayEdit['body']>> {
  if (!data.startsWith('@')) return {encoding: 'utf8', data};
  const file = data.slice(1);
  try {
    return {encoding: 'base64', data: (await readFile(file)).toString('base64')};
  } catch (error) {
    throw new TakoError('FILE_UNREADABLE', `${file} cannot be read: ${errorCode(error) ?? error}`, {cause: error});
  }
}
