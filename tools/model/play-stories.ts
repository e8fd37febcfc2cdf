import { setImmediate as nextTurn } from 'node:timers/promises';
import { SeededRandom } from '../chaos/seeded-random.js';
import { inventStory } from './invent-story.js';
import { playStory } from './play-story.js';
import { failureText } from './report.js';
import { shorten } from './shorten.js';
import type { OpenStage } from './stage.js';
import { lengthOf } from './story.js';

export interface Asked {
  readonly seed: number;
  /** The number of the first story of the seed: 1, or the one that has failed. */
  readonly first: number;
  readonly steps: number;
  /** How the command line begins that repeats a failure. */
  readonly command: string;
}

/** How far it has come. */
export interface Played {
  steps: number;
  stories: number;
  /** How many stories have ended at each exclusion. */
  readonly excluded: Map<string, number>;
  /** The text of the failure that has ended it; null if the law holds. */
  failure: string | null;
}

/** Plays one story after the other until they have so many steps, until one fails, or until `goesOn` says no. */
export async function playStories(
  { seed, first, steps, command }: Asked,
  open: OpenStage,
  goesOn: (played: Played) => boolean = () => true,
): Promise<Played> {
  const played: Played = { steps: 0, stories: 0, excluded: new Map(), failure: null };
  while (played.steps < steps && played.failure === null && goesOn(played)) {
    const number = first + played.stories;
    const story = inventStory(new SeededRandom(`${seed} ${number}`));
    const failure = await playStory(story, `S${number}`, open);
    played.stories += 1;
    played.steps += failure ? failure.step : lengthOf(story);
    if (failure?.excluded) count(failure.excluded, played.excluded);
    else if (failure) {
      let tries = 0;
      const shortest = await shorten({ story, failure }, (each) =>
        playStory(each, `S${number}-${++tries}`, open),
      );
      const where = { seed: `${seed}, story ${number}`, step: failure.step };
      const repeat = `${command} --seed ${seed} --first ${number} --steps 1`;
      played.failure = failureText(shortest, { ...where, command: repeat });
    }
    // In memory nothing waits, so signals would never be noticed.
    await nextTurn();
  }
  return played;
}

const count = (name: string, counts: Map<string, number>): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);
