import {readServerTemplate} from '../server-template.js';
import type {ServerFacts} from './facts.js';
import {installationNames} from './layout.js';
import {type InstallStep, programFileStep, type Variables} from './step.js';

/** What starts the holder, and starts it again. `script`: bin/tako-service, where there is no systemd. */
export type ServiceKind = 'systemd' | 'user-systemd' | 'script';

export function serviceKind({privilege, hasSystemd, hasUserSystemd}: ServerFacts): ServiceKind {
  if (privilege !== 'none') return hasSystemd ? 'systemd' : 'script';
  return hasUserSystemd ? 'user-systemd' : 'script';
}

/** What runs bin/tako-service when the server boots. `none`: nobody does. */
export type BootKind = 'cron' | 'rc.local' | 'none';

/** Init systems other than systemd run /etc/rc.local, which is root's to write. */
export function bootKind({hasCron, privilege}: ServerFacts): BootKind {
  if (hasCron) return 'cron';
  return privilege === 'none' ? 'none' : 'rc.local';
}

/** The text of the unit or script, for its step. */
export const serviceVariables = (kind: ServiceKind, root: string): Variables => ({
  service: serviceText(kind, root).trimEnd(),
});

function serviceText(kind: ServiceKind, root: string): string {
  if (kind === 'script') return readServerTemplate('tako-service.sh');
  const unit = readServerTemplate(kind === 'systemd' ? 'tako.service' : 'tako-user.service');
  return unit.replaceAll('@ROOT@', root).replaceAll('@UNIT@', installationNames(root).unit);
}

/** What makes the server run, and go on running after a boot. */
export function serviceSteps(kind: ServiceKind, facts: ServerFacts): InstallStep[] {
  const {unit} = installationNames(facts.root);
  switch (kind) {
    case 'systemd':
      return systemdSteps(SYSTEM_UNITS, 'systemctl', unit);
    case 'user-systemd':
      return systemdSteps(USER_UNITS, 'systemctl --user', unit);
    case 'script':
      return [SCRIPT_STEP, ...BOOT_STEPS[bootKind(facts)], START_SCRIPT_STEP];
  }
}

const SYSTEM_UNITS = '/etc/systemd/system';
const USER_UNITS = '$HOME/.config/systemd/user';

const systemdSteps = (folder: string, systemctl: string, unit: string): InstallStep[] => [
  {
    id: 'unit',
    line: `write the systemd unit ${folder}/${unit}.service`,
    check: `[ "$(cat "${folder}/${unit}.service")" = "$service" ] && ${systemctl} is-enabled --quiet ${unit}`,
    run: `umask 022; mkdir -p "${folder}"; printf '%s\\n' "$service" >"${folder}/${unit}.service"
${systemctl} daemon-reload
${systemctl} enable ${unit}`,
  },
  {id: 'start', line: 'start it', check: `${systemctl} is-active --quiet ${unit}`, run: `${systemctl} start ${unit}`},
];

const SCRIPT_STEP = programFileStep({
  id: 'script',
  line: 'write bin/tako-service, which keeps the server running (there is no systemd)',
  file: 'tako-service',
  variable: 'service',
});

const CRON_STEP: InstallStep = {
  id: 'boot',
  line: 'start it when the server boots, by cron',
  check: 'crontab -l | grep -qxF "@reboot $root/bin/tako-service start"',
  run: '{ crontab -l 2>/dev/null || true; echo "@reboot $root/bin/tako-service start"; } | crontab -',
};

/** A script of rc.local may end anywhere with `exit 0`, or at what fails: ours is the first of it, and not waited for. */
const RC_LOCAL_STEP: InstallStep = {
  id: 'boot',
  line: 'start it when the server boots, by /etc/rc.local (there is neither systemd nor cron)',
  check: '[ -x /etc/rc.local ] && grep -qxF "$root/bin/tako-service start &" /etc/rc.local',
  run: `umask 022
line="$root/bin/tako-service start &"
[ -e /etc/rc.local ] || echo '#!/bin/sh' >/etc/rc.local
before=$(cat /etc/rc.local)
{
  case "$before" in '#!'*) printf '%s\n' "$before" | head -n 1 ;; *) echo '#!/bin/sh' ;; esac
  printf '%s\n' "$line"
  printf '%s\n' "$before" | sed '1{/^#!/d;}' | grep -vxF "$line" || true
} >/etc/rc.local
chmod 755 /etc/rc.local`,
};

const BOOT_STEPS: Readonly<Record<BootKind, readonly InstallStep[]>> = {
  cron: [CRON_STEP],
  'rc.local': [RC_LOCAL_STEP],
  none: [],
};

const START_SCRIPT_STEP: InstallStep = {
  id: 'start',
  line: 'start it',
  check: '"$root/bin/tako-service" status',
  run: '"$root/bin/tako-service" start </dev/null',
};

/** Ends the service and takes it out of the system; nothing fails where it is not there. */
export function removeServiceScript(kind: ServiceKind, root: string): string {
  const {unit} = installationNames(root);
  switch (kind) {
    case 'systemd':
      return removeUnit(SYSTEM_UNITS, 'systemctl', unit);
    case 'user-systemd':
      // The folders may be ours too; with anything of somebody else in them they stay.
      return `${removeUnit(USER_UNITS, 'systemctl --user', unit)}
rmdir "${USER_UNITS}" "$HOME/.config/systemd" 2>/dev/null || true`;
    case 'script':
      return REMOVE_SCRIPT;
  }
}

const removeUnit = (folder: string, systemctl: string, unit: string): string => `
${systemctl} disable --now ${unit} 2>/dev/null || true
rm -f "${folder}/${unit}.service"
${systemctl} daemon-reload`;

const REMOVE_SCRIPT = `
if [ -x "$root/bin/tako-service" ]; then "$root/bin/tako-service" stop; fi
if command -v crontab >/dev/null 2>&1 && crontab -l 2>/dev/null | grep -qF "$root/bin/tako-service"; then
  crontab -l | grep -vF "@reboot $root/bin/tako-service start" | crontab -
fi
if [ -w /etc/rc.local ] && grep -qxF "$root/bin/tako-service start &" /etc/rc.local; then
  rest=$(grep -vxF "$root/bin/tako-service start &" /etc/rc.local || true)
  if [ "$rest" = '#!/bin/sh' ]; then rm -f /etc/rc.local; else printf '%s\n' "$rest" >/etc/rc.local; fi
fi`;

/** The last lines of what the service said, for one that does not come up. */
export function serviceLogScript(kind: ServiceKind, root: string): string {
  if (kind === 'script') return 'tail -n 20 "$root/service/tako.log" 2>&1';
  return `journalctl ${kind === 'systemd' ? '' : '--user '}--no-pager --output=cat -n 20 -u ${installationNames(root).unit} 2>&1`;
}
