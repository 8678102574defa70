import { followingOf } from "../../../store/following.ts";
import { StoreError } from "../../../store/store-error.ts";

/** @throws {StoreError} where the tokens are a copy of another server's */
export function requireTokensHere(stateFolder: string): void {
  const following = followingOf(stateFolder);
  if (following === undefined || (following.hasLed && isThere(following.process))) return;
  throw new StoreError(
    "follows",
    "The server of this machine does not lead, so its tokens are a copy. Nothing was changed. " +
      "Do it on the machine of the one that leads: /readyz of this one says which that is.",
  );
}

function isThere(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
