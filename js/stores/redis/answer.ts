import type { StoreAnswer, StoreVerb } from '../../store.ts';

/** A verb as the script takes it: names and values; what is `null` is left out. */
export function verbArguments(verb: StoreVerb): string[] {
  return Object.entries(verb).flatMap(([name, value]) => (value === null ? [] : [name, `${value}`]));
}

/** The script's answer. Clients may be set up to give numbers as text and text as bytes. */
export function readAnswer(reply: unknown): StoreAnswer {
  if (!Array.isArray(reply)) throw new Error('the record script answered something else');
  const [answer, ...rest] = reply as readonly unknown[];
  const number = (at: number) => Number(rest[at]);
  const flag = (at: number) => number(at) === 1;
  const text = (at: number) => String(rest[at]);
  const kind = String(answer) as StoreAnswer['answer'];
  switch (kind) {
    case 'newer':
      return { answer: kind, generation: number(0), tokens: text(1), replay: flag(2) };
    case 'granted':
      return { answer: kind, takenOver: flag(0), replay: flag(1) };
    case 'held':
      return { answer: kind, leaseMs: number(0) };
    case 'coolDown':
      return { answer: kind, retryAfterMs: number(0) };
    case 'noted':
      return { answer: kind, replay: flag(0) };
    case 'ended': {
      const tokens = rest[2] == null ? null : text(2);
      const [now, generation, held, revoked] = [flag(0), number(1), flag(3), flag(4)];
      return { answer: kind, now, generation, tokens, held, revoked };
    }
    default:
      return { answer: kind };
  }
}
