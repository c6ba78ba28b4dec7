import { z } from 'zod';
import { section, setting } from './setting.ts';

/** Which Temporal server, and how it is used. */
export const temporalSection = section('Which Temporal server, and how it is used.', {
  address: setting(z.string().regex(/^[^\s/]+$/, 'is not host:port'), {
    description: '`host:port` of the Temporal server',
    variable: 'TEMPORAL_ADDRESS',
    flag: '--address',
    otherwise: 'the profile’s; none: self-contained',
  }),
  namespace: setting(z.string().regex(/^\S+$/, 'is not the name of a namespace'), {
    description: 'its namespace',
    variable: 'TEMPORAL_NAMESPACE',
    flag: '--namespace',
    default: 'default',
  }),
  taskQueue: setting(z.string().regex(/^\S+$/, 'is not the name of a task queue'), {
    description: 'the queue that the workers poll',
    variable: 'PROMOTER_TASK_QUEUE',
    flag: '--task-queue',
    default: 'promotion',
  }),
  uiAddress: setting(
    z
      .url({ protocol: /^https?$/, error: 'is not an http or https address' })
      .transform((url) => url.replace(/\/+$/, '')),
    {
      description: 'address of its UI, for links',
      variable: 'TEMPORAL_UI_ADDRESS',
      flag: '--ui-address',
      otherwise: 'none',
    },
  ),
  profile: setting(z.string().min(1), {
    description: 'the profile in `temporal.toml` that has TLS, API key and whatever is not said here',
    variable: 'TEMPORAL_PROFILE',
    otherwise: '`default`',
  }),
  profileFile: setting(z.string().min(1), {
    description: 'where that file is',
    variable: 'TEMPORAL_CONFIG_FILE',
    otherwise: '`~/.config/temporalio/temporal.toml`',
    path: true,
  }),
});
