import { callbackStories } from './callback-stories.js';
import { AT } from './by-hand.js';
import { MemoryUnitOfWork } from './memory-stores.js';

callbackStories('tables in memory', async () => ({
  unitOfWork: new MemoryUnitOfWork({ now: () => AT }),
  close: async () => {},
}));
