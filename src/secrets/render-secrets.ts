// Writes .tako/secrets.json so that git merges it well. Each entry is three lines that no other entry has:
//
//   "production/API_KEY": [
//     {"value": "..."},
//   "production/API_KEY"],
//
// So no change of one entry touches the lines of another, and where two branches have added entries at the same place, or
// changed the same one, keeping the lines of both sides is valid JSON: two entries, or one with two values, of which somebody
// has to choose one. With `merge=union` in .gitattributes git does that by itself.

import {FIRST_MEMBER, FORMAT, LAST_MEMBER} from './parse-secrets.js';
import {byPath, type Entry, entryPath, type KeyLine, type SecretFile} from './secret-file.js';

/** For .gitattributes beside the file. */
export const MERGE_RULE = 'secrets.json merge=union\n';

/** The same for what is the same, in whatever order it is given. */
export function renderSecrets({keys, entries}: SecretFile): string {
  const parts = [
    ...keys.map(line => ({environment: line.environment, name: '', text: renderKey(line)})),
    ...entries.map(entry => ({...entry, text: renderValue(entry)})),
  ].sort((a, b) => byPath(a, b) || (a.text < b.text ? -1 : 1));
  const values = new Map<string, Set<string>>();
  for (const part of parts) {
    const path = part.name === '' ? part.environment : entryPath(part);
    values.set(path, (values.get(path) ?? new Set()).add(part.text));
  }
  const blocks = [...values].map(([path, texts]) => renderBlock(JSON.stringify(path), [...texts]));
  return [`{`, `  "${FIRST_MEMBER}": ${FORMAT},`, ...blocks.flat(), `  "${LAST_MEMBER}": ${FORMAT}`, `}`, ``].join(
    '\n',
  );
}

const renderBlock = (name: string, texts: readonly string[]): readonly string[] => [
  `  ${name}: [`,
  ...texts.map(text => `    ${text},`),
  `  ${name}],`,
];

const renderKey = ({keyId, check}: KeyLine): string => renderObject({key: keyId, ...(check === null ? {} : {check})});

function renderValue({sealed, expiresOn}: Entry): string {
  if (sealed.kind === 'opaque') return renderObject({opaque: sealed.data});
  const text = `${sealed.keyId}:${sealed.data}`;
  const value = sealed.kind === 'bound' ? {value: text} : {unbound: text};
  return renderObject({...value, ...(expiresOn === null ? {} : {expires_on: expiresOn})});
}

function renderObject(fields: Readonly<Record<string, string>>): string {
  const texts = Object.entries(fields).map(([field, text]) => `${JSON.stringify(field)}: ${JSON.stringify(text)}`);
  return `{${texts.join(', ')}}`;
}
