import type {ScriptUser} from '../remote-script.js';
import type {Ssh} from '../ssh.js';
import type {ServerFacts} from './facts.js';
import {installationNames} from './layout.js';
import {removeServiceScript, serviceKind} from './service.js';
import {renderVariables} from './step.js';

export type RemovalStep = {readonly line: string; readonly run: string};

export type RemovalPlan = {readonly user: ScriptUser; readonly root: string; readonly steps: readonly RemovalStep[]};

/** What there is besides apps, their data and their state. server.json stays with those: it says whose they are. */
const PROGRAM_PARTS = ['versions', 'runtimes', 'bin', 'current', 'run', 'service'];

/** Takes an installation out again, whole or broken. Each step does nothing where nothing is left to do. */
export function planRemoval(facts: ServerFacts, {keepsData}: {readonly keepsData: boolean}): RemovalPlan {
  // A user's own installation has none, also where that user has become an administrator since.
  const hasAccounts = facts.privilege !== 'none' && facts.settings?.user !== null;
  return {
    user: facts.privilege === 'sudo' ? 'sudo' : 'self',
    root: facts.root,
    steps: [
      {line: 'stop the server and its apps', run: removeServiceScript(serviceKind(facts), facts.root)},
      ...(hasAccounts && !keepsData ? [accountsStep(facts.root)] : []),
      keepsData ? keepDataStep(facts.root) : removeAllStep(facts.root),
    ],
  };
}

/** Nothing is deleted from a folder that tako has not been installed in. */
const IS_OURS = `grep -qs '^{"httpPort":' "$root/server.json" || [ -x "$root/bin/tako-server" ]`;

const removeAllStep = (root: string): RemovalStep => ({
  line: `delete ${root}, with all apps and their data`,
  run: `if ${IS_OURS}; then rm -rf "$root"; fi`,
});

const keepDataStep = (root: string): RemovalStep => ({
  line: `delete the program from ${root}; apps, their data and releases stay`,
  run: `if ${IS_OURS}; then cd "$root" && rm -rf ${PROGRAM_PARTS.join(' ')}; fi`,
});

/**
 * Users with tako's names that it has not made, as a person called tako, stay, and so do those of another installation:
 * their homes are elsewhere. The program knows its folder without links.
 */
function accountsStep(root: string): RemovalStep {
  const {user, group} = installationNames(root);
  return {
    line: `delete the users of tako and of its apps, and the group ${group}`,
    run: `
remove_user() { if command -v userdel >/dev/null 2>&1; then userdel "$1"; else deluser "$1"; fi; }
remove_group() {
  if ! grep -q "^$1:" /etc/group; then return 0; fi
  if command -v groupdel >/dev/null 2>&1; then groupdel "$1"; else delgroup "$1"; fi
}
real=$(cd "$root" 2>/dev/null && pwd -P || printf %s "$root")
users=$(while IFS=: read -r name _ _ _ _ home _; do
  case "$name:$home" in
    "${user}:$root" | "${user}:$real" | tako-????????????:"$real"/apps/*) echo "$name" ;;
  esac
done </etc/passwd)
for name in $users; do
  remove_user "$name"
  remove_group "$name"
done
remove_group ${group}`,
  };
}

/** Runs the plan, step by step. Throws SSH_COMMAND for the first that fails. */
export async function executeRemoval(ssh: Ssh, plan: RemovalPlan, onStep: (step: RemovalStep) => void): Promise<void> {
  for (const step of plan.steps) {
    onStep(step);
    const head = renderVariables({root: plan.root});
    await ssh.script(`${head}\n${step.run}`, {user: plan.user, what: `to ${step.line}`});
  }
}
