import { z } from 'zod';
import { HOST_PRESETS, type PresetName } from '../registry/host-presets.ts';
import { setting } from './setting.ts';

const presets = HOST_PRESETS.map(({ name }) => name) as [PresetName, ...PresetName[]];

const policySchema = z.strictObject({
  host: z
    .string()
    .regex(/^[^\s/]+$/, 'is not a host with its port')
    .describe('with its port, as in repository names'),
  preset: z.exactOptional(z.enum(presets)).describe('what is known of its vendor’s registries'),
  requestsPerSecond: z.exactOptional(z.number().positive()).describe('a fixed ceiling'),
  concurrency: z.exactOptional(z.int().min(1)).describe('requests that wait for an answer at the same time'),
  credentials: z
    .exactOptional(z.enum(['docker', 'cloud', 'none']))
    .describe('where its credentials are from; unless given, Docker’s configuration, then its vendor’s cloud'),
  tls: z.exactOptional(z.boolean()).describe('`false`: plain HTTP; `true`: HTTPS even on a loopback address'),
});

/** What is said of single registry hosts. */
export const registriesSetting = setting(z.array(policySchema), {
  description: 'exceptions for single hosts',
  otherwise: 'none',
});
