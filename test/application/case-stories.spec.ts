import { AT } from './by-hand.js';
import { MemoryUnitOfWork } from './memory-stores.js';
import { replayStories } from './replay-stories.js';
import { resolutionStories } from './resolution-stories.js';

const openMemory = async () => ({
  unitOfWork: new MemoryUnitOfWork({ now: () => AT }),
  close: async () => {},
});

resolutionStories('tables in memory', openMemory);
replayStories('tables in memory', openMemory);
