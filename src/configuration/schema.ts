import { z } from 'zod';
import { GIT_SCHEMES } from '../manifest/git-source.ts';
import { encryptionSection } from './encryption-section.ts';
import { approvalSection, freezeSetting } from './gate-section.ts';
import { notificationsSetting } from './notifications-section.ts';
import { productionSection } from './production-section.ts';
import { registriesSetting } from './registries-section.ts';
import { section, setting, settingsOf } from './setting.ts';
import { signingSection } from './signing-section.ts';
import { telemetrySection } from './telemetry-section.ts';
import { temporalSection } from './temporal-section.ts';
import { workerSection } from './worker-section.ts';

/** From the quietest to the most talkative; kpromo's other names are taken too and mean the nearest of these. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;

const KPROMO_LEVELS: Readonly<Record<string, (typeof LOG_LEVELS)[number]>> = {
  panic: 'error',
  fatal: 'error',
  warning: 'warn',
};

const PLACE = /^(?:file:\/\/\/|oci:\/\/[^/]+\/.)/;

/**
 * Everything that can be configured: what `promoter.yaml` may hold, and which variables and flags say the same. The
 * reference (`docs/configuration.md`), the JSON Schema and the checks are made of this.
 */
export const configurationSchema = z
  .strictObject({
    temporal: temporalSection,
    planStore: setting(
      z.string().refine((text) => !/^[a-z][a-z0-9+.-]*:\/\//.test(text) || PLACE.test(text), {
        error: 'is neither a folder nor a file:/// or oci://host/repository address',
      }),
      {
        description:
          'a folder, or `oci://host/repository`, for manifests and plans; all workers and clients need the same one',
        variable: 'PROMOTER_PLAN_STORE',
        flag: '--plan-store',
        otherwise: 'a folder in the state folder',
        path: true,
      },
    ),
    state: setting(z.string(), {
      description: 'what outlives the command: the database of the self-contained server, the lock',
      variable: 'PROMOTER_STATE',
      flag: '--state',
      otherwise: '`~/.local/state/image-promoter`',
      path: true,
    }),
    logLevel: setting(
      z
        .string()
        .transform((level) => KPROMO_LEVELS[level.toLowerCase()] ?? level.toLowerCase())
        .pipe(z.enum(LOG_LEVELS, { error: `is none of ${LOG_LEVELS.join(', ')}` })),
      {
        description: '`error`, `warn`, `info`, `debug`, `trace`; kpromo’s other names are taken too',
        variable: 'PROMOTER_LOG_LEVEL',
        flag: '--log-level',
        otherwise: 'each program’s own',
      },
    ),
    budgets: section('What registries are asked for at most.', {
      requestsPerSecond: setting(z.number('is not a number').positive('is not above 0'), {
        description: 'the most that any one registry host is asked in a second',
        variable: 'PROMOTER_REQUESTS_PER_SECOND',
        otherwise: 'the host’s preset',
      }),
      maxWorkers: setting(z.number('is not a number').int('is not a whole number').min(1, 'is below 1'), {
        description: 'a worker that cannot ask for its share of a host’s budget keeps to one of so many parts of it',
        variable: 'PROMOTER_MAX_WORKERS',
        default: 8,
      }),
      replicationShare: setting(z.number('is not a number').positive('is not above 0').max(1, 'is above 1'), {
        description:
          'the part of each host’s budget that replication of signatures gets at most, of all workers together',
        variable: 'PROMOTER_REPLICATION_SHARE',
        default: 0.25,
      }),
    }),
    plainHttp: setting(z.array(z.string().min(1)), {
      description: 'hosts, with their ports, that are spoken to without TLS',
      variable: 'PROMOTER_PLAIN_HTTP',
      otherwise: 'loopback only',
    }),
    gitSchemes: setting(z.array(z.enum(GIT_SCHEMES, { error: `is none of ${GIT_SCHEMES.join(', ')}` })), {
      description: 'how workers may fetch manifests from git: `https`, `ssh`, `http`, `file`',
      variable: 'PROMOTER_GIT_SCHEMES',
      otherwise: '`https`, `ssh`',
    }),
    registries: registriesSetting,
    signing: signingSection,
    production: productionSection,
    telemetry: telemetrySection,
    notifications: notificationsSetting,
    encryption: encryptionSection,
    worker: workerSection,
    approval: approvalSection,
    freeze: freezeSetting,
    scanners: section('Programs that look for vulnerabilities, where a promotion demands it.', {
      trivy: setting(z.string(), {
        description: 'the program `trivy`',
        variable: 'PROMOTER_TRIVY',
        otherwise: 'where `PATH` has one',
      }),
      grype: setting(z.string(), {
        description: 'the program `grype`',
        variable: 'PROMOTER_GRYPE',
        otherwise: 'where `PATH` has one',
      }),
    }),
  })
  .meta({ title: 'promoter.yaml', description: 'Configuration of the image promoter. It holds no secrets.' });

/** What the schema accepts, read. */
export type Configuration = z.output<typeof configurationSchema>;

/** All settings, in the order of the schema. */
export const SETTINGS = settingsOf(configurationSchema);
