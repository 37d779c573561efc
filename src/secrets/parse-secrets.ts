// Reads .tako/secrets.json, of ours or of the existing format. What is not understood is refused, never left out: it would be
// lost with the next write.

import {z} from 'zod';
import {TakoError} from '../system/error.js';
import {type JsonMember, jsonMembers} from './json-members.js';
import {isDay} from './secret-day.js';
import {type Entry, type KeyLine, SECRETS_FILE, type Sealed, type SecretFile} from './secret-file.js';
import {isEnvironmentName, isSecretName} from './secret-name.js';

/** First and last member: a file that was cut off between two lines lacks the last. */
export const FIRST_MEMBER = '$format';
export const LAST_MEMBER = '$end';
export const FORMAT = 2;

/** What stands around the name of an entry in the lines that keep it apart from others, and what they say. */
export const OPENING = '[';
export const CLOSING = ']';
export const FENCE = '0';

/** Throws SECRETS_INVALID with the name of the bad entry, and SECRETS_CONFLICT for what git could not merge. */
export function parseSecrets(text: string): SecretFile {
  requireMerged(text);
  requireJson(text);
  const members = jsonMembers(text);
  const isOurs = members.some(({name}) => name === FIRST_MEMBER);
  const {keys, entries} = isOurs ? parseOurs(members, text) : parseExisting(members, text);
  return {format: isOurs ? FORMAT : 1, keys: unique(keys), entries: unique(entries)};
}

type Parts = {readonly keys: readonly KeyLine[]; readonly entries: readonly Entry[]};

/** The same line on both sides of a merge. */
function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map(item => [JSON.stringify(item), item])).values()];
}

const CONFLICT_MARKER = /^(?:<{7}|\|{7}|={7}|>{7})(?: |\r?$)/m;

function requireMerged(text: string): void {
  const marker = CONFLICT_MARKER.exec(text);
  if (!marker) return;
  throw new TakoError('SECRETS_CONFLICT', `${SECRETS_FILE} is not merged yet (line ${lineOf(text, marker.index)})`, {
    hint: 'delete the lines with the markers of git and keep those of both sides; tako says what is there twice then',
  });
}

/** JSON.parse says what is there, which belongs in no message. */
function requireJson(text: string): void {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw damaged(text, 0);
  } catch (error) {
    if (error instanceof TakoError) throw error;
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw damaged(text, position === undefined ? text.length : Number(position));
  }
}

const ENTRY_START = /"\[?([^"\\\n\]$]+)\]?"\s*:/g;

/** Of an entry: no names of one. */
const FIELDS = new Set(['value', 'unbound', 'opaque', 'expires_on', 'key', 'check']);

/** Names the entry in which, or behind which, it happened. */
function damaged(text: string, position: number): TakoError {
  const begun = [...text.matchAll(ENTRY_START)].filter(
    ({index, 1: name = ''}) => index <= position && !FIELDS.has(name),
  );
  const before = begun.at(-1);
  const where = before ? `, at the entry ${before[1]}` : '';
  return invalid(`${SECRETS_FILE} is damaged${where} (line ${lineOf(text, position)})`);
}

const lineOf = (text: string, position: number): number => text.slice(0, position).split('\n').length;

const keyId = z.string().regex(/^[0-9a-f]{16}$/);
const day = z.string().refine(isDay);

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const SEALED = /^([0-9a-f]{16}):([A-Za-z0-9+/]+={0,2})$/;
const sealedText = z.string().regex(SEALED);
/** A value of ours, or one of the existing format until somebody who has its key writes the file. */
const ourValue = z.union([
  z.strictObject({value: sealedText, expires_on: day.nullable().default(null)}),
  z.strictObject({unbound: sealedText, expires_on: day.nullable().default(null)}),
  z.strictObject({opaque: z.string()}),
]);
const ourKey = z.strictObject({key: keyId, check: sealedText.nullable().default(null)});

function parseOurs(members: readonly JsonMember[], text: string): Parts {
  const keys: KeyLine[] = [];
  const entries: Entry[] = [];
  const format = members.find(({name}) => name === FIRST_MEMBER);
  if (format?.text !== String(FORMAT)) {
    throw invalid(`${SECRETS_FILE} has a format that this tako does not know`, 'update tako');
  }
  if (members.at(-1)?.name !== LAST_MEMBER) throw damaged(text, text.length);
  for (const member of members) {
    if (member.name === FIRST_MEMBER || member.name === LAST_MEMBER || isFence(member)) continue;
    const [environment = '', ...rest] = member.name.split('/');
    const name = rest.join('/');
    if (!isEnvironmentName(environment)) throw unknownEntry(member, text);
    if (rest.length === 0) keys.push(keyLineOf(environment, read(ourKey, member, text)));
    else if (isEntryName(rest)) entries.push({environment, name, ...readValue(read(ourValue, member, text))});
    else throw unknownEntry(member, text);
  }
  return {keys, entries};
}

