import type { FailedStory } from './shorten.js';
import type { Story } from './story.js';

/** One step in a line, as it may stand in a test or in a file for `--story`. */
export const storyText = (story: Story): string =>
  ['[', ...story.map((step) => `  ${JSON.stringify(step)},`), ']'].join('\n').replace(/,\n\]$/, '\n]');

/** What a person needs to see the failure again. */
export function failureText(
  { story, failure }: FailedStory,
  { seed, step, command }: { readonly seed: string; readonly step: number; readonly command: string },
): string {
  return [
    `FAILED: ${failure.sentence}`,
    `  ${failure.text.replaceAll('\n', '\n  ')}`,
    `seed ${seed}, step ${step} of its story. The shortest story that fails in the same way (${story.length} steps):`,
    storyText(story),
    `to repeat it: ${command}`,
  ].join('\n');
}
