import { AT } from './by-hand.js';
import { MemoryUnitOfWork } from './memory-stores.js';
import { upkeepStories } from './upkeep-stories.js';
import { waitingStories } from './waiting-stories.js';

const openMemory = () => {
  const unitOfWork = new MemoryUnitOfWork({ now: () => AT });
  return Promise.resolve({ unitOfWork, close: () => Promise.resolve() });
};

waitingStories('tables in memory', openMemory);
upkeepStories('tables in memory', openMemory);
