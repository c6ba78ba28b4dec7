import { z } from 'zod';
import { section, setting } from './setting.ts';

/** How what Temporal stores is encrypted; the keys are files. */
export const encryptionSection = section(
  'Encryption of what Temporal stores; see [Deploying](deploying.md#encryption). The same for workers and clients.',
  {
    keys: setting(z.string().min(1), {
      description: 'a folder with a file for each key, named by its id: 32 bytes, or these in base64',
      variable: 'PROMOTER_ENCRYPTION_KEYS',
      otherwise: 'not encrypted',
      path: true,
    }),
    key: setting(z.string().regex(/^[\w.-]+$/, 'is not the name of a key’s file'), {
      description: 'the id of the key to encrypt with; the others only decrypt',
      variable: 'PROMOTER_ENCRYPTION_KEY',
      otherwise: 'the only one',
    }),
  },
);
