import type { Failure } from './play-story.js';
import type { Step, Story } from './story.js';

/** A story and the sentence that it breaks. */
export interface FailedStory {
  readonly story: Story;
  readonly failure: Failure;
}

/** Plays a shorter story. Null if it breaks nothing. */
type Play = (story: Story) => Promise<Failure | null>;

/** Drops steps, and callbacks of batches, as long as the story breaks the same sentence. */
export async function shorten({ story, failure }: FailedStory, play: Play): Promise<FailedStory> {
  let best: FailedStory = { story: story.slice(0, failure.step), failure };
  let isShorter = true;
  while (isShorter) {
    isShorter = false;
    for (const candidate of shorterStories(best.story)) {
      const found = await play(candidate);
      if (found?.sentence !== failure.sentence || found.excluded !== null) continue;
      best = { story: candidate.slice(0, found.step), failure: found };
      isShorter = true;
      break;
    }
  }
  return best;
}

/** The shortest first: halves and quarters, then single steps, then single callbacks of a batch, then the first of what is meant. */
function* shorterStories(story: Story): Generator<Story> {
  for (let size = Math.ceil(story.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from + size <= story.length; from += size)
      yield story.filter((_, index) => index < from || index >= from + size);
  for (const [index, step] of story.entries()) {
    if (step.do !== 'notify' || step.said.length === 1) continue;
    for (const said of step.said)
      yield story.with(index, { ...step, said: step.said.filter((each) => each !== said) });
  }
  for (const [index, step] of story.entries())
    for (const earlier of 'nth' in step ? FIRST.filter((nth) => nth < step.nth) : [])
      yield story.with(index, { ...step, nth: earlier } as Step);
}

const FIRST = [0, 1, 2, 3, 4, 5];
