import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A fenced block of a document. */
export interface Fence {
  /** `sh` of "```sh no-run"; empty if the fence names none. */
  readonly language: string;
  /** `no-run` of "```sh no-run". */
  readonly words: readonly string[];
  /** The number of its first line of content in the document; the first line of a document is 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** The last line of text before it, or the empty text. */
  readonly introduction: string;
  /** How many headings come before it. */
  readonly section: number;
}

export interface Heading {
  readonly level: number;
  readonly title: string;
  /** By which a link finds it, as GitHub makes it. */
  readonly anchor: string;
}

/** A document in its parts: what is inside a fence is neither text nor a heading. */
export interface Markdown {
  readonly fences: readonly Fence[];
  readonly headings: readonly Heading[];
  /** The lines outside of fences and comments. The others are empty, so that the numbers of lines stay. */
  readonly prose: readonly string[];
}

const FENCE = /^( *)(`{3,}|~{3,})(.*)$/;

export function parseMarkdown(text: string): Markdown {
  const reader = new Reader();
  for (const [index, line] of withoutComments(text).entries()) reader.read(line, index + 1);
  return reader.end();
}

type OpenFence = Fence & { readonly mark: string; readonly indent: number; readonly lines: string[] };

class Reader {
  private readonly fences: Fence[] = [];
  private readonly headings: Heading[] = [];
  private readonly prose: string[] = [];
  private open: OpenFence | null = null;
  private introduction = '';

  read(line: string, number: number): void {
    const [, indent = '', mark = '', info = ''] = FENCE.exec(line) ?? [];
    this.prose.push(mark || this.open ? '' : line);
    if (this.open) this.readFenced(this.open, line, mark && info.trim() === '' ? mark : '');
    else if (mark) this.begin(mark, indent.length, info.trim().split(/\s+/), number + 1);
    else this.readProse(line);
  }

  end(): Markdown {
    if (this.open) throw new Error(`The fence of line ${this.open.line - 1} has no end.`);
    return { fences: this.fences, headings: this.headings, prose: this.prose };
  }

  private begin(mark: string, indent: number, [language = '', ...words]: string[], line: number): void {
    const { introduction, headings } = this;
    this.open = { mark, indent, language, words, line, lines: [], introduction, section: headings.length };
    this.introduction = '';
  }

  /** A line inside a fence, or the line that ends it. A fence in a list is indented as its item is. */
  private readFenced(fence: OpenFence, line: string, endMark: string): void {
    if (endMark.startsWith(fence.mark)) {
      this.fences.push(fence);
      this.open = null;
    } else fence.lines.push(line.slice(Math.min(fence.indent, line.search(/[^ ]|$/))));
  }

  private readProse(line: string): void {
    const [, marks, title = ''] = /^(#{1,6}) (.*?) *#*$/.exec(line) ?? [];
    if (marks) this.headings.push({ level: marks.length, title, anchor: anchorOf(title, this.headings) });
    if (line.trim()) this.introduction = line.trim();
  }
}

/** Comments are not shown, whatever they contain. Their line breaks stay. */
function withoutComments(text: string): string[] {
  const blank = (comment: string): string => comment.replace(/[^\n]/g, '');
  return text.replace(/^<!--[\s\S]*?-->/gm, blank).split('\n');
}

function anchorOf(title: string, before: readonly Heading[]): string {
  const plain = title
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
  const same = before.filter(({ anchor }) => anchor.replace(/-\d+$/, '') === plain || anchor === plain);
  return same.length === 0 ? plain : `${plain}-${same.length}`;
}

/** The text below a heading of any level, up to the next heading of the same or a higher level. */
export function section(text: string, title: string): string {
  const lines = text.split('\n');
  const { prose } = parseMarkdown(text);
  const levelAt = (index: number): number => /^(#{1,6}) /.exec(prose[index]!)?.[1]?.length ?? 0;
  const start = prose.findIndex((line, index) => levelAt(index) > 0 && line.replace(/^#+ /, '') === title);
  if (start === -1) throw new Error(`there is no heading "${title}"`);
  const after = prose.findIndex(
    (_, index) => index > start && levelAt(index) > 0 && levelAt(index) <= levelAt(start),
  );
  return lines.slice(start + 1, after === -1 ? undefined : after).join('\n');
}

/** The rows of every table, each by the headings of its columns in small letters. Without an own heading a column has its number. */
export function tableRows(text: string): Readonly<Record<string, string>>[] {
  const lines = text.split('\n').map(cellsOf);
  let headings: readonly string[] = [];
  return lines.flatMap((cells, index) => {
    if (!cells || isRule(cells)) return [];
    if (isRule(lines[index + 1] ?? null)) {
      headings = cells.map((heading, column) => heading.toLowerCase() || String(column));
      return [];
    }
    return [Object.fromEntries(headings.map((heading, column) => [heading, cells[column] ?? '']))];
  });
}

/** The cells of the rows of every table. */
export function rows(text: string): string[][] {
  return tableRows(text).map((row) => Object.values(row));
}

function cellsOf(line: string): string[] | null {
  const row = line.trim();
  if (!/^\|.*\|$/.test(row)) return null;
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function isRule(cells: readonly string[] | null): boolean {
  return cells !== null && cells.every((cell) => /^:?-+:?$/.test(cell));
}

/** What is written between backticks. */
export function codes(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].toSorted();
}

/** The documents that a reader is led to, by their paths from the root of the repository. */
export function documents(): string[] {
  const inDocs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`);
  const atRoot = readdirSync('.').filter((file) => file !== 'CHANGELOG.md');
  return [...atRoot, ...inDocs.map((file) => file.replaceAll(path.sep, '/'))]
    .filter((file) => file.endsWith('.md'))
    .toSorted();
}

export const read = (document: string): string => readFileSync(document, 'utf8');
