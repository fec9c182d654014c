/**
 * What an instance's state is at a moment of the clock. moto moves from state to state at once; here an instance takes
 * its time, refuses what AWS refuses on the way, and is forgotten an hour after it was terminated.
 */
import type { Clock, InstanceState, Timings } from '../types.ts';
import { ApiRefusal } from '../wire.ts';

/** EC2's numbers for the states (low byte of InstanceState.Code). */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** AWS keeps listing a terminated instance for about an hour (EC2 user guide, "Terminate your instance"). */
const TERMINATED_LISTED_MS = 3_600_000;

export interface Life {
  state: InstanceState;
  /** Decoded, as it was last set. */
  userData: string;
  readonly clientToken: string;
  /** Has reached `running` at least once: an instance that never did cannot be stopped. */
  everRan: boolean;
  /** Past the hour: every call answers InvalidInstanceID.NotFound. */
  gone: boolean;
  /** Had a public address when it was told to stop or end; it holds that until it has. */
  holdsPublicIp: boolean;
  cancel: () => void;
}

export interface Transition {
  readonly id: string;
  readonly previous: InstanceState;
  readonly current: InstanceState;
}

export interface LifeCycle {
  born(id: string, facts: { readonly userData: string; readonly clientToken: string }): void;
  /** Refuses IDs that are malformed, unknown or gone. */
  demand(id: string): Life;
  find(id: string): Life | undefined;
  /** The state a caller sees; undefined when the instance is gone or was never known. */
  state(id: string): InstanceState | undefined;
  /** Refused with IncorrectInstanceState where AWS does, otherwise what to change. Nothing changes until `move`. */
  mayStart(id: string): boolean;
  mayStop(id: string): boolean;
  mayTerminate(id: string): boolean;
  move(id: string, to: 'pending' | 'stopping' | 'shutting-down'): Transition;
  clear(): void;
  /** What there is now, as data; put back, what was on its way to another state goes on from the start. */
  save(): LifeState;
  load(state: LifeState): void;
}

export type LifeState = readonly (readonly [string, Omit<Life, 'cancel'>])[];

export function createLifeCycle(options: { readonly clock: Clock; readonly timings: Timings; readonly onChange: () => void }): LifeCycle {
  const { clock, timings, onChange } = options;
  const lives = new Map<string, Life>();

  const settle = (life: Life, state: InstanceState): void => {
    life.state = state;
    life.cancel = () => undefined;
    if (state === 'running') life.everRan = true;
    if (state === 'terminated') {
      life.cancel = clock.after(TERMINATED_LISTED_MS, () => {
        life.gone = true;
        onChange();
      });
    }
    onChange();
  };
  const enter = (life: Life, to: 'pending' | 'stopping' | 'shutting-down'): void => {
    life.cancel();
    life.state = to;
    const [ms, then] = nextOf(to, timings);
    if (ms === 0) settle(life, then);
    else life.cancel = clock.after(ms, () => settle(life, then));
  };
  const clear = (): void => {
    for (const life of lives.values()) life.cancel();
    lives.clear();
  };
  const demand = (id: string): Life => {
    if (!/^i-[0-9a-f]{8,17}$/.test(id)) throw new ApiRefusal('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
    const life = lives.get(id);
    if (!life || life.gone) throw new ApiRefusal('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return life;
  };

  return {
    born(id, facts) {
      const life: Life = { state: 'pending', ...facts, everRan: false, gone: false, holdsPublicIp: false, cancel: () => undefined };
      lives.set(id, life);
      enter(life, 'pending');
    },
    demand,
    find: (id) => lives.get(id),
    state(id) {
      const life = lives.get(id);
      return life && !life.gone ? life.state : undefined;
    },
    mayStart(id) {
      const { state } = demand(id);
      if (state === 'stopped') return true;
      if (state === 'running' || state === 'pending') return false;
      throw new ApiRefusal('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be started.`);
    },
    mayStop(id) {
      const { state, everRan } = demand(id);
      if (state === 'running' || (state === 'pending' && everRan)) return true;
      if (state === 'stopping' || state === 'stopped') return false;
      if (state === 'pending')
        throw new ApiRefusal('IncorrectInstanceState', `Instance '${id}' cannot be stopped as it has never reached the 'running' state.`);
      throw new ApiRefusal('IncorrectInstanceState', `This instance '${id}' is not in a state from which it can be stopped.`);
    },
    mayTerminate(id) {
      const { state } = demand(id);
      return state !== 'shutting-down' && state !== 'terminated';
    },
    move(id, to) {
      const life = demand(id);
      const previous = life.state;
      enter(life, to);
      onChange();
      return { id, previous, current: to };
    },
    clear,
    save: () => [...lives].map(([id, { cancel: _, ...life }]) => [id, life]),
    load(state) {
      clear();
      for (const [id, saved] of state) {
        const life: Life = { ...saved, cancel: () => undefined };
        lives.set(id, life);
        const { state: at } = life;
        if (at === 'pending' || at === 'stopping' || at === 'shutting-down') enter(life, at);
        else settle(life, at);
      }
    },
  };
}

function nextOf(state: 'pending' | 'stopping' | 'shutting-down', timings: Timings): readonly [number, InstanceState] {
  switch (state) {
    case 'pending':
      return [timings.instancePending, 'running'];
    case 'stopping':
      return [timings.instanceStopping, 'stopped'];
    case 'shutting-down':
      return [timings.instanceShuttingDown, 'terminated'];
  }
}
