import path from 'node:path';
import type {Config, Environment} from '../../config/config.js';
import {exists, listFolder} from '../../config/folders.js';
import {speaksContract} from '../../config/frameworks.js';
import {CONFIG_FILE} from '../../config/load-project.js';
import {MAX_APP_NAME_LENGTH} from '../../config/value.js';
import type {Problem} from '../../control/events.js';
import {renderRoute} from '../../proxy/route-syntax.js';
import type {TakoError} from '../../system/error.js';
import {contains} from '../../system/file-paths.js';
import {nearest} from '../../system/suggestion.js';
import type {ProjectKnowledge} from './build-steps.js';
import {needsInstall} from './dependencies.js';
import {findLockfile} from './install-input.js';
import type {PlanOptions} from './plan.js';
import type {ProductionCommand} from './production-command.js';
import {hasInstalledPackages} from './project-root.js';
import {isSecretFile} from './source-files.js';
import {findEnvFile} from './start-problems.js';

const problem = (
  code: string,
  message: string,
  hint: string | null = null,
  details: readonly string[] = [],
): Problem => ({
  code,
  message,
  hint,
  details,
});

export const problemOf = ({code, message, hint, details}: TakoError): Problem =>
  problem(code, message, hint ?? null, details);

/** What tako.toml must say for a deploy, and what the user's servers must be. */
export function findSettingProblems(options: PlanOptions & {readonly servers: readonly string[]}): readonly Problem[] {
  const {project, environment: name} = options;
  return [
    ...(project.config.writtenKeys.includes('name') ? [] : [nameMissing(project.config)]),
    ...findEnvironmentProblems(project.config, name),
    ...(project.config.container === undefined ? [] : [CONTAINER]),
    ...findServerProblems(options),
  ];
}

const nameMissing = ({name}: Config): Problem =>
  problem(
    'NAME_MISSING',
    `${CONFIG_FILE} has no name, by which servers know the app`,
    `write name = "${name}" into it`,
  );

const CONTAINER = problem(
  'CONTAINER_UNSUPPORTED',
  'tako deploy does not build containers',
  'take container out of tako.toml, and let start say what runs',
);

const DEVELOPMENT = 'development';
/** Zones that no server is reached under from elsewhere (RFC 6761, section 6; RFC 6762, section 3). */
const LOCAL_ZONES = /(?:^|\.)(?:test|localhost|local)$/;

function findEnvironmentProblems({environments}: Config, name: string): readonly Problem[] {
  if (name === DEVELOPMENT) {
    return [
      problem(
        'ENVIRONMENT_LOCAL',
        "the environment development is this machine's, and is not deployed",
        'use --env production, say',
      ),
    ];
  }
  const environment = environments[name];
  if (!environment) return [noSuchEnvironment(Object.keys(environments), name)];
  const local = environment.routes.filter(({host}) => LOCAL_ZONES.test(host));
  return [
    ...(environment.routes.length === 0
      ? [
          problem(
            'ROUTES_MISSING',
            `the environment ${name} has no route`,
            `write route = "app.example.com" under [envs.${name}]`,
          ),
        ]
      : []),
    ...(local.length === 0
      ? []
      : [
          problem(
            'ROUTE_LOCAL',
            `routes of ${name} are under names that only this machine knows`,
            'use a name that leads to your server',
            local.map(renderRoute),
          ),
        ]),
    ...(name.length <= MAX_APP_NAME_LENGTH
      ? []
      : [problem('ENVIRONMENT_NAME_LONG', `the environment's name has more than ${MAX_APP_NAME_LENGTH} characters`)]),
  ];
}

function noSuchEnvironment(names: readonly string[], name: string): Problem {
  const others = names.filter(other => other !== DEVELOPMENT);
  const hint =
    others.length > 0
      ? `there are: ${others.join(', ')}`
      : `write [envs.${name}] with route = "app.example.com" into ${CONFIG_FILE}`;
  return problem('NO_SUCH_ENVIRONMENT', `${CONFIG_FILE} has no environment "${name}"`, hint);
}

function findServerProblems({
  servers,
  knownServers,
  environment,
}: PlanOptions & {readonly servers: readonly string[]}): readonly Problem[] {
  if (servers.length === 0) {
    const hint =
      knownServers.length === 0
        ? 'add one with tako servers add user@host'
        : `write servers = ["${knownServers[0]}"] under [envs.${environment}], or use --server`;
    return [problem('SERVERS_MISSING', `nothing says which server ${environment} is on`, hint, knownServers)];
  }
  const unknown = servers.filter(server => !knownServers.includes(server));
  return unknown.map(server => {
    const meant = nearest(server, knownServers);
    const hint =
      meant === undefined ? `add it with tako servers add user@host --name ${server}` : `did you mean "${meant}"?`;
    return problem('SERVER_UNKNOWN', `there is no server "${server}"`, hint, knownServers);
  });
}

