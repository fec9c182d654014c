/** The rules of the guard: what each asks about, and what allows it. `albedo explain` and the documents read it. */
export const GUARD_RULES = {
  protection: {
    asks: 'replacing or deleting a resource under deletion protection',
    allowed: 'nothing: apply `deletionProtection: false` first',
  },
  deletes: { asks: 'more deletions than the policy allows', allowed: 'a greater `maxDeletes` or --max-deletes' },
  foreign: {
    asks: 'deleting or replacing a resource on which others have listeners or rules: AWS deletes those too',
    allowed: '`allowDestroyForeign` or --allow-destroy-foreign',
  },
  'in-use': {
    asks: 'deleting or replacing a target group to which a rule or load balancer of others forwards',
    allowed: 'nothing: that one changes first, since AWS refuses it',
  },
  replace: { asks: 'replacing a load balancer, so that its DNS name changes', allowed: '`allowReplace` or --allow-replace' },
  destroy: { asks: 'a deletion that loses requests, or the address that clients know', allowed: '`allowDestroy` or --allow-destroy' },
  drop: {
    asks: 'any other change of a live stack that loses requests or connections',
    allowed: '`allowDrop` or --allow-drop; for a replacement also `allowReplace`',
  },
  adopt: { asks: 'adopting resources without an owner tag, or of another stack', allowed: '`allowAdopt`, --adopt, or --adopt-from' },
  repository: {
    asks: 'a change of a stack that another repository has applied',
    allowed: '`movedFrom` or --moved-from, where the spec was moved here or the repository renamed',
  },
  name: { asks: 'a physical name that another resource has', allowed: 'nothing: use another name, or adopt the resource' },
  secret: { asks: 'a client secret that is needed and is not set', allowed: 'the environment variable that the spec names' },
  load: { asks: 'a load test, its rate, its length, and stopping instances', allowed: '`load` in the policy' },
} as const;

export type GuardRule = keyof typeof GUARD_RULES;
