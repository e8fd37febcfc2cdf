import { AT } from './by-hand.js';
import { eventStories } from './event-stories.js';
import { MemoryUnitOfWork } from './memory-stores.js';

eventStories('tables in memory', async () => ({
  unitOfWork: new MemoryUnitOfWork({ now: () => AT }),
  close: async () => {},
}));
