import {readBootstrap, type StorageBinding} from './bootstrap.js';
import type {Secrets, Storages} from './public.js';
import {createRedactedView} from './redacted-view.js';

const NONE: Readonly<Record<string, never>> = Object.freeze(Object.create(null));

/** What was delivered; a name that was not is looked for in the environment, so that an app runs without tako too. */
export const secrets = createRedactedView<string>(
  () => readBootstrap()?.secrets ?? NONE,
  name => process.env[name],
) as Secrets;

const views = new WeakMap<StorageBinding, object>();

/** The bindings as they were delivered, each shown as little as a secret. */
export const storages = createRedactedView<object>(bindingViews) as Storages;

function bindingViews(): Readonly<Record<string, object>> {
  const bindings = Object.entries(readBootstrap()?.storages ?? NONE);
  return Object.assign(
    Object.create(null),
    Object.fromEntries(bindings.map(([name, binding]) => [name, viewOf(binding)])),
  );
}

/** The same object each time one is asked for. */
function viewOf(binding: StorageBinding): object {
  const view = views.get(binding) ?? createRedactedView(() => binding);
  views.set(binding, view);
  return view;
}
