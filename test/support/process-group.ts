import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of the processes of group `pgid` that still run. A zombie, which only waits to be reaped, does not. */
export function commandsOfGroup(pgid: number): string[] {
  return process.platform === 'linux' ? fromProc(pgid) : fromPs(pgid);
}

function fromProc(pgid: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // `pid (name) state ppid pgrp …`; the name may itself hold blanks and brackets.
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (Number(group) !== pgid || state === 'Z' || state === 'X') return [];
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}

function fromPs(pgid: number): string[] {
  return execFileSync('ps', ['-A', '-o', 'pgid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && Number(match[1]) === pgid && !match[2]?.startsWith('Z'))
    .map((match) => match?.[3] ?? '');
}
