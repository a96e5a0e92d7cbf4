// Why a file of ours failed to load: elements report an error without its cause.

/** Fetches the file again: returns an HTTP status, 0 without an answer, 404 if it loads now. */
export async function why(path: string): Promise<number> {
  try {
    const answer = await fetch(path);
    await answer.blob();
    return answer.ok ? 404 : answer.status;
  } catch {
    return 0;
  }
}
