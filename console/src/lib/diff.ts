// SPDX-License-Identifier: Apache-2.0
// What a policy changes against another, line by line and file by file.
import type { RuleFile } from '../govern';

export interface Line {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

export interface FileDiff {
  name: string;
  lines: Line[];
  added: number;
  removed: number;
}

/** More than so many comparisons are not made: then the whole middle is said to be another. */
const most = 4_000_000;

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The longest common part of what is left between equal beginnings and ends (Hunt and McIlroy's problem, by table). */
function middle(before: string[], after: string[]): Line[] {
  const removed = before.map((text): Line => ({ kind: 'removed', text }));
  const added = after.map((text): Line => ({ kind: 'added', text }));
  const width = after.length + 1;
  if (before.length * after.length === 0 || before.length * after.length > most) return [...removed, ...added];
  const table = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i * width + j] =
        before[i] === after[j] ? table[(i + 1) * width + j + 1]! + 1 : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ kind: 'same', text: before[i]! });
      i++;
      j++;
    } else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) lines.push(removed[i++]!);
    else lines.push(added[j++]!);
  }
  return [...lines, ...removed.slice(i), ...added.slice(j)];
}

export function diffLines(before: string, after: string): Line[] {
  const a = linesOf(before);
  const b = linesOf(after);
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (text: string): Line => ({ kind: 'same', text });
  return [
    ...a.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

/** The files that differ, in the order in which they are read. */
export function diffFiles(before: RuleFile[], after: RuleFile[]): FileDiff[] {
  const textOf = (files: RuleFile[], name: string) => files.find((file) => file.name === name)?.text ?? '';
  const names = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  return names
    .map((name) => ({ name, lines: diffLines(textOf(before, name), textOf(after, name)) }))
    .map(({ name, lines }) => ({
      name, lines, added: lines.filter(({ kind }) => kind === 'added').length, removed: lines.filter(({ kind }) => kind === 'removed').length,
    }))
    .filter(({ added, removed }) => added + removed > 0);
}

/** The lines that differ with so many equal ones around them; null stands for those left out. */
export function excerpt(lines: Line[], around = 2): (Line | null)[] {
  const near = (at: number) => lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same');
  const found: (Line | null)[] = [];
  lines.forEach((line, at) => {
    if (near(at)) found.push(line);
    else if (found.length === 0 || found.at(-1) !== null) found.push(null);
  });
  return found;
}
