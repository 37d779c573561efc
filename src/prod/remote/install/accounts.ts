import type {ServerFacts} from './facts.js';
import {ADMIN_GROUP, SERVICE_USER} from './layout.js';
import type {InstallStep} from './step.js';

/** The users and groups of an installation by root. */
export const accountSteps = ({user}: ServerFacts): InstallStep[] => [
  USER_STEP,
  GROUP_STEP,
  ...(user === 'root' ? [] : [memberStep(user)]),
];

/** busybox has tools of its own for this (Alpine, small images). */
const USER_STEP: InstallStep = {
  id: 'user',
  line: `make the user ${SERVICE_USER}, which the server runs as`,
  check: `id -u ${SERVICE_USER} && id -g ${SERVICE_USER}`,
  run: `
if command -v useradd >/dev/null 2>&1; then
  groupadd -f --system ${SERVICE_USER}
  useradd --system -g ${SERVICE_USER} --home-dir "$root" --no-create-home --shell /usr/sbin/nologin ${SERVICE_USER}
else
  addgroup -S ${SERVICE_USER} 2>/dev/null || true
  adduser -S -D -H -h "$root" -s /sbin/nologin -G ${SERVICE_USER} ${SERVICE_USER}
fi`,
};

const GROUP_STEP: InstallStep = {
  id: 'group',
  line: `make the group ${ADMIN_GROUP}, which may control the server`,
  check: `grep -q '^${ADMIN_GROUP}:' /etc/group`,
  run: `
if command -v groupadd >/dev/null 2>&1; then groupadd -f --system ${ADMIN_GROUP}; else addgroup -S ${ADMIN_GROUP}; fi`,
};

const memberStep = (user: string): InstallStep => ({
  id: 'member',
  line: `put ${user} into the group ${ADMIN_GROUP}`,
  check: `id -nG "$login" | tr ' ' '\\n' | grep -qx ${ADMIN_GROUP}`,
  run: `
if command -v usermod >/dev/null 2>&1; then usermod -aG ${ADMIN_GROUP} "$login"; else addgroup "$login" ${ADMIN_GROUP}; fi`,
});
