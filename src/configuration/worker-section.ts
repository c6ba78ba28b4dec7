import { z } from 'zod';
import { section, setting } from './setting.ts';

const QUEUES = ['all', 'promotion', 'reading', 'writing', 'replication'] as const;

/** What a worker process works on. */
export type WorkerQueues = (typeof QUEUES)[number];

/** How a worker process runs. */
export const workerSection = section('How a worker runs; see [Deploying](deploying.md).', {
  queues: setting(z.enum(QUEUES, { error: `is none of ${QUEUES.join(', ')}` }), {
    description:
      'what it works on: `promotion`, `replication` of signatures, or `all` of it; `reading` and `writing` are the two halves of `promotion`, for workers with credentials of their own',
    variable: 'PROMOTER_WORKER_QUEUES',
    default: 'all',
  }),
  healthAddress: setting(
    z.string().regex(/^(?:[\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i, 'is not host:port, such as 0.0.0.0:8080'),
    {
      description: '`host:port` where it answers `/livez` and `/readyz`',
      variable: 'PROMOTER_HEALTH_ADDRESS',
      otherwise: 'nowhere',
    },
  ),
  deployment: setting(z.string().regex(/^[\w-]+$/, 'is not a name of letters, digits, - and _'), {
    description: 'the name of its Temporal worker deployment, where versions of workers are rolled out by Temporal',
    variable: 'TEMPORAL_DEPLOYMENT_NAME',
    otherwise: 'not versioned',
  }),
  buildId: setting(z.string().regex(/^[\w.+-]+$/, 'is not a build id'), {
    description: 'which version of that deployment it is',
    variable: 'TEMPORAL_WORKER_BUILD_ID',
    otherwise: 'the version of the promoter',
  }),
});
