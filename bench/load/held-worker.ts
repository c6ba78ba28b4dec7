import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { activitiesFor } from '../../test/support/promotion-activities.ts';

// A worker with the real workflows, whose plans all fail: memory is that of held runs and of nothing else. Arguments: the
// server, the bundle of the workflows, and how many runs it keeps in memory.
const [address = '', codePath = '', cached = ''] = process.argv.slice(2);

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue: 'promotion',
  workflowBundle: { codePath },
  activities: activitiesFor(3, {
    judgeShard: async () => {
      throw ApplicationFailure.nonRetryable('GET staging.example/app answered 403', 'RegistryDenied');
    },
  }),
  maxCachedWorkflows: Number(cached),
});
process.stdout.write('ready\n');
await worker.run();
await connection.close();
