import assert from 'node:assert/strict';
import { covers, grantsOf, unionOf } from '../../src/registry/token-scope.ts';

describe('token scopes', () => {
  it('are joined by resource', () => {
    assert.deepEqual(unionOf(['repository:a:pull', 'repository:b:pull', 'repository:a:pull,push']), [
      'repository:a:pull,push',
      'repository:b:pull',
    ]);
  });

  it('may hold a port', () => {
    assert.deepEqual(
      [...grantsOf(['repository:host:5000/a:pull'])].map(([resource]) => resource),
      ['repository:host:5000/a'],
    );
  });

  it('cover what they hold, and nothing', () => {
    const grants = grantsOf(['repository:a:pull,push']);
    assert.ok(covers(grants, grantsOf(['repository:a:push'])));
    assert.ok(covers(grants, grantsOf([])));
    assert.ok(!covers(grants, grantsOf(['repository:a:pull,delete'])));
    assert.ok(!covers(grants, grantsOf(['repository:aa:pull'])));
  });
});
