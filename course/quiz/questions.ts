import type { Question } from './question.ts';
import { NETWORK_QUESTIONS } from './questions-network.ts';
import { TRAFFIC_QUESTIONS } from './questions-traffic.ts';

/** In the order of the chapters. */
export const QUESTIONS: readonly Question[] = [...NETWORK_QUESTIONS, ...TRAFFIC_QUESTIONS];
