import assert from 'node:assert/strict';
import type {AppStatus} from '../../src/control/events.js';
import type {DaemonInfo} from '../../src/control/protocol.js';
import {type Client, createClient} from './client.js';
import {createProject, type TestProject} from './project.js';
import {createTako, type Tako} from './tako.js';

/** A user's machine with a daemon of its own, projects, and browsers that ask its apps. */
export type DevMachine = {
  readonly tako: Tako;
  /** As `createProject`; it goes with the machine. */
  project(...args: Parameters<typeof createProject>): TestProject;
  /** Fails where no daemon runs. */
  daemonInfo(): Promise<DaemonInfo>;
  /** A browser; `connections`: it asks over so many at once. */
  client(connections?: number): Promise<Client>;
  /** Fails where no app has that name. */
  app(name: string): Promise<AppStatus>;
  closeClients(): Promise<void>;
  close(): Promise<void>;
};

export function createDevMachine(): DevMachine {
  const tako = createTako();
  const projects: TestProject[] = [];
  const clients: Client[] = [];

  async function daemonInfo(): Promise<DaemonInfo> {
    const {daemon} = await tako.status();
    assert.ok(daemon, 'the daemon runs');
    return daemon;
  }
  async function closeClients(): Promise<void> {
    await Promise.all(clients.splice(0).map(client => client.close()));
  }
  return {
    tako,
    daemonInfo,
    closeClients,
    project(...args) {
      const created = createProject(...args);
      projects.push(created);
      return created;
    },
    async client(connections) {
      const created = createClient(await daemonInfo(), connections);
      clients.push(created);
      return created;
    },
    async app(name) {
      const found = (await tako.status()).apps.find(status => status.name === name);
      assert.ok(found, `${name} is registered`);
      return found;
    },
    async close() {
      await closeClients();
      await tako.close();
      for (const project of projects) project.remove();
    },
  };
}

/** Fails where it does not run. */
export function pidOf({pid}: AppStatus): number {
  assert.ok(pid !== null, 'the app runs');
  return pid;
}