/** Sections beside the secrets: of what else the existing Tako keeps here. */
const SECTIONS = ['storages', 'credentials', 'backup_keys'];

function isEntryName(words: readonly string[]): boolean {
  const [first = '', ...rest] = words;
  return rest.length === 0 ? isSecretName(first) : SECTIONS.includes(first) && rest.every(word => word !== '');
}

const isFence = ({name, text}: JsonMember): boolean =>
  text === FENCE && (name.startsWith(OPENING) || name.endsWith(CLOSING));

const keyLineOf = (environment: string, {key, check}: z.output<typeof ourKey>): KeyLine => ({
  environment,
  keyId: key,
  check,
});

function readValue(value: z.output<typeof ourValue>): Pick<Entry, 'sealed' | 'expiresOn'> {
  if ('opaque' in value) return {sealed: {kind: 'opaque', data: value.opaque}, expiresOn: null};
  const sealed = 'value' in value ? sealedOf('bound', value.value) : sealedOf('unbound', value.unbound);
  return {sealed, expiresOn: value.expires_on};
}

function sealedOf(kind: 'bound' | 'unbound', text: string): Sealed {
  const [, keyId = '', data = ''] = SEALED.exec(text) ?? [];
  return {kind, keyId, data};
}

function read<T>(schema: z.ZodType<T>, member: JsonMember, text: string): T {
  const result = schema.safeParse(JSON.parse(member.text));
  if (result.success) return result.data;
  throw unexpected(member, text);
}

const unexpected = ({name, at}: JsonMember, text: string): TakoError =>
  invalid(`${SECRETS_FILE} has something unexpected in the entry ${name} (line ${lineOf(text, at)})`);

// The existing format: {ENV: {key_id, backup_keys: [{id, value}], app: {NAME: {value, expires_on}},
// storages: {RESOURCE: {FIELD: {value, expires_on}}}, credentials: {NAME: {value, expires_on}}}}.

const anyRecord = z.record(z.string(), z.unknown());
const existingValue = z.strictObject({value: z.string().regex(BASE64), expires_on: day.nullish()});
const existingEnvironment = z.strictObject({
  key_id: keyId,
  backup_keys: z.array(z.strictObject({id: z.string().regex(/^[\w-]+$/), value: z.string()})).optional(),
  app: anyRecord.optional(),
  /** As it was called before `app`. */
  secrets: anyRecord.optional(),
  storages: z.record(z.string(), anyRecord).optional(),
  credentials: anyRecord.optional(),
});

function parseExisting(members: readonly JsonMember[], text: string): Parts {
  const environments = members.map(member => readExisting(member, text));
  return {keys: environments.flatMap(({keys}) => keys), entries: environments.flatMap(({entries}) => entries)};
}

function readExisting(member: JsonMember, text: string): Parts {
  const {name: environment} = member;
  if (!isEnvironmentName(environment)) throw unknownEntry(member, text);
  const {key_id: keyId, backup_keys: backups = []} = read(existingEnvironment, member, text);
  const parts = jsonMembers(member.text);
  const valuesOf = (section: string): readonly JsonMember[] =>
    parts.filter(({name}) => name === section).flatMap(({text}) => jsonMembers(text));
  const secrets = [...valuesOf('app'), ...valuesOf('secrets')];
  for (const {name} of secrets) if (!isSecretName(name)) throw unknownEntry({...member, name}, text);
  const storages = valuesOf('storages').flatMap(one =>
    jsonMembers(one.text).map(field => ({...field, name: `storages/${one.name}/${field.name}`})),
  );
  const credentials = valuesOf('credentials').map(one => ({...one, name: `credentials/${one.name}`}));
  const sealed = [...secrets, ...storages, ...credentials].map(part => {
    if (!isEntryName(part.name.split('/'))) throw unknownEntry({...part, at: member.at}, text);
    const {value, expires_on: expiresOn = null} = read(existingValue, {...part, at: member.at}, text);
    return {environment, name: part.name, sealed: {kind: 'unbound', keyId, data: value}, expiresOn} as const;
  });
  const opaque = backups.map(({id, value}) => {
    return {environment, name: `backup_keys/${id}`, sealed: {kind: 'opaque', data: value}, expiresOn: null} as const;
  });
  return {keys: [{environment, keyId, check: null}], entries: [...sealed, ...opaque]};
}

const unknownEntry = ({name, at}: JsonMember, text: string): TakoError =>
  invalid(`${SECRETS_FILE} has an entry that is not known: ${JSON.stringify(name)} (line ${lineOf(text, at)})`);

const invalid = (message: string, hint?: string): TakoError =>
  new TakoError('SECRETS_INVALID', message, {
    hint: hint ?? `nothing was changed; git has earlier versions, as with "git checkout -- ${SECRETS_FILE}"`,
  });
