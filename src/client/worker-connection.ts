import { NativeConnection } from '@temporalio/worker';
import type { Config } from '../config.ts';
import { messageOf, PromoterError } from '../errors.ts';

/**
 * Connects a worker to the server of the configuration.
 *
 * @throws PromoterError `ConfigInvalid` when none is named, `TemporalUnavailable`
 */
export async function connectWorker({ temporal }: Config): Promise<NativeConnection> {
  if (temporal === undefined) {
    throw new PromoterError(
      'ConfigInvalid',
      'a worker needs a Temporal server: set TEMPORAL_ADDRESS (host:port), give --address, or have a profile in temporal.toml',
    );
  }
  try {
    return await NativeConnection.connect(temporal.connection);
  } catch (error) {
    const message = `could not reach the Temporal server at ${temporal.address}: ${messageOf(error)}`;
    throw new PromoterError('TemporalUnavailable', message, { cause: error });
  }
}
