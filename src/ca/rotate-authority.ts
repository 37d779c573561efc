import {readFile} from 'node:fs/promises';
import {PUBLIC_FILE, writeFileAtomic} from '../system/files.js';
import {type Authority, type AuthorityOptions, openAuthority} from './authority.js';
import {authorityFiles} from './authority-files.js';
import {currentOwner} from './owner.js';
import {issueRoot} from './root.js';
import {planZones} from './zones.js';

/**
 * Makes a new root, with a new name and the same key, that may also sign `zones`; the old one goes to
 * `ca.previous.crt`. Returns the authority as it was when it may sign them already. The caller has to install the new
 * root in the trust stores. Throws what `openAuthority` does, and ZONE_INVALID.
 */
export async function addZones(options: AuthorityOptions, zones: readonly string[]): Promise<Authority> {
  const {folder, clock, owner = currentOwner()} = options;
  const {key, constraints} = await openAuthority(options);
  const plan = planZones(constraints.zones, zones);
  if (plan.action === 'rotate') {
    const files = authorityFiles(folder);
    const root = issueRoot(key, owner, {...constraints, zones: plan.zones}, clock.now());
    await writeFileAtomic(files.previous, await readFile(files.certificate), PUBLIC_FILE);
    // The key stays, so this one rename is the whole change: no crash can leave half of it.
    await writeFileAtomic(files.certificate, root, PUBLIC_FILE);
  }
  return openAuthority(options);
}
