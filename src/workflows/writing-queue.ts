/** The queue for what writes to registries and buckets, where the workers that do are others than those that read. */
export function writingQueue(taskQueue: string): string {
  return `${taskQueue}-writing`;
}
