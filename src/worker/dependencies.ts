import type { Client } from '@temporalio/client';
import type { ActivityDependencies } from '../activities/dependencies.ts';
import type { ManifestFetcher } from '../activities/manifests.ts';
import type { NotificationDependencies } from '../activities/notify.ts';
import type { ReplicationDependencies } from '../activities/replication-dependencies.ts';
import { openSigning } from '../activities/signing-access.ts';
import { findScanners } from '../activities/vulnerabilities.ts';
import { sharingBy } from '../client/budget-sharing.ts';
import { connectBudgets } from '../client/registry-budgets.ts';
import { runLink } from '../client/temporal-session.ts';
import type { Config } from '../config.ts';
import { openGate } from '../gate-settings.ts';
import { fetchManifests } from '../manifest/git-fetch.ts';
import { openNotifier } from '../notification-settings.ts';
import { openPlanStore } from '../plan/plan-store.ts';
import { createCopier } from '../registry/copy.ts';
import { openRegistry } from '../registry-settings.ts';
import { createAttachmentLocks } from '../signing/attachment-locks.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { startTelemetry } from '../telemetry/worker-telemetry.ts';
import { packageVersion } from '../version.ts';

/** What the activities of one worker work with, for as long as it works. */
export interface Dependencies {
  readonly promotion: ActivityDependencies;
  readonly replication: ReplicationDependencies;
  readonly notification: NotificationDependencies;
  /** Ends what is open, once no activity works with it any more. */
  readonly close: () => Promise<void>;
}

/** Who promoted, as attestations say it. */
const BUILDER_ID = `https://github.com/image-promoter/image-promoter@${packageVersion()}`;

/**
 * Opens everything a worker is configured to work with.
 *
 * @throws PromoterError `StoreUnavailable`, `ConfigInvalid`
 */
export async function openDependencies(
  config: Config,
  client: Client,
  tracing: Tracing | undefined,
): Promise<Dependencies> {
  const telemetry = startTelemetry(client, config.telemetry, tracing);
  const budgets = connectBudgets(client, config.taskQueue);
  const sharing = sharingBy(budgets, config);
  const registryOf = (job: 'promotion' | 'replication') => {
    const observer = telemetry.observerOf(job);
    const registry = openRegistry(config, process.env, { sharing: sharing[job], observer });
    telemetry.watchBudgets(job, registry);
    return registry;
  };
  const registry = registryOf('promotion');
  const store = telemetry.observeStore(await openPlanStore(config.planStore, () => registry));
  const signing = openSigning(config.signing, registry, process.env, BUILDER_ID);
  const scanners = await findScanners(config.scanners, process.env['PATH']);
  const notifier = openNotifier(config, process.env);
  const notifies = notifier.names.length > 0;
  const fetchFromGit: ManifestFetcher = (source, signal) =>
    fetchManifests(source, { schemes: config.gitSchemes, signal });
  // Connections and a budget of its own: whatever holds replication up holds up nothing else.
  const aside = registryOf('replication');
  return {
    promotion: {
      registry,
      copier: createCopier(registry),
      store,
      fetchManifests: fetchFromGit,
      signing,
      writers: budgets,
      ceilings: budgets,
      gate: openGate(config, process.env),
      scanners,
      notifies,
      writesApart: config.worker.queues === 'reading',
    },
    replication: {
      registry: aside,
      copier: createCopier(aside),
      pushReferrer: (...push) => aside.pushReferrer(...push),
      locks: createAttachmentLocks(),
      trust: signing.trustRoot,
      naming: signing,
      settled: telemetry.mirrorsSettled,
      store,
      fetchManifests: fetchFromGit,
      notifies,
    },
    notification: {
      notifier,
      linkOf: (run) => runLink(config.uiAddress === undefined ? {} : { ui: config.uiAddress }, config.namespace, run),
      counted: (target, event, result) => telemetry.instruments.notifications(1, { target, event, result }),
    },
    async close() {
      telemetry.close();
      await Promise.all([registry.close(), aside.close(), signing.close()]);
    },
  };
}
