/**
 * The one door to the test framework. Every file of tests makes its suites here, so that another framework, should uvu have to be
 * replaced, is met in this file and in the runner (`test/run.ts`, `run-file.ts`) alone.
 */
export { suite, type Test } from 'uvu';
