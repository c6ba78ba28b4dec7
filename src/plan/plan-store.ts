import { PromoterError, messageOf } from '../errors.ts';
import { parseRepository, type RepositoryName } from '../reference.ts';
import { openFolderStore } from './folder-store.ts';
import { openOciStore, type StoreRegistry } from './oci-store.ts';
import type { PlanStore } from './store.ts';

const OCI = 'oci://';

/** The repository of a plan store such as `oci://host/repository`; undefined for a folder. @throws PromoterError `ConfigInvalid` */
export function storeRepository(location: string): RepositoryName | undefined {
  if (!location.startsWith(OCI)) return undefined;
  try {
    return parseRepository(location.slice(OCI.length));
  } catch (error) {
    throw new PromoterError('ConfigInvalid', `the plan store ${location} cannot be: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Opens the plan store at a folder or at `oci://host/repository`.
 *
 * @param registry called for a repository only
 * @throws PromoterError `StoreUnavailable`, `ConfigInvalid`
 */
export async function openPlanStore(location: string, registry: () => StoreRegistry): Promise<PlanStore> {
  const repository = storeRepository(location);
  return repository === undefined ? openFolderStore(location) : openOciStore(registry(), repository);
}
