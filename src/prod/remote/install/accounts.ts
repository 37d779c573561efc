import type {ServerFacts} from './facts.js';
import {installationNames} from './layout.js';
import type {InstallStep} from './step.js';

/** The users and groups of an installation by root. */
export function accountSteps({user, root}: ServerFacts): InstallStep[] {
  const names = installationNames(root);
  return [userStep(names.user), groupStep(names.group), ...(user === 'root' ? [] : [memberStep(user, names.group)])];
}

/** busybox has tools of its own for this (Alpine, small images). */
const userStep = (name: string): InstallStep => ({
  id: 'user',
  line: `make the user ${name}, which the server runs as`,
  check: `id -u ${name} && id -g ${name}`,
  run: `
if command -v useradd >/dev/null 2>&1; then
  groupadd -f --system ${name}
  useradd --system -g ${name} --home-dir "$root" --no-create-home --shell /usr/sbin/nologin ${name}
else
  addgroup -S ${name} 2>/dev/null || true
  adduser -S -D -H -h "$root" -s /sbin/nologin -G ${name} ${name}
fi`,
});

const groupStep = (name: string): InstallStep => ({
  id: 'group',
  line: `make the group ${name}, which may control the server`,
  check: `grep -q '^${name}:' /etc/group`,
  run: `
if command -v groupadd >/dev/null 2>&1; then groupadd -f --system ${name}; else addgroup -S ${name}; fi`,
});

const memberStep = (user: string, group: string): InstallStep => ({
  id: 'member',
  line: `put ${user} into the group ${group}`,
  check: `id -nG "$login" | tr ' ' '\\n' | grep -qx ${group}`,
  run: `
if command -v usermod >/dev/null 2>&1; then usermod -aG ${group} "$login"; else addgroup "$login" ${group}; fi`,
});
