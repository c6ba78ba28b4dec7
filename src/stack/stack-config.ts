import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from './program-list.ts';
import { SEARCH_ATTRIBUTE_TYPES } from './temporal.ts';
import { readYamlFile } from '../yaml-file.ts';

const port = z.int().min(1).max(65_535);

const schema = z.strictObject({
  temporal: z.strictObject({
    namespace: z.string().min(1),
    port,
    uiPort: z.union([port, z.literal('headless')]),
    searchAttributes: z.record(z.string().regex(/^[A-Za-z]\w*$/), z.enum(SEARCH_ATTRIBUTE_TYPES)),
    dynamicConfig: z.record(z.string(), z.union([z.boolean(), z.number(), z.string()])).default({}),
  }),
  registries: z.strictObject({
    staging: port,
    canonical: port,
    mirrors: z.array(port).min(1),
    publicName: z.string().min(1),
  }),
  sigstore: z.strictObject({ profile: z.enum(['off', 'light', 'full']) }),
  replication: z.strictObject({ every: z.string().min(1) }),
  planStore: z.string().regex(/^\w[\w.-]*$/, 'must be the name of a folder inside the state folder'),
});

/** The development stack as `temporal-dev.yaml` describes it. */
export type StackConfig = z.output<typeof schema>;

/**
 * Reads the description of the development stack.
 *
 * @throws PromoterError `ConfigInvalid` with file and line of every problem
 */
export function readStackConfig(file = join(packageRoot(), 'temporal-dev.yaml')): Promise<StackConfig> {
  return readYamlFile(file, schema);
}
