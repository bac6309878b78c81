import type { ClassReport } from '../host/index.ts';
import { UserError } from '../system/errors.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

const DECISIONS = {
  'reaches-next': 'enough',
  'keeps-from-next': 'too little for the next class',
  'kept-by-margin': 'below, kept within the margin',
  'not-asked-for': 'not asked for',
} as const;

export default class ShowClass extends LogosCommand {
  static override description = `explain which resource class this host has, and why

On two axes: how efficient it is, and when it is there. For each threshold of
the chain: what this host has, what its class and the next one ask for, and
what that decided. The thresholds are those that the gatekeeper read last.`;
  static override examples = ['<%= config.bin %> class', '<%= config.bin %> class --json | jq .efficiency.next'];

  protected async execute(): Promise<Detail> {
    await this.parse(ShowClass);
    const { explainClass } = await import('../service/index.ts');
    const report = await explainClass(this.home);
    if (report === undefined) {
      throw new UserError('class-unknown', 'This host has no class yet.', {
        nextSteps: ['Run `logos provide`.', 'Run `logos benchmark`: it shows the class by the built-in thresholds.'],
      });
    }
    for (const line of linesOf(report)) this.say(line);
    const { section, version, at } = report.thresholds;
    this.say(`Thresholds: ${section}, version ${version}, read ${at}.`);
    return { ...report };
  }
}

function linesOf({ efficiency, availability }: ClassReport): string[] {
  const lines = [`Efficiency: ${efficiency.summary}`];
  for (const { label, has, needs, nextNeeds, unit, decision } of efficiency.figures) {
    const asked = `${number(needs)} / ${number(nextNeeds)}`;
    lines.push(
      `  ${label.padEnd(22)} ${number(has).padStart(8)} of ${asked.padEnd(16)} ${unit.padEnd(9)}${DECISIONS[decision]}`,
    );
  }
  if (availability === undefined) return lines;
  const lacks = availability.next?.lacks.map(
    ({ figure, has, needs }) => `${figure} ${number(has)} of ${number(needs)}`,
  );
  const next =
    availability.next === undefined ? 'the highest' : `${availability.next.class} lacks ${lacks?.join(', ')}`;
  const kept = availability.keptByMargin ? '; kept within the margin' : '';
  return [...lines, `Availability: ${availability.class ?? 'no class'}: ${next}${kept}`];
}

function number(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(3)));
}
