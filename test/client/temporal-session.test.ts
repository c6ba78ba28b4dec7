import assert from 'node:assert/strict';
import { runLink } from '../../src/client/temporal-session.ts';

const RUN = { workflowId: 'promotion/127.0.0.1:5001+2-0a1b2c3d', runId: 'run' };

describe('runLink', () => {
  it('is the page of a run, however its id is spelled', () => {
    assert.equal(
      runLink({ ui: 'https://ui.example' }, 'our space', RUN),
      'https://ui.example/namespaces/our%20space/workflows/promotion%2F127.0.0.1%3A5001%2B2-0a1b2c3d/run',
    );
  });

  it('is the page of the latest run without a run id', () => {
    const { workflowId } = RUN;
    assert.match(runLink({ ui: 'https://ui.example' }, 'default', { workflowId }) ?? '', /%2B2-0a1b2c3d$/);
  });

  it('is unknown where nobody knows the UI', () => {
    assert.equal(runLink({}, 'default', RUN), undefined);
  });
});
