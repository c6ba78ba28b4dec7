/** Asks once for what is known by a key, whoever else asks meanwhile; a failure is not remembered. */
export function once<K, V>(known: Map<K, Promise<V>>, key: K, ask: () => Promise<V>): Promise<V> {
  const asked = known.get(key);
  if (asked !== undefined) return asked;
  const answer = ask();
  known.set(key, answer);
  answer.catch(() => known.delete(key));
  return answer;
}
