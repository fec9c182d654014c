/**
 * SSM parameters: moto's, counted here so that what a run left behind is seen. Checked before moto is asked: what it takes
 * and SSM refuses (PutParameter, API reference).
 */
import type { Answerer } from '../gateway.ts';
import type { ApiAnswer, Clock } from '../types.ts';
import type { Upstream } from '../upstream.ts';
import { ApiRefusal, codeOf } from '../wire.ts';

/** Standard tier: 4 KB a value. */
const LONGEST = 4096;

export interface Parameters {
  readonly answer: Answerer;
  /** How many there are beside AWS's own public ones. */
  count(): number;
  reset(): void;
  save(): ReadonlyMap<string, number>;
  load(state: ReadonlyMap<string, number>): void;
}

export function createParameters(upstream: Upstream, clock: Clock): Parameters {
  /** When each was last written (ms), by region and name. */
  const written = new Map<string, number>();
  const note = (region: string, action: string, input: Input): void => {
    for (const name of [input.Name, ...(input.Names ?? [])]) {
      if (name === undefined) continue;
      if (action === 'PutParameter') written.set(`${region} ${name}`, clock.now());
      else if (/^DeleteParameters?$/.test(action)) written.delete(`${region} ${name}`);
    }
  };
  /** A value, its version and its time are written in one: moto, which serves in threads, could give two writes one version. */
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const came = before.then(task);
    before = came.catch(() => undefined);
    return came;
  };
  return {
    async answer(call, json) {
      if (!json) throw new ApiRefusal('UnknownOperationException', 'SSM is called in JSON, with the action in the header X-Amz-Target.');
      const input = JSON.parse(json.body === '' ? '{}' : json.body) as Input;
      if (call.action === 'PutParameter') check(input);
      return inTurn(async () => {
        const answer = await upstream.send({ service: 'ssm', region: call.region, body: json.body, target: json.target });
        if (codeOf(answer) === undefined) note(call.region, call.action, input);
        return call.action === 'GetParameter' ? dated(answer, written.get(`${call.region} ${input.Name ?? ''}`)) : answer;
      });
    },
    count: () => written.size,
    reset: () => written.clear(),
    save: () => new Map(written),
    load(state) {
      written.clear();
      for (const [name, at] of state) written.set(name, at);
    },
  };
}

/** The answer with the time of the last write by the sandbox's clock, in seconds since the epoch, as SSM writes it. */
function dated(answer: ApiAnswer, at: number | undefined): ApiAnswer {
  if (at === undefined || codeOf(answer) !== undefined) return answer;
  const content = JSON.parse(answer.body) as { readonly Parameter: object };
  return { ...answer, body: JSON.stringify({ ...content, Parameter: { ...content.Parameter, LastModifiedDate: at / 1000 } }) };
}

interface Input {
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly Value?: string;
  readonly Overwrite?: boolean;
  readonly Tags?: readonly unknown[];
}

function check({ Name = '', Value = '', Overwrite = false, Tags = [] }: Input): void {
  if (!/^\/?[\w.-]+(\/[\w.-]+)*$/.test(Name) || Name.split('/').length > 16)
    throw new ApiRefusal('ValidationException', `Parameter name: can't be "${Name}": letters, digits, . - _ and up to 15 levels after /.`);
  if (Value === '' || Value.length > LONGEST)
    throw new ApiRefusal('ValidationException', `Standard tier parameters support a value of 1 to ${LONGEST} characters.`);
  if (Overwrite && Tags.length > 0)
    throw new ApiRefusal('ValidationException', "Invalid request: tags and overwrite can't be used together.");
}
