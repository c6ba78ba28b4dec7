import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Runtime } from '@temporalio/worker';
import type { Config } from '../config.ts';
import type { SharingOptions, ShareSource } from '../registry/shared-budgets.ts';
import type { RegistryBudgets } from './registry-budgets.ts';

/**
 * Shares of each host's budget, for this process under names of its own: one for promotions, and one for replication,
 * which stands back.
 */
export function sharingBy(
  budgets: RegistryBudgets,
  { maxWorkers, replicationShare }: Config,
): Readonly<Record<'promotion' | 'replication', SharingOptions>> {
  const worker = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  const sourceOf = (name: string): ShareSource => ({
    lease: (host, request, create) => budgets.lease(host, { worker: name, ...request }, create),
  });
  const onNote = (note: string, host: string): void => Runtime.instance().logger.warn(note, { host });
  // Together both keep within what this process may ask without a share.
  const back = replicationShare / (1 + replicationShare);
  return {
    promotion: { source: sourceOf(worker), withoutShare: (1 - back) / maxWorkers, onNote },
    replication: {
      source: sourceOf(`${worker}/replication`),
      part: replicationShare,
      withoutShare: back / maxWorkers,
      onNote,
    },
  };
}
