import {loadRoot} from '../../ca/authority.js';
import {openAppTrust} from '../../devproxy/app-trust.js';
import {TakoError} from '../../system/error.js';
import type {Context} from '../context.js';

/**
 * What makes a process with this environment trust the local authority: in development only, and where there is one. A
 * disk that is full is no reason to go without a command.
 */
export async function localTrust(
  {files}: Context,
  environmentName: string,
  own: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const root = environmentName === 'development' ? await loadRoot(files.authority) : undefined;
  if (!root) return {};
  try {
    const trust = await openAppTrust({files, root: () => root, onError: () => undefined});
    return trust.variablesFor(own);
  } catch (error) {
    if (error instanceof TakoError) return {};
    throw error;
  }
}
