// SPDX-License-Identifier: Apache-2.0
// Short notes that something was done. A failure is never only here: it stands where it happened.

export interface Note {
  id: number;
  text: string;
}

let last = 0;
let notes = $state.raw<Note[]>([]);

export const done = {
  get notes(): Note[] {
    return notes;
  },
};

export function say(text: string): void {
  const note = { id: ++last, text };
  notes = [...notes, note];
  setTimeout(() => (notes = notes.filter((one) => one !== note)), 6000);
}

export function clearNotes(): void {
  notes = [];
}
