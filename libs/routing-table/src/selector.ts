/** Whether these labels satisfy a selector's `matchLabels`; an absent selector selects everything. */
export function selectsLabels(
  matchLabels: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  for (const name in matchLabels) if (!Object.hasOwn(labels, name) || labels[name] !== matchLabels[name]) return false;
  return true;
}
