import { type Fence, parseMarkdown } from './markdown.js';

/** What a reader does next in a walk. */
export type Step = Command | SavedFile;

/** A command, or a block of commands, that the reader pastes. */
export interface Command {
  /** Of its first line in the document. */
  readonly line: number;
  readonly text: string;
  /** The lines that it prints; null where the document does not show them. */
  readonly prints: readonly string[] | null;
}

/** A file that the reader saves. */
export interface SavedFile {
  readonly line: number;
  readonly name: string;
  readonly content: string;
}

/**
 * A document that is run from top to bottom against a fresh service. These parts of it count:
 *
 * - "```console": `$ ` begins a command and `> ` continues it; the lines up to the next `$ ` are what it prints.
 * - "```sh": commands. What they print is compared if the next fence of the same section is "```text".
 * - "```sh no-run": only shown.
 * - any fence after a line that ends with "save it as `name`:": a file of the folder in which the commands run.
 * - `<!-- walk: NAME=value … -->`: the variables with which the service is started.
 */
export interface Walk {
  readonly steps: readonly Step[];
  readonly settings: Readonly<Record<string, string>>;
}

const SAVED = /\bsave\b[^`]* as `([\w.-]+)`[.:]?$/i;

export function parseWalk(text: string): Walk {
  const { fences } = parseMarkdown(text);
  const steps = fences.flatMap((fence, index) => stepsOf(fence, fences[index + 1]));
  return { steps, settings: settingsOf(text) };
}

/** Whether the document has commands that its test runs. */
export function isWalk(text: string): boolean {
  return parseWalk(text).steps.some((step) => 'text' in step);
}

function stepsOf(fence: Fence, next: Fence | undefined): Step[] {
  const { language, words, line, lines, introduction } = fence;
  const [, name] = SAVED.exec(introduction) ?? [];
  if (name) return [{ line, name, content: `${lines.join('\n')}\n` }];
  if (words.includes('no-run')) return [];
  if (language === 'console') return sessionOf(fence);
  if (language !== 'sh') return [];
  const isShown = next?.language === 'text' && next.section === fence.section;
  return [{ line, text: lines.join('\n'), prints: isShown ? next.lines : null }];
}

function sessionOf({ lines, line }: Fence): Command[] {
  const commands: { line: number; text: string; prints: string[] }[] = [];
  for (const [index, shown] of lines.entries()) {
    const last = commands.at(-1);
    if (shown.startsWith('$ ')) commands.push({ line: line + index, text: shown.slice(2), prints: [] });
    else if (!last && shown.trim()) throw new Error(`Line ${line + index} is before the first "$ ".`);
    else if (shown.startsWith('> ') && last!.prints.length === 0) last!.text += `\n${shown.slice(2)}`;
    else last?.prints.push(shown);
  }
  return commands;
}

function settingsOf(text: string): Record<string, string> {
  const [, list = ''] = /^<!-- walk: (.*?) *-->$/m.exec(text) ?? [];
  const pairs = list.split(/ +/).filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
