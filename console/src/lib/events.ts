// SPDX-License-Identifier: Apache-2.0
// Server-sent events (HTML, 9.2) of an answer to any request: EventSource asks by GET alone, and cannot say why it was
// refused.
//
//     for await (const { name, data } of eventsOf(answer, signal)) …
//
// Ends with the stream, throws where it breaks off or is ended by the signal.
import { Problem } from '../api';

export interface ServerEvent {
  name: string;
  data: string;
}

const longest = 8 * 1024 * 1024;

/** One block of lines; null where it holds no data, as one that only keeps the connection open. */
export function eventOf(block: string): ServerEvent | null {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { name, data: data.join('\n') };
}

export async function* eventsOf(answer: Response, signal?: AbortSignal): AsyncGenerator<ServerEvent> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let kept = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (kept + value).replaceAll('\r\n', '\n').split('\n\n');
      kept = blocks.pop()!;
      if (kept.length > longest) throw new Problem(0, 'The answer of the service could not be read.');
      for (const block of blocks) {
        const event = eventOf(block);
        if (event) yield event;
      }
    }
  } catch (thrown) {
    if (signal?.aborted || thrown instanceof Problem) throw thrown;
    throw new Problem(0, '');
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** What one event holds. */
export function parsed<T>({ data }: ServerEvent): T {
  try {
    return JSON.parse(data) as T;
  } catch {
    throw new Problem(0, 'The answer of the service could not be read.');
  }
}
