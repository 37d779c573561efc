// Writes .tako/secrets.json so that git merges it well. The value of an entry is one line, between two that never change:
//
//   "[production/API_KEY": 0,
//   "production/API_KEY": {"value": "..."},
//   "production/API_KEY]": 0,
//
// So no change of an entry touches one of its neighbours, which git would take for a conflict. And each line is right by
// itself, in any order and company: where two branches have added entries at the same place, or changed the same one, keeping
// the lines of both sides is valid JSON, with two entries, or with one that is there twice, of which somebody has to choose.
// With `merge=union` in .gitattributes git does that by itself.

import {CLOSING, FENCE, FIRST_MEMBER, FORMAT, LAST_MEMBER, OPENING} from './parse-secrets.js';
import {byPath, type Entry, entryPath, type KeyLine, type SecretFile} from './secret-file.js';

/** For .gitattributes beside the file. */
export const MERGE_RULE = 'secrets.json merge=union\n';

/** The same for what is the same, in whatever order it is given. */
export function renderSecrets({keys, entries}: SecretFile): string {
  const parts = [
    ...keys.map(line => ({environment: line.environment, name: '', text: renderKey(line)})),
    ...entries.map(entry => ({...entry, text: renderValue(entry)})),
  ].sort((a, b) => byPath(a, b) || (a.text < b.text ? -1 : 1));
  const lines = parts.flatMap(part => renderPart(part.name === '' ? part.environment : entryPath(part), part.text));
  // Of an entry that is there twice, the lines around it are there once.
  const members = [`"${FIRST_MEMBER}": ${FORMAT}`, ...new Set(lines), `"${LAST_MEMBER}": ${FORMAT}`];
  return `{\n${members.map(member => `  ${member}`).join(',\n')}\n}\n`;
}

const renderPart = (path: string, text: string): readonly string[] => [
  `${JSON.stringify(OPENING + path)}: ${FENCE}`,
  `${JSON.stringify(path)}: ${text}`,
  `${JSON.stringify(path + CLOSING)}: ${FENCE}`,
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
