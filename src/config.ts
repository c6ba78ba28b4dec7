import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { findConfigurationFile, readConfigurationFile } from './configuration/file.ts';
import {
  configurationOf,
  defaultLayer,
  fileLayer,
  flagLayer,
  type Layer,
  layered,
  type SettingValue,
  variableLayer,
} from './configuration/layers.ts';
import type { Configuration } from './configuration/schema.ts';
import type { Setting } from './configuration/setting.ts';
import type { WorkerQueues } from './configuration/worker-section.ts';
import { messageOf, PromoterError } from './errors.ts';
import type { FreezeWindow } from './gate/freeze-calendar.ts';
import type { ApprovalRule } from './gate/approval-rule.ts';
import type { GitScheme } from './manifest/git-source.ts';
import type { NotificationTarget } from './notifications/target.ts';
import type { HostPolicy } from './registry/host-policy.ts';
import type { SigningSettings } from './signing-settings.ts';

/** How a worker process runs. */
export type WorkerSettings = Omit<NonNullable<Configuration['worker']>, 'queues'> & {
  readonly queues: WorkerQueues;
};

export type LogLevel = NonNullable<Configuration['logLevel']>;

/** What workers tell those who watch them. */
export type TelemetrySettings = NonNullable<Configuration['telemetry']>;

/** Who has to let a run promote, and when nothing is promoted. */
export interface GateSettings {
  readonly rule: ApprovalRule;
  readonly timeoutMs?: number;
  /** `owner/repository` on GitHub. */
  readonly repository?: string;
  /** The file of those whose SSH signatures of commits count. */
  readonly allowedSigners?: string;
  readonly freeze: readonly FreezeWindow[];
}

/** A Temporal server that somebody else runs, with what it takes to connect. */
export interface TemporalTarget {
  readonly address: string;
  /** For `Connection.connect` and `NativeConnection.connect` alike: TLS, API key and metadata from the profile. */
  readonly connection: ClientConnectConfig['connectionOptions'];
}

/** What the command line, the environment, `promoter.yaml` and the Temporal profile say, checked. */
export interface Config {
  /** Absent: self-contained, with a server of our own whose database is in the state folder. */
  readonly temporal?: TemporalTarget;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Where people look at runs, without a slash at its end. */
  readonly uiAddress?: string;
  readonly stateFolder: string;
  /** The folder of the plan store, or its repository as `oci://host/repository`. */
  readonly planStore: string;
  /** The most that one registry host is asked in a second; the preset of the host where absent. */
  readonly requestsPerSecond?: number;
  /** How many workers there may be: each keeps to that part of a host's budget while it cannot ask for its share. */
  readonly maxWorkers: number;
  /** The part of each host's budget that replication may use beside promotions, from 0 to 1. */
  readonly replicationShare: number;
  /** Hosts (with port) that are spoken to without TLS; loopback needs no mention. */
  readonly plainHttpHosts: readonly string[];
  /** How git may be spoken to where manifests are fetched from it. */
  readonly gitSchemes: readonly GitScheme[];
  /** What is said of single registry hosts. */
  readonly hostPolicies: readonly HostPolicy[];
  readonly signing: SigningSettings;
  /** The registry whose signatures are checked where no manifests say it, and where its mirrors are listed. */
  readonly production: Required<NonNullable<Configuration['production']>>;
  readonly telemetry: TelemetrySettings;
  readonly worker: WorkerSettings;
  /** Who is told what happens to runs. */
  readonly notifications: readonly NotificationTarget[];
  /** Keys for what Temporal stores: a folder, and which of them encrypts. */
  readonly encryption: NonNullable<Configuration['encryption']>;
  /** What holds up every run between Validate and Promote. */
  readonly gate: GateSettings;
  /** Programs that look for vulnerabilities, where they are not to be searched for. */
  readonly scanners: NonNullable<Configuration['scanners']>;
  /** Absent: each program's own choice. */
  readonly logLevel?: LogLevel;
}

