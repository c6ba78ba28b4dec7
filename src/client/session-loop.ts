import { ServiceError } from '@temporalio/client';
import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { openSession, type SessionNeeds, type TemporalSession } from './temporal-session.ts';

/**
 * Runs something with a session and closes it. When the session was borrowed and its owner took the server away, it is
 * run again with another one: `body` must be able to go on where it was.
 */
export async function withSession<T>(
  config: Config,
  needs: SessionNeeds,
  body: (session: TemporalSession) => Promise<T>,
): Promise<T> {
  for (;;) {
    const session = await openSession(config, needs);
    try {
      return await body(session);
    } catch (error) {
      if (session.server !== 'borrowed' || !isConnectionLost(error)) throw error;
    } finally {
      await session.close();
    }
    needs.onNote('the promoter that ran the server has ended; taking over');
  }
}

function isConnectionLost(error: unknown): boolean {
  return error instanceof ServiceError || (error instanceof PromoterError && error.code === 'TemporalUnavailable');
}
