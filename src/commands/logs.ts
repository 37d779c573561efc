import type {AppEvent, LogLine} from '../control/events.js';
import {safeText} from '../ui/safe-text.js';
import {hasColour} from '../ui/style.js';
import {type ConfigFlag, createContext, findAppName, requireDaemon} from './context.js';

export type LogsFlags = ConfigFlag & {readonly follow?: boolean; readonly lines: number; readonly json?: boolean};

/** Prints an app's last lines, and with `--follow` those to come until the app is removed or Ctrl-C. */
export async function logs(name: string | undefined, flags: LogsFlags): Promise<void> {
  const connection = await requireDaemon(createContext());
  const {client} = connection;
  let hasReader = true;
  process.stdout.on('error', () => {
    hasReader = false;
    client.close();
  });
  try {
    const app = await findAppName(connection, name, flags);
    const onEvent = (event: AppEvent): void => void process.stdout.write(render(event, flags.json ?? false));
    await client.call('logs', {name: app, count: flags.lines, follow: flags.follow ?? false}, {onEvent});
  } catch (error) {
    if (hasReader) throw error;
  } finally {
    client.close();
  }
}

function render(event: AppEvent, isJson: boolean): string {
  if (isJson) return event.type === 'log' ? `${JSON.stringify({app: event.app, ...event.line})}\n` : '';
  if (event.type === 'skipped') return `… ${event.count} lines skipped\n`;
  return event.type === 'log' ? renderLine(event.line) : '';
}

function renderLine({time, text}: LogLine): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  return `${clock} ${safeText(text, {isColour: hasColour(process.stdout, process.env)})}\n`;
}
