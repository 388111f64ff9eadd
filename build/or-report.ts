/** Ends with status 1 when the work fails; esbuild has then said what is wrong, and its stack would only hide that. */
export async function orReport(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    const told = thrown instanceof Error && 'errors' in thrown;
    console.error(told ? 'the build failed' : thrown);
    process.exitCode = 1;
  }
}
