import assert from 'node:assert/strict';
import { checkReplication } from '../../src/activities/replication-request.ts';

const manifests = `sha256:${'a'.repeat(64)}`;

describe('replication request', () => {
  it('has its defaults filled in and durations in milliseconds', () => {
    const { auditInterval, every, confirm, copies, full } = checkReplication({ manifests, auditInterval: '12 hours' });
    assert.deepEqual([auditInterval, every, confirm, copies, full], [43_200_000, 1_800_000, false, 50, false]);
  });

  it('looks at everything in a check, and never writes in one', () => {
    const check = { certificateIdentity: 'a@b.test', certificateOidcIssuer: 'https://issuer.test' };
    assert.equal(checkReplication({ manifests, check }).full, true);
    assert.throws(() => checkReplication({ manifests, check, confirm: true }), /confirm: a check writes nothing/);
  });

  it('is refused with every field that is wrong', () => {
    assert.throws(
      () => checkReplication({ manifests: 'latest', every: 'soon', copies: 0, extra: 1 }),
      (error: Error) => ['manifests', 'every', 'copies', 'extra'].every((field) => error.message.includes(field)),
    );
  });
});
