/**
 * Waits until every promise has settled, and only then throws the first error. Unlike `Promise.all` it leaves nothing
 * running behind the back of a caller who goes on, such as one who lets go of a lock.
 */
export async function allSettled<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
