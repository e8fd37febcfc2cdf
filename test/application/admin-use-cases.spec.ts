import { adminUseCases } from './admin-use-cases.js';
import { AT } from './by-hand.js';
import { idempotentWrites } from './idempotent-writes.js';
import { MemoryUnitOfWork } from './memory-stores.js';

const openMemory = () => {
  const unitOfWork = new MemoryUnitOfWork({ now: () => AT });
  return Promise.resolve({ unitOfWork, close: () => Promise.resolve() });
};

adminUseCases('tables in memory', openMemory);
idempotentWrites('tables in memory', openMemory);
