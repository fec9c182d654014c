/**
 * The safety lever of AWS Fault Injection Service: one for each account and region, with the id `default`. GetSafetyLever and UpdateSafetyLeverState.
 * It is engaged at once, so that `engaging` is never seen. API reference; `fis-2020-12-01` of botocore.
 */
import { faultsIn, type Shape } from './rest-json.ts';
import type { ApiAnswer, ApiCall } from './types.ts';
import { ACCOUNT, ApiRefusal } from './wire.ts';

const ID = { text: /^\S{1,64}$/, needed: true } as const;
const SHAPES: Readonly<Record<string, Shape>> = {
  GetSafetyLever: { id: ID },
  UpdateSafetyLeverState: {
    id: ID,
    state: {
      of: { status: { oneOf: ['disengaged', 'engaged'], needed: true }, reason: { length: [0, 262_144], needed: true } },
      needed: true,
    },
  },
};

interface State {
  readonly status: string;
  readonly reason: string;
}

type Place = Pick<ApiCall, 'account' | 'region'>;

export interface SafetyLever {
  answer(call: ApiCall, json?: { readonly body: string }): ApiAnswer;
  isEngaged(place: Place): boolean;
  /** Engaged or not, in the default account. */
  set(region: string, state: State): void;
  reset(): void;
}

/** `onEngaged`: told when it is engaged. */
export function createSafetyLever(onEngaged: (place: Place) => void = () => {}): SafetyLever {
  const states = new Map<string, State>();
  const keyOf = ({ account, region }: Place): string => `${account} ${region}`;
  const set = (place: Place, state: State): void => {
    states.set(keyOf(place), state);
    if (state.status === 'engaged') onEngaged(place);
  };
  return {
    answer(call, json) {
      const shape = SHAPES[call.action];
      if (shape === undefined || json === undefined)
        throw new ApiRefusal('UnknownOperationException', `sandbox: FIS answers ${Object.keys(SHAPES).join(', ')} here.`);
      const input = JSON.parse(json.body) as { readonly id: string; readonly state?: State };
      const faults = faultsIn(input, shape);
      if (faults.length > 0) throw new ApiRefusal('ValidationException', faults.join('; '));
      if (input.id !== 'default') throw new ApiRefusal('ResourceNotFoundException', `Safety lever ${input.id} does not exist.`, 404);
      const { account, region } = call;
      const before = states.get(keyOf(call)) ?? { status: 'disengaged', reason: '' };
      // Another reason alone is refused (Terraform provider, aws_fis_safety_lever_state); with which code is not documented.
      if (input.state?.status === before.status)
        throw new ApiRefusal('ConflictException', `Safety lever ${input.id} is ${before.status} already.`, 409);
      const state = input.state ?? before;
      if (input.state !== undefined) set(call, state);
      const safetyLever = { id: input.id, arn: `arn:aws:fis:${region}:${account}:safety-lever/${input.id}`, state };
      return { status: 200, contentType: 'application/json', body: JSON.stringify({ safetyLever }) };
    },
    isEngaged: (place) => states.get(keyOf(place))?.status === 'engaged',
    set: (region, state) => set({ account: ACCOUNT, region }, state),
    reset: () => states.clear(),
  };
}
