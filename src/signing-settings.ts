import type { Configuration } from './configuration/schema.ts';

/** How a worker verifies and signs: services, identity and names; each is described in `configuration/signing-section.ts`. */
export type SigningSettings = Readonly<NonNullable<Configuration['signing']>>;
