/** How often a parser's property is tried: `few` times as a rule, and as often as FUZZ_CASES says (`npm run fuzz`). */
export function cases(few: number): number {
  return process.env.FUZZ_CASES === undefined ? few : Number(process.env.FUZZ_CASES);
}