/** Settings of the command line, which win over the environment; see {@link readSettings}. */
export interface ConfigFlags {
  /** Where `promoter.yaml` is. */
  readonly config?: string;
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
  readonly uiAddress?: string;
  readonly state?: string;
  readonly planStore?: string;
  readonly logLevel?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** All that was said, before it is checked, with where it was said. */
export interface Settings {
  /** The configuration file, where there is one. */
  readonly file?: string;
  readonly values: ReadonlyMap<Setting, SettingValue>;
  readonly profile: ClientConnectConfig;
}

/**
 * Collects what is configured: flags win over the environment, which wins over `promoter.yaml`, which wins over the Temporal
 * profile (`temporal.toml` and the variables of Temporal's own environment configuration).
 *
 * @throws PromoterError `ConfigInvalid` with file and line where a file is wrong
 */
export async function readSettings(flags: ConfigFlags = {}, environment: Environment = process.env): Promise<Settings> {
  const path = findConfigurationFile(flags.config, environment);
  const file = path === undefined ? undefined : await readConfigurationFile(path);
  const said: readonly Layer[] = [
    flagLayer({ ...flags }),
    variableLayer(environment),
    ...(file === undefined ? [] : [fileLayer(file)]),
  ];
  const profile = await loadProfile(environment, layered(said));
  return {
    ...(path === undefined ? {} : { file: path }),
    values: layered([...said, profileLayer(profile), defaultLayer]),
    profile,
  };
}

/**
 * Makes the configuration out of everything that {@link readSettings} collects.
 *
 * @throws PromoterError `ConfigInvalid` naming each flag, variable or line of a file that is wrong
 */
export async function loadConfig(flags: ConfigFlags = {}, environment: Environment = process.env): Promise<Config> {
  const { values, profile } = await readSettings(flags, environment);
  return configOf(configurationOf(values), profile, environment);
}

function configOf(configuration: Configuration, profile: ClientConnectConfig, environment: Environment): Config {
  const { temporal = {}, budgets = {}, state, planStore, logLevel } = configuration;
  const { address, namespace, taskQueue, uiAddress } = temporal;
  const { requestsPerSecond, maxWorkers, replicationShare } = budgets;
  const stateFolder = state === undefined ? defaultStateFolder(environment) : resolve(state);
  return {
    ...(address === undefined ? {} : { temporal: { address, connection: { ...profile.connectionOptions, address } } }),
    namespace: namespace!,
    taskQueue: taskQueue!,
    ...(uiAddress === undefined ? {} : { uiAddress }),
    stateFolder,
    planStore: planStore === undefined ? join(stateFolder, 'plans') : storeOf(planStore),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    maxWorkers: maxWorkers!,
    replicationShare: replicationShare!,
    plainHttpHosts: configuration.plainHttp ?? [],
    gitSchemes: configuration.gitSchemes ?? ['https', 'ssh'],
    hostPolicies: configuration.registries ?? [],
    signing: configuration.signing ?? {},
    production: configuration.production as Config['production'],
    telemetry: configuration.telemetry ?? {},
    worker: { ...configuration.worker, queues: configuration.worker!.queues! },
    notifications: configuration.notifications ?? [],
    encryption: configuration.encryption ?? {},
    gate: {
      rule: configuration.approval?.rule ?? 'none',
      ...(configuration.approval?.timeout === undefined ? {} : { timeoutMs: configuration.approval.timeout }),
      ...(configuration.approval?.repository === undefined ? {} : { repository: configuration.approval.repository }),
      ...(configuration.approval?.allowedSigners === undefined
        ? {}
        : { allowedSigners: configuration.approval.allowedSigners }),
      freeze: configuration.freeze ?? [],
    },
    scanners: configuration.scanners ?? {},
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}

function profileLayer({ connectionOptions, namespace }: ClientConnectConfig): Layer {
  const known = new Map([
    ['temporal.address', connectionOptions.address],
    ['temporal.namespace', namespace],
  ]);
  return ({ path }) => {
    const value = known.get(path.join('.'));
    return value === undefined || value === '' ? undefined : { value, origin: 'the Temporal profile', text: value };
  };
}

async function loadProfile(
  environment: Environment,
  values: ReadonlyMap<Setting, SettingValue>,
): Promise<ClientConnectConfig> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  // The profile that the file names is the one that these variables would name.
  const named = [...values].flatMap(([{ note }, { value }]) =>
    note.variable === 'TEMPORAL_PROFILE' || note.variable === 'TEMPORAL_CONFIG_FILE' ? [[note.variable, value]] : [],
  );
  const variables = { ...definedOf(environment), ...(Object.fromEntries(named) as Record<string, string>) };
  try {
    return loadClientConnectConfig({ overrideEnvVars: variables });
  } catch (error) {
    const file = variables['TEMPORAL_CONFIG_FILE'] ?? 'temporal.toml in the configuration folder';
    throw new PromoterError('ConfigInvalid', `the Temporal profile (${file}) cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function definedOf(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

// XDG Base Directory Specification 0.8: state "that should persist between restarts" of a user's programs.
function defaultStateFolder(environment: Environment): string {
  const base = environment['XDG_STATE_HOME'];
  const state = base !== undefined && base.startsWith('/') ? base : join(homedir(), '.local', 'state');
  return join(state, 'image-promoter');
}

function storeOf(text: string): string {
  if (text.startsWith('oci://')) return text;
  return text.startsWith('file://') ? fileURLToPath(text) : resolve(text);
}
