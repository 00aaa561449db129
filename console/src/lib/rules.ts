// SPDX-License-Identifier: Apache-2.0
// Rule files (docs/formats/rules.md) as far as the console reads them itself: which line a rule's number means, the ids in
// a text, and a rule made of a launch. What is right or wrong in them the service says.
import type { Decision, Launch, RuleFile, RulePlace } from '../govern';

export const decisions = ['allow', 'deny', 'elevate', 'observe'] as const;

/** Every rule of all files, in the order in which they are tried; a launch names one by its place, from 1. */
export function rulesOf(files: RuleFile[]): RulePlace[] {
  const found: RulePlace[] = [];
  for (const { name, text } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const lines = text.split('\n');
    for (let at = 0; at < lines.length; at++) {
      const line = at + 1;
      let whole = lines[at]!;
      while (whole.endsWith('\\') && at + 1 < lines.length) whole = `${whole.slice(0, -1)}${lines[++at]!}`;
      const [word = ''] = whole.trim().split(/\s+/, 1);
      if ((decisions as readonly string[]).includes(word)) found.push({ file: name, line, text: whole.trim() });
    }
  }
  return found;
}

/** "20-packages.rules, line 3" */
export function placeOf({ file, line }: { file: string; line: number }): string {
  return line > 0 ? `${file}, line ${line}` : file;
}

const facts: Record<string, string> = {
  who: 'who was in which group',
  path: 'the path',
  sha256: 'the SHA-256',
  package: 'the package and its state',
  trust: 'who may write the file',
  parent: 'what launched it',
  script: 'the script',
  args: 'the arguments',
  home: 'whose home it was in',
};

/** What a rule asks about and a record does not tell: "the arguments, the SHA-256". */
export function factWords(missing: string[]): string {
  return missing.map((fact) => facts[fact] ?? fact).join(', ');
}

export interface NamedId {
  line: number;
  id: string;
}

/** The ids of accounts and devices in a text, each with its line. */
export function idsIn(text: string): NamedId[] {
  return text.split('\n').flatMap((line, at) => [...line.matchAll(/\b(?:acc|dev)_[a-z2-7]{26}\b/g)].map(([id]) => ({ line: at + 1, id })));
}

/** As a value of a condition: what a file's own name holds of the pattern's signs means itself there as well. */
function quoted(text: string): string {
  return /[\s"\\,#:=]/.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : text;
}

/** A home directory is named by %home: a rule that holds a person's name is refused. */
function withoutHome(path: string): string {
  return path.replace(/^(?:\/home\/[^/]+|\/root|\/Users\/[^/]+)(?=\/|$)/, '%home');
}

/** The rule that would decide such a launch the other way, for whoever launched it. */
export function ruleFrom({ decision, account, system, path, sha256, args }: Launch): string {
  const wanted: Decision = decision === 'denied' ? 'allow' : 'deny';
  const what = path ? [`path=${quoted(withoutHome(path))}`] : sha256 ? [`sha256=${sha256}`] : ['any'];
  if (decision === 'elevated' && args) what.push(`args=${quoted(args)}`);
  const who = account ? `user=${account}` : system ? 'user=system' : 'any';
  return `${wanted}  ${who}  : ${what.join(' ')}`;
}
