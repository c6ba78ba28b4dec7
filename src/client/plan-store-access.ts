import type { Config } from '../config.ts';
import { openFolderStore } from '../plan/folder-store.ts';
import { openPlanStore, storeRepository } from '../plan/plan-store.ts';
import type { PlanStore } from '../plan/store.ts';

/** Opens the plan store of a configuration for as long as something uses it. @throws PromoterError `Store*`, `ConfigInvalid` */
export async function withPlanStore<T>(config: Config, use: (store: PlanStore) => Promise<T>): Promise<T> {
  if (storeRepository(config.planStore) === undefined) return use(await openFolderStore(config.planStore));
  // Most commands need no registry client; loading it takes longer than they do.
  const { openRegistry } = await import('../registry-settings.ts');
  const registry = openRegistry(config, process.env);
  try {
    return await use(await openPlanStore(config.planStore, () => registry));
  } finally {
    await registry.close();
  }
}
