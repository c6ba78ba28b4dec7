import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { messageOf, PromoterError } from './errors.ts';
import type { HostPolicy } from './registry/host-policy.ts';
import { readSigningSettings, type SigningSettings } from './signing-settings.ts';

/** From the quietest to the most talkative; kpromo's other names are taken too and mean the nearest of these. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A Temporal server that somebody else runs, with what it takes to connect. */
export interface TemporalTarget {
  readonly address: string;
  /** For `Connection.connect` and `NativeConnection.connect` alike: TLS, API key and metadata from the profile. */
  readonly connection: ClientConnectConfig['connectionOptions'];
}

/** What the environment, the Temporal profile and the command line say, checked. */
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
  readonly maxWorkers?: number;
  /** The part of each host's budget that replication may use beside promotions, from 0 to 1; a quarter where absent. */
  readonly replicationShare?: number;
  /** Hosts (with port) that are spoken to without TLS; loopback needs no mention. */
  readonly plainHttpHosts: readonly string[];
  /** What is said of single registry hosts. */
  readonly hostPolicies: readonly HostPolicy[];
  readonly signing: SigningSettings;
  /** Absent: each program's own choice. */
  readonly logLevel?: LogLevel;
}

/** Settings of the command line, which win over the environment, which wins over the profile. */
export interface ConfigFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
  readonly uiAddress?: string;
  readonly state?: string;
  readonly planStore?: string;
  readonly logLevel?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A text and where it was said, for the message when it is wrong. */
interface Setting {
  readonly text: string;
  readonly origin: string;
}

const KPROMO_LEVELS: Readonly<Record<string, LogLevel>> = { panic: 'error', fatal: 'error', warning: 'warn' };

const settingsSchema = z.object({
  address: z
    .string()
    .regex(/^[^\s/]+$/, 'is not host:port')
    .optional(),
  namespace: z.string().regex(/^\S+$/, 'is not the name of a namespace').default('default'),
  taskQueue: z.string().regex(/^\S+$/, 'is not the name of a task queue').default('promotion'),
  uiAddress: z
    .url({ protocol: /^https?$/, error: 'is not an http or https address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  state: z.string().optional(),
  planStore: z
    .string()
    .refine((text) => !/^[a-z][a-z0-9+.-]*:\/\//.test(text) || /^(?:file:\/\/\/|oci:\/\/[^/]+\/.)/.test(text), {
      error: 'is neither a folder nor a file:/// or oci://host/repository address',
    })
    .optional(),
  requestsPerSecond: z.coerce.number('is not a number').positive('is not above 0').optional(),
  maxWorkers: z.coerce.number('is not a number').int('is not a whole number').min(1, 'is below 1').optional(),
  replicationShare: z.coerce.number('is not a number').positive('is not above 0').max(1, 'is above 1').optional(),
  plainHttpHosts: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((host) => host.trim()))
    .transform((hosts) => hosts.filter((host) => host !== '')),
  hostPolicies: z.string().optional(),
  logLevel: z
    .string()
    .transform((level) => KPROMO_LEVELS[level.toLowerCase()] ?? level.toLowerCase())
    .pipe(z.enum(LOG_LEVELS, { error: `is none of ${LOG_LEVELS.join(', ')}` }))
    .optional(),
});

/**
 * Makes the configuration out of flags, environment and Temporal profile (`TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE` and
 * the other variables of Temporal's own environment configuration).
 *
 * @throws PromoterError `ConfigInvalid` naming each flag, variable or file that is wrong
 */
export async function loadConfig(flags: ConfigFlags = {}, environment: Environment = process.env): Promise<Config> {
  const profile = await loadProfile(environment);
  const settings = collectSettings(flags, environment, profile);
  const {
    address,
    state,
    planStore,
    uiAddress,
    requestsPerSecond,
    maxWorkers,
    replicationShare,
    logLevel,
    hostPolicies,
    ...rest
  } = parseSettings(settings);
  const stateFolder = state === undefined ? defaultStateFolder(environment) : resolve(state);
  return {
    ...rest,
    ...(address === undefined ? {} : { temporal: { address, connection: { ...profile.connectionOptions, address } } }),
    ...(uiAddress === undefined ? {} : { uiAddress }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(maxWorkers === undefined ? {} : { maxWorkers }),
    ...(replicationShare === undefined ? {} : { replicationShare }),
    ...(logLevel === undefined ? {} : { logLevel }),
    stateFolder,
    hostPolicies: hostPolicies === undefined ? [] : await readHostPolicies(hostPolicies),
    signing: readSigningSettings(environment),
    planStore: planStore === undefined ? join(stateFolder, 'plans') : storeOf(planStore),
  };
}

function collectSettings(
  flags: ConfigFlags,
  environment: Environment,
  profile: ClientConnectConfig,
): Readonly<Record<keyof z.input<typeof settingsSchema>, Setting | undefined>> {
  const flag = (text: string | undefined, name: string) => said(text, name);
  const variable = (name: string) => said(environment[name], name);
  const fromProfile = (text: string | undefined) => said(text, 'the Temporal profile');
  return {
    address:
      flag(flags.address, '--address') ??
      variable('TEMPORAL_ADDRESS') ??
      fromProfile(profile.connectionOptions.address),
    namespace: flag(flags.namespace, '--namespace') ?? variable('TEMPORAL_NAMESPACE') ?? fromProfile(profile.namespace),
    taskQueue: flag(flags.taskQueue, '--task-queue') ?? variable('PROMOTER_TASK_QUEUE'),
    uiAddress: flag(flags.uiAddress, '--ui-address') ?? variable('TEMPORAL_UI_ADDRESS'),
    state: flag(flags.state, '--state') ?? variable('PROMOTER_STATE'),
    planStore: flag(flags.planStore, '--plan-store') ?? variable('PROMOTER_PLAN_STORE'),
    requestsPerSecond: variable('PROMOTER_REQUESTS_PER_SECOND'),
    maxWorkers: variable('PROMOTER_MAX_WORKERS'),
    replicationShare: variable('PROMOTER_REPLICATION_SHARE'),
    plainHttpHosts: variable('PROMOTER_PLAIN_HTTP'),
    hostPolicies: variable('PROMOTER_REGISTRIES'),
    logLevel: flag(flags.logLevel, '--log-level') ?? variable('PROMOTER_LOG_LEVEL'),
  };
}

function said(text: string | undefined, origin: string): Setting | undefined {
  return text === undefined || text === '' ? undefined : { text, origin };
}

function parseSettings(settings: ReturnType<typeof collectSettings>): z.output<typeof settingsSchema> {
  const texts = Object.entries(settings).map(([name, setting]) => [name, setting?.text]);
  const parsed = settingsSchema.safeParse(Object.fromEntries(texts));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const setting = settings[issue.path[0] as keyof typeof settings];
    return `${setting?.origin}: '${setting?.text}' ${issue.message}`;
  });
  throw new PromoterError('ConfigInvalid', problems.join('\n'), { cause: parsed.error });
}

async function readHostPolicies(file: string): Promise<readonly HostPolicy[]> {
  // Few have such a file; everybody else need not load what reads it.
  const { readHostPolicies: read } = await import('./registry-settings.ts');
  return read(file);
}

async function loadProfile(environment: Environment): Promise<ClientConnectConfig> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    return loadClientConnectConfig({ overrideEnvVars: definedOf(environment) });
  } catch (error) {
    const file = environment['TEMPORAL_CONFIG_FILE'] ?? 'temporal.toml in the configuration folder';
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
