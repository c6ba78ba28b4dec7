export { filePromotion } from './file-promotion.ts';
export { notification } from './notification.ts';
export { promotion } from './promotion.ts';
export { registryBudget } from './registry-budget.ts';
export { signatureReplication } from './signature-replication.ts';
