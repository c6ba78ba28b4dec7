import pMap from 'p-map';

/**
 * Works on items side by side. After the first failure no further item is begun, those under way are waited for, and then
 * the failure is thrown: nothing goes on behind the back of an attempt that has ended, where the next one would meet it.
 */
export async function sideBySide<I, O>(
  items: Iterable<I>,
  concurrency: number,
  work: (item: I) => Promise<O>,
  signal?: AbortSignal,
): Promise<readonly O[]> {
  let failure: { readonly error: unknown } | undefined;
  const results = await pMap(
    items,
    async (item): Promise<O | undefined> => {
      if (failure !== undefined || signal?.aborted === true) return undefined;
      try {
        return await work(item);
      } catch (error) {
        failure ??= { error };
        return undefined;
      }
    },
    { concurrency },
  );
  signal?.throwIfAborted();
  if (failure !== undefined) throw (failure as { error: unknown }).error;
  return results as readonly O[];
}
