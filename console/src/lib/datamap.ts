// SPDX-License-Identifier: Apache-2.0
// The data map as the service prints it from its concepts (docs/describe/data-map.md). A line of another form is an
// error, in the build too: nothing of it is ever left out unseen.

export interface KeptField {
  name: string;
  class: string;
  end: string;
  purpose: string;
}

export interface Kept {
  name: string;
  about: string;
  sealed: string;
  fields: KeptField[];
}

const start = '# Data map';
const head = ['| field | class | when the subject is forgotten | purpose |', '| --- | --- | --- | --- |'];

export function readDataMap(text: string): Kept[] {
  const [preface, ...parts] = text.trimEnd().split('\n\n## ');
  if (!preface?.startsWith(`${start}\n`) || parts.length === 0) throw new Error('no data map');
  return parts.map(readPart);
}

function readPart(part: string): Kept {
  const [name = '', first, sentence = '', second, ...table] = part.split('\n');
  const said = /^(\S.*\.) Sealed to: (.+)\.$/.exec(sentence);
  const rows = table.splice(head.length);
  const whole = said && first === '' && second === '' && table.join('\n') === head.join('\n') && rows.length > 0;
  if (!whole) throw new Error(`data map: ${name} has another form`);
  return { name, about: said[1]!, sealed: said[2]!, fields: rows.map(readRow) };
}

function readRow(row: string): KeptField {
  const cells = /^\| (.+) \| (.+) \| (.+) \| (.+) \|$/.exec(row);
  if (!cells || cells.slice(1).some((cell) => cell.includes('|'))) throw new Error(`data map: ${row}`);
  return { name: cells[1]!, class: cells[2]!, end: cells[3]!, purpose: cells[4]! };
}
