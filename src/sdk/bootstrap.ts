import {getEnvironmentData, isMainThread, setEnvironmentData} from 'node:worker_threads';
import {readDescriptor} from './descriptors.js';
import {TakoError} from './error.js';
import {runtimeState} from './runtime-state.js';

/** What tako gives an app when it starts it. */
export type Bootstrap = {
  /** Proves to the app that it is tako that asks, and to tako that it is the app that answers. Empty: nobody asks. */
  readonly token: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Name of a binding to what is known of it. */
  readonly storages: Readonly<Record<string, StorageBinding>>;
};

export type StorageBinding = Readonly<Record<string, string | number | boolean | undefined>>;

/** The descriptor on which the document comes. */
const BOOTSTRAP_FD = 3;

/** Set by `tako run`, whose commands may be behind programs that close descriptors. */
const BOOTSTRAP_VARIABLE = 'TAKO_BOOTSTRAP_DATA';

/**
 * The document that tako delivered: that of TAKO_BOOTSTRAP_DATA, which is then removed from the environment, else that on
 * file descriptor 3. Read at the first call and remembered. Undefined: the app runs without tako. Throws BOOTSTRAP_INVALID.
 */
export function readBootstrap(): Bootstrap | undefined {
  const state = runtimeState();
  if (state.bootstrap === undefined) {
    const text = isMainThread ? takeDocument() : (getEnvironmentData(WORKER_DATA) as string | undefined);
    state.bootstrap = text === undefined ? null : parseBootstrap(text);
  }
  return state.bootstrap ?? undefined;
}

/** Under which worker threads find the document: to them descriptor 3 may be any other file by now. */
const WORKER_DATA = 'tako.sh/bootstrap';

function takeDocument(): string | undefined {
  const text = takeVariable() ?? readDescriptor(BOOTSTRAP_FD);
  setEnvironmentData(WORKER_DATA, text);
  return text;
}

function takeVariable(): string | undefined {
  const text = process.env[BOOTSTRAP_VARIABLE];
  delete process.env[BOOTSTRAP_VARIABLE];
  return text === '' ? undefined : text;
}

/** Throws BOOTSTRAP_INVALID, which has nothing of the text in it: it may be secret. */
export function parseBootstrap(text: string): Bootstrap {
  const document = parseJson(text);
  if (!isRecord(document)) throw invalid('it is not a JSON object');
  const {token, secrets, storages} = document;
  if (typeof token !== 'string') throw invalid('"token" is not a string');
  if (!isRecord(secrets)) throw invalid('"secrets" is not an object');
  const wrong = Object.keys(secrets).find(name => typeof secrets[name] !== 'string');
  if (wrong !== undefined) throw invalid(`the secret ${JSON.stringify(wrong)} is not a string`);
  if (!isRecord(storages) || !Object.values(storages).every(isRecord)) {
    throw invalid('"storages" is not an object of objects');
  }
  return {
    token,
    secrets: withoutPrototype(secrets as Record<string, string>),
    storages: withoutPrototype(storages as Record<string, StorageBinding>),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    throw invalid(`it is not JSON (${text.length} characters)`);
  }
}

const invalid = (problem: string): TakoError =>
  new TakoError('BOOTSTRAP_INVALID', `what was delivered on file descriptor 3 cannot be used: ${problem}`, {
    hint: 'it is meant for apps that tako starts; without tako, leave descriptor 3 closed',
  });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** So that no name means something of Object's own. */
const withoutPrototype = <T>(record: Record<string, T>): Readonly<Record<string, T>> =>
  Object.freeze(Object.assign(Object.create(null), record));