/** What would make the build, or every start of the release, fail. */
export async function findPlanProblems(
  known: ProjectKnowledge,
  command: ProductionCommand,
  environment: Environment | undefined,
): Promise<readonly Problem[]> {
  return [
    ...findStartProblems(known, command, environment),
    ...(await findFolderProblems(known, command)),
    ...(await findPackageProblems(known, command)),
  ];
}

function findStartProblems(
  {config, facts}: ProjectKnowledge,
  {start}: ProductionCommand,
  environment: Environment | undefined,
): readonly Problem[] {
  const envFile = start && findEnvFile(start.argv);
  const checksStatus = environment?.health?.type === 'status' && start !== undefined && !speaksContract(config, facts);
  const sharesPort = config.port !== undefined && (environment?.scale ?? 1) > 1;
  return [
    ...(envFile === undefined
      ? []
      : [
          problem(
            'START_USES_ENV_FILE',
            `"${envFile}" of the start command names a file that does not travel`,
            'put its values into [vars], and use --env-file-if-exists',
          ),
        ]),
    ...(checksStatus
      ? [
          problem(
            'HEALTH_NEEDS_CONTRACT',
            'health = "status" asks for the answer of Tako\'s contract, which this app does not speak',
            'use health = "/" or another path that it answers',
          ),
        ]
      : []),
    ...(sharesPort
      ? [
          problem(
            'PORT_SHARED',
            `port = ${config.port} lets one instance listen, but scale asks for more`,
            'let the app listen on PORT, and take port out',
          ),
        ]
      : []),
  ];
}

async function findFolderProblems({root}: ProjectKnowledge, {build}: ProductionCommand): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const {name, directory} of build) {
    const folder = path.resolve(root.root, directory);
    if (!contains(root.root, folder)) {
      problems.push(
        problem('BUILD_FOLDER_OUTSIDE', `${name} is built outside of ${root.root}`, 'keep cwd within the repository'),
      );
    } else if (!(await exists(folder))) {
      problems.push(
        problem(
          'BUILD_FOLDER_MISSING',
          `there is no folder ${folder}, in which ${name} is built`,
          'correct cwd in tako.toml',
        ),
      );
    }
  }
  return problems;
}

async function findPackageProblems(known: ProjectKnowledge, command: ProductionCommand): Promise<readonly Problem[]> {
  const {facts, root} = known;
  const usesPackages = Object.keys(facts.dependencies).length + Object.keys(facts.devDependencies).length > 0;
  const installs = command.build.some(({type}) => type === 'install');
  const lacksPackages = command.build.length > 0 && usesPackages && !installs && !(await hasInstalledPackages(root));
  const isInstalled = command.needsPackages && needsInstall(root);
  const lacksLockfile = isInstalled && !(await findLockfile(root.root));
  const isPatched = isInstalled && Object.values(facts.scripts).some(line => /\bpatch-package\b/.test(line));
  return [
    ...(lacksPackages
      ? [
          problem(
            'DEPENDENCIES_MISSING',
            `the packages that the build needs are not installed in ${root.root}`,
            'install them there, or write install = "npm ci" under [build]',
          ),
        ]
      : []),
    ...(lacksLockfile
      ? [
          problem(
            'LOCKFILE_MISSING',
            `there is no lockfile in ${root.root}, so nothing says which packages a release gets`,
            'install there: package managers write one',
          ),
        ]
      : []),
    ...(isPatched
      ? [
          problem(
            'PATCHES_NOT_APPLIED',
            'patch-package changes packages in a script, and scripts of the project do not run for a release',
            'use patches of pnpm, Yarn or Bun, or overrides',
          ),
        ]
      : []),
  ];
}

const NOT_YET = ['images', 'workflows', 'storages'] as const;

/** What is worth knowing and stops nothing, as sentences. */
export async function findPlanWarnings(
  {config, facts, root}: ProjectKnowledge,
  environment: Environment | undefined,
): Promise<readonly string[]> {
  const names = (await listFolder(path.join(root.root, root.directory))).map(({name}) => name);
  const secret = names.filter(isSecretFile);
  const unused = NOT_YET.filter(key => config.writtenKeys.includes(key));
  return [
    ...(secret.length > 0 ? [`${secret.join(', ')}: not deployed; put what is no secret into [vars]`] : []),
    ...unused.map(key => `${key}: tako deploy does not act on it yet`),
    ...['prestart', 'poststart']
      .filter(name => facts.scripts[name] !== undefined)
      .map(name => `scripts.${name} in package.json does not run on servers; release runs a command once per deploy`),
    ...facts.malformed.map(name => `${name} was skipped: it cannot be read`),
    ...(environment ? findNotYet(environment) : []),
  ];
}

/** What the environment asks for and servers do not do yet. */
function findNotYet({ssl}: Environment): readonly string[] {
  return [
    ...(ssl === 'cloudflare'
      ? [
          'ssl = "cloudflare": servers cannot ask Cloudflare yet; without files of yours they show one that nobody trusts',
        ]
      : []),
  ];
}
