// Why a file of ours did not come: elements report an error and not its cause.

/** Fetches the file again: an HTTP status, 0 where there was no answer, 404 if it comes now. */
export async function why(path: string): Promise<number> {
  try {
    const answer = await fetch(path);
    await answer.blob();
    return answer.ok ? 404 : answer.status;
  } catch {
    return 0;
  }
}
