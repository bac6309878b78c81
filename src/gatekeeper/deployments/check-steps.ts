import { ExitCode, UserError } from '../../system/errors.ts';
import { type Library, type NativeCommand, readCommand } from '../library/index.ts';
import { isAccepted } from '../native/accepted.ts';
import { FIRST_DVCI_LAYER } from '../validate.ts';
import { checkCommand } from '../validators/dvci.ts';
import type { CheckRules } from './check-rules.ts';
import { DECLARATION_FILE, type Declaration, type DeploymentStep } from './declaration.ts';
import type { Findings } from './finding.ts';
import { rulesWithin } from './roles.ts';
import type { Tree } from './tree.ts';

/** A step of a deployment, read by the reference libraries. */
export interface ReadStep {
  readonly step: DeploymentStep;
  readonly command: NativeCommand;
  readonly drift?: NativeCommand;
}

/** Reads each step, and what finds its drift, which must change nothing. */
export function checkSteps(
  tree: Tree,
  { steps, layer }: Declaration,
  rules: CheckRules,
  findings: Findings,
): ReadStep[] {
  const read = (argv: readonly string[]) =>
    findings.attempt(DECLARATION_FILE, () => {
      const command = commandIn(tree, argv, rules);
      checkAllowed(command, layer, rules);
      return command;
    });
  return steps.flatMap((step) => {
    const command = read(step.command);
    const drift = step.drift === undefined ? undefined : read(step.drift.command);
    if (drift !== undefined && drift.effect !== 'read' && drift.parameters.check !== true)
      findings.add(DECLARATION_FILE, 'drift-changes', `step ${step.name}: its look for drift could change something`);
    return command === undefined ? [] : [{ step, command, ...(drift === undefined ? {} : { drift }) }];
  });
}

/** Reads a command whose files are those of a closure. Throws UserError with the library's codes, and `file-missing`. */
function commandIn(tree: Tree, argv: readonly string[], { libraries }: CheckRules): NativeCommand {
  const [tool = ''] = argv;
  const library = libraries.forTool(tool);
  if (library === undefined) {
    const known = libraries.all.flatMap(({ tools }) => tools).join(', ');
    throw refused('tool-unknown', `There is no reference library for ${JSON.stringify(tool)} (there are ${known}).`);
  }
  const documents = {
    read(path: string): Uint8Array {
      const file = tree.get(path.replace(/^\.\//, ''));
      if (file !== undefined) return file.bytes;
      throw refused('file-missing', `${JSON.stringify(path)}, which a command names, is not in the deployment.`);
    },
  };
  return readCommand(libraryWithin(tree, library), argv, documents);
}

/** The library of a tool, as it reads the files of a closure. */
function libraryWithin(tree: Tree, library: Library): Library {
  return { ...library, documents: rulesWithin(tree, library.documents) };
}

function checkAllowed(command: NativeCommand, layer: number, { accepted, dvci }: CheckRules): void {
  const operation = command.operation.replaceAll('.', '/');
  if (!isAccepted(operation, accepted)) throw refused('command-not-accepted', `Hosts don't accept ${operation}.`);
  if (command.secret.length > 0)
    throw refused('secret-in-deployment', `${operation} is given a secret, which everybody can read in a deployment.`);
  if (command.layer > layer)
    throw refused('layer-other', `${operation} acts on layer ${command.layer}, and the deployment on ${layer}.`);
  // Nobody goes round the rules for the infrastructure by packing a command.
  if (command.layer >= FIRST_DVCI_LAYER) checkCommand(command, dvci);
}

type Code = 'tool-unknown' | 'file-missing' | 'command-not-accepted' | 'secret-in-deployment' | 'layer-other';

function refused(code: Code, message: string): UserError {
  return new UserError(code, message, { exitCode: ExitCode.refused, nextSteps: ['Change deployment.yaml.'] });
}
