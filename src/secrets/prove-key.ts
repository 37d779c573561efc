import {TakoError} from '../system/error.js';
import {entryPath, type SecretFile} from './secret-file.js';
import {openUnboundValue, openValue, type SecretKey} from './value-cipher.js';

/**
 * Whether it is a key of the environment, and opens all that was encrypted with it. An environment that has none yet takes
 * any. Throws SECRET_KEY_WRONG.
 */
export function proveKey(file: SecretFile, environment: string, key: SecretKey): void {
  const lines = file.keys.filter(line => line.environment === environment);
  const entries = file.entries.filter(entry => entry.environment === environment);
  const ids = [
    ...lines.map(({keyId}) => keyId),
    ...entries.flatMap(({sealed}) => ('keyId' in sealed ? [sealed.keyId] : [])),
  ];
  if (ids.length > 0 && !ids.includes(key.id)) throw wrong(`it is not a key of ${environment}`);
  const owner = file.keys.find(({keyId}) => keyId === key.id);
  if (ids.length === 0 && owner) throw wrong(`it is the key of ${owner.environment}`);
  const checks = lines.filter(({keyId}) => keyId === key.id).flatMap(({check}) => check ?? []);
  const own = {environment, name: '', expiresOn: null};
  if (checks.some(check => openValue(check.slice(key.id.length + 1), key.bytes, own) === undefined)) {
    throw wrong('it does not open what was encrypted with the right one');
  }
  for (const entry of entries) {
    const {sealed} = entry;
    if (sealed.kind === 'opaque' || sealed.keyId !== key.id) continue;
    const value =
      sealed.kind === 'bound' ? openValue(sealed.data, key.bytes, entry) : openUnboundValue(sealed.data, key.bytes);
    if (value === undefined) throw wrong(`it does not open ${entryPath(entry)}`);
  }
}

const wrong = (why: string): TakoError =>
  new TakoError('SECRET_KEY_WRONG', `that is not the right key: ${why}`, {hint: 'nothing was changed'});
