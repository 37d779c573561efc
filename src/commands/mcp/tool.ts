import type {z} from 'zod';
import type {ControlClient} from '../../control/client.js';
import {createContext, findAppName, requireDaemon} from '../context.js';

/** Something that a client of the Model Context Protocol may ask for. */
export type Tool<Input extends z.ZodObject = z.ZodObject> = {
  readonly name: string;
  readonly title: string;
  /** For the model that chooses among the tools. */
  readonly description: string;
  readonly input: Input;
  /** The name of the file in docs/schemas that says what it answers. */
  readonly output: string;
  /**
   * `read`: changes nothing. `action`: offered only where actions are allowed. `destructive`: an action after which something
   * is not as it was.
   */
  readonly kind: 'read' | 'action' | 'destructive';
  /** Whether the answer has words of apps or of their clients, which may be anybody's. */
  readonly isUntrusted: boolean;
  /** Throws what the user can act on as a TakoError. */
  run(input: z.output<Input>): Promise<object>;
};

/** Keeps the type of the input for `run`, and gives tools of all inputs one type. */
export const defineTool = <Input extends z.ZodObject>(tool: Tool<Input>): Tool => tool as unknown as Tool;

/** Asks the daemon, by a connection of its own: it may be another one each time. Throws DAEMON_NOT_RUNNING. */
export async function askDaemon<T>(ask: (client: ControlClient, appOf: AppOf) => Promise<T>): Promise<T> {
  const connection = await requireDaemon(createContext());
  try {
    return await ask(connection.client, name => findAppName(connection, name, {}));
  } finally {
    connection.client.close();
  }
}

/** The app of that name; without one that of the folder this was started in. */
type AppOf = (name: string | undefined) => Promise<string>;
