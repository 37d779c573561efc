import {renderRequestReport} from '../../ui/request-report.js';
import {createStyle, hasColour} from '../../ui/style.js';
import {createContext, requireDaemon} from '../context.js';
import {printJson, printResult} from '../output.js';

/** Prints all that is kept of a request. */
export async function showRequest(id: number, {json = false}: {readonly json?: boolean}): Promise<void> {
  const {client} = await requireDaemon(createContext());
  try {
    const request = await client.call('request', {id});
    if (json) printJson({ok: true, request});
    else printResult(renderRequestReport(request, createStyle({isColour: hasColour(process.stdout, process.env)})));
  } finally {
    client.close();
  }
}
