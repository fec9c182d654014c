import type { Plan } from '../plan/types.ts';

/** What a report keeps of a plan: its changes and notes, not its steps. The digest is a SHA-256 in hex. */
export type PlanReport = Pick<Plan, 'mode' | 'digest' | 'summary' | 'changes' | 'notes'>;
