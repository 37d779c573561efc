import {readVersion} from '../system/version.js';
import {serveTools} from './mcp/server.js';
import {TOOLS} from './mcp/tools.js';

/** Serves the Model Context Protocol on the standard streams. Without `allowActions` nothing can be changed by it. */
export async function mcp({allowActions = false}: {readonly allowActions?: boolean}): Promise<void> {
  await serveTools({version: readVersion(), tools: TOOLS.filter(({kind}) => allowActions || kind === 'read')});
}
